// Pages of tiles, and the order in which people stand on them.
import type { Size } from './grid.ts';

/** Nine; four on phones; sixteen where the stage is really large. */
export function pageSize(stage: Size): number {
  if (stage.width < 600 || stage.height < 320) return 4;
  return stage.width >= 1800 && stage.height >= 900 ? 16 : 9;
}

export function pageCount(tiles: number, perPage: number): number {
  return Math.max(1, Math.ceil(tiles / Math.max(1, perPage)));
}

export function clampPage(page: number, pages: number): number {
  return Math.min(Math.max(0, page), Math.max(0, pages - 1));
}

export function pageOf<T>(items: readonly T[], page: number, perPage: number): readonly T[] {
  return items.slice(page * perPage, (page + 1) * perPage);
}

export interface Order {
  readonly ids: readonly string[];
  /** Who spoke, the latest first. */
  readonly spoke: readonly string[];
}

export const kNoOrder: Order = { ids: [], spoke: [] };

/**
 * People keep their places; newcomers go to the end. A speaker who is not on the first page takes the place of the
 * one there who has been silent longest, who goes to the speaker's place. `fixed` (oneself) never moves.
 */
export function nextOrder(
  previous: Order,
  present: readonly string[],
  speaker: string | null,
  firstPage: number,
  fixed: string | null,
): Order {
  const here = new Set(present);
  const kept = previous.ids.filter((id) => here.has(id));
  const known = new Set(kept);
  const ids = [...kept, ...present.filter((id) => !known.has(id))];
  const heard = previous.spoke.filter((id) => here.has(id));
  if (speaker === null || !here.has(speaker)) return settle(previous, { ids, spoke: heard });
  const spoke = heard[0] === speaker ? heard : [speaker, ...heard.filter((id) => id !== speaker)];
  const at = ids.indexOf(speaker);
  if (at >= firstPage) {
    const silence = (id: string): number => {
      const rank = spoke.indexOf(id);
      return rank === -1 ? Number.POSITIVE_INFINITY : rank;
    };
    let place = -1;
    let longest = -1;
    ids.slice(0, firstPage).forEach((id, index) => {
      // Among those who never spoke the last one goes, which moves the least.
      if (id !== fixed && silence(id) >= longest) {
        longest = silence(id);
        place = index;
      }
    });
    const out = ids[place];
    if (out !== undefined) {
      ids[place] = speaker;
      ids[at] = out;
    }
  }
  return settle(previous, { ids, spoke });
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

/** The same object for the same order, so that nothing is laid out again. */
function settle(previous: Order, next: Order): Order {
  return same(previous.ids, next.ids) && same(previous.spoke, next.spoke) ? previous : next;
}
