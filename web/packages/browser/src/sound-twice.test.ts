import { describe, expect, it } from 'vitest';
import { sendSoundTwice, soundOrder } from './sound-twice.ts';

function section(numbers: string, direction = 'recvonly'): string {
  return [
    `m=audio 9 UDP/TLS/RTP/SAVPF ${numbers}`,
    'a=mid:0',
    `a=${direction}`,
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    '',
  ].join('\r\n');
}

const VIDEO = ['m=video 9 UDP/TLS/RTP/SAVPF 96 63', 'a=rtpmap:96 VP8/90000', ''].join('\r\n');

describe('soundOrder', () => {
  it('names first what is to be sent', () => {
    const plain = `v=0\r\n${section('111 63 9')}${VIDEO}`;
    const red = `v=0\r\n${section('63 111 9')}${VIDEO}`;
    expect(soundOrder(plain, true)).toBe(red);
    expect(soundOrder(red, false)).toBe(plain);
    expect(soundOrder(plain, false)).toBe(plain);
    expect(soundOrder(red, true)).toBe(red);
  });

  it('leaves alone what isn’t sent to, and who has no RED', () => {
    const slot = section('111 63', 'sendonly');
    expect(soundOrder(slot, true)).toBe(slot);
    const firefox = section('111').replace(/a=(rtpmap|fmtp):63[^\r]*\r\n/g, '');
    expect(firefox).not.toContain('red');
    expect(soundOrder(firefox, true)).toBe(firefox);
    const both = section('111 63', 'sendrecv');
    expect(soundOrder(both, true)).toBe(section('63 111', 'sendrecv'));
  });
});

class FakeConnection {
  signalingState = 'stable';
  currentRemoteDescription: { type: 'offer' | 'answer'; sdp: string } | null;
  calls: string[] = [];

  constructor(type: 'offer' | 'answer') {
    this.currentRemoteDescription = { type, sdp: section('111 63') };
  }

  createOffer = () => Promise.resolve({ type: 'offer', sdp: 'mine' });
  createAnswer = () => Promise.resolve({ type: 'answer', sdp: 'mine' });

  setLocalDescription({ type }: { type: string }): Promise<void> {
    this.calls.push(`local ${type}`);
    return Promise.resolve();
  }

  setRemoteDescription(description: { type: 'offer' | 'answer'; sdp: string }): Promise<void> {
    this.calls.push(`remote ${description.type}`);
    this.currentRemoteDescription = description;
    return Promise.resolve();
  }

  twice(on: boolean): Promise<void> {
    return sendSoundTwice(this as unknown as RTCPeerConnection, on);
  }
}

describe('sendSoundTwice', () => {
  it('repeats the negotiation in the part that it had', async () => {
    const offerer = new FakeConnection('answer');
    await offerer.twice(true);
    expect(offerer.calls).toEqual(['local offer', 'remote answer']);
    expect(offerer.currentRemoteDescription?.sdp).toBe(section('63 111'));
    const answerer = new FakeConnection('offer');
    await answerer.twice(true);
    expect(answerer.calls).toEqual(['remote offer', 'local answer']);
    await answerer.twice(false);
    expect(answerer.currentRemoteDescription?.sdp).toBe(section('111 63'));
  });

  it('does nothing where nothing changes, before the first negotiation, or during one', async () => {
    const connection = new FakeConnection('answer');
    await connection.twice(false);
    connection.signalingState = 'have-local-offer';
    await connection.twice(true);
    connection.signalingState = 'stable';
    connection.currentRemoteDescription = null;
    await connection.twice(true);
    expect(connection.calls).toEqual([]);
  });
});
