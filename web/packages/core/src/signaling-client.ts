// The conversation with the server: opens the socket, joins, keeps it alive, comes back after a loss with the resume
// token. Knows nothing of what the messages mean beyond joined, error and closing.
import {
  parseServerMessage,
  PROTOCOL_VERSION,
  type ClientMessage,
  type ErrorMessage,
  type JoinedMessage,
  type OfferBody,
  type ServerMessage,
  type StateChange,
} from '@parley/protocol';
import type { Clock, Disposer, Socket, SocketPort } from './ports.ts';
import type { EndReason } from './snapshot.ts';

export const PING_INTERVAL_MS = 10_000;
/** Two pings unanswered: the path is dead even if the socket doesn't know yet. */
export const SILENCE_LIMIT_MS = 25_000;
export const BACKOFF_FIRST_MS = 300;
export const BACKOFF_LAST_MS = 5_000;
/** The server keeps the seat for 60 s; a restarting server gets some more before we give up. */
export const GIVE_UP_MS = 180_000;
const REQUEST_TIMEOUT_MS = 15_000;

export interface JoinDetails {
  readonly name: string;
  readonly state: StateChange;
  readonly offer: OfferBody | null;
  readonly chatSeq: number | null;
}

export type Reply =
  | { readonly kind: 'ok'; readonly seq: number | null }
  | { readonly kind: 'answer'; readonly sdp: string }
  | { readonly kind: 'error'; readonly error: ErrorMessage }
  /** The socket was lost or nothing came: nobody knows whether it took effect. */
  | { readonly kind: 'lost' };

export interface SignalingHandlers {
  /** Called at each (re)connection, before join is sent. */
  joinDetails(): Promise<JoinDetails>;
  onJoined(message: JoinedMessage): void;
  onMessage(message: ServerMessage): void;
  onInterrupted(): void;
  onEnded(reason: EndReason, message: string): void;
}

type Request =
  | { readonly type: 'chat'; readonly key: string; readonly text: string }
  | { readonly type: 'rename'; readonly name: string }
  | ({ readonly type: 'offer' } & OfferBody);

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening'; readonly socket: Socket }
  | { readonly kind: 'joining'; readonly socket: Socket; readonly id: number }
  | { readonly kind: 'joined'; readonly socket: Socket }
  | { readonly kind: 'waiting'; readonly cancel: Disposer }
  | { readonly kind: 'ended' };

interface PendingRequest {
  readonly settle: (reply: Reply) => void;
  readonly cancelTimeout: Disposer;
}

export interface SignalingOptions {
  readonly room: string;
  readonly token: string | null;
  /** Of a seat that a former page had. */
  readonly resume: string | null;
}

/** Refusals at join that pass by themselves. */
const PASSING_CODES = new Set(['too_many', 'internal']);

export class SignalingClient {
  readonly #options: SignalingOptions;
  readonly #clock: Clock;
  readonly #sockets: SocketPort;
  readonly #handlers: SignalingHandlers;
  readonly #pending = new Map<number, PendingRequest>();
  #phase: Phase = { kind: 'idle' };
  #nextId = 1;
  #resume: string | null;
  #attempts = 0;
  #lostAt: number | null = null;
  #lastHeard = 0;
  #cancelPing: Disposer = () => undefined;

  constructor(options: SignalingOptions, clock: Clock, sockets: SocketPort, handlers: SignalingHandlers) {
    this.#options = options;
    this.#resume = options.resume;
    this.#clock = clock;
    this.#sockets = sockets;
    this.#handlers = handlers;
  }

