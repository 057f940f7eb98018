// Short messages for the person, which go by themselves.
import type { Clock } from './ports.ts';
import type { Toast } from './snapshot.ts';

export const TOAST_MS = { info: 6_000, warning: 10_000, error: 15_000 } as const;
/** More at once nobody reads; the oldest goes. */
const MOST = 5;

export class Toasts {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #list: readonly Toast[] = [];
  #nextId = 1;

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  list(): readonly Toast[] {
    return this.#list;
  }

  /** The same words that already stand there are not repeated. */
  show(level: Toast['level'], text: string): number {
    const same = this.#list.find((toast) => toast.text === text);
    if (same !== undefined) return same.id;
    const id = this.#nextId++;
    this.#list = [...this.#list, { id, level, text }].slice(-MOST);
    this.#clock.after(TOAST_MS[level], () => this.dismiss(id));
    this.#onChange();
    return id;
  }

  dismiss(id: number): void {
    if (!this.#list.some((toast) => toast.id === id)) return;
    this.#list = this.#list.filter((toast) => toast.id !== id);
    this.#onChange();
  }
}
