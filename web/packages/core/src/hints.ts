// Conditions that a person should know of, said calmly: a bad moment says nothing, and what is said stays long enough to
// be read.
//
// Rules:
//  1. A condition is said once it held without a break for its `afterMs`.
//  2. What is said stays for `stayMs` at least, and then until the condition no longer holds.
//  3. While it is said, its words may change; it doesn't begin again.
import type { Clock, Disposer } from './ports.ts';
import type { Hint } from './snapshot.ts';

export interface Condition {
  readonly level: Hint['level'];
  readonly text: string;
  readonly afterMs: number;
  readonly stayMs: number;
}

interface Entry {
  condition: Condition;
  holds: boolean;
  /** When it began to hold; when it was said first. */
  since: number;
  saidAt: number | null;
}

export class CalmHints {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #entries = new Map<string, Entry>();
  #list: readonly Hint[] = [];
  #cancel: Disposer = () => undefined;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** What is said now, oldest first. */
  list(): readonly Hint[] {
    return this.#list;
  }

  /** Everything that holds now, by key. */
  update(conditions: ReadonlyMap<string, Condition>): void {
    const now = this.#clock.now();
    for (const [key, entry] of this.#entries) entry.holds = conditions.has(key);
    for (const [key, condition] of conditions) {
      const entry = this.#entries.get(key);
      if (entry === undefined) this.#entries.set(key, { condition, holds: true, since: now, saidAt: null });
      else entry.condition = condition;
    }
    this.#settle();
  }

  close(): void {
    this.#cancel();
    this.#entries.clear();
    this.#list = [];
  }

  #settle(): void {
    this.#cancel();
    const now = this.#clock.now();
    let next = Infinity;
    for (const [key, entry] of this.#entries) {
      const { afterMs, stayMs } = entry.condition;
      if (entry.saidAt === null && entry.holds && now - entry.since >= afterMs) entry.saidAt = now;
      const over = entry.saidAt === null || now - entry.saidAt >= stayMs;
      if (!entry.holds && over) this.#entries.delete(key);
      else if (entry.saidAt === null) next = Math.min(next, entry.since + afterMs);
      else if (!entry.holds) next = Math.min(next, entry.saidAt + stayMs);
    }
    this.#cancel = next === Infinity ? () => undefined : this.#clock.after(next - now, () => this.#settle());
    this.#tell();
  }

  #tell(): void {
    const list: Hint[] = [];
    for (const [key, { condition, saidAt }] of this.#entries) {
      if (saidAt !== null) list.push({ key, level: condition.level, text: condition.text });
    }
    if (JSON.stringify(list) === JSON.stringify(this.#list)) return;
    this.#list = list;
    this.#onChange();
  }
}
