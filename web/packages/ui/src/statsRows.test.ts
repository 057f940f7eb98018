import type { MeetingStats, ReceivedStats, SentStats } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { pathWords, receivedRows, sentRows } from './statsRows.ts';

const received = (change: Partial<ReceivedStats>): ReceivedStats => ({
  participant: 'p2',
  source: 'camera',
  kind: 'video',
  leg: 'server',
  codec: 'VP8',
  packetsReceived: 0,
  packetsLost: 0,
  framesDecoded: 0,
  framesDropped: 0,
  frameWidth: 640,
  frameHeight: 360,
  bytes: 0,
  freezeCount: 0,
  totalFreezesDuration: 0,
  audioEnergy: 0,
  ...change,
});

const sent = (change: Partial<SentStats>): SentStats => ({
  source: 'camera',
  kind: 'video',
  rid: 'h',
  leg: 'server',
  codec: 'VP8',
  cpuLimited: false,
  frameWidth: 1280,
  frameHeight: 720,
  bytes: 0,
  framesEncoded: 0,
  ...change,
});

const stats = (change: Partial<MeetingStats>): MeetingStats => ({
  topology: 'sfu',
  received: [],
  sent: [],
  rtt_ms: null,
  network: null,
  ...change,
});

describe('receivedRows', () => {
  it('tells size, frames, codec, rate, loss and way between two readings', () => {
    const before = stats({ received: [received({ packetsLost: 10 })] });
    const now = stats({
      received: [
        received({ bytes: 250_000, framesDecoded: 50, packetsReceived: 198, packetsLost: 12, leg: 'direct' }),
      ],
    });
    const rows = receivedRows({ now, before, ms: 2_000 }, new Set(['p2']));
    expect(rows.get('p2')?.map((row) => row.facts)).toEqual([
      ['640×360', '25 fps', 'VP8', '1000 kb/s', '1.0 % lost', 'direct'],
    ]);
  });

  it('says only what a first reading knows, and nothing of who left', () => {
    const now = stats({ received: [received({ freezeCount: 2 }), received({ participant: 'p9' })] });
    const rows = receivedRows({ now, before: null, ms: 0 }, new Set(['p2']));
    expect([...rows.keys()]).toEqual(['p2']);
    expect(rows.get('p2')?.[0]?.facts).toEqual(['640×360', 'VP8', 'frozen 2 times', 'server']);
  });
});

describe('sentRows', () => {
  it('names layers that rest and encoders that are held back', () => {
    const before = stats({ sent: [sent({}), sent({ rid: 'l', bytes: 7 })] });
    const now = stats({
      sent: [sent({ bytes: 1_000, framesEncoded: 30, cpuLimited: true }), sent({ rid: 'l', bytes: 7 })],
    });
    expect(sentRows({ now, before, ms: 1_000 }).map((row) => [row.label, row.facts.at(-2)])).toEqual([
      ['Camera h', 'held back by this device'],
      ['Camera l', 'rests'],
    ]);
  });
});

describe('pathWords', () => {
  it('say how packets travel', () => {
    expect(pathWords(stats({ topology: 'p2p', network: { protocol: 'udp', relayed: true } }))).toBe(
      'Peer to peer, UDP by a relay',
    );
  });
});
