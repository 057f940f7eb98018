import { describe, expect, it } from 'vitest';
import { participant, people } from '../testing/people.ts';
import { stageLayout, type StageWish } from './stage.ts';

const kStage = { width: 1280, height: 720 };
const kInsets = { top: 48, right: 8, bottom: 88, left: 8 };
const kWish: StageWish = {
  view: 'grid',
  shareOnStage: true,
  pinned: null,
  hidden: new Set(),
  corner: 'bottom-right',
  page: 0,
};

const keys = (layout: ReturnType<typeof stageLayout>): string[] => layout.placed.map((item) => item.key);

describe('stageLayout', () => {
  it('shows oneself beside the card when alone', () => {
    const layout = stageLayout(people(1), kWish, [], kStage, kInsets);
    expect(layout.mode).toBe('alone');
    expect(layout.placed[0]?.box.width).toBe(560);
  });

  it('fills the window with the other one of two, oneself in the corner', () => {
    const layout = stageLayout(people(2), kWish, [], kStage, kInsets);
    expect(layout.mode).toBe('pair');
    expect(layout.placed.map((item) => [item.key, item.main, item.floating])).toEqual([
      ['p2:camera', true, false],
      ['p1:camera', false, true],
    ]);
    expect(layout.placed[0]?.box).toEqual({ left: 0, top: 0, ...kStage });
  });

  it('still fills the window when the own picture of two is hidden', () => {
    const wish = { ...kWish, hidden: new Set(['p1:camera']) };
    const layout = stageLayout(people(2), wish, [], kStage, kInsets);
    expect(layout.mode).toBe('pair');
    expect(keys(layout)).toEqual(['p2:camera']);
  });

  it('is a grid from three on, oneself in it', () => {
    const layout = stageLayout(people(3), kWish, [], kStage, kInsets);
    expect(layout.mode).toBe('grid');
    expect(keys(layout)).toEqual(['p1:camera', 'p2:camera', 'p3:camera']);
  });

  it('pages beyond nine and clamps a page that is no more', () => {
    const second = stageLayout(people(11), { ...kWish, page: 7 }, [], kStage, kInsets);
    expect([second.page, second.pages]).toEqual([1, 2]);
    expect(keys(second)).toEqual(['p10:camera', 'p11:camera']);
  });

  it('keeps tile sizes over all pages', () => {
    const size = (page: number) =>
      stageLayout(people(11), { ...kWish, page }, [], kStage, kInsets).placed[0]?.box.width;
    expect(size(1)).toBe(size(0));
  });

  it('puts a shared screen on the stage and everybody in the strip', () => {
    const three = [participant('p1'), participant('p2', { screenOn: true }), participant('p3')];
    const layout = stageLayout(three, kWish, [], kStage, kInsets);
    expect(layout.mode).toBe('focus');
    expect(layout.placed[0]?.key).toBe('p2:screen');
    expect(keys(layout).slice(1)).toEqual(['p1:camera', 'p2:camera', 'p3:camera']);
  });

  it('leaves a shared screen in the grid when asked to', () => {
    const two = [participant('p1'), participant('p2', { screenOn: true })];
    expect(stageLayout(two, { ...kWish, shareOnStage: false }, [], kStage, kInsets).mode).toBe('grid');
  });

  it('does not put the own screen on the own stage', () => {
    const two = [participant('p1', { screenOn: true }), participant('p2')];
    const layout = stageLayout(two, kWish, [], kStage, kInsets);
    expect(layout.mode).toBe('grid');
    expect(keys(layout)).toEqual(['p1:screen', 'p1:camera', 'p2:camera']);
  });

  it('follows whoever spoke last in speaker view, but not oneself', () => {
    const layout = stageLayout(people(4), { ...kWish, view: 'speaker' }, ['p1', 'p3'], kStage, kInsets);
    expect(layout.placed[0]?.key).toBe('p3:camera');
  });

  it('prefers a pin to everything else', () => {
    const three = [participant('p1'), participant('p2', { screenOn: true }), participant('p3')];
    const layout = stageLayout(three, { ...kWish, pinned: 'p3:camera' }, [], kStage, kInsets);
    expect(layout.placed[0]?.key).toBe('p3:camera');
  });

  it('leaves out hidden pictures', () => {
    const layout = stageLayout(people(4), { ...kWish, hidden: new Set(['p3:camera']) }, [], kStage, kInsets);
    expect(keys(layout)).toEqual(['p1:camera', 'p2:camera', 'p4:camera']);
  });

  it('has nothing before the stage has a size', () => {
    expect(stageLayout(people(4), kWish, [], { width: 0, height: 0 }, kInsets).placed).toEqual([]);
  });
});
