// Which way media takes, and how it changes without a gap: prepare → ready → commit, or abort (docs/protocol.md,
// "Topology"). It decides; what it decides is done by TopologyEffects.
//
// Rules:
//  1. Epochs only grow. A message of an older epoch than the newest is ignored, a repeated one has no effect.
//  2. While something is prepared, the way in force stays untouched.
//  3. `ready` and `failed` are said at most once for each preparation.
//  4. A commit without its prepare does both at once.
//  5. The way that a commit replaces is kept for DRAIN_MS more, sending included: the other end may not have heard of
//     the commit yet and still shows what comes that way. Only one way drains; the next commit ends it at once, and
//     so does being alone: nobody looks any more.
//  6. Nothing waits for ever: each wait has a time limit that ends in `failed` or, after `ready`, in giving up.
import type { DirectRole, TopologyState } from '@parley/protocol';
import type { Clock, Disposer, LegState } from './ports.ts';

export const DIRECT_CONNECT_LIMIT_MS = 3_000;
/** Besides the server, where nobody waits for it: as long as the server waits. */
export const QUIET_DIRECT_CONNECT_LIMIT_MS = 8_000;
export const ARRIVAL_LIMIT_MS = 10_000;
export const COMMIT_LIMIT_MS = 30_000;
/**
 * The two ends hear of a commit apart by the difference of their ways to the server: tens of milliseconds, or some 300 ms
 * when one of the messages has to be sent again (RFC 6298's least timeout is 200 ms in practice). What is then on its way
 * waits up to 200 ms in a jitter buffer. Longer would only send everything twice.
 */
export const DRAIN_MS = 700;

export type Way =
  | { readonly mode: 'alone'; readonly epoch: number }
  | { readonly mode: 'p2p'; readonly epoch: number; readonly peer: string }
  | { readonly mode: 'sfu'; readonly epoch: number };

export type Preparation =
  | { readonly way: Way; readonly stage: 'arriving'; readonly cancel: Disposer }
  | { readonly way: Way; readonly stage: 'ready'; readonly cancel: Disposer }
  | { readonly way: Way; readonly stage: 'failed' };

export interface TopologyEffects {
  openDirect(epoch: number, peer: string, role: DirectRole): void;
  closeDirect(epoch: number): void;
  setServerSending(on: boolean): void;
  /** Whether all that is to be shown already comes this way; asked again at each touch(). */
  arrived(way: Way): boolean;
  reportReady(epoch: number): void;
  reportFailed(epoch: number, reason: string): void;
  /** inForce or preparing changed. */
  onChange(): void;
}

const NOTHING: Way = { mode: 'alone', epoch: -1 };

function toWay(state: TopologyState): Way | null {
  if (state.mode !== 'p2p') return { mode: state.mode, epoch: state.epoch };
  return state.peer === undefined ? null : { mode: 'p2p', epoch: state.epoch, peer: state.peer };
}

export class TopologyMachine {
  readonly #clock: Clock;
  readonly #effects: TopologyEffects;
  #inForce: Way = NOTHING;
  #preparing: Preparation | null = null;
  #draining: { readonly way: Way; readonly cancel: Disposer } | null = null;
  #sending = false;
  #newest = -1;
  /** Direct legs that stand, with their latest state. */
  readonly #direct = new Map<number, LegState>();
  readonly #reportedFailed = new Set<number>();

  constructor(clock: Clock, effects: TopologyEffects) {
    this.#clock = clock;
    this.#effects = effects;
  }

  get inForce(): Way {
    return this.#inForce;
  }

  get preparing(): Way | null {
    return this.#preparing?.stage === 'failed' ? null : (this.#preparing?.way ?? null);
  }

  /** The way that was in force until just now and still brings what it brought. */
  get draining(): Way | null {
    return this.#draining?.way ?? null;
  }

  directState(epoch: number): LegState | null {
    return this.#direct.get(epoch) ?? null;
  }

