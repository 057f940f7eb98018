// What the others are told about this participant: microphone, camera, screen, hand. Sends only what the server doesn't
// know yet.
import type { ClientMessage, Participant, StateChange } from '@parley/protocol';

type Full = Required<StateChange>;

const NAMES = ['mic', 'camera', 'screen', 'hand'] as const;

export class OwnState {
  readonly #send: (message: ClientMessage) => boolean;
  #told: Full = { mic: false, camera: false, screen: false, hand: false };

  /** Hands that we told and the server has not repeated yet, oldest first. */
  #handsTold: boolean[] = [];

  constructor(send: (message: ClientMessage) => boolean) {
    this.#send = send;
  }

  /** The server's view at (re)joining. */
  onJoined(self: Participant | null, now: Full): void {
    this.#handsTold = [];
    if (self !== null) {
      this.#told = { mic: self.mic, camera: self.camera, screen: self.screen, hand: self.hand > 0 };
    }
    this.tell(now);
  }

  tell(now: Full): void {
    const change: { -readonly [Key in keyof Full]?: boolean } = {};
    for (const name of NAMES) if (now[name] !== this.#told[name]) change[name] = now[name];
    if (Object.keys(change).length === 0 || !this.#send({ type: 'state', ...change })) return;
    this.#told = now;
    if (change.hand !== undefined) this.#handsTold.push(change.hand);
  }

  /** The server says whether our hand is up. True when somebody else lowered it: not the echo of what we said. */
  handLowered(up: boolean): boolean {
    if (this.#handsTold.length > 0) {
      if (this.#handsTold[0] === up) this.#handsTold.shift();
      return false;
    }
    if (up || !this.#told.hand) return false;
    this.#told = { ...this.#told, hand: false };
    return true;
  }
}
