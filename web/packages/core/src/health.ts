// How well this device keeps up, from the counters of every 2 s: for the server, and for a word to the person.
import { LIMITS, type HealthMessage, type SlotHealth } from '@parley/protocol';
import type { IncomingCounters, LegCounters } from './ports.ts';

/** A decoder that is at work for more than this part of the time falls behind at the next bit of movement. */
const BUSY_DECODER = 0.8;
/** Frames that come late are dropped too, so drops alone say nothing: only with a decoder at work for half of the time. */
const MANY_DROPPED = 0.2;
const DROPPING_DECODER = 0.5;
const FEWEST_FRAMES = 10;

interface Growth {
  readonly mid: string;
  readonly frames: number;
  readonly dropped: number;
  readonly freezes: number;
  readonly decodeMs: number;
}

export class HealthReporter {
  readonly #last = new Map<string, IncomingCounters>();
  #lastAt: number | null = null;
  #told = false;
  #slow = false;

  /** Whether the device itself is too slow for what it shows or sends. */
  get deviceSlow(): boolean {
    return this.#slow;
  }

  /**
   * Takes the counters of all legs at `now` in milliseconds; `server` names the one whose m-lines are slots. Answers what to
   * tell the server, null for nothing.
   */
  sample(
    now: number,
    legs: readonly {
      readonly id: string;
      readonly leg: 'direct' | 'server';
      readonly counters: LegCounters;
    }[],
  ): HealthMessage | null {
    const ms = this.#lastAt === null ? 0 : now - this.#lastAt;
    this.#lastAt = now;
    const known = new Set<string>();
    const slots: SlotHealth[] = [];
    let slow = false;
    for (const { id, leg, counters } of legs) {
      for (const counter of counters.incoming) {
        if (counter.kind !== 'video') continue;
        const key = `${id}/${counter.mid}`;
        known.add(key);
        const growth = growthOf(counter, this.#last.get(key) ?? null);
        this.#last.set(key, counter);
        if (growth === null || ms <= 0) continue;
        slow ||= isSlow(growth, ms);
        if (leg === 'server' && growth.frames + growth.dropped > 0) slots.push(slotOf(growth));
      }
    }
    for (const key of [...this.#last.keys()]) if (!known.has(key)) this.#last.delete(key);
    const cpuLimited = legs.some(({ counters }) => counters.outgoing.some((sent) => sent.cpuLimited));
    this.#slow = slow || cpuLimited;
    const bad = cpuLimited || slow || slots.some(({ freezes, dropped }) => freezes + dropped > 0);
    if (!bad && !this.#told) return null;
    this.#told = bad;
    return { type: 'health', slots: slots.slice(0, LIMITS.healthSlots), cpu_limited: cpuLimited };
  }
}

/** null for a stream that began anew: its counters tell nothing of an interval. */
function growthOf(now: IncomingCounters, before: IncomingCounters | null): Growth | null {
  if (before === null || now.framesDecoded < before.framesDecoded) return null;
  return {
    mid: now.mid,
    frames: now.framesDecoded - before.framesDecoded,
    dropped: Math.max(0, now.framesDropped - before.framesDropped),
    freezes: Math.max(0, now.freezeCount - before.freezeCount),
    decodeMs: Math.max(0, now.decodeSeconds - before.decodeSeconds) * 1000,
  };
}

function isSlow({ frames, dropped, decodeMs }: Growth, ms: number): boolean {
  if (frames + dropped < FEWEST_FRAMES) return false;
  const work = decodeMs / ms;
  return work > BUSY_DECODER || (work > DROPPING_DECODER && dropped > MANY_DROPPED * (frames + dropped));
}

function slotOf({ mid, frames, dropped, freezes, decodeMs }: Growth): SlotHealth {
  const most = (value: number): number => Math.min(LIMITS.healthCount, Math.round(value));
  return {
    mid,
    freezes: most(freezes),
    dropped: most(dropped),
    decode_ms: most(frames === 0 ? 0 : decodeMs / frames),
  };
}
