import { describe, expect, it } from 'vitest';
import {
  cornerBox,
  fitOf,
  focusLayout,
  gridLayout,
  kGap,
  nearestCorner,
  type Box,
  type Size,
} from './grid.ts';

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width &&
  b.left < a.left + a.width &&
  a.top < b.top + b.height &&
  b.top < a.top + a.height;

const within = (box: Box, stage: Size): boolean =>
  box.left >= 0 &&
  box.top >= 0 &&
  box.left + box.width <= stage.width &&
  box.top + box.height <= stage.height;

describe('gridLayout', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 3],
    [6, 3],
    [7, 3],
    [9, 3],
    [10, 4],
    [16, 4],
  ])('shows %i tiles in %i columns on a 1280×720 stage', (count, columns) => {
    expect(gridLayout(count, { width: 1280, height: 720 }).columns).toBe(columns);
  });

  it('gives the sixteen-to-nine tile of nine on 1280×720 its literal size', () => {
    expect(gridLayout(9, { width: 1280, height: 720 }).tile).toEqual({ width: 417, height: 234 });
  });

  it('stacks three people on a phone', () => {
    const grid = gridLayout(3, { width: 374, height: 708 });
    expect(grid.columns).toBe(1);
    expect(grid.boxes.map((box) => box.top)).toEqual([31, 249, 467]);
  });

  it('uses 4:3 when that shows much more', () => {
    const { tile } = gridLayout(1, { width: 600, height: 600 });
    expect(tile).toEqual({ width: 600, height: 450 });
  });

  it('centres a short last row', () => {
    const { boxes } = gridLayout(3, { width: 1280, height: 720 });
    const [first, second, third] = boxes;
    const middle = ((first?.left ?? 0) + (second?.left ?? 0) + (second?.width ?? 0)) / 2;
    expect((third?.left ?? 0) + (third?.width ?? 0) / 2).toBeCloseTo(middle, 0);
  });

  it('never overlaps, never leaves the stage, keeps the gap, for all counts and many stages', () => {
    for (const stage of [
      { width: 1280, height: 584 },
      { width: 390, height: 700 },
      { width: 320, height: 240 },
      { width: 2560, height: 1300 },
      { width: 900, height: 200 },
    ]) {
      for (let count = 1; count <= 25; count += 1) {
        const { boxes, columns } = gridLayout(count, stage);
        expect(boxes).toHaveLength(count);
        boxes.forEach((box, i) => {
          expect(within(box, stage)).toBe(true);
          for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false);
          const next = boxes[i + 1];
          if (next !== undefined && (i + 1) % columns !== 0)
            expect(next.left - box.left - box.width).toBe(kGap);
        });
      }
    }
  });

  it('is as large as the best of all column counts', () => {
    const stage = { width: 1100, height: 640 };
    for (let count = 1; count <= 16; count += 1) {
      const { tile } = gridLayout(count, stage);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const width = (stage.width - kGap * (columns - 1)) / columns;
        const height = (stage.height - kGap * (rows - 1)) / rows;
        const w = Math.min(width, (height * 16) / 9);
        expect(tile.width * tile.height).toBeGreaterThan((w - 2) * ((w * 9) / 16 - 2));
      }
    }
  });

  it('has nothing to show without people or without a stage', () => {
    expect(gridLayout(0, { width: 100, height: 100 }).boxes).toEqual([]);
    expect(gridLayout(3, { width: 0, height: 100 }).boxes).toEqual([]);
  });
});

describe('focusLayout', () => {
  it('puts the strip at the right of a wide stage and leaves the rest to the main picture', () => {
    const { main, strip, pager } = focusLayout(3, { width: 1264, height: 584 });
    expect(strip).toHaveLength(3);
    expect(new Set(strip.map((box) => box.left))).toEqual(new Set([1264 - 208]));
    expect(main).toEqual({ left: 0, top: 0, width: 1264 - 208 - 8, height: 584 });
    expect(pager).toBeNull();
  });

  it('puts it below on a tall stage', () => {
    const { main, strip } = focusLayout(2, { width: 374, height: 708 });
    expect(strip.every((box) => box.top === main.height + kGap)).toBe(true);
  });

  it('keeps room for the page buttons when the strip has pages', () => {
    for (const stage of [
      { width: 1264, height: 584 },
      { width: 374, height: 708 },
    ]) {
      const { strip, pager, perPage } = focusLayout(20, stage);
      expect(strip).toHaveLength(perPage);
      expect(pager).not.toBeNull();
      for (const box of strip) expect(pager !== null && overlap(box, pager)).toBe(false);
    }
  });

  it('is all main picture without others', () => {
    expect(focusLayout(0, { width: 800, height: 600 }).main).toEqual({
      left: 0,
      top: 0,
      width: 800,
      height: 600,
    });
  });
});

describe('corner', () => {
  const stage = { width: 1280, height: 720 };
  const insets = { top: 48, right: 16, bottom: 88, left: 16 };

  it('stands in the named corner inside the insets', () => {
    expect(cornerBox('bottom-right', stage, insets)).toEqual({
      left: 1008,
      top: 488,
      width: 256,
      height: 144,
    });
    expect(cornerBox('top-left', stage, insets)).toMatchObject({ left: 16, top: 48 });
  });

  it('goes to the nearest one when let go', () => {
    expect(nearestCorner(100, 100, stage)).toBe('top-left');
    expect(nearestCorner(1200, 100, stage)).toBe('top-right');
    expect(nearestCorner(100, 700, stage)).toBe('bottom-left');
    expect(nearestCorner(641, 361, stage)).toBe('bottom-right');
  });
});

describe('fitOf', () => {
  it('crops a little but not most of a picture', () => {
    expect(fitOf({ width: 640, height: 360 }, { width: 400, height: 300 })).toBe('cover');
    expect(fitOf({ width: 640, height: 360 }, { width: 390, height: 844 })).toBe('contain');
    expect(fitOf({ width: 0, height: 0 }, { width: 390, height: 844 })).toBe('cover');
  });
});
