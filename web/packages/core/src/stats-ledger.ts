// Counters of receiving m-lines, kept per participant and source. A slot changes its owner and a call changes its leg;
// what counts is who was heard and seen, so each sample's growth goes to the owner of that moment.
import type { MediaSource } from '@parley/protocol';
import type { IncomingCounters } from './ports.ts';
import type { ReceivedStats } from './snapshot.ts';

export interface CounterOwner {
  readonly participant: string;
  readonly source: MediaSource;
}

type Totals = { -readonly [Key in keyof ReceivedStats]: ReceivedStats[Key] };

/** Participants that left stay counted up to this many. */
const MOST = 1000;

export class StatsLedger {
  readonly #last = new Map<string, IncomingCounters>();
  readonly #totals = new Map<string, Totals>();

  /** `leg` names the connection; `owner` answers who had the m-line since the last sample. */
  sample(
    leg: string,
    counters: readonly IncomingCounters[],
    owner: (mid: string) => CounterOwner | null,
    kind: 'direct' | 'server' = 'server',
  ): void {
    for (const now of counters) {
      const id = `${leg}/${now.mid}`;
      const before = this.#last.get(id);
      this.#last.set(id, now);
      const to = owner(now.mid);
      if (to !== null) this.#add(to, now, before ?? null, kind);
    }
  }

  forgetLeg(leg: string): void {
    for (const id of [...this.#last.keys()]) if (id.startsWith(`${leg}/`)) this.#last.delete(id);
  }

  received(): readonly ReceivedStats[] {
    return [...this.#totals.values()].map((totals) => ({ ...totals }));
  }

  #add(
    to: CounterOwner,
    now: IncomingCounters,
    before: IncomingCounters | null,
    leg: 'direct' | 'server',
  ): void {
    const key = `${to.participant}/${to.source}`;
    let totals = this.#totals.get(key);
    if (totals === undefined) {
      totals = { participant: to.participant, source: to.source, ...ZERO, kind: now.kind, leg };
      this.#totals.set(key, totals);
      const oldest = this.#totals.keys().next();
      if (this.#totals.size > MOST && oldest.done !== true) this.#totals.delete(oldest.value);
    }
    // A counter that went back belongs to a new stream on the same m-line: all of it is growth.
    const grown = (name: (typeof COUNTERS)[number]): number => {
      const last = before?.[name] ?? 0;
      if (now[name] >= last) return now[name] - last;
      // A late packet takes back a loss.
      return name === 'packetsLost' ? 0 : now[name];
    };
    const decoded = grown('framesDecoded');
    if (grown('bytes') > 0) {
      totals.leg = leg;
      totals.codec = now.codec ?? totals.codec;
    }
    for (const name of COUNTERS) totals[name] += grown(name);
    if (decoded > 0 || totals.frameWidth === 0) {
      totals.frameWidth = now.frameWidth;
      totals.frameHeight = now.frameHeight;
    }
  }
}

const COUNTERS = [
  'framesDecoded',
  'bytes',
  'packetsReceived',
  'framesDropped',
  'packetsLost',
  'freezeCount',
  'totalFreezesDuration',
  'audioEnergy',
] as const;

const ZERO = {
  framesDecoded: 0,
  frameWidth: 0,
  frameHeight: 0,
  bytes: 0,
  packetsReceived: 0,
  framesDropped: 0,
  codec: null,
  packetsLost: 0,
  freezeCount: 0,
  totalFreezesDuration: 0,
  audioEnergy: 0,
} as const;
