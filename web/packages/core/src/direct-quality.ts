// Bars of a direct call: the server hears nothing of it, so they come from the leg's own counters.
import type { LegCounters } from './ports.ts';
import type { Bars } from './snapshot.ts';

/** As the server's (src/control/presenter.h): the worse of loss and round trip counts. */
const GOOD = { loss: 0.03, rttMs: 300 } as const;
const FAIR = { loss: 0.1, rttMs: 800 } as const;
/** Weight of the newest sample; at one every 2 s, a burst is smoothed over some 6 s. */
const NEWEST = 0.4;
const FEWEST_PACKETS = 20;

export class DirectQuality {
  #leg: string | null = null;
  #received = 0;
  #lost = 0;
  #loss = 0;
  #bars: Bars = 3;

  get bars(): Bars {
    return this.#bars;
  }

  /** `id` names the leg; null: no direct call now. */
  sample(id: string | null, counters: LegCounters | null): void {
    if (id === null || counters === null) {
      this.#leg = null;
      this.#bars = 3;
      return;
    }
    const sum = (name: 'packetsReceived' | 'packetsLost'): number =>
      counters.incoming.reduce((total, incoming) => total + incoming[name], 0);
    const received = sum('packetsReceived');
    const lost = sum('packetsLost');
    if (this.#leg !== id) this.#loss = 0;
    else this.#smooth(received - this.#received, Math.max(0, lost - this.#lost));
    this.#leg = id;
    this.#received = received;
    this.#lost = lost;
    this.#bars = barsOf(this.#loss, counters.rttMs ?? 0);
  }

  #smooth(received: number, lost: number): void {
    if (received + lost < FEWEST_PACKETS) return;
    this.#loss += NEWEST * (lost / (received + lost) - this.#loss);
  }
}

/** `loss` as a fraction. */
export function barsOf(loss: number, rttMs: number): Bars {
  if (loss < GOOD.loss && rttMs < GOOD.rttMs) return 3;
  return loss < FAIR.loss && rttMs < FAIR.rttMs ? 2 : 1;
}
