// What stands where on the stage. Pure: a roster and wishes in, boxes out.
import type { ParticipantState, SourceKind } from '@parley/core';
import {
  cornerBox,
  focusLayout,
  gridLayout,
  kGap,
  kWide,
  type Box,
  type Corner,
  type Insets,
  type Size,
} from './grid.ts';
import { clampPage, pageCount, pageOf, pageSize } from './pages.ts';

export interface StageItem {
  readonly key: string;
  readonly participant: ParticipantState;
  readonly source: SourceKind;
}

export interface StageWish {
  readonly view: 'grid' | 'speaker';
  /** Whether a shared screen takes the stage. */
  readonly shareOnStage: boolean;
  readonly pinned: string | null;
  /** Participants and pictures that the person doesn't want to see, as item keys. */
  readonly hidden: ReadonlySet<string>;
  readonly corner: Corner;
  readonly page: number;
}

export type StageMode = 'empty' | 'alone' | 'pair' | 'focus' | 'grid';

export interface Placed extends StageItem {
  readonly box: Box;
  /** The picture that the stage is about. */
  readonly main: boolean;
  /** The own picture in a corner, which can be dragged. */
  readonly floating: boolean;
}

export interface StageLayout {
  readonly mode: StageMode;
  readonly placed: readonly Placed[];
  readonly page: number;
  readonly pages: number;
  /** Where the page buttons of a strip go; null: at the sides of the stage. */
  readonly pager: Box | null;
}

export const itemKey = (participant: string, source: SourceKind): string => `${participant}:${source}`;

const itemOf = (participant: ParticipantState, source: SourceKind): StageItem => ({
  key: itemKey(participant.id, source),
  participant,
  source,
});

/** One item per shown source: screens stand before their owner's camera. */
export function stageItems(
  ordered: readonly ParticipantState[],
  hidden: ReadonlySet<string>,
): readonly StageItem[] {
  return ordered
    .flatMap((p) => (p.screenOn ? [itemOf(p, 'screen'), itemOf(p, 'camera')] : [itemOf(p, 'camera')]))
    .filter((item) => !hidden.has(item.key));
}

function mainItem(
  items: readonly StageItem[],
  wish: StageWish,
  spoke: readonly string[],
): StageItem | undefined {
  const pinned = items.find((item) => item.key === wish.pinned);
  if (pinned !== undefined) return pinned;
  const shared = items.findLast((item) => item.source === 'screen' && !item.participant.self);
  if (shared !== undefined && wish.shareOnStage) return shared;
  if (wish.view !== 'speaker' || items.length < 3) return undefined;
  const others = items.filter((item) => item.source === 'camera' && !item.participant.self);
  const latest = spoke.find((id) => others.some((item) => item.participant.id === id));
  return others.find((item) => item.participant.id === latest) ?? others[0];
}

/** A little further in than the grid, where there is room. */
function cornerInsets(insets: Insets, full: Size): Insets {
  return full.width < 600 ? insets : { ...insets, left: 16, right: 16, top: insets.top + 8 };
}

function inside(stage: Size, insets: Insets): Size {
  return {
    width: Math.max(0, stage.width - insets.left - insets.right),
    height: Math.max(0, stage.height - insets.top - insets.bottom),
  };
}

const moved = (box: Box, insets: Insets): Box => ({
  ...box,
  left: box.left + insets.left,
  top: box.top + insets.top,
});

/** Room for the page arrows at the sides, where there is any. */
const kArrow = 48;

function withArrows(insets: Insets, stage: Size): Insets {
  return stage.width < 600 ? insets : { ...insets, left: insets.left + kArrow, right: insets.right + kArrow };
}

/** Alone: the own picture beside the card with the link, or above it. */
export const kAloneCard: Size = { width: 340, height: 420 };

