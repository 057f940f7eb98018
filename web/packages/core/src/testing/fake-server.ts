// The server's end of the signalling socket, played by the test.
import {
  parseClientMessage,
  type ClientMessage,
  type JoinedMessage,
  type Participant,
  type ServerMessage,
  type TopologyState,
} from '@parley/protocol';
import type { Socket, SocketHandlers, SocketPort } from '../ports.ts';
import { settle } from './fake-clock.ts';

export class FakeServer implements SocketPort {
  readonly received: ClientMessage[] = [];
  connections = 0;
  #handlers: SocketHandlers | null = null;

  open(handlers: SocketHandlers): Socket {
    this.connections += 1;
    this.#handlers = handlers;
    return {
      send: (text) => {
        const result = parseClientMessage(text);
        if (result.kind !== 'ok') throw new Error(`a client must not send ${text}`);
        this.received.push(result.message);
      },
      close: () => {
        if (this.#handlers === handlers) this.#handlers = null;
      },
    };
  }

  get connected(): boolean {
    return this.#handlers !== null;
  }

  async accept(): Promise<void> {
    this.#handlers?.onOpen();
    await settle();
  }

  async send(message: ServerMessage): Promise<void> {
    this.#handlers?.onText(JSON.stringify(message));
    await settle();
  }

  async sendText(text: string): Promise<void> {
    this.#handlers?.onText(text);
    await settle();
  }

  async drop(): Promise<void> {
    const handlers = this.#handlers;
    this.#handlers = null;
    handlers?.onClosed();
    await settle();
  }

  /** All of one type, oldest first. */
  all<Type extends ClientMessage['type']>(type: Type): Extract<ClientMessage, { type: Type }>[] {
    return this.received.filter(
      (message): message is Extract<ClientMessage, { type: Type }> => message.type === type,
    );
  }

  last<Type extends ClientMessage['type']>(type: Type): Extract<ClientMessage, { type: Type }> {
    const message = this.all(type).at(-1);
    if (message === undefined) throw new Error(`no ${type} was sent`);
    return message;
  }

  /** Answers the latest join. */
  async join(
    topology: TopologyState,
    participants: readonly Participant[],
    change: Partial<JoinedMessage> = {},
  ): Promise<void> {
    const join = this.last('join');
    await this.send({
      type: 'joined',
      id: join.id,
      self: 'p1',
      room: join.room,
      resume: 'resume-token',
      resumed: false,
      participants,
      topology,
      answer: join.offer === undefined ? null : { sdp: 'answer' },
      chat: [],
      chat_seq: 0,
      ice_servers: [{ urls: ['stun:192.0.2.1:3478'] }],
      server_time: 1_767_225_600_000,
      ...change,
    });
  }
}

export function person(id: string, change: Partial<Participant> = {}): Participant {
  return { id, name: `Name of ${id}`, mic: true, camera: true, screen: false, hand: 0, ...change };
}
