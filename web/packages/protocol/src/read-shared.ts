// Parts that messages of both directions hold.
import type { SignalBody } from './messages.ts';
import { ReadError, type ObjectReader } from './reader.ts';
import { DESCRIPTION_TYPES } from './words.ts';

export type ParseResult<Message> =
  | { readonly kind: 'ok'; readonly message: Message }
  /** A type this version doesn't know: to be ignored. */
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'invalid'; readonly reason: string };

export function readSignalBody(reader: ObjectReader): SignalBody {
  if (reader.has('description') === reader.has('candidate')) {
    throw new ReadError('signal: either description or candidate expected');
  }
  if (reader.has('description')) {
    const description = reader.object('description');
    return {
      description: { type: description.word('type', DESCRIPTION_TYPES), sdp: description.text('sdp') },
    };
  }
  if (reader.isNull('candidate')) return { candidate: null };
  const candidate = reader.object('candidate');
  return {
    candidate: {
      candidate: candidate.text('candidate', 0, 1024),
      ...candidate.optional('sdpMid', (r, name) => r.text(name, 0, 16)),
      ...candidate.optional('sdpMLineIndex', (r, name) => r.integer(name, 0, 65_535)),
      ...candidate.optional('usernameFragment', (r, name) => r.text(name, 0, 256)),
    },
  };
}

/** Runs a reader over decoded JSON; `read` returns null for a type that it doesn't know. */
export function parseWith<Message>(
  frame: string,
  read: (type: string, value: unknown) => Message | null,
): ParseResult<Message> {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return { kind: 'invalid', reason: 'not JSON' };
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string') return { kind: 'invalid', reason: 'message.type: a text expected' };
  try {
    const message = read(type, value);
    return message === null ? { kind: 'unknown', type } : { kind: 'ok', message };
  } catch (error) {
    if (error instanceof ReadError) return { kind: 'invalid', reason: error.message };
    throw error;
  }
}
