import { describe, expect, it } from 'vitest';
import { PlayoutReserve } from './playout-reserve.ts';
import type { LegCounters } from './ports.ts';
import { incomingCounters } from './testing/fake-media.ts';

class Path {
  readonly #reserve = new PlayoutReserve();
  #received = 0;
  #lost = 0;

  /** 2 s in which `lost` of `packets` didn't come. */
  sample(lost: number, rttMs: number | null = 60, packets = 200): number | null {
    this.#received += packets - lost;
    this.#lost += lost;
    const counters: LegCounters = {
      incoming: [incomingCounters({ packetsReceived: this.#received, packetsLost: this.#lost })],
      outgoing: [],
      rttMs,
      path: null,
    };
    return this.#reserve.sample(counters);
  }
}

describe('PlayoutReserve', () => {
  it('keeps nothing in reserve on a path that loses little', () => {
    const path = new Path();
    for (const lost of [0, 1, 0, 1, 0]) expect(path.sample(lost)).toBeNull();
  });

  it('begins at half a percent, and at two packets', () => {
    const first = (lost: number, packets: number): number | null => new Path().sample(lost, 60, packets);
    expect(first(10, 2_000)).toBe(100);
    expect(first(5, 1_004), 'of all that were sent').toBeNull();
    expect(first(1, 100), 'one packet is no loss').toBeNull();
    expect(first(2, 100)).toBe(100);
  });

  it('keeps two round trips and some on one that loses much, as they were then', () => {
    const reaches = (rttMs: number | null): (number | null)[] => {
      const path = new Path();
      return [path.sample(10, rttMs), path.sample(0, rttMs), path.sample(0, 75), path.sample(10, 75)];
    };
    expect(reaches(60), 'step by step').toEqual([100, 200, 200, 200]);
    expect(reaches(400)).toEqual([100, 200, 250, 250]);
    expect(reaches(1)).toEqual([100, 120, 120, 120]);
    expect(reaches(null)).toEqual([100, 200, 200, 200]);
  });

  it('gives it back when the path was clean for a while', () => {
    const path = new Path();
    path.sample(10);
    for (let i = 0; i < 10; i += 1) path.sample(0);
    path.sample(8);
    for (let i = 0; i < 14; i += 1) expect(path.sample(0)).toBe(200);
    expect(path.sample(0)).toBeNull();
  });

  it('keeps it on a path that isn’t quite clean', () => {
    const path = new Path();
    for (let i = 0; i < 2; i += 1) path.sample(10);
    for (let i = 0; i < 40; i += 1) expect(path.sample(3, 60, 1_000)).toBe(200);
    for (let i = 0; i < 14; i += 1) expect(path.sample(1, 60, 1_000)).toBe(200);
    expect(path.sample(1, 60, 1_000)).toBeNull();
  });

  it('isn’t misled by counters that begin anew, nor by a handful of packets', () => {
    const reserve = new PlayoutReserve();
    const at = (packetsReceived: number, packetsLost: number): number | null =>
      reserve.sample({
        incoming: [incomingCounters({ packetsReceived, packetsLost })],
        outgoing: [],
        rttMs: 60,
        path: null,
      });
    expect(at(10, 5)).toBeNull();
    expect(at(1_000, 5)).toBeNull();
    expect(at(100, 0)).toBeNull();
    expect(at(300, 20)).toBe(100);
  });
});
