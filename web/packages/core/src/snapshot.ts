// What a page needs to know of a meeting, as one immutable value. MeetingSession makes a new one at each change;
// the user interface renders it and calls MeetingActions; neither knows the other.

export type SourceKind = 'camera' | 'screen';

/** How media runs now. `connecting` covers alone and not-yet-connected. */
export type Topology = 'connecting' | 'p2p' | 'sfu' | 'composite';

/** 3 good, 2 fair, 1 poor, 0 lost. */
export type Bars = 0 | 1 | 2 | 3;

/** One picture of one participant. The track may change object during a topology switch; the tile keeps the old frame
 *  on screen until the new track's first frame is decoded. */
export interface VideoState {
  readonly source: SourceKind;
  /** null while nothing arrives (not yet, paused, or not on this page). */
  readonly track: MediaStreamTrack | null;
}

export interface ParticipantState {
  readonly id: string;
  readonly name: string;
  readonly self: boolean;
  readonly micOn: boolean;
  readonly cameraOn: boolean;
  readonly screenOn: boolean;
  /** 0: hand down; otherwise place in the queue, 1 first. */
  readonly hand: number;
  readonly speaking: boolean;
  readonly bars: Bars;
  readonly camera: VideoState;
  readonly screen: VideoState;
}

export interface ChatMessage {
  readonly seq: number | null; // null until the server acknowledged it
  readonly key: string;
  readonly from: string;
  readonly name: string;
  readonly text: string;
  readonly time: number;
  readonly state: 'sending' | 'sent' | 'failed';
}

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'reconnecting'; readonly since: number }
  | { readonly kind: 'ended'; readonly reason: EndReason; readonly message: string };

export type EndReason = 'left' | 'removed' | 'ended' | 'replaced' | 'stopping' | 'refused' | 'lost';

export interface Toast {
  readonly id: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** Something that holds now and that the person should know; it goes by itself. */
export interface Hint {
  readonly key: string;
  readonly level: 'info' | 'warning';
  readonly text: string;
}

export interface MeetingSnapshot {
  readonly room: string;
  readonly self: string | null;
  readonly connection: ConnectionState;
  readonly topology: Topology;
  /** Self first, then in order of joining. */
  readonly participants: readonly ParticipantState[];
  readonly dominantSpeaker: string | null;
  readonly chat: readonly ChatMessage[];
  readonly unreadChat: number;
  readonly mic: DeviceState;
  readonly camera: DeviceState;
  readonly screenSharing: boolean;
  readonly handUp: boolean;
  readonly speakingWhileMuted: boolean;
  readonly toasts: readonly Toast[];
  /** Oldest first. */
  readonly hints: readonly Hint[];
}

export type DeviceState =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'on' }
  | { readonly kind: 'blocked'; readonly message: string };

/** One tile that is on screen, in device pixels. */
export interface TileView {
  readonly participant: string;
  readonly source: SourceKind;
  readonly width: number;
  readonly height: number;
  readonly priority: number;
}

export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export interface DeviceList {
  readonly microphones: readonly DeviceChoice[];
  readonly cameras: readonly DeviceChoice[];
  readonly speakers: readonly DeviceChoice[];
  readonly microphone: string | null;
  readonly camera: string | null;
  readonly speaker: string | null;
}

export interface MeetingActions {
  setMic(on: boolean): void;
  setCamera(on: boolean): void;
  setScreenShare(on: boolean): void;
  setHand(up: boolean): void;
  sendChat(text: string): void;
  retryChat(key: string): void;
  setChatOpen(open: boolean): void;
  rename(name: string): void;
  setView(tiles: readonly TileView[]): void;
  dismissToast(id: number): void;
  leave(): void;
}

/** For the page: subscribe() calls back after each change and returns the disposer. */
export interface Meeting extends MeetingActions {
  snapshot(): MeetingSnapshot;
  subscribe(listener: () => void): () => void;
  /** 0..1, the local microphone's level now, for meters; cheap enough for every animation frame. */
  micLevel(): number;
  devices(): DeviceList;
  subscribeDevices(listener: () => void): () => void;
  chooseDevice(kind: 'microphone' | 'camera' | 'speaker', id: string): Promise<void>;
  /** What a page that is reloaded comes back to the same seat with; null when there is no seat. */
  resumeToken(): string | null;
  /** The shape documented for window.parley.stats(). */
  stats(): Promise<MeetingStats>;
}

export interface ReceivedStats {
  readonly participant: string;
  readonly source: 'mic' | 'camera' | 'screen' | 'screen-audio';
  readonly kind: 'audio' | 'video';
  /** What it came by at last. */
  readonly leg: 'direct' | 'server';
  /** Such as VP8 or opus; null while nothing was decoded. */
  readonly codec: string | null;
  readonly packetsReceived: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bytes: number;
  readonly packetsLost: number;
  readonly freezeCount: number;
  readonly totalFreezesDuration: number;
  readonly audioEnergy: number;
}

export interface SentStats {
  readonly source: string;
  readonly kind: 'audio' | 'video';
  readonly rid: string | null;
  readonly leg: 'direct' | 'server';
  readonly codec: string | null;
  /** The encoder is held back by this device. */
  readonly cpuLimited: boolean;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly bytes: number;
  readonly framesEncoded: number;
}

/** How the packets of the way in force travel. */
export interface NetworkPath {
  readonly protocol: 'udp' | 'tcp';
  /** By a TURN server. */
  readonly relayed: boolean;
}

export interface MeetingStats {
  readonly topology: Topology;
  readonly received: readonly ReceivedStats[];
  readonly sent: readonly SentStats[];
  readonly rtt_ms: number | null;
  readonly network: NetworkPath | null;
}
