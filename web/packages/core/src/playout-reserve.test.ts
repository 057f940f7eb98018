import { describe, expect, it } from 'vitest';
import { PlayoutReserve } from './playout-reserve.ts';
import type { LegCounters } from './ports.ts';
import { incomingCounters } from './testing/fake-media.ts';

class Path {
  readonly #reserve = new PlayoutReserve();
  #received = 0;
  #lost = 0;

  /** 2 s in which `lost` of 200 packets didn't come. */
  sample(lost: number, rttMs: number | null = 60): number | null {
    this.#received += 200 - lost;
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
    for (const lost of [0, 1, 2, 3, 0]) expect(path.sample(lost)).toBeNull();
  });

  it('keeps two round trips and some on one that loses much, as they were then', () => {
    const path = new Path();
    expect(path.sample(10, 60)).toBe(200);
    expect(path.sample(10, 75)).toBe(200);
    expect(new Path().sample(10, 400)).toBe(250);
    expect(new Path().sample(10, 1)).toBe(120);
    expect(new Path().sample(10, null)).toBe(200);
  });

  it('gives it back when the path was clean for a while', () => {
    const path = new Path();
    path.sample(10);
    for (let i = 0; i < 3; i += 1) path.sample(0);
    path.sample(8);
    for (let i = 0; i < 4; i += 1) expect(path.sample(0)).toBe(200);
    expect(path.sample(0)).toBeNull();
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
    expect(at(300, 20)).toBe(200);
  });
});
