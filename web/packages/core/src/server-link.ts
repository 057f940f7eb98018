// The connection to the server for sound and pictures: one leg at a time, offered at join, mended when it breaks.
import type { MediaSource, OfferBody } from '@parley/protocol';
import type { Clock, Disposer, IncomingMedia, LegFactory, LegState, ServerLegPort } from './ports.ts';
import type { Reply } from './signaling-client.ts';
import type { LocalTrack } from './local-media.ts';

/** Short losses mend themselves; after this the paths are looked for again. */
export const INTERRUPTED_LIMIT_MS = 3_000;
export const RESTART_INTERVAL_MS = 5_000;

export interface ServerLinkHandlers {
  onChange(): void;
  /** A new leg: slots and layers of the one before mean nothing now. */
  onNewLeg(): void;
  requestAnswer(offer: OfferBody): Promise<Reply>;
  localTracks(): ReadonlyMap<MediaSource, LocalTrack>;
  onInterrupted(): void;
  onRefused(): void;
}

export class ServerLink {
  readonly #clock: Clock;
  readonly #factory: LegFactory;
  readonly #handlers: ServerLinkHandlers;
  #leg: ServerLegPort | null = null;
  #number = 0;
  #state: LegState = 'connecting';
  #wasConnected = false;
  #negotiated = false;
  #sending = false;
  #codecs: readonly string[] = [];
  #mending = false;
  #cancelMend: Disposer = () => undefined;
  #closed = false;

  constructor(clock: Clock, factory: LegFactory, handlers: ServerLinkHandlers) {
    this.#clock = clock;
    this.#factory = factory;
    this.#handlers = handlers;
  }

  get id(): string {
    return `server-${this.#number}`;
  }

  get port(): ServerLegPort | null {
    return this.#leg;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** Since this leg was made. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  slots(): ReadonlyMap<string, IncomingMedia> {
    return this.#leg?.slots() ?? new Map<string, IncomingMedia>();
  }

  /** For join: null when the leg that stands is negotiated already. */
  async offerForJoin(): Promise<OfferBody | null> {
    if (this.#closed || (this.#leg !== null && this.#negotiated)) return null;
    const leg = this.#leg ?? this.#create();
    return leg.createOffer(false);
  }

  /** `offered`: join held an offer. `resumed`: the seat, and with it the server's end of the leg, is still there. */
  async onJoined(answerSdp: string | null, offered: boolean, resumed: boolean): Promise<void> {
    if (offered) {
      if (answerSdp === null) this.#handlers.onRefused();
      else await this.#accept(answerSdp);
    } else if (!resumed) {
      this.#leg?.close();
      this.#create();
      await this.#negotiate(false);
    } else if (!this.connected) {
      await this.#mend();
    }
  }

  setSending(on: boolean): void {
    this.#sending = on;
    this.#leg?.setSending(on);
  }

  /** What everybody here can be shown; holds for later legs too. */
  setCodecs(codecs: readonly string[]): void {
    this.#codecs = codecs;
    this.#leg?.setCodecs(codecs);
  }

  /** The device moved to another network: the paths that stand are probably dead. */
  onNetworkChange(): void {
    if (this.#negotiated) void this.#mend();
  }

  close(): void {
    this.#closed = true;
    this.#cancelMend();
    this.#leg?.close();
    this.#leg = null;
  }

  #create(): ServerLegPort {
    this.#number += 1;
    const number = this.#number;
    this.#state = 'connecting';
    this.#wasConnected = false;
    this.#negotiated = false;
    const leg = this.#factory.createServerLeg({
      onState: (state) => {
        if (number === this.#number) this.#onState(state);
      },
    });
    for (const [source, { track, live }] of this.#handlers.localTracks()) leg.setTrack(source, track, live);
    leg.setSending(this.#sending);
    leg.setCodecs(this.#codecs);
    this.#leg = leg;
    this.#handlers.onNewLeg();
    return leg;
  }

  #onState(state: LegState): void {
    if (this.#closed) return;
    this.#state = state;
    if (state === 'connected') {
      this.#wasConnected = true;
      this.#cancelMend();
    }
    if (state === 'interrupted') this.#mendAfter(INTERRUPTED_LIMIT_MS);
    if (state === 'failed') void this.#mend();
    this.#handlers.onChange();
  }

  #mendAfter(ms: number): void {
    this.#cancelMend();
    this.#cancelMend = this.#clock.after(ms, () => void this.#mend());
  }

  async #mend(): Promise<void> {
    if (this.#mending || this.#closed || !this.#negotiated) return;
    this.#mending = true;
    if (!this.connected) this.#handlers.onInterrupted();
    await this.#negotiate(true);
    this.#mending = false;
    // Until it is connected again; a lost signalling connection mends at the next join.
    this.#mendAfter(RESTART_INTERVAL_MS);
    if (this.connected) this.#cancelMend();
  }

  async #negotiate(restart: boolean): Promise<void> {
    const leg = this.#leg;
    if (leg === null) return;
    const offer = await leg.createOffer(restart);
    const reply = await this.#handlers.requestAnswer(offer);
    if (leg !== this.#leg) return;
    if (reply.kind === 'answer') await this.#accept(reply.sdp);
    if (reply.kind === 'error') this.#handlers.onRefused();
  }

  async #accept(sdp: string): Promise<void> {
    const leg = this.#leg;
    if (leg === null) return;
    await leg.acceptAnswer(sdp);
    if (leg !== this.#leg) return;
    this.#negotiated = true;
    this.#handlers.onChange();
  }
}
