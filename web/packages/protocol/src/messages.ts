// The messages of parley.v1 as types. Meaning and rules: docs/protocol.md.
import type {
  ClosingReason,
  DescriptionType,
  DirectRole,
  LeftReason,
  MediaSource,
  TopologyMode,
  TopologyPhase,
} from './words.ts';

export interface SourceMid {
  readonly mid: string;
  readonly source: MediaSource;
}

export interface OfferBody {
  readonly sdp: string;
  readonly sources: readonly SourceMid[];
}

export interface StateChange {
  readonly mic?: boolean;
  readonly camera?: boolean;
  readonly screen?: boolean;
  readonly hand?: boolean;
}

export interface SignalDescription {
  readonly type: DescriptionType;
  readonly sdp: string;
}

export interface SignalCandidate {
  readonly candidate: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

/** One of the two; a candidate of null says that there are no more. */
export type SignalBody =
  { readonly description: SignalDescription } | { readonly candidate: SignalCandidate | null };

export interface ViewEntry {
  readonly participant: string;
  readonly source: 'camera' | 'screen';
  readonly width: number;
  readonly height: number;
  readonly priority: number;
}

/** What one receiving slot went through since the report before. */
export interface SlotHealth {
  readonly mid: string;
  readonly freezes: number;
  /** Frames that arrived and were not shown. */
  readonly dropped: number;
  /** Mean for one frame, in whole milliseconds. */
  readonly decode_ms: number;
}

export interface HealthMessage {
  readonly type: 'health';
  readonly slots: readonly SlotHealth[];
  /** An encoder is held back by its processor. */
  readonly cpu_limited: boolean;
}

/** What another participant looks at of mine, in its device pixels. */
export interface WatchedSource {
  readonly source: 'camera' | 'screen';
  readonly width: number;
  readonly height: number;
}

export interface JoinMessage {
  readonly type: 'join';
  readonly id: number;
  readonly protocol: number;
  readonly room: string;
  readonly name: string;
  readonly state: StateChange;
  readonly offer?: OfferBody;
  readonly resume?: string;
  readonly token?: string;
  readonly chat_seq?: number;
}

export type ClientMessage =
  | JoinMessage
  | ({ readonly type: 'offer'; readonly id: number } & OfferBody)
  | { readonly type: 'view'; readonly views: readonly ViewEntry[] }
  | ({ readonly type: 'state' } & StateChange)
  | { readonly type: 'rename'; readonly id: number; readonly name: string }
  | { readonly type: 'chat'; readonly id: number; readonly key: string; readonly text: string }
  | { readonly type: 'ready'; readonly epoch: number }
  | { readonly type: 'failed'; readonly epoch: number; readonly reason: string }
  | ({ readonly type: 'signal'; readonly epoch: number; readonly to: string } & SignalBody)
  | { readonly type: 'leave'; readonly may_return?: boolean }
  | HealthMessage
  | { readonly type: 'ping'; readonly t: number };

export interface Participant {
  readonly id: string;
  readonly name: string;
  readonly mic: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  /** 0: down; otherwise the order in which hands went up. */
  readonly hand: number;
}

export type ParticipantChange = { readonly id: string } & Partial<Omit<Participant, 'id'>>;

export interface TopologyState {
  readonly epoch: number;
  readonly mode: TopologyMode;
  readonly phase: TopologyPhase;
  readonly peer?: string;
  readonly role?: DirectRole;
}

export interface ChatEntry {
  readonly seq: number;
  readonly from: string;
  readonly name: string;
  readonly text: string;
  readonly time: number;
  readonly key: string;
}

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface SlotEntry {
  readonly mid: string;
  readonly participant: string | null;
  readonly source: MediaSource | null;
  readonly rtp_timestamp: number;
}

export interface JoinedMessage {
  readonly type: 'joined';
  readonly id: number;
  readonly self: string;
  readonly room: string;
  readonly resume: string;
  readonly resumed: boolean;
  readonly participants: readonly Participant[];
  readonly topology: TopologyState;
  readonly answer: { readonly sdp: string } | null;
  readonly chat: readonly ChatEntry[];
  readonly chat_seq: number;
  readonly ice_servers: readonly IceServer[];
  readonly server_time: number;
}

export interface ErrorMessage {
  readonly type: 'error';
  /** The request that it answers; null for none in particular. */
  readonly id: number | null;
  /** Known codes stand in docs/protocol.md; a newer server may know more. */
  readonly code: string;
  readonly message: string;
  readonly fatal: boolean;
}

export interface RosterMessage {
  readonly type: 'roster';
  readonly joined: readonly Participant[];
  readonly changed: readonly ParticipantChange[];
  readonly left: readonly { readonly id: string; readonly reason: LeftReason }[];
}

export type TopologyMessage = { readonly type: 'topology' } & TopologyState;
export type SignalMessage = {
  readonly type: 'signal';
  readonly epoch: number;
  readonly from: string;
} & SignalBody;

export type ServerMessage =
  | JoinedMessage
  | ErrorMessage
  | RosterMessage
  | TopologyMessage
  | SignalMessage
  | { readonly type: 'notice'; readonly code: string; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly sdp: string }
  | { readonly type: 'slots'; readonly slots: readonly SlotEntry[] }
  | { readonly type: 'layers'; readonly source: MediaSource; readonly rids: readonly string[] }
  | { readonly type: 'codecs'; readonly video: readonly string[] }
  | { readonly type: 'watched'; readonly by: string; readonly sources: readonly WatchedSource[] }
  | { readonly type: 'speaker'; readonly participant: string | null }
  | {
      readonly type: 'quality';
      readonly participants: readonly { readonly id: string; readonly bars: 0 | 1 | 2 | 3 }[];
    }
  | { readonly type: 'ok'; readonly id: number; readonly seq: number | null }
  | { readonly type: 'chat'; readonly message: ChatEntry }
  | { readonly type: 'closing'; readonly reason: ClosingReason; readonly message: string }
  | { readonly type: 'pong'; readonly t: number };
