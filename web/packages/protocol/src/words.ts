// The enumerations of parley.v1. docs/protocol.md says what each word means.

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = 'parley.v1';

export const MEDIA_SOURCES = ['mic', 'camera', 'screen', 'screen-audio'] as const;
export type MediaSource = (typeof MEDIA_SOURCES)[number];

/** The sources that a page looks at. */
export const VIDEO_SOURCES = ['camera', 'screen'] as const;

export const TOPOLOGY_MODES = ['alone', 'p2p', 'sfu'] as const;
export type TopologyMode = (typeof TOPOLOGY_MODES)[number];

export const TOPOLOGY_PHASES = ['prepare', 'commit', 'abort'] as const;
export type TopologyPhase = (typeof TOPOLOGY_PHASES)[number];

export const DIRECT_ROLES = ['offerer', 'answerer'] as const;
export type DirectRole = (typeof DIRECT_ROLES)[number];

export const LEFT_REASONS = ['left', 'lost', 'removed'] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

export const CLOSING_REASONS = ['left', 'removed', 'ended', 'replaced', 'stopping'] as const;
export type ClosingReason = (typeof CLOSING_REASONS)[number];

export const DESCRIPTION_TYPES = ['offer', 'answer'] as const;
export type DescriptionType = (typeof DESCRIPTION_TYPES)[number];

/** Lengths in characters (Unicode code points), as in the schema; what a client may send or must be ready to keep. */
export const LIMITS = {
  frameBytes: 256 * 1024,
  name: 64,
  chatText: 4000,
  chatKey: 64,
  reason: 200,
  views: 64,
  viewPixels: 16384,
  viewPriority: 255,
  healthSlots: 64,
  healthCount: 1_000_000,
  watchedSources: 2,
  participants: 10_000,
  chatMessages: 1000,
  slots: 1024,
  rids: 8,
  codecs: 16,
  iceServers: 16,
  urls: 16,
} as const;

/** What the room part of a link may be. */
export const ROOM_PATTERN = /^[a-z0-9-]{1,64}$/;

/** What a person may be called: something visible, no control characters. */
// eslint-disable-next-line no-control-regex -- control characters are what it refuses
export const NAME_PATTERN = /^(?=.*\S)[^\u0000-\u001f\u007f]+$/;
