import { describe, expect, it } from 'vitest';
import { ChatLog } from './chat-log.ts';
import { Roster } from './roster.ts';
import { SlotMap } from './slot-map.ts';
import { MutedSpeakerHint, SpeakingDetector } from './speaking.ts';
import { StatsLedger } from './stats-ledger.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { incomingCounters } from './testing/fake-media.ts';
import { person } from './testing/fake-server.ts';
import { Toasts } from './toasts.ts';
import { RESIZE_REST_MS, ViewScheduler } from './view-scheduler.ts';

describe('ChatLog', () => {
  const entry = (seq: number, from = 'p2', key = `k${seq}`): Parameters<ChatLog['receive']>[0] => ({
    seq,
    from,
    name: 'Bo',
    text: `text ${seq}`,
    time: seq,
    key,
  });

  it('orders by sequence number and takes each message once', () => {
    const log = new ChatLog();
    for (const seq of [3, 1, 2, 3]) log.receive(entry(seq), false, false);
    expect(log.messages().map((message) => message.seq)).toEqual([1, 2, 3]);
    expect(log.unread).toBe(3);
    expect(log.lastSeq).toBe(3);
  });

  it('keeps own messages last until they are confirmed, in either order of ack and copy', () => {
    const log = new ChatLog();
    log.add({ key: 'a', from: 'p1', name: 'Ana', text: 'A', time: 0 });
    log.receive(entry(1), false, false);
    expect(log.messages().map((message) => message.key)).toEqual(['k1', 'a']);
    log.acknowledge('a', 2);
    log.receive(entry(2, 'p1', 'a'), true, false);
    expect(log.messages()).toMatchObject([{ seq: 1 }, { seq: 2, state: 'sent', time: 2 }]);
  });

  it('does not count the history at joining as unread', () => {
    const log = new ChatLog();
    log.receive(entry(1), false, true);
    expect(log.unread).toBe(0);
  });
});

describe('Roster', () => {
  it('puts self first and keeps the order of joining', () => {
    const roster = new Roster();
    roster.reset('p3', [person('p1'), person('p2'), person('p3')]);
    roster.apply({
      type: 'roster',
      joined: [person('p4')],
      changed: [
        { id: 'p2', mic: false },
        { id: 'p99', mic: true },
      ],
      left: [{ id: 'p1', reason: 'left' }],
    });
    expect(roster.all().map((entry) => [entry.id, entry.mic])).toEqual([
      ['p3', true],
      ['p2', false],
      ['p4', true],
    ]);
  });
});

describe('SlotMap', () => {
  it('keeps the generation of a slot whose owner stays', () => {
    const slots = new SlotMap();
    const slot = { mid: '7', participant: 'p1', source: 'camera', rtp_timestamp: 5 } as const;
    slots.apply([slot]);
    const before = slots.owner('7');
    slots.apply([{ ...slot, rtp_timestamp: 9 }]);
    expect(slots.owner('7')).toBe(before);
    slots.apply([{ ...slot, participant: 'p2' }]);
    expect(slots.owner('7')?.generation).not.toBe(before?.generation);
    slots.apply([{ mid: '7', participant: null, source: null, rtp_timestamp: 0 }]);
    expect(slots.owner('7')).toBeNull();
  });
});

