import { useEffect, useRef } from 'react';
import type { TileView } from '@parley/core';
import { viewsOf, type ShownTile } from '../views.ts';
import { usePageHidden, usePixelRatio } from './useMedia.ts';

/** Sizes settle while a window is dragged; the server need not hear each step. */
const kSettleMs = 80;

/** Tells the meeting which tiles are on screen, when that has changed. */
export function useViews(tiles: readonly ShownTile[], setView: (views: readonly TileView[]) => void): void {
  const hidden = usePageHidden();
  const ratio = usePixelRatio();
  const views = viewsOf(tiles, ratio, hidden);
  const wish = JSON.stringify(views);
  const latest = useRef({ views, setView });
  useEffect(() => {
    latest.current = { views, setView };
  });
  const first = useRef(true);
  useEffect(() => {
    const tell = (): void => latest.current.setView(latest.current.views);
    if (latest.current.views.length === 0 && first.current) return undefined;
    if (first.current || hidden) {
      first.current = false;
      tell();
      return undefined;
    }
    const timer = setTimeout(tell, kSettleMs);
    return () => clearTimeout(timer);
  }, [wish, hidden]);
}
