// The arithmetic of the stage: which boxes for how many tiles. Pure; pixels in, pixels out.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly tile: Size;
  readonly boxes: readonly Box[];
}

export const kGap = 8;
export const kWide = 16 / 9;
export const kNarrow = 4 / 3;

/** 4:3 crops wide pictures, so it has to pay with a tile that is this much larger. */
const kNarrowMustGain = 1.15;

function largestTile(count: number, columns: number, stage: Size, gap: number, aspect: number): Size {
  const rows = Math.ceil(count / columns);
  const width = (stage.width - gap * (columns - 1)) / columns;
  const height = (stage.height - gap * (rows - 1)) / rows;
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  return width / height > aspect ? { width: height * aspect, height } : { width, height: width / aspect };
}

const area = (size: Size): number => size.width * size.height;

interface Candidate {
  readonly columns: number;
  readonly tile: Size;
}

function bestColumns(count: number, stage: Size, gap: number, aspect: number): Candidate {
  let best: Candidate = { columns: 1, tile: largestTile(count, 1, stage, gap, aspect) };
  for (let columns = 2; columns <= count; columns += 1) {
    const tile = largestTile(count, columns, stage, gap, aspect);
    if (area(tile) > area(best.tile) + 0.5) best = { columns, tile };
  }
  return best;
}

/** The grid whose tiles are largest: centred, a short last row centred too, whole pixels. */
export function gridLayout(count: number, stage: Size, gap: number = kGap): Grid {
  if (count <= 0 || stage.width <= 0 || stage.height <= 0) {
    return { columns: 0, rows: 0, tile: { width: 0, height: 0 }, boxes: [] };
  }
  const wide = bestColumns(count, stage, gap, kWide);
  const narrow = bestColumns(count, stage, gap, kNarrow);
  const { columns, tile } = area(narrow.tile) > area(wide.tile) * kNarrowMustGain ? narrow : wide;
  const rows = Math.ceil(count / columns);
  const width = Math.floor(tile.width);
  const height = Math.floor(tile.height);
  const top = Math.floor((stage.height - rows * height - (rows - 1) * gap) / 2);
  const boxes = Array.from({ length: count }, (_, index): Box => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = Math.floor((stage.width - inRow * width - (inRow - 1) * gap) / 2);
    return {
      left: left + (index - row * columns) * (width + gap),
      top: top + row * (height + gap),
      width,
      height,
    };
  });
  return { columns, rows, tile: { width, height }, boxes };
}

export interface FocusLayout {
  readonly main: Box;
  /** Boxes of one page of the strip. */
  readonly strip: readonly Box[];
  readonly perPage: number;
  /** Where the buttons of the strip's pages go; null when it has one page. */
  readonly pager: Box | null;
}

/** Height of the row of page buttons. */
const kPager = 44;

/**
 * One large picture and a strip of the others: at the right on wide stages, below on tall ones. `others` counts
 * all of them; a last page of fewer uses the first boxes.
 */
export function focusLayout(others: number, stage: Size, gap: number = kGap): FocusLayout {
  if (others <= 0) return { main: { left: 0, top: 0, ...stage }, strip: [], perPage: 1, pager: null };
  return stage.width >= stage.height * 1.2 ? stripBeside(others, stage, gap) : stripBelow(others, stage, gap);
}

function stripBeside(others: number, stage: Size, gap: number): FocusLayout {
  const width = Math.floor(Math.min(220, Math.max(120, stage.width * 0.165)));
  const height = Math.floor(width / kWide);
  const fit = (room: number): number => Math.max(1, Math.floor((room + gap) / (height + gap)));
  const paged = others > fit(stage.height);
  const room = paged ? stage.height - kPager - gap : stage.height;
  const perPage = fit(room);
  const shown = Math.min(others, perPage);
  const top = Math.max(0, Math.floor((room - shown * height - (shown - 1) * gap) / 2));
  const left = stage.width - width;
  return {
    main: { left: 0, top: 0, width: left - gap, height: stage.height },
    strip: Array.from({ length: shown }, (_, i) => ({ left, top: top + i * (height + gap), width, height })),
    perPage,
    pager: paged ? { left, top: stage.height - kPager, width, height: kPager } : null,
  };
}

function stripBelow(others: number, stage: Size, gap: number): FocusLayout {
  const perPage = stage.width >= 560 ? 4 : 3;
  const paged = others > perPage;
  const width = Math.floor((stage.width - gap * (perPage - 1)) / perPage);
  const height = Math.floor(width / kNarrow);
  const shown = Math.min(others, perPage);
  const start = Math.floor((stage.width - shown * width - (shown - 1) * gap) / 2);
  const top = stage.height - height - (paged ? kPager : 0);
  return {
    main: { left: 0, top: 0, width: stage.width, height: Math.max(0, top - gap) },
    strip: Array.from({ length: shown }, (_, i) => ({ left: start + i * (width + gap), top, width, height })),
    perPage,
    pager: paged ? { left: 0, top: stage.height - kPager, width: stage.width, height: kPager } : null,
  };
}

export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** Where the own picture stands while two talk. */
export function cornerBox(corner: Corner, stage: Size, insets: Insets, aspect: number = kWide): Box {
  const width = Math.floor(Math.min(280, Math.max(112, stage.width * 0.2)));
  const height = Math.floor(width / aspect);
  return {
    left: corner.endsWith('left') ? insets.left : stage.width - insets.right - width,
    top: corner.startsWith('top') ? insets.top : stage.height - insets.bottom - height,
    width,
    height,
  };
}

/** The corner that a picture let go at this centre goes to. */
export function nearestCorner(x: number, y: number, stage: Size): Corner {
  const across = x < stage.width / 2 ? 'left' : 'right';
  return y < stage.height / 2 ? `top-${across}` : `bottom-${across}`;
}

/** A picture may fill its box by cropping while at least this part of it stays visible. */
const kVisiblePart = 0.55;

export function fitOf(picture: Size, box: Size): 'cover' | 'contain' {
  if (picture.width <= 0 || picture.height <= 0 || box.width <= 0 || box.height <= 0) return 'cover';
  const a = picture.width / picture.height;
  const b = box.width / box.height;
  return Math.min(a, b) / Math.max(a, b) >= kVisiblePart ? 'cover' : 'contain';
}
