import type { LegState } from '@parley/core';

export function legState(state: RTCPeerConnectionState): LegState {
  switch (state) {
    case 'connected':
      return 'connected';
    case 'disconnected':
      return 'interrupted';
    case 'failed':
    case 'closed':
      return 'failed';
    default:
      return 'connecting';
  }
}

/** Runs tasks of one connection one after another; a failed one is reported and the next goes on. */
export class TaskLine {
  readonly #onError: (error: unknown) => void;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  run(task: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(task).catch((error: unknown) => this.#onError(error));
    this.#tail = done;
    return done;
  }
}
