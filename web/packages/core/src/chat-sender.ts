// Sends chat messages until the server has them: with the same key again after a lost connection.
import { LIMITS, type ChatEntry, type JoinedMessage } from '@parley/protocol';
import { ChatLog } from './chat-log.ts';
import type { Clock } from './ports.ts';
import type { SignalingClient } from './signaling-client.ts';
import type { Toasts } from './toasts.ts';
import { words } from './words.ts';

export class ChatSender {
  readonly log = new ChatLog();
  readonly #clock: Clock;
  readonly #signaling: SignalingClient;
  readonly #toasts: Toasts;
  readonly #onChange: () => void;
  #self = '';

  constructor(clock: Clock, signaling: SignalingClient, toasts: Toasts, onChange: () => void) {
    this.#clock = clock;
    this.#signaling = signaling;
    this.#toasts = toasts;
    this.#onChange = onChange;
  }

  send(text: string, name: string): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    if (Array.from(trimmed).length > LIMITS.chatText) {
      this.#toasts.show('warning', words.chatTooLong(LIMITS.chatText));
      return;
    }
    const key = `${this.#clock.wallTime().toString(36)}-${this.#clock.random().toString(36).slice(2, 12)}`;
    this.log.add({ key, from: this.#self, name, text: trimmed, time: this.#clock.wallTime() });
    this.#onChange();
    void this.#transmit(key, trimmed);
  }

  retry(key: string): void {
    const message = this.log.find(key);
    if (message?.state !== 'failed') return;
    this.log.setState(key, 'sending');
    this.#onChange();
    void this.#transmit(key, message.text);
  }

  onJoined(message: JoinedMessage): void {
    this.#self = message.self;
    if (!message.resumed) this.log.reset();
    for (const entry of message.chat) this.log.receive(entry, entry.from === this.#self, !message.resumed);
    for (const { key, text } of this.log.pending()) void this.#transmit(key, text);
  }

  receive(entry: ChatEntry): void {
    this.log.receive(entry, entry.from === this.#self, false);
    this.#onChange();
  }

  async #transmit(key: string, text: string): Promise<void> {
    const joined = (): boolean => this.#signaling.joined;
    if (!joined()) return;
    const reply = await this.#signaling.request({ type: 'chat', key, text });
    if (reply.kind === 'ok' && reply.seq !== null) this.log.acknowledge(key, reply.seq);
    // Lost with its socket: it goes again at the next join.
    const lost = reply.kind === 'lost' && joined() && this.log.find(key) !== null;
    if (reply.kind === 'error' || lost) {
      this.log.setState(key, 'failed');
      this.#toasts.show('error', reply.kind === 'error' ? reply.error.message : words.chatFailed);
    }
    this.#onChange();
  }
}
