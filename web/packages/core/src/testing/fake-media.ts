import type {
  DirectRole,
  IceServer,
  MediaSource,
  OfferBody,
  SignalDescription,
  WatchedSource,
} from '@parley/protocol';
import type {
  AudibleTrack,
  AudioOutputPort,
  DirectLegHandlers,
  DirectLegPort,
  Disposer,
  IncomingCounters,
  IncomingMedia,
  LegCounters,
  LegFactory,
  LevelMeterPort,
  OutgoingCounters,
  ServerLegHandlers,
  ServerLegPort,
} from '../ports.ts';

/** A receiving m-line on which nothing came; a test says what did. */
export function incomingCounters(change: Partial<IncomingCounters>): IncomingCounters {
  return {
    mid: '10',
    kind: 'video',
    framesDecoded: 0,
    framesDropped: 0,
    decodeSeconds: 0,
    frameWidth: 0,
    frameHeight: 0,
    bytes: 0,
    packetsReceived: 0,
    packetsLost: 0,
    freezeCount: 0,
    totalFreezesDuration: 0,
    audioEnergy: 0,
    codec: null,
    ...change,
  };
}

/** A sending m-line on which nothing went; a test says what did. */
export function outgoingCounters(change: Partial<OutgoingCounters>): OutgoingCounters {
  return {
    source: 'camera',
    kind: 'video',
    rid: null,
    frameWidth: 0,
    frameHeight: 0,
    bytes: 0,
    framesEncoded: 0,
    codec: null,
    cpuLimited: false,
    packetsSent: 0,
    reported: null,
    ...change,
  };
}

/** A stand-in for what the platform makes: the core only passes it on. */
export function fakeTrack(name: string): MediaStreamTrack {
  return { id: name, enabled: true } as MediaStreamTrack;
}

export class FakeIncoming implements IncomingMedia {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly track: MediaStreamTrack;
  loudness = 0;
  readonly watches = new Set<{ readonly rtpTimestamp: number | null; readonly onFirst: () => void }>();

  constructor(leg: string, mid: string, kind: 'audio' | 'video') {
    this.mid = mid;
    this.kind = kind;
    this.track = fakeTrack(`${leg}:${mid}`);
  }

  watchFirst(rtpTimestamp: number | null, onFirst: () => void): Disposer {
    const watch = { rtpTimestamp, onFirst };
    this.watches.add(watch);
    return () => this.watches.delete(watch);
  }

  level(): number {
    return this.loudness;
  }

  /** The first frame or packet arrives. */
  flow(): void {
    for (const watch of [...this.watches]) {
      this.watches.delete(watch);
      watch.onFirst();
    }
  }
}

export class FakeServerLeg implements ServerLegPort {
  readonly name: string;
  readonly handlers: ServerLegHandlers;
  readonly incoming = new Map<string, FakeIncoming>();
  readonly tracks = new Map<
    MediaSource,
    { readonly track: MediaStreamTrack | null; readonly live: boolean }
  >();
  readonly layers = new Map<MediaSource, readonly string[]>();
  readonly answers: string[] = [];
  codecs: readonly string[] = [];
  offers = 0;
  restarts = 0;
  sending = false;
  closed = false;
  stats: IncomingCounters[] = [];
  sent: OutgoingCounters[] = [];
  reserve: number | null = null;
  soundTwice = false;

  constructor(name: string, handlers: ServerLegHandlers) {
    this.name = name;
    this.handlers = handlers;
  }

  createOffer(restart: boolean): Promise<OfferBody> {
    this.offers += 1;
    if (restart) this.restarts += 1;
    return Promise.resolve({
      sdp: `${this.name} offer ${this.offers}`,
      sources: [{ mid: '0', source: 'mic' }],
    });
  }

  acceptAnswer(sdp: string): Promise<void> {
    this.answers.push(sdp);
    for (const mid of ['4', '5']) this.#slot(mid, 'audio');
    for (const mid of ['10', '11', '12']) this.#slot(mid, 'video');
    return Promise.resolve();
  }

  slot(mid: string): FakeIncoming {
    const slot = this.incoming.get(mid);
    if (slot === undefined) throw new Error(`no slot ${mid}`);
    return slot;
  }

  setSending(on: boolean): void {
    this.sending = on;
  }

  setTrack(source: MediaSource, track: MediaStreamTrack | null, live: boolean): void {
    this.tracks.set(source, { track, live });
  }

  setLayers(source: MediaSource, rids: readonly string[]): void {
    this.layers.set(source, rids);
  }

  setCodecs(codecs: readonly string[]): void {
    this.codecs = codecs;
  }

  slots(): ReadonlyMap<string, IncomingMedia> {
    return this.incoming;
  }

  counters(): Promise<LegCounters> {
    return Promise.resolve({ incoming: [...this.stats], outgoing: [...this.sent], rttMs: 20, path: null });
  }

  setReserve(ms: number | null): void {
    this.reserve = ms;
  }

