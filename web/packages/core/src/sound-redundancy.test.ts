import { describe, expect, it } from 'vitest';
import { SoundRedundancy } from './sound-redundancy.ts';
import { outgoingCounters } from './testing/fake-media.ts';

interface Sent {
  readonly sent?: number;
  readonly reported?: boolean;
  readonly kind?: 'audio' | 'video';
}

/** A microphone's 50 packets a second, sampled every 2 s. */
class Uplink {
  readonly redundancy = new SoundRedundancy();
  now = 10_000;
  sent = 0;
  lost = 0;
  reportedAt = 0;

  /** 2 s of which `lost` of `sent` packets were lost. */
  sample(lost: number, { sent = 100, reported = true, kind = 'audio' }: Sent = {}) {
    this.now += 2_000;
    this.sent += sent;
    this.lost += lost;
    if (reported) this.reportedAt = this.now;
    const counters = outgoingCounters({
      source: kind === 'audio' ? 'mic' : 'camera',
      kind,
      packetsSent: this.sent,
      reported: { at: this.reportedAt, packetsLost: this.lost },
    });
    return this.redundancy.sample(this.now, { incoming: [], outgoing: [counters], rttMs: 60, path: null });
  }

  /** For how many samples of the same loss it stays as it is. */
  until(on: boolean, lost: number, most = 60): number | null {
    for (let count = 1; count <= most; count += 1) if (this.sample(lost) === on) return count;
    return null;
  }
}

function begun(): Uplink {
  const uplink = new Uplink();
  expect(uplink.sample(0)).toBe(false);
  return uplink;
}

describe('SoundRedundancy', () => {
  it('begins when the loss passes 3 %, the sooner the worse it is', () => {
    expect(begun().until(true, 8)).toBe(1);
    expect(begun().until(true, 4)).toBe(3);
    expect(begun().until(true, 3)).toBeNull();
    expect(begun().until(true, 2)).toBeNull();
  });

  it('isn’t begun by a single burst', () => {
    const uplink = begun();
    for (let i = 0; i < 5; i += 1) uplink.sample(0);
    expect(uplink.sample(7)).toBe(false);
    expect(uplink.sample(0)).toBe(false);
  });

  it('ends only after 20 s well below', () => {
    const uplink = begun();
    expect(uplink.until(true, 10)).toBe(1);
    expect(uplink.until(false, 2), 'below the one limit, above the other').toBeNull();
    // Two samples until the mean is below 1 %, then ten.
    expect(uplink.until(false, 0)).toBe(12);
    expect(uplink.until(true, 8), 'and begins again').toBe(1);
  });

  it('counts the 20 s anew after a loss', () => {
    const uplink = begun();
    uplink.sample(10);
    for (let i = 0; i < 11; i += 1) expect(uplink.sample(0)).toBe(true);
    expect(uplink.sample(4)).toBe(true);
    expect(uplink.until(false, 0)).toBe(11);
  });

  it('waits for a report, and takes all that it is about together', () => {
    const uplink = begun();
    expect(uplink.sample(8, { reported: false })).toBe(false);
    expect(uplink.sample(8, { reported: false })).toBe(false);
    expect(uplink.sample(8)).toBe(true);
    expect(uplink.until(false, 0)).toBe(14);
  });

  it('learns nothing from a silence, nor from pictures', () => {
    const uplink = begun();
    for (let i = 0; i < 4; i += 1) expect(uplink.sample(3, { sent: 10 })).toBe(false);
    const muted = begun();
    expect(muted.sample(10)).toBe(true);
    for (let i = 0; i < 40; i += 1) expect(muted.sample(0, { sent: 0 })).toBe(true);
    const silent = begun();
    for (let i = 0; i < 5; i += 1) expect(silent.sample(20, { kind: 'video' })).toBe(false);
  });

  it('goes on with counters that begin anew', () => {
    const uplink = begun();
    for (let i = 0; i < 10; i += 1) uplink.sample(2);
    uplink.sent = 0;
    uplink.lost = 0;
    expect(uplink.sample(0)).toBe(false);
    expect(uplink.until(true, 8)).toBeLessThan(3);
    const reported = begun();
    for (let i = 0; i < 10; i += 1) reported.sample(2);
    reported.lost = 0;
    expect(reported.sample(0), 'only those of the other end').toBe(false);
    expect(reported.until(true, 8)).toBeLessThan(3);
  });

  it('knows nothing without reports', () => {
    const redundancy = new SoundRedundancy();
    const counters = outgoingCounters({ source: 'mic', kind: 'audio', packetsSent: 500, reported: null });
    expect(redundancy.sample(0, { incoming: [], outgoing: [counters], rttMs: null, path: null })).toBe(false);
  });
});
