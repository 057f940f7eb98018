// On a path that loses packets, how much later than it could a page shows and plays what arrives, so that what was repaired is in
// time: a repair takes a round trip, and now and then two. Browsers that only receive don't know the round trip and keep no time
// for it, and every lost packet is a stutter.
import type { LegCounters } from './ports.ts';

/** Share of packets lost from which time is kept in reserve, and below which it isn't any more: 1 % already stutters. */
const LOSSY = 0.005;
const FEWEST_LOST = 2;
const CLEAN = 0.002;
/** A path that had been lossy is believed to be clean after so many samples, one every 2 s. */
const CLEAN_SAMPLES = 15;
/** Fewer say nothing of a share. */
const FEWEST_PACKETS = 50;
/** Beyond two round trips: until a hole is noticed, and a browser's patience before it asks again. */
const NOTICED_MS = 80;
const LEAST_MS = 120;
/** More would be felt in a conversation. */
const MOST_MS = 250;
const UNKNOWN_RTT_MS = 60;
/** More at once would be the very pause that the reserve is to spare. */
const STEP_MS = 100;

export class PlayoutReserve {
  #received = 0;
  #lost = 0;
  #clean = 0;
  #goal: number | null = null;
  #reserve: number | null = null;

  /** Takes the counters of a leg, about every 2 s; answers the reserve in ms, null for none. */
  sample({ incoming, rttMs }: LegCounters): number | null {
    const sum = (name: 'packetsReceived' | 'packetsLost'): number =>
      incoming.reduce((total, counters) => total + counters[name], 0);
    const received = sum('packetsReceived') - this.#received;
    const lost = Math.max(0, sum('packetsLost') - this.#lost);
    this.#received += received;
    this.#lost = sum('packetsLost');
    if (received + lost < FEWEST_PACKETS) return this.#reserve;
    const share = lost / (received + lost);
    if (share >= LOSSY && lost >= FEWEST_LOST) {
      const wanted = Math.round(2 * (rttMs ?? UNKNOWN_RTT_MS) + NOTICED_MS);
      // Each change is a small stretch of the sound: not for every wobble of the round trip.
      this.#goal ??= Math.min(MOST_MS, Math.max(LEAST_MS, wanted));
      this.#clean = 0;
    } else if (share < CLEAN && this.#goal !== null) {
      this.#clean += 1;
      if (this.#clean >= CLEAN_SAMPLES) this.#goal = null;
    }
    this.#reserve = this.#goal === null ? null : Math.min(this.#goal, (this.#reserve ?? 0) + STEP_MS);
    return this.#reserve;
  }
}
