// What the server sends, read at the socket. Members that this version doesn't know are left out.
import type {
  ChatEntry,
  IceServer,
  JoinedMessage,
  Participant,
  ParticipantChange,
  ServerMessage,
  SlotEntry,
  TopologyState,
  WatchedSource,
} from './messages.ts';
import { parseWith, readSignalBody, type ParseResult } from './read-shared.ts';
import { ObjectReader } from './reader.ts';
import {
  CLOSING_REASONS,
  DIRECT_ROLES,
  LEFT_REASONS,
  LIMITS,
  MEDIA_SOURCES,
  TOPOLOGY_MODES,
  TOPOLOGY_PHASES,
  VIDEO_SOURCES,
} from './words.ts';

const BARS = [0, 1, 2, 3] as const;

function readParticipant(reader: ObjectReader): Participant {
  return {
    id: reader.text('id', 1, 32),
    name: reader.text('name', 1, LIMITS.name),
    mic: reader.boolean('mic'),
    camera: reader.boolean('camera'),
    screen: reader.boolean('screen'),
    hand: reader.integer('hand'),
  };
}

function readChange(reader: ObjectReader): ParticipantChange {
  return {
    id: reader.text('id', 1, 32),
    ...reader.optional('name', (r, name) => r.text(name, 1, LIMITS.name)),
    ...reader.optional('mic', (r, name) => r.boolean(name)),
    ...reader.optional('camera', (r, name) => r.boolean(name)),
    ...reader.optional('screen', (r, name) => r.boolean(name)),
    ...reader.optional('hand', (r, name) => r.integer(name)),
  };
}

function readTopology(reader: ObjectReader): TopologyState {
  return {
    epoch: reader.integer('epoch'),
    mode: reader.word('mode', TOPOLOGY_MODES),
    phase: reader.word('phase', TOPOLOGY_PHASES),
    ...reader.optional('peer', (r, name) => r.text(name, 1, 32)),
    ...reader.optional('role', (r, name) => r.word(name, DIRECT_ROLES)),
  };
}

function readChat(reader: ObjectReader): ChatEntry {
  return {
    seq: reader.integer('seq', 1),
    from: reader.text('from', 1, 32),
    name: reader.text('name', 1, LIMITS.name),
    text: reader.text('text', 1, LIMITS.chatText),
    time: reader.integer('time'),
    key: reader.text('key', 1, LIMITS.chatKey),
  };
}

function readIceServer(reader: ObjectReader): IceServer {
  return {
    urls: reader.texts('urls', LIMITS.urls),
    ...reader.optional('username', (r, name) => r.text(name, 0, 4096)),
    ...reader.optional('credential', (r, name) => r.text(name, 0, 4096)),
  };
}

function readSlot(reader: ObjectReader): SlotEntry {
  return {
    mid: reader.text('mid', 1, 16),
    participant: reader.nullable('participant', (r, name) => r.text(name, 1, 32)),
    source: reader.nullable('source', (r, name) => r.word(name, MEDIA_SOURCES)),
    rtp_timestamp: reader.integer('rtp_timestamp', 0, 0xffff_ffff),
  };
}

function readJoined(reader: ObjectReader): JoinedMessage {
  return {
    type: 'joined',
    id: reader.integer('id'),
    self: reader.text('self', 1, 32),
    room: reader.text('room', 1, 64),
    resume: reader.text('resume', 1, 4096),
    resumed: reader.boolean('resumed'),
    participants: reader.objects('participants', LIMITS.participants).map(readParticipant),
    topology: readTopology(reader.object('topology')),
    answer: reader.nullable('answer', (r, name) => ({ sdp: r.object(name).text('sdp') })),
    chat: reader.objects('chat', LIMITS.chatMessages, false).map(readChat),
    chat_seq: reader.nullable('chat_seq', (r, name) => r.integer(name)) ?? 0,
    ice_servers: reader.objects('ice_servers', LIMITS.iceServers, false).map(readIceServer),
    server_time: reader.integer('server_time'),
  };
}

function readBars(reader: ObjectReader): { id: string; bars: 0 | 1 | 2 | 3 } {
  const bars = reader.integer('bars', 0, 3);
  return { id: reader.text('id', 1, 32), bars: BARS[bars] ?? 0 };
}

function readWatched(reader: ObjectReader): WatchedSource {
  return {
    source: reader.word('source', VIDEO_SOURCES),
    width: reader.integer('width', 0, LIMITS.viewPixels),
    height: reader.integer('height', 0, LIMITS.viewPixels),
  };
}

function readMessage(type: string, reader: ObjectReader): ServerMessage | null {
  switch (type) {
    case 'joined':
      return readJoined(reader);
    case 'error':
      return {
        type,
        id: reader.nullable('id', (r, name) => r.integer(name)),
        code: reader.text('code', 1, 64),
        message: reader.text('message', 1, 1000),
        fatal: reader.boolean('fatal'),
      };
    case 'notice':
      return { type, code: reader.text('code', 1, 64), message: reader.text('message', 1, 1000) };
    case 'answer':
      return { type, id: reader.integer('id'), sdp: reader.text('sdp') };
    case 'slots':
      return { type, slots: reader.objects('slots', LIMITS.slots).map(readSlot) };
    case 'layers':
      return { type, source: reader.word('source', MEDIA_SOURCES), rids: reader.texts('rids', LIMITS.rids) };
    case 'codecs':
      return { type, video: reader.texts('video', LIMITS.codecs) };
    case 'watched':
      return {
        type,
        by: reader.text('by', 1, 32),
        sources: reader.objects('sources', LIMITS.watchedSources).map(readWatched),
      };
    case 'roster':
      return {
        type,
        joined: reader.objects('joined', LIMITS.participants, false).map(readParticipant),
        changed: reader.objects('changed', LIMITS.participants, false).map(readChange),
        left: reader.objects('left', LIMITS.participants, false).map((left) => ({
          id: left.text('id', 1, 32),
          reason: left.word('reason', LEFT_REASONS),
        })),
      };
    case 'speaker':
      return { type, participant: reader.nullable('participant', (r, name) => r.text(name, 1, 32)) };
    case 'quality':
      return { type, participants: reader.objects('participants', LIMITS.participants).map(readBars) };
    case 'ok':
      return {
        type,
        id: reader.integer('id'),
        seq: reader.nullable('seq', (r, name) => r.integer(name, 1)),
      };
    case 'chat':
      return { type, message: readChat(reader.object('message')) };
    case 'topology':
      return { type, ...readTopology(reader) };
    case 'signal':
      return {
        type,
        epoch: reader.integer('epoch'),
        from: reader.text('from', 1, 32),
        ...readSignalBody(reader),
      };
    case 'closing':
      return {
        type,
        reason: reader.word('reason', CLOSING_REASONS),
        message: reader.text('message', 0, 1000),
      };
    case 'pong':
      return { type, t: reader.integer('t') };
    default:
      return null;
  }
}

export function parseServerMessage(frame: string): ParseResult<ServerMessage> {
  return parseWith(frame, (type, value) => readMessage(type, new ObjectReader(value)));
}
