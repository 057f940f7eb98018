import { describe, expect, it } from 'vitest';
import { clampPage, kNoOrder, nextOrder, pageCount, pageOf, pageSize } from './pages.ts';

const people = (n: number): string[] => Array.from({ length: n }, (_, i) => `p${i + 1}`);

describe('pages', () => {
  it('has nine tiles, four on phones, sixteen on very large stages', () => {
    expect(pageSize({ width: 1264, height: 584 })).toBe(9);
    expect(pageSize({ width: 374, height: 700 })).toBe(4);
    expect(pageSize({ width: 1904, height: 944 })).toBe(16);
  });

  it('counts, clamps and cuts', () => {
    expect(pageCount(0, 9)).toBe(1);
    expect(pageCount(9, 9)).toBe(1);
    expect(pageCount(10, 9)).toBe(2);
    expect(clampPage(5, 2)).toBe(1);
    expect(clampPage(-1, 2)).toBe(0);
    expect(pageOf(people(10), 1, 9)).toEqual(['p10']);
  });
});

describe('nextOrder', () => {
  it('appends newcomers and closes up after those who left', () => {
    const first = nextOrder(kNoOrder, ['p1', 'p2', 'p3'], null, 9, 'p1');
    expect(nextOrder(first, ['p1', 'p3', 'p4'], null, 9, 'p1').ids).toEqual(['p1', 'p3', 'p4']);
  });

  it('leaves a speaker of the first page where they are', () => {
    const first = nextOrder(kNoOrder, people(9), null, 9, 'p1');
    expect(nextOrder(first, people(9), 'p7', 9, 'p1').ids).toEqual(people(9));
  });

  it('swaps an off-page speaker with the one silent longest', () => {
    let order = nextOrder(kNoOrder, people(6), null, 4, 'p1');
    for (const speaker of ['p2', 'p3', 'p4']) order = nextOrder(order, people(6), speaker, 4, 'p1');
    order = nextOrder(order, people(6), 'p6', 4, 'p1');
    expect(order.ids).toEqual(['p1', 'p6', 'p3', 'p4', 'p5', 'p2']);
  });

  it('never moves oneself', () => {
    const first = nextOrder(kNoOrder, people(3), null, 1, 'p1');
    expect(nextOrder(first, people(3), 'p3', 1, 'p1').ids).toEqual(people(3));
  });

  it('returns the same object when nothing changed', () => {
    const first = nextOrder(kNoOrder, people(5), 'p2', 9, 'p1');
    expect(nextOrder(first, people(5), 'p2', 9, 'p1')).toBe(first);
  });
});
