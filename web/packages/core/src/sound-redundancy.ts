// Whether the sound of a leg is sent twice (RED, RFC 2198), so that a packet that is lost on the way up comes with the next one.
//
// Rules:
//  1. The loss is what the other end reports of the sound that it was sent; of pictures nothing is said, they are repaired.
//  2. It is smoothed over some 3 s of sound: a single burst isn't answered.
//  3. On from LOSSY on. Off when it was below CLEAN for CLEAN_MS without a break: changing to and fro costs more than the
//     second copy.
//  4. A silence reports nothing and changes nothing.
import type { LegCounters, OutgoingCounters } from './ports.ts';

const LOSSY = 0.03;
const CLEAN = 0.01;
const CLEAN_MS = 20_000;
/** Fewer say nothing of a share: a second of speech. */
const FEWEST_PACKETS = 50;
/** A mean over so many: 3 s of speech. */
const SMOOTHED_OVER = 150;

interface Reported {
  readonly at: number;
  readonly sent: number;
  readonly lost: number;
}

export class SoundRedundancy {
  readonly #last = new Map<string, Reported>();
  #loss = 0;
  #cleanSince: number | null = null;
  #on = false;

  /** Takes the counters of a leg at `now` in milliseconds, about every 2 s; answers whether its sound is to be sent twice. */
  sample(now: number, { outgoing }: LegCounters): boolean {
    let sent = 0;
    let lost = 0;
    for (const counters of outgoing) {
      if (counters.kind !== 'audio') continue;
      const grown = this.#growth(counters);
      sent += grown.sent;
      lost += grown.lost;
    }
    if (sent > 0) this.#judge(now, sent, Math.min(lost, sent));
    return this.#on;
  }

  /** Since the report before the newest one; nothing while there is no newer one, or too little to judge. */
  #growth({ source, packetsSent, reported }: OutgoingCounters): { sent: number; lost: number } {
    const none = { sent: 0, lost: 0 };
    if (reported === null) return none;
    const before = this.#last.get(source);
    const next = { at: reported.at, sent: packetsSent, lost: reported.packetsLost };
    if (before === undefined || next.sent < before.sent) {
      this.#last.set(source, next);
      return none;
    }
    const sent = next.sent - before.sent;
    if (next.at === before.at || sent < FEWEST_PACKETS) return none;
    this.#last.set(source, next);
    // A late packet takes back a loss.
    return { sent, lost: Math.max(0, next.lost - before.lost) };
  }

  #judge(now: number, sent: number, lost: number): void {
    this.#loss += (sent / (sent + SMOOTHED_OVER)) * (lost / sent - this.#loss);
    if (this.#loss >= CLEAN) this.#cleanSince = null;
    else this.#cleanSince ??= now;
    if (this.#loss >= LOSSY) this.#on = true;
    else if (this.#cleanSince !== null && now - this.#cleanSince >= CLEAN_MS) this.#on = false;
  }
}