  setSoundTwice(on: boolean): void {
    this.soundTwice = on;
  }

  close(): void {
    this.closed = true;
  }

  #slot(mid: string, kind: 'audio' | 'video'): void {
    if (!this.incoming.has(mid)) this.incoming.set(mid, new FakeIncoming(this.name, mid, kind));
  }
}

export class FakeDirectLeg implements DirectLegPort {
  readonly name: string;
  readonly role: DirectRole;
  readonly iceServers: readonly IceServer[];
  readonly handlers: DirectLegHandlers;
  readonly media = new Map<MediaSource, FakeIncoming>();
  readonly tracks = new Map<MediaSource, MediaStreamTrack | null>();
  readonly descriptions: SignalDescription[] = [];
  readonly candidates: (RTCIceCandidateInit | null)[] = [];
  watched: readonly WatchedSource[] | null = null;
  /** Nothing arrives any more. */
  dead = false;
  #arrived = 0;
  closed = false;
  stats: IncomingCounters[] = [];
  sent: OutgoingCounters[] = [];
  reserve: number | null = null;
  soundTwice = false;

  constructor(name: string, role: DirectRole, iceServers: readonly IceServer[], handlers: DirectLegHandlers) {
    this.name = name;
    this.role = role;
    this.iceServers = iceServers;
    this.handlers = handlers;
  }

  onDescription(description: SignalDescription): void {
    this.descriptions.push(description);
  }

  onCandidate(candidate: RTCIceCandidateInit | null): void {
    this.candidates.push(candidate);
  }

  incoming(): ReadonlyMap<MediaSource, IncomingMedia> {
    return this.media;
  }

  setWatched(watched: readonly WatchedSource[] | null): void {
    this.watched = watched;
  }

  arrivals(): Promise<ReadonlyMap<string, number>> {
    if (!this.dead) this.#arrived += 1;
    return Promise.resolve(new Map([['path', this.#arrived]]));
  }

  /** Negotiated and connected. */
  connect(): void {
    this.media.set('mic', new FakeIncoming(this.name, '0', 'audio'));
    this.media.set('camera', new FakeIncoming(this.name, '1', 'video'));
    this.media.set('screen', new FakeIncoming(this.name, '2', 'video'));
    this.handlers.onIncoming();
    this.handlers.onState('connected');
  }

  get(source: MediaSource): FakeIncoming {
    const media = this.media.get(source);
    if (media === undefined) throw new Error(`no ${source}`);
    return media;
  }

  setTrack(source: MediaSource, track: MediaStreamTrack | null): void {
    this.tracks.set(source, track);
  }

  counters(): Promise<LegCounters> {
    return Promise.resolve({ incoming: [...this.stats], outgoing: [...this.sent], rttMs: 5, path: null });
  }

  setReserve(ms: number | null): void {
    this.reserve = ms;
  }

  setSoundTwice(on: boolean): void {
    this.soundTwice = on;
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeLegs implements LegFactory {
  readonly servers: FakeServerLeg[] = [];
  readonly directs: FakeDirectLeg[] = [];

  get server(): FakeServerLeg {
    const leg = this.servers.at(-1);
    if (leg === undefined) throw new Error('no server leg');
    return leg;
  }

  get direct(): FakeDirectLeg {
    const leg = this.directs.at(-1);
    if (leg === undefined) throw new Error('no direct leg');
    return leg;
  }

  createServerLeg(handlers: ServerLegHandlers): ServerLegPort {
    const leg = new FakeServerLeg(`server${this.servers.length + 1}`, handlers);
    this.servers.push(leg);
    return leg;
  }

  createDirectLeg(
    role: DirectRole,
    iceServers: readonly IceServer[],
    handlers: DirectLegHandlers,
  ): DirectLegPort {
    const leg = new FakeDirectLeg(`direct${this.directs.length + 1}`, role, iceServers, handlers);
    this.directs.push(leg);
    return leg;
  }
}

export class FakeAudioOutput implements AudioOutputPort {
  playing: readonly AudibleTrack[] = [];
  speaker: string | null = null;
  refuse: () => void = () => undefined;

  play(tracks: readonly AudibleTrack[]): void {
    this.playing = tracks;
  }

  audible(): readonly string[] {
    return this.playing.filter((entry) => entry.audible).map((entry) => entry.track.id);
  }

  setSpeaker(id: string): Promise<boolean> {
    if (id === 'broken') return Promise.resolve(false);
    this.speaker = id;
    return Promise.resolve(true);
  }

  onRefused(listener: () => void): Disposer {
    this.refuse = listener;
    return () => undefined;
  }

  close(): void {
    this.playing = [];
  }
}

export class FakeMeter implements LevelMeterPort {
  loudness = 0;
  watched: MediaStreamTrack | null = null;

  watch(track: MediaStreamTrack | null): void {
    this.watched = track;
  }

  level(): number {
    return this.loudness;
  }

  close(): void {
    this.watched = null;
  }
}
