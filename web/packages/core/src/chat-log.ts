// The chat as one ordered list. A message that we send is in it at once (`sending`), and becomes the server's own when
// that comes back with the same key.
import type { ChatEntry } from '@parley/protocol';
import type { ChatMessage } from './snapshot.ts';

/** More than the server keeps (500), so that a long meeting still scrolls back. */
export const CHAT_KEPT = 2000;

export class ChatLog {
  /** By sequence number. */
  #confirmed: ChatMessage[] = [];
  /** Ours, in the order in which they were written. */
  #own: ChatMessage[] = [];
  #unread = 0;
  #open = false;

  /** Confirmed first, then what is on its way. */
  messages(): readonly ChatMessage[] {
    return [...this.#confirmed, ...this.#own];
  }

  get unread(): number {
    return this.#unread;
  }

  /** The newest that we have; null when none. */
  get lastSeq(): number | null {
    return this.#confirmed.at(-1)?.seq ?? null;
  }

  setOpen(open: boolean): void {
    this.#open = open;
    if (open) this.#unread = 0;
  }

  /** A new seat in a room of which nothing is known any more; what is on its way stays. */
  reset(): void {
    this.#confirmed = [];
  }

  add(message: { key: string; from: string; name: string; text: string; time: number }): void {
    this.#own.push({ ...message, seq: null, state: 'sending' });
  }

  setState(key: string, state: 'sending' | 'failed'): void {
    this.#own = this.#own.map((message) => (message.key === key ? { ...message, state } : message));
  }

  /** The server took our message; its own copy may come before or after. */
  acknowledge(key: string, seq: number): void {
    const own = this.#own.find((message) => message.key === key);
    if (own === undefined) return;
    this.#own = this.#own.filter((message) => message.key !== key);
    this.#insert({ ...own, seq, state: 'sent' });
  }

  /** `fromSelf`: the sender is us, so a pending message of the same key is this one. */
  receive(entry: ChatEntry, fromSelf: boolean, replayed: boolean): void {
    if (fromSelf) this.#own = this.#own.filter((message) => message.key !== entry.key);
    const fresh = this.#insert({ ...entry, state: 'sent' });
    if (fresh && !fromSelf && !replayed && !this.#open) this.#unread += 1;
  }

  find(key: string): ChatMessage | null {
    return this.#own.find((message) => message.key === key) ?? null;
  }

  pending(): readonly ChatMessage[] {
    return this.#own.filter((message) => message.state === 'sending');
  }

  /** True when it is new. A known one is replaced: the server's name and time are the ones that all see. */
  #insert(message: ChatMessage): boolean {
    const seq = message.seq ?? 0;
    let at = this.#confirmed.length;
    while (at > 0 && (this.#confirmed[at - 1]?.seq ?? 0) > seq) at -= 1;
    const known = this.#confirmed[at - 1]?.seq === seq;
    if (known) this.#confirmed[at - 1] = message;
    else this.#confirmed.splice(at, 0, message);
    if (this.#confirmed.length > CHAT_KEPT) this.#confirmed.splice(0, this.#confirmed.length - CHAT_KEPT);
    return !known;
  }
}
