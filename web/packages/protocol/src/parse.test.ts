import { describe, expect, it } from 'vitest';
import { parseClientMessage } from './parse-client.ts';
import { parseServerMessage } from './parse-server.ts';

describe('parseServerMessage', () => {
  it('reads a joined message and leaves unknown members out', () => {
    const joined = {
      type: 'joined',
      id: 1,
      self: 'p3',
      room: 'blue-fox',
      resume: 'token',
      resumed: false,
      participants: [
        { id: 'p1', name: 'Bo', mic: true, camera: true, screen: false, hand: 0, colour: 'red' },
      ],
      topology: { epoch: 4, mode: 'sfu', phase: 'commit' },
      answer: { sdp: 'v=0' },
      chat: [],
      chat_seq: 12,
      ice_servers: [{ urls: ['stun:192.0.2.1:3478'] }],
      server_time: 1767225600000,
    };
    const result = parseServerMessage(JSON.stringify(joined));
    expect(result).toEqual({
      kind: 'ok',
      message: {
        ...joined,
        participants: [{ id: 'p1', name: 'Bo', mic: true, camera: true, screen: false, hand: 0 }],
      },
    });
  });

  it('fills in the lists that a roster message leaves out', () => {
    expect(parseServerMessage('{"type":"roster","left":[{"id":"p2","reason":"lost"}]}')).toEqual({
      kind: 'ok',
      message: { type: 'roster', joined: [], changed: [], left: [{ id: 'p2', reason: 'lost' }] },
    });
  });

  it('reads an emptied slot', () => {
    expect(
      parseServerMessage(
        '{"type":"slots","slots":[{"mid":"8","participant":null,"source":null,"rtp_timestamp":0}]}',
      ),
    ).toMatchObject({ kind: 'ok', message: { slots: [{ mid: '8', participant: null, source: null }] } });
  });

  it('keeps the end of candidates apart from a missing candidate', () => {
    expect(parseServerMessage('{"type":"signal","epoch":5,"from":"p3","candidate":null}')).toMatchObject({
      kind: 'ok',
      message: { candidate: null },
    });
    expect(parseServerMessage('{"type":"signal","epoch":5,"from":"p3"}')).toMatchObject({ kind: 'invalid' });
  });

  it('names a type that it does not know', () => {
    expect(parseServerMessage('{"type":"fireworks"}')).toEqual({ kind: 'unknown', type: 'fireworks' });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no type', '{"id":1}'],
    ['a number as text', '{"type":"answer","id":1,"sdp":7}'],
    ['a fraction as epoch', '{"type":"topology","epoch":1.5,"mode":"p2p","phase":"prepare"}'],
    ['an unknown mode', '{"type":"topology","epoch":1,"mode":"mesh","phase":"prepare"}'],
    ['a timestamp over 32 bits', '{"type":"slots","slots":[{"mid":"8","rtp_timestamp":4294967296}]}'],
    ['bars over 3', '{"type":"quality","participants":[{"id":"p1","bars":4}]}'],
    ['too many rids', '{"type":"layers","source":"camera","rids":["1","2","3","4","5","6","7","8","9"]}'],
  ])('refuses %s with a reason', (_what, frame) => {
    const result = parseServerMessage(frame);
    expect(result.kind).toBe('invalid');
  });
});

describe('parseClientMessage', () => {
  it('reads an offer with its sources', () => {
    const offer = { type: 'offer', id: 2, sdp: 'v=0', sources: [{ mid: '0', source: 'mic' }] };
    expect(parseClientMessage(JSON.stringify(offer))).toEqual({ kind: 'ok', message: offer });
  });

  it('refuses a view of audio', () => {
    expect(
      parseClientMessage(
        '{"type":"view","views":[{"participant":"p1","source":"mic","width":1,"height":1,"priority":0}]}',
      ),
    ).toMatchObject({ kind: 'invalid' });
  });
});