describe('ViewScheduler', () => {
  const tile = (participant: string, priority = 0): Parameters<ViewScheduler['set']>[0][number] => ({
    participant,
    source: 'camera',
    width: 320.4,
    height: 180,
    priority,
  });

  it('tells another set of pictures at once, the next after 80 ms, and only changes', async () => {
    const clock = new FakeClock();
    const sent: unknown[] = [];
    const views = new ViewScheduler(clock, (list) => sent.push(list.map((view) => view.participant)) > 0);
    views.set([tile('p1')]);
    expect(sent).toEqual([['p1']]);
    await clock.advance(50);
    views.set([tile('p9')]);
    views.set([tile('p2', 1), tile('p3', 0)]);
    expect(sent).toHaveLength(1);
    await clock.advance(40);
    expect(sent).toEqual([['p1'], ['p3', 'p2']]);
    views.set([tile('p3', 0), tile('p2', 1)]);
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
    views.resend();
    expect(sent).toHaveLength(3);
  });

  it('waits until sizes rest, but not with a page that is hidden or back', async () => {
    const clock = new FakeClock();
    const sent: number[][] = [];
    const views = new ViewScheduler(clock, (list) => sent.push(list.map((view) => view.width)) > 0);
    views.set([tile('p1')]);
    for (let width = 330; width < 400; width += 10) {
      await clock.advance(100);
      views.set([{ ...tile('p1'), width }]);
    }
    expect(sent).toEqual([[320]]);
    await clock.advance(RESIZE_REST_MS);
    expect(sent).toEqual([[320], [390]]);
    await clock.advance(1_000);
    views.set([]);
    expect(sent.at(-1)).toEqual([]);
    await clock.advance(1_000);
    views.set([{ ...tile('p1'), width: 500 }]);
    expect(sent.at(-1)).toEqual([500]);
  });

  it('sends again when the first attempt found no connection', async () => {
    const clock = new FakeClock();
    let connected = false;
    let sent = 0;
    const views = new ViewScheduler(clock, () => {
      if (connected) sent += 1;
      return connected;
    });
    views.set([tile('p1')]);
    await clock.advance(100);
    connected = true;
    views.resend();
    expect(sent).toBe(1);
  });

  it('keeps to what the protocol allows', async () => {
    const clock = new FakeClock();
    let last: readonly { readonly width: number; readonly priority: number }[] = [];
    const views = new ViewScheduler(clock, (list) => {
      last = list;
      return true;
    });
    const many = Array.from({ length: 70 }, (_, index) => ({ ...tile(`p${index}`, 300), width: 1e9 }));
    views.set([{ ...tile('p'), width: Number.NaN }, ...many]);
    await clock.advance(100);
    expect(last).toHaveLength(64);
    expect(last[0]).toMatchObject({ width: 1, priority: 0 });
    expect(last[1]).toMatchObject({ width: 16_384, priority: 255 });
  });
});

describe('SpeakingDetector', () => {
  it('does not flicker between words', () => {
    const detector = new SpeakingDetector();
    expect(detector.sample('p1', 0.02, 0)).toBe(false);
    expect(detector.sample('p1', 0.05, 200)).toBe(true);
    expect(detector.sample('p1', 0.0, 400)).toBe(false);
    expect(detector.sample('p1', 0.02, 800)).toBe(false);
    expect(detector.sample('p1', 0.0, 1000)).toBe(false);
    expect(detector.sample('p1', 0.0, 1600)).toBe(false);
    expect(detector.speaking('p1')).toBe(true);
    expect(detector.sample('p1', 0.0, 1800)).toBe(true);
    expect(detector.speaking('p1')).toBe(false);
  });
});

describe('MutedSpeakerHint', () => {
  it('wants a moment of speech, stays a while and goes when unmuted', () => {
    const hint = new MutedSpeakerHint();
    expect(hint.sample(0.2, true, 0)).toBe(false);
    expect(hint.sample(0.2, true, 400)).toBe(true);
    expect(hint.sample(0, true, 4_000)).toBe(true);
    expect(hint.sample(0, true, 4_500)).toBe(false);
    hint.sample(0.2, true, 5_000);
    hint.sample(0.2, true, 5_400);
    expect(hint.sample(0.2, false, 5_600)).toBe(false);
  });
});

describe('Toasts', () => {
  it('go by themselves and are not repeated', async () => {
    const clock = new FakeClock();
    const toasts = new Toasts(clock, () => undefined);
    const id = toasts.show('info', 'Hello');
    expect(toasts.show('info', 'Hello')).toBe(id);
    toasts.show('error', 'Broken');
    await clock.advance(7_000);
    expect(toasts.list().map((toast) => toast.text)).toEqual(['Broken']);
  });
});

describe('StatsLedger', () => {
  const counters = (
    mid: string,
    framesDecoded: number,
    frameWidth: number,
  ): Parameters<StatsLedger['sample']>[1][number] =>
    incomingCounters({ mid, framesDecoded, frameWidth, frameHeight: 180, bytes: framesDecoded * 10 });

  it('adds up one source over two legs and restarted counters', () => {
    const ledger = new StatsLedger();
    const owner = (): { participant: string; source: 'camera' } => ({ participant: 'p1', source: 'camera' });
    ledger.sample('direct-1', [counters('1', 100, 1280)], owner);
    ledger.sample('direct-1', [counters('1', 150, 1280)], owner);
    ledger.sample('server-1', [counters('1', 20, 320)], owner);
    ledger.sample('server-1', [counters('1', 5, 640)], owner);
    expect(ledger.received()).toMatchObject([
      { participant: 'p1', framesDecoded: 175, bytes: 1750, frameWidth: 640 },
    ]);
  });

  it('gives what a slot without an owner counted to nobody', () => {
    const ledger = new StatsLedger();
    ledger.sample('server-1', [counters('1', 50, 320)], () => null);
    ledger.sample('server-1', [counters('1', 60, 320)], () => ({ participant: 'p2', source: 'screen' }));
    expect(ledger.received()).toMatchObject([{ participant: 'p2', source: 'screen', framesDecoded: 10 }]);
  });
});