function aloneBox(stage: Size): Box | null {
  const beside = stage.width >= 860;
  const width = beside
    ? Math.min(560, stage.width - kAloneCard.width - 72, stage.height * kWide)
    : Math.min(stage.width - 16, 420, (stage.height - kAloneCard.height - 16) * kWide);
  // Too little is left for a picture: the card is what matters.
  if (width < 140) return null;
  const size = { width: Math.floor(width), height: Math.floor(width / kWide) };
  return beside
    ? {
        ...size,
        left: Math.floor((stage.width - size.width - 24 - kAloneCard.width) / 2),
        top: Math.floor((stage.height - size.height) / 2),
      }
    : { ...size, left: Math.floor((stage.width - size.width) / 2), top: 0 };
}

export function stageLayout(
  ordered: readonly ParticipantState[],
  wish: StageWish,
  spoke: readonly string[],
  full: Size,
  insets: Insets,
): StageLayout {
  const items = stageItems(ordered, wish.hidden);
  const empty: StageLayout = { mode: 'empty', placed: [], page: 0, pages: 1, pager: null };
  if (full.width <= 0 || full.height <= 0) return empty;
  const stage = inside(full, insets);
  const only = items[0];

  if (ordered.length === 1 && items.length <= 1) {
    const box = aloneBox(stage);
    if (only === undefined || box === null) return { ...empty, mode: 'alone' };
    const placed = { ...only, box: moved(box, insets), main: true, floating: false };
    return { mode: 'alone', placed: [placed], page: 0, pages: 1, pager: null };
  }
  if (items.length === 0) return empty;

  const main = mainItem(items, wish, spoke);
  const own = items.find((item) => item.participant.self && item.source === 'camera');
  const pairMain = main ?? items.find((item) => item !== own);
  if (
    items.length <= 2 &&
    pairMain !== undefined &&
    pairMain !== own &&
    (items.length === 1 || own !== undefined)
  ) {
    const ground = { left: 0, top: 0, ...full };
    // A shared screen is read: nothing may lie over it.
    const fill = pairMain.source === 'screen' ? moved({ left: 0, top: 0, ...stage }, insets) : ground;
    const placed: Placed[] = [{ ...pairMain, box: fill, main: true, floating: false }];
    if (own !== undefined) {
      const box = cornerBox(wish.corner, full, cornerInsets(insets, full));
      placed.push({ ...own, box, main: false, floating: true });
    }
    return { mode: 'pair', placed, page: 0, pages: 1, pager: null };
  }

  if (main !== undefined) return focused(main, items, wish.page, stage, insets);

  const perPage = pageSize(stage);
  const pages = pageCount(items.length, perPage);
  const page = clampPage(wish.page, pages);
  const shown = pageOf(items, page, perPage);
  const room = pages > 1 ? withArrows(insets, full) : insets;
  // Every page has the first page's grid, so that paging moves nothing but people.
  const count = pages > 1 ? perPage : shown.length;
  const grid = gridLayout(count, inside(full, room), kGap);
  const boxes = grid.boxes;
  const placed = shown.flatMap((item, i) => {
    const box = boxes[i];
    return box === undefined ? [] : [{ ...item, box: moved(box, room), main: false, floating: false }];
  });
  return { mode: 'grid', placed, page, pages, pager: null };
}

function focused(
  main: StageItem,
  items: readonly StageItem[],
  wished: number,
  stage: Size,
  insets: Insets,
): StageLayout {
  const others = items.filter((item) => item !== main);
  const layout = focusLayout(others.length, stage);
  const pages = pageCount(others.length, layout.perPage);
  const page = clampPage(wished, pages);
  const placed: Placed[] = [{ ...main, box: moved(layout.main, insets), main: true, floating: false }];
  pageOf(others, page, layout.perPage).forEach((item, i) => {
    const box = layout.strip[i];
    if (box !== undefined) placed.push({ ...item, box: moved(box, insets), main: false, floating: false });
  });
  const pager = layout.pager === null ? null : moved(layout.pager, insets);
  return { mode: 'focus', placed, page, pages, pager };
}
