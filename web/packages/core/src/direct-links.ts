// The connections to one other participant, by the epoch that made them. There are two only while one replaces the other.
import type { ClientMessage, DirectRole, IceServer, MediaSource, SignalMessage } from '@parley/protocol';
import type { LocalTrack } from './local-media.ts';
import type { DirectLegPort, LegFactory, LegState } from './ports.ts';
import type { Candidate } from './shown-media.ts';

export interface DirectLinksHandlers {
  send(message: ClientMessage): void;
  onState(epoch: number, state: LegState): void;
  onIncoming(): void;
  localTracks(): ReadonlyMap<MediaSource, LocalTrack>;
}

export interface DirectLink {
  readonly id: string;
  readonly peer: string;
  readonly port: DirectLegPort;
}

export class DirectLinks {
  readonly #factory: LegFactory;
  readonly #handlers: DirectLinksHandlers;
  readonly #links = new Map<number, DirectLink>();
  #number = 0;

  constructor(factory: LegFactory, handlers: DirectLinksHandlers) {
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
        if (stands()) this.#handlers.onState(epoch, state);
      },
      onSignal: (body) => {
        if (stands()) this.#handlers.send({ type: 'signal', epoch, to: peer, ...body });
      },
      onIncoming: () => {
        if (stands()) this.#handlers.onIncoming();
      },
    });
    this.#links.set(epoch, { id: `direct-${number}`, peer, port });
    for (const [source, { track, live }] of this.#handlers.localTracks()) port.setTrack(source, track, live);
  }

  close(epoch: number): void {
    const link = this.#links.get(epoch);
    this.#links.delete(epoch);
    link?.port.close();
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
}
