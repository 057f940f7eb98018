// From tiles on screen to what the server is asked to send. Pure.
import type { SourceKind, TileView } from '@parley/core';
import type { Size } from './layout/grid.ts';

export interface ShownTile {
  readonly participant: string;
  readonly source: SourceKind;
  readonly self: boolean;
  readonly main: boolean;
  readonly size: Size;
}

/** The protocol's bound on one list. */
const kMost = 64;

/** Only remote pictures that are on screen, in device pixels; nothing while the page is hidden. */
export function viewsOf(
  tiles: readonly ShownTile[],
  pixelRatio: number,
  hidden: boolean,
): readonly TileView[] {
  if (hidden) return [];
  return tiles
    .filter((tile) => !tile.self && tile.size.width > 0 && tile.size.height > 0)
    .map((tile) => ({
      participant: tile.participant,
      source: tile.source,
      width: Math.round(tile.size.width * pixelRatio),
      height: Math.round(tile.size.height * pixelRatio),
      priority: tile.main ? 0 : 1,
    }))
    .sort((a, b) => a.priority - b.priority)
    .slice(0, kMost);
}
