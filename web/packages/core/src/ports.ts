// What the core needs from its surroundings. packages/browser implements these on the real web platform, tests with fakes.
import type {
  DirectRole,
  IceServer,
  MediaSource,
  OfferBody,
  SignalBody,
  SignalDescription,
  WatchedSource,
} from '@parley/protocol';
import type { DeviceChoice, NetworkPath } from './snapshot.ts';

export type Disposer = () => void;

/** Time and chance. `after` calls once and returns what cancels it. */
export interface Clock {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  after(ms: number, callback: () => void): Disposer;
  /** 0 ≤ x < 1. */
  random(): number;
}

export interface SocketHandlers {
  onOpen(): void;
  onText(text: string): void;
  /** Once, also when the socket never opened. Nothing is called after it. */
  onClosed(): void;
}

export interface Socket {
  send(text: string): void;
  /** Handlers are not called any more. */
  close(): void;
}

export interface SocketPort {
  open(handlers: SocketHandlers): Socket;
}

/** One receiving m-line. */
export interface IncomingMedia {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly track: MediaStreamTrack;
  /**
   * Calls back once when media of the new content arrived: a decoded video frame, an audio packet. With an RTP timestamp,
   * frames that are older don't count.
   */
  watchFirst(rtpTimestamp: number | null, onFirst: () => void): Disposer;
  /** Loudness now, 0..1. */
  level(): number;
}

export interface IncomingCounters {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly framesDecoded: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bytes: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly framesDropped: number;
  readonly decodeSeconds: number;
  readonly codec: string | null;
  readonly freezeCount: number;
  readonly totalFreezesDuration: number;
  readonly audioEnergy: number;
}

export interface OutgoingCounters {
  readonly source: MediaSource;
  readonly kind: 'audio' | 'video';
  readonly rid: string | null;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bytes: number;
  readonly framesEncoded: number;
  readonly codec: string | null;
  readonly cpuLimited: boolean;
  readonly packetsSent: number;
  /** What the other end last reported of them, and when by its own name of the time; null before it did. */
  readonly reported: { readonly at: number; readonly packetsLost: number } | null;
}

export interface LegCounters {
  readonly incoming: readonly IncomingCounters[];
  readonly outgoing: readonly OutgoingCounters[];
  readonly rttMs: number | null;
  readonly path: NetworkPath | null;
}

/** `interrupted` may mend itself, `failed` doesn't without a restart. */
export type LegState = 'connecting' | 'connected' | 'interrupted' | 'failed';

/** What both kinds of leg do. Calls after close() do nothing. */
export interface MediaLeg {
  /** `live` false: the track is kept but silent (a muted microphone), so the leg may stop sending it. */
  setTrack(source: MediaSource, track: MediaStreamTrack | null, live: boolean): void;
  counters(): Promise<LegCounters>;
  /** What arrives is shown and played this much later than it could (ms), so that repairs are in time; null: as soon as it can. */
  setReserve(ms: number | null): void;
  /** Each packet of sound is sent with a copy of the one before it (RED), where both ends take it. */
  setSoundTwice(on: boolean): void;
  close(): void;
}

export interface ServerLegHandlers {
  onState(state: LegState): void;
}

export interface ServerLegPort extends MediaLeg {
  /** With `restart` the offer asks for new network paths. */
  createOffer(restart: boolean): Promise<OfferBody>;
  acceptAnswer(sdp: string): Promise<void>;
  /** False at first: nothing at all is sent. */
  setSending(on: boolean): void;
  /** Which encodings of a source anybody wants. */
  setLayers(source: MediaSource, rids: readonly string[]): void;
  /** Which video codecs everybody here can be shown, by the protocol's words. */
  setCodecs(codecs: readonly string[]): void;
  /** The slots by mid; empty before the first answer. */
  slots(): ReadonlyMap<string, IncomingMedia>;
}

export interface DirectLegHandlers {
  onState(state: LegState): void;
  onSignal(body: SignalBody): void;
  /** What incoming() answers changed. */
  onIncoming(): void;
}

export interface DirectLegPort extends MediaLeg {
  onDescription(description: SignalDescription): void;
  onCandidate(candidate: RTCIceCandidateInit | null): void;
  incoming(): ReadonlyMap<MediaSource, IncomingMedia>;
  /** What the other looks at; null while that isn't known, which means everything. */
  setWatched(watched: readonly WatchedSource[] | null): void;
  /** Counters of all that arrives, each under a name of its own; null when they can't be read now. */
  arrivals(): Promise<ReadonlyMap<string, number> | null>;
}

export interface LegFactory {
  createServerLeg(handlers: ServerLegHandlers): ServerLegPort;
  /** The offerer begins at once. */
  createDirectLeg(
    role: DirectRole,
    iceServers: readonly IceServer[],
    handlers: DirectLegHandlers,
  ): DirectLegPort;
}

export interface AudibleTrack {
  readonly track: MediaStreamTrack;
  readonly audible: boolean;
}

export interface AudioOutputPort {
  /** The complete list; tracks not in it are released. Those not audible are decoded silently. */
  play(tracks: readonly AudibleTrack[]): void;
  setSpeaker(id: string): Promise<boolean>;
  /** The browser refuses sound until the person clicks somewhere; the port tries again at the next click. */
  onRefused(listener: () => void): Disposer;
  close(): void;
}

export type CaptureKind = 'microphone' | 'camera';

export type CaptureProblem =
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'insecure'; readonly message: string }
  /** The person closed the dialog: nothing to say. */
  | { readonly kind: 'cancelled' };

export interface Capture {
  readonly track: MediaStreamTrack;
  /** The device that is in use. */
  readonly deviceId: string | null;
  /** Ended by something else than stop(): unplugged, or the browser's own button. */
  onEnded(listener: () => void): Disposer;
  stop(): void;
}

export interface ScreenCapture {
  readonly video: Capture;
  readonly audio: Capture | null;
}

export type CaptureResult<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: CaptureProblem };

export interface MediaDevicesPort {
  /** `deviceId` null: what the browser prefers. A device that is gone is replaced by the browser's preference. */
  open(kind: CaptureKind, deviceId: string | null): Promise<CaptureResult<Capture>>;
  openScreen(): Promise<CaptureResult<ScreenCapture>>;
  list(): Promise<{
    readonly microphones: readonly DeviceChoice[];
    readonly cameras: readonly DeviceChoice[];
    readonly speakers: readonly DeviceChoice[];
  }>;
  onChange(listener: () => void): Disposer;
}

/** Measures the own microphone, also while it is muted. */
export interface LevelMeterPort {
  watch(track: MediaStreamTrack | null): void;
  /** 0..1. */
  level(): number;
  close(): void;
}

export interface NetworkPort {
  /** The device is online again or moved to another network. */
  onChange(listener: () => void): Disposer;
}

export interface Ports {
  readonly clock: Clock;
  readonly socket: SocketPort;
  readonly legs: LegFactory;
  readonly audio: AudioOutputPort;
  readonly devices: MediaDevicesPort;
  readonly meter: LevelMeterPort;
  readonly network: NetworkPort;
}
