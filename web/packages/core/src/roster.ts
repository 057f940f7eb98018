// Who is in the room, as the server tells it.
import type { Participant, ParticipantChange, RosterMessage } from '@parley/protocol';
import type { Bars } from './snapshot.ts';

export interface RosterEntry extends Participant {
  readonly bars: Bars;
}

export class Roster {
  readonly #entries = new Map<string, RosterEntry>();
  #self: string | null = null;

  get self(): string | null {
    return this.#self;
  }

  reset(self: string, participants: readonly Participant[]): void {
    const bars = new Map([...this.#entries.values()].map((entry) => [entry.id, entry.bars]));
    this.#self = self;
    this.#entries.clear();
    for (const participant of participants) {
      this.#entries.set(participant.id, { ...participant, bars: bars.get(participant.id) ?? 3 });
    }
  }

  apply(message: RosterMessage): void {
    for (const { id } of message.left) this.#entries.delete(id);
    for (const participant of message.joined) this.#entries.set(participant.id, { ...participant, bars: 3 });
    for (const change of message.changed) this.#change(change);
  }

  setBars(id: string, bars: Bars): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, bars });
  }

  get(id: string): RosterEntry | null {
    return this.#entries.get(id) ?? null;
  }

  /** Self first, then in order of joining. */
  all(): readonly RosterEntry[] {
    const all = [...this.#entries.values()];
    return [
      ...all.filter((entry) => entry.id === this.#self),
      ...all.filter((entry) => entry.id !== this.#self),
    ];
  }

  others(): readonly RosterEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.id !== this.#self);
  }

  /** Place in the queue of raised hands, 1 first; 0 when the hand is down. */
  handPlace(id: string): number {
    const order = this.#entries.get(id)?.hand ?? 0;
    if (order === 0) return 0;
    let ahead = 0;
    for (const entry of this.#entries.values()) if (entry.hand > 0 && entry.hand < order) ahead += 1;
    return ahead + 1;
  }

  #change(change: ParticipantChange): void {
    const entry = this.#entries.get(change.id);
    if (entry !== undefined) this.#entries.set(change.id, { ...entry, ...change });
  }
}
