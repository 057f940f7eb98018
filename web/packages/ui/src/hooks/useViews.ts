import { useLayoutEffect, useRef } from 'react';
import type { TileView } from '@parley/core';
import { viewsOf, type ShownTile } from '../views.ts';
import { usePixelRatio, useUnseen } from './useMedia.ts';

/** Tells the meeting which tiles are on screen, at once when that has changed; the meeting knows how often to pass it on. */
export function useViews(tiles: readonly ShownTile[], setView: (views: readonly TileView[]) => void): void {
  const unseen = useUnseen();
  const ratio = usePixelRatio();
  const views = viewsOf(tiles, ratio, unseen);
  const wish = JSON.stringify(views);
  const latest = useRef({ views, setView });
  useLayoutEffect(() => {
    latest.current = { views, setView };
  });
  const told = useRef(false);
  // Before the effects that make the new tiles' video elements and before the paint: the server can be at work meanwhile.
  useLayoutEffect(() => {
    const now = latest.current;
    // Before anybody is there the stage has nothing to ask for; a page that was opened hidden does mean nothing.
    if (now.views.length === 0 && !told.current && !unseen) return;
    told.current = true;
    now.setView(now.views);
  }, [wish, unseen]);
}