  start(): void {
    if (this.#phase.kind === 'idle') this.#open();
  }

  /** What comes back to this seat; null before the first joined and after the end. */
  get resumeToken(): string | null {
    return this.#phase.kind === 'ended' ? null : this.#resume;
  }

  get joined(): boolean {
    return this.#phase.kind === 'joined';
  }

  /** Sent only while joined; what must survive a loss is sent again by its owner at onJoined. */
  send(message: ClientMessage): boolean {
    if (this.#phase.kind !== 'joined') return false;
    this.#phase.socket.send(JSON.stringify(message));
    return true;
  }

  request(request: Request): Promise<Reply> {
    const id = this.#nextId++;
    if (!this.send({ ...request, id })) return Promise.resolve({ kind: 'lost' });
    return new Promise((settle) => {
      const cancelTimeout = this.#clock.after(REQUEST_TIMEOUT_MS, () => this.#settle(id, { kind: 'lost' }));
      this.#pending.set(id, { settle, cancelTimeout });
    });
  }

  /** The network came back or changed: don't wait for the next attempt. */
  hurry(): void {
    if (this.#phase.kind === 'waiting') {
      this.#phase.cancel();
      this.#open();
    } else if (this.#phase.kind === 'joined') {
      this.#sendPing();
    }
  }

  /** `mayReturn`: the page goes, perhaps for a reload; the server keeps the seat for a moment. */
  leave(mayReturn: boolean): void {
    this.send(mayReturn ? { type: 'leave', may_return: true } : { type: 'leave' });
    this.#end('left', '');
  }

  #open(): void {
    const socket = this.#sockets.open({
      onOpen: () => void this.#join(socket),
      onText: (text) => this.#onText(text),
      onClosed: () => this.#onLost(),
    });
    this.#phase = { kind: 'opening', socket };
  }

  async #join(socket: Socket): Promise<void> {
    const details = await this.#handlers.joinDetails();
    if (this.#phase.kind !== 'opening' || this.#phase.socket !== socket) return;
    const id = this.#nextId++;
    this.#phase = { kind: 'joining', socket, id };
    const { token } = this.#options;
    const message: ClientMessage = {
      type: 'join',
      id,
      protocol: PROTOCOL_VERSION,
      room: this.#options.room,
      name: details.name,
      state: details.state,
      ...(details.offer === null ? {} : { offer: details.offer }),
      ...(this.#resume === null ? {} : { resume: this.#resume }),
      ...(token === null ? {} : { token }),
      ...(details.chatSeq === null ? {} : { chat_seq: details.chatSeq }),
    };
    socket.send(JSON.stringify(message));
    this.#lastHeard = this.#clock.now();
    this.#schedulePing();
  }

  #onText(text: string): void {
    this.#lastHeard = this.#clock.now();
    const result = parseServerMessage(text);
    if (result.kind !== 'ok') return;
    const message = result.message;
    switch (message.type) {
      case 'joined':
        this.#onJoined(message);
        return;
      case 'error':
        this.#onError(message);
        return;
      case 'ok':
        this.#settle(message.id, { kind: 'ok', seq: message.seq });
        return;
      case 'answer':
        this.#settle(message.id, { kind: 'answer', sdp: message.sdp });
        return;
      case 'closing':
        this.#onClosing(message.reason, message.message);
        return;
      case 'pong':
        return;
      default:
        if (this.#phase.kind === 'joined') this.#handlers.onMessage(message);
    }
  }

  #onJoined(message: JoinedMessage): void {
    if (this.#phase.kind !== 'joining' || this.#phase.id !== message.id) return;
    this.#phase = { kind: 'joined', socket: this.#phase.socket };
    this.#resume = message.resume;
    this.#attempts = 0;
    this.#lostAt = null;
    this.#handlers.onJoined(message);
  }

  #onError(message: ErrorMessage): void {
    if (this.#phase.kind === 'joining' && message.id === this.#phase.id) {
      if (PASSING_CODES.has(message.code)) {
        this.#phase.socket.close();
        this.#onLost();
      } else {
        this.#end('refused', message.message);
      }
      return;
    }
    if (message.fatal) {
      this.#end('refused', message.message);
      return;
    }
    if (message.id !== null && this.#settle(message.id, { kind: 'error', error: message })) return;
    this.#handlers.onMessage(message);
  }

  #onClosing(reason: Exclude<EndReason, 'refused' | 'lost'>, message: string): void {
    if (reason !== 'stopping') {
      this.#end(reason, message);
      return;
    }
    // A server that restarts is back soon: come back instead of ending the meeting.
    if ('socket' in this.#phase) this.#phase.socket.close();
    this.#onLost();
  }

  #onLost(): void {
    if (this.#phase.kind === 'ended' || this.#phase.kind === 'waiting') return;
    this.#cancelPing();
    this.#loseRequests();
    const now = this.#clock.now();
    const first = this.#lostAt === null;
    this.#lostAt ??= now;
    if (now - this.#lostAt >= GIVE_UP_MS) {
      this.#end(
        'lost',
        'The connection to the meeting was lost and did not come back. Check your network, then join again.',
      );
      return;
    }
    const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    const delay = ceiling * (0.75 + 0.5 * this.#clock.random());
    this.#phase = { kind: 'waiting', cancel: this.#clock.after(delay, () => this.#open()) };
    if (first) this.#handlers.onInterrupted();
  }

  #schedulePing(): void {
    this.#cancelPing();
    this.#cancelPing = this.#clock.after(PING_INTERVAL_MS, () => {
      if (this.#clock.now() - this.#lastHeard > SILENCE_LIMIT_MS && 'socket' in this.#phase) {
        this.#phase.socket.close();
        this.#onLost();
        return;
      }
      this.#sendPing();
      this.#schedulePing();
    });
  }

  #sendPing(): void {
    this.send({ type: 'ping', t: Math.round(this.#clock.now()) });
  }

  #settle(id: number, reply: Reply): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    this.#pending.delete(id);
    pending.cancelTimeout();
    pending.settle(reply);
    return true;
  }

  #loseRequests(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'lost' });
  }

  #end(reason: EndReason, message: string): void {
    if (this.#phase.kind === 'ended') return;
    this.#cancelPing();
    if ('socket' in this.#phase) this.#phase.socket.close();
    if (this.#phase.kind === 'waiting') this.#phase.cancel();
    this.#phase = { kind: 'ended' };
    this.#loseRequests();
    this.#handlers.onEnded(reason, message);
  }
}
