// What a client sends, read again: for stand-in servers in tests and for the golden messages.
import type { ClientMessage, OfferBody, SlotHealth, StateChange, ViewEntry } from './messages.ts';
import { parseWith, readSignalBody, type ParseResult } from './read-shared.ts';
import { ObjectReader } from './reader.ts';
import { LIMITS, MEDIA_SOURCES, NAME_PATTERN, ROOM_PATTERN, VIDEO_SOURCES } from './words.ts';

function readName(reader: ObjectReader): string {
  return reader.matching('name', NAME_PATTERN, LIMITS.name);
}

function readState(reader: ObjectReader): StateChange {
  return {
    ...reader.optional('mic', (r, name) => r.boolean(name)),
    ...reader.optional('camera', (r, name) => r.boolean(name)),
    ...reader.optional('screen', (r, name) => r.boolean(name)),
    ...reader.optional('hand', (r, name) => r.boolean(name)),
  };
}

function readOffer(reader: ObjectReader): OfferBody {
  return {
    sdp: reader.text('sdp'),
    sources: reader.objects('sources', 16).map((entry) => ({
      mid: entry.text('mid', 1, 16),
      source: entry.word('source', MEDIA_SOURCES),
    })),
  };
}

function readView(reader: ObjectReader): ViewEntry {
  return {
    participant: reader.text('participant', 1, 32),
    source: reader.word('source', VIDEO_SOURCES),
    width: reader.integer('width', 0, LIMITS.viewPixels),
    height: reader.integer('height', 0, LIMITS.viewPixels),
    priority: reader.integer('priority', 0, LIMITS.viewPriority),
  };
}

function readSlotHealth(reader: ObjectReader): SlotHealth {
  return {
    mid: reader.text('mid', 1, 16),
    freezes: reader.integer('freezes', 0, LIMITS.healthCount),
    dropped: reader.integer('dropped', 0, LIMITS.healthCount),
    decode_ms: reader.integer('decode_ms', 0, LIMITS.healthCount),
  };
}

function readMessage(type: string, reader: ObjectReader): ClientMessage | null {
  switch (type) {
    case 'join':
      return {
        type,
        id: reader.integer('id'),
        protocol: reader.integer('protocol'),
        room: reader.matching('room', ROOM_PATTERN, 64),
        name: readName(reader),
        state: reader.has('state') ? readState(reader.object('state')) : {},
        ...reader.optional('offer', (r, name) => readOffer(r.object(name))),
        ...reader.optional('resume', (r, name) => r.text(name, 1, 4096)),
        ...reader.optional('token', (r, name) => r.text(name, 1, 4096)),
        ...reader.optional('chat_seq', (r, name) => r.integer(name)),
      };
    case 'offer':
      return { type, id: reader.integer('id'), ...readOffer(reader) };
    case 'view':
      return { type, views: reader.objects('views', LIMITS.views).map(readView) };
    case 'state':
      return { type, ...readState(reader) };
    case 'rename':
      return { type, id: reader.integer('id'), name: readName(reader) };
    case 'chat':
      return {
        type,
        id: reader.integer('id'),
        key: reader.text('key', 1, LIMITS.chatKey),
        text: reader.text('text', 1, LIMITS.chatText),
      };
    case 'ready':
      return { type, epoch: reader.integer('epoch') };
    case 'failed':
      return { type, epoch: reader.integer('epoch'), reason: reader.text('reason', 0, LIMITS.reason) };
    case 'signal':
      return {
        type,
        epoch: reader.integer('epoch'),
        to: reader.text('to', 1, 32),
        ...readSignalBody(reader),
      };
    case 'leave':
      return { type, ...reader.optional('may_return', (r, name) => r.boolean(name)) };
    case 'health':
      return {
        type,
        slots: reader.objects('slots', LIMITS.healthSlots).map(readSlotHealth),
        cpu_limited: reader.boolean('cpu_limited'),
      };
    case 'ping':
      return { type, t: reader.integer('t') };
    default:
      return null;
  }
}

export function parseClientMessage(frame: string): ParseResult<ClientMessage> {
  return parseWith(frame, (type, value) => readMessage(type, new ObjectReader(value)));
}
