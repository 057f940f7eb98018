// What each receiving slot of the server leg shows now.
import type { MediaSource, SlotEntry } from '@parley/protocol';

export interface SlotOwner {
  readonly participant: string;
  readonly source: MediaSource;
  /** The slot's media is the owner's from here on. */
  readonly rtpTimestamp: number;
  /** Changes with each assignment, so that the same slot for someone else is something new. */
  readonly generation: number;
}

export class SlotMap {
  readonly #owners = new Map<string, SlotOwner>();
  #generation = 0;

  apply(slots: readonly SlotEntry[]): void {
    for (const slot of slots) {
      if (slot.participant === null || slot.source === null) {
        this.#owners.delete(slot.mid);
        continue;
      }
      const now = this.#owners.get(slot.mid);
      if (now?.participant === slot.participant && now.source === slot.source) continue;
      this.#generation += 1;
      this.#owners.set(slot.mid, {
        participant: slot.participant,
        source: slot.source,
        rtpTimestamp: slot.rtp_timestamp,
        generation: this.#generation,
      });
    }
  }

  clear(): void {
    this.#owners.clear();
  }

  owner(mid: string): SlotOwner | null {
    return this.#owners.get(mid) ?? null;
  }

  entries(): ReadonlyMap<string, SlotOwner> {
    return this.#owners;
  }
}
