// The connections to one other participant, by the epoch that made them. There are two only while one replaces the other.
import type {
  ClientMessage,
  DirectRole,
  IceServer,
  MediaSource,
  SignalMessage,
  WatchedSource,
} from '@parley/protocol';
import type { LocalTrack } from './local-media.ts';
import { PATH_SAMPLE_MS, PathWatch } from './path-watch.ts';
import type { Clock, DirectLegPort, Disposer, LegFactory, LegState } from './ports.ts';
import type { Candidate } from './shown-media.ts';

export interface DirectLinksHandlers {
  send(message: ClientMessage): void;
  onState(epoch: number, state: LegState): void;
  onIncoming(): void;
  localTracks(): ReadonlyMap<MediaSource, LocalTrack>;
  /** Whether the peer sends something by this leg now. */
  expects(epoch: number, peer: string): boolean;
}

export interface DirectLink {
  readonly id: string;
  readonly peer: string;
  readonly port: DirectLegPort;
}

interface Watched extends DirectLink {
  state: LegState;
  cancelWatch: Disposer | null;
}

export class DirectLinks {
  readonly #clock: Clock;
  readonly #factory: LegFactory;
  readonly #handlers: DirectLinksHandlers;
  readonly #links = new Map<number, Watched>();
  readonly #watched = new Map<string, readonly WatchedSource[]>();
  #number = 0;

  constructor(clock: Clock, factory: LegFactory, handlers: DirectLinksHandlers) {
    this.#clock = clock;
    this.#factory = factory;
    this.#handlers = handlers;
  }

  all(): readonly DirectLink[] {
    return [...this.#links.values()];
  }

  get(epoch: number): DirectLink | null {
    return this.#links.get(epoch) ?? null;
  }

  open(epoch: number, peer: string, role: DirectRole, iceServers: readonly IceServer[]): void {
    this.#number += 1;
    const number = this.#number;
    const stands = (): boolean => this.#links.get(epoch)?.id === `direct-${number}`;
    const port = this.#factory.createDirectLeg(role, iceServers, {
      onState: (state) => {
        if (stands()) this.#onState(epoch, state);
      },
      onSignal: (body) => {
        if (stands()) this.#handlers.send({ type: 'signal', epoch, to: peer, ...body });
      },
      onIncoming: () => {
        if (stands()) this.#handlers.onIncoming();
      },
    });
    this.#links.set(epoch, {
      id: `direct-${number}`,
      peer,
      port,
      state: 'connecting',
      cancelWatch: null,
    });
    port.setWatched(this.#watched.get(peer) ?? null);
    for (const [source, { track, live }] of this.#handlers.localTracks()) port.setTrack(source, track, live);
  }

  close(epoch: number): void {
    const link = this.#links.get(epoch);
    this.#links.delete(epoch);
    link?.cancelWatch?.();
    link?.port.close();
  }

  /** What `by` looks at of us from now on. */
  setWatched(by: string, sources: readonly WatchedSource[]): void {
    this.#watched.set(by, sources);
    for (const { peer, port } of this.#links.values()) if (peer === by) port.setWatched(sources);
  }

  /** At a new connection to the server: it says again who looks at what. */
  forgetWatched(): void {
    this.#watched.clear();
    for (const { port } of this.#links.values()) port.setWatched(null);
  }

  onSignal(message: SignalMessage): void {
    const link = this.#links.get(message.epoch);
    if (link?.peer !== message.from) return;
    if ('description' in message) link.port.onDescription(message.description);
    else link.port.onCandidate(message.candidate);
  }

  candidates(epoch: number): readonly Candidate[] {
    const link = this.#links.get(epoch);
    if (link === undefined) return [];
    return [...link.port.incoming()].map(([source, media]) => ({
      participant: link.peer,
      source,
      leg: link.id,
      id: `${link.id}/${media.mid}`,
      media,
      rtpTimestamp: null,
    }));
  }

  #onState(epoch: number, state: LegState): void {
    const link = this.#links.get(epoch);
    if (link === undefined) return;
    link.state = state;
    if (state === 'connected' && link.cancelWatch === null) this.#watch(epoch, link, new PathWatch());
    this.#handlers.onState(epoch, state);
  }

  #watch(epoch: number, link: Watched, watch: PathWatch): void {
    link.cancelWatch = this.#clock.after(PATH_SAMPLE_MS, () => void this.#sample(epoch, link, watch));
  }

  async #sample(epoch: number, link: Watched, watch: PathWatch): Promise<void> {
    const counts = await link.port.arrivals();
    if (this.#links.get(epoch) !== link) return;
    const expected = link.state === 'interrupted' || this.#handlers.expects(epoch, link.peer);
    if (counts !== null && watch.sample(this.#clock.now(), counts, expected)) {
      this.#onState(epoch, 'failed');
    } else {
      this.#watch(epoch, link, watch);
    }
  }
}