  onTopology(state: TopologyState): void {
    if (state.epoch < this.#newest) return;
    const way = toWay(state);
    switch (state.phase) {
      case 'prepare':
        if (way !== null && state.epoch > this.#newest) this.#prepare(way, state.role ?? 'answerer');
        break;
      case 'commit':
        if (way !== null && this.#inForce.epoch !== state.epoch) this.#commit(way, state.role ?? 'answerer');
        break;
      case 'abort':
        if (this.#preparing?.way.epoch === state.epoch) this.#dropPreparation();
        break;
    }
    this.#newest = Math.max(this.#newest, state.epoch);
    this.#effects.onChange();
    this.touch();
  }

  /** The same seat after a lost socket: `state` is in force now. What was missed in between is caught up. */
  resume(state: TopologyState): void {
    if (this.#preparing?.stage === 'ready') this.#effects.reportReady(this.#preparing.way.epoch);
    this.onTopology(state);
  }

  /** A new seat: what was before belongs to a room that is gone, and its epochs may start again. */
  restart(state: TopologyState): void {
    this.reset();
    this.onTopology(state);
  }

  reset(): void {
    this.#inForce = NOTHING;
    this.#dropPreparation();
    this.#endDrain();
    for (const epoch of [...this.#direct.keys()]) this.#closeDirect(epoch);
    this.#reportedFailed.clear();
    this.#newest = -1;
    this.#effects.onChange();
  }

  onDirectState(epoch: number, state: LegState): void {
    if (!this.#direct.has(epoch)) return;
    this.#direct.set(epoch, state);
    if (state === 'failed') {
      this.#onDirectFailed(epoch);
    } else if (
      state === 'connected' &&
      this.#preparing?.stage === 'arriving' &&
      this.#preparing.way.epoch === epoch
    ) {
      this.#preparing.cancel();
      this.#preparing = this.#arriving(
        this.#preparing.way,
        ARRIVAL_LIMIT_MS,
        'connected, but nothing arrived',
      );
    }
    this.#effects.onChange();
    this.touch();
  }

  /** Something arrived, came or went: is the preparation complete? */
  touch(): void {
    const preparing = this.#preparing;
    if (preparing?.stage !== 'arriving' || !this.#effects.arrived(preparing.way)) return;
    preparing.cancel();
    const { way } = preparing;
    const cancel = this.#clock.after(COMMIT_LIMIT_MS, () => {
      this.#dropPreparation();
      this.#effects.onChange();
    });
    this.#preparing = { way, stage: 'ready', cancel };
    this.#effects.reportReady(way.epoch);
  }

  #prepare(way: Way, role: DirectRole): void {
    this.#dropPreparation();
    this.#preparing = this.#arriving(
      way,
      way.mode === 'p2p' ? this.#directLimit() : ARRIVAL_LIMIT_MS,
      way.mode === 'p2p' ? 'no direct connection in time' : 'nothing arrived in time',
    );
    this.#open(way, role);
  }

  #directLimit(): number {
    return this.#inForce.mode === 'sfu' ? QUIET_DIRECT_CONNECT_LIMIT_MS : DIRECT_CONNECT_LIMIT_MS;
  }

  #commit(way: Way, role: DirectRole): void {
    if (this.#preparing?.way.epoch === way.epoch) {
      if (this.#preparing.stage !== 'failed') this.#preparing.cancel();
      this.#preparing = null;
    } else {
      this.#dropPreparation();
    }
    this.#endDrain();
    const before = this.#inForce;
    this.#inForce = way;
    if (before.mode !== 'alone') this.#drain(before);
    this.#open(way, role);
    if (way.mode === 'alone') this.#endDrain();
    if (way.mode === 'p2p' && this.#direct.get(way.epoch) === 'failed') this.#onDirectFailed(way.epoch);
  }

  #open(way: Way, role: DirectRole): void {
    this.#updateSending();
    if (way.mode !== 'p2p' || this.#direct.has(way.epoch)) return;
    this.#direct.set(way.epoch, 'connecting');
    this.#effects.openDirect(way.epoch, way.peer, role);
  }

  #arriving(way: Way, limitMs: number, reason: string): Preparation {
    const cancel = this.#clock.after(limitMs, () => {
      this.#fail(way, reason);
      this.#effects.onChange();
    });
    return { way, stage: 'arriving', cancel };
  }

  #onDirectFailed(epoch: number): void {
    if (this.#preparing?.way.epoch === epoch && this.#preparing.stage !== 'failed') {
      this.#fail(this.#preparing.way, 'the direct connection failed');
    } else if (this.#inForce.epoch === epoch) {
      this.#reportFailed(epoch, 'the direct connection broke');
    }
  }

  /** Ours failed: nothing of it is used any more; the server's abort closes it for the other side. */
  #fail(way: Way, reason: string): void {
    if (this.#preparing?.way.epoch !== way.epoch || this.#preparing.stage === 'failed') return;
    this.#preparing.cancel();
    this.#preparing = { way, stage: 'failed' };
    this.#release(way);
    this.#reportFailed(way.epoch, reason);
  }

  #dropPreparation(): void {
    const preparing = this.#preparing;
    if (preparing === null) return;
    this.#preparing = null;
    if (preparing.stage === 'failed') return;
    preparing.cancel();
    this.#release(preparing.way);
  }

  #release(way: Way): void {
    if (way.mode === 'p2p') this.#closeDirect(way.epoch);
    this.#updateSending();
  }

  #drain(way: Way): void {
    const cancel = this.#clock.after(DRAIN_MS, () => {
      this.#endDrain();
      this.#effects.onChange();
    });
    this.#draining = { way, cancel };
  }

  #endDrain(): void {
    const draining = this.#draining;
    if (draining === null) return;
    this.#draining = null;
    draining.cancel();
    this.#release(draining.way);
  }

  /** The server hears us while any way that is in use goes by it. */
  #updateSending(): void {
    const on = [this.#inForce, this.preparing, this.#draining?.way].some((way) => way?.mode === 'sfu');
    if (on === this.#sending) return;
    this.#sending = on;
    this.#effects.setServerSending(on);
  }

  #closeDirect(epoch: number): void {
    if (this.#direct.delete(epoch)) this.#effects.closeDirect(epoch);
  }

  #reportFailed(epoch: number, reason: string): void {
    if (this.#reportedFailed.has(epoch)) return;
    this.#reportedFailed.add(epoch);
    this.#effects.reportFailed(epoch, reason);
  }
}
