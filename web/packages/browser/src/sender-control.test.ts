import { describe, expect, it } from 'vitest';
import { SenderControl, type WantedSending } from './sender-control.ts';

interface Encoding {
  rid?: string;
  active?: boolean;
  maxBitrate?: number;
  scalabilityMode?: string;
}

/** A sender that refuses overlapping changes, as browsers do. */
class FakeSender {
  track: MediaStreamTrack | null = null;
  encodings: Encoding[] = [
    { rid: 'l', active: false },
    { rid: 'h', active: false },
  ];
  calls: string[] = [];
  #busy = false;

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await this.#change(`track ${track?.id ?? 'none'}`);
    this.track = track;
  }

  getParameters(): { encodings: Encoding[] } {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
  }

  async setParameters({ encodings }: { encodings: Encoding[] }): Promise<void> {
    await this.#change(
      encodings
        .map((encoding) => `${encoding.rid ?? ''}:${encoding.active === true ? 'on' : 'off'}`)
        .join(' '),
    );
    this.encodings = encodings;
  }

  async #change(what: string): Promise<void> {
    if (this.#busy) throw new Error('overlapping change');
    this.#busy = true;
    await Promise.resolve();
    this.#busy = false;
    this.calls.push(what);
  }
}

function wanted(id: string | null, active: readonly string[]): WantedSending {
  return {
    track: id === null ? null : ({ id } as MediaStreamTrack),
    encodings: new Map(['l', 'h'].map((rid) => [rid, { active: active.includes(rid) }])),
  };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 30; round += 1) await Promise.resolve();
}

describe('SenderControl', () => {
  it('brings track and encodings to the wanted state', async () => {
    const sender = new FakeSender();
    const control = new SenderControl(sender as unknown as RTCRtpSender);
    control.want(wanted('camera', ['l', 'h']));
    await settle();
    expect(sender.calls).toEqual(['track camera', 'l:on h:on']);
    control.want({ ...wanted('camera', ['l']), track: sender.track });
    await settle();
    expect(sender.calls.slice(2)).toEqual(['l:on h:off']);
  });

  it('changes temporal layers where the browser knows them', async () => {
    const sender = new FakeSender();
    sender.encodings = [
      { rid: 'l', active: true, scalabilityMode: 'L1T2' },
      { rid: 'h', active: true },
    ];
    const control = new SenderControl(sender as unknown as RTCRtpSender);
    const encoding = { active: true, scalabilityMode: 'L1T3' };
    control.want({ track: null, encodings: new Map([['l', encoding]]) });
    await settle();
    expect(sender.encodings[0]?.scalabilityMode).toBe('L1T3');
    const { length } = sender.calls;
    control.want({ track: null, encodings: new Map([['h', encoding]]) });
    await settle();
    expect(sender.calls).toHaveLength(length);
    expect(sender.encodings[1]).not.toHaveProperty('scalabilityMode');
  });

  it('merges wishes that come while it works, and ends at the last', async () => {
    const sender = new FakeSender();
    const control = new SenderControl(sender as unknown as RTCRtpSender);
    control.want(wanted('one', ['l']));
    control.want(wanted('two', ['h']));
    control.want(wanted(null, []));
    await settle();
    expect(sender.track).toBeNull();
    expect(sender.encodings.every((encoding) => encoding.active === false)).toBe(true);
    expect(sender.calls).toEqual(['track one', 'l:on h:off', 'track none', 'l:off h:off']);
  });

  it('leaves a sender alone that is as wanted', async () => {
    const sender = new FakeSender();
    const control = new SenderControl(sender as unknown as RTCRtpSender);
    control.want(wanted(null, []));
    await settle();
    expect(sender.calls).toEqual([]);
  });
});
