// A whole session on fakes: what is shown and heard of the server’s slots, and what is done about bad connections.
import { describe, expect, it } from 'vitest';
import { settle } from './testing/fake-clock.ts';
import { incomingCounters, outgoingCounters } from './testing/fake-media.ts';
import { person } from './testing/fake-server.ts';
import { words } from './words.ts';
import { MeetingFixture } from './testing/meeting-fixture.ts';

describe('slots', () => {
  const inRoom = async (): Promise<MeetingFixture> => {
    const f = new MeetingFixture();
    await f.start();
    const people = [person('p1'), person('p2'), person('p3')];
    await f.server.join({ epoch: 4, mode: 'sfu', phase: 'commit' }, people);
    f.legs.server.handlers.onState('connected');
    return f;
  };

  it('plays audio slots at once and shows pictures at their first frame', async () => {
    const f = await inRoom();
    await f.server.send({
      type: 'slots',
      slots: [
        { mid: '4', participant: 'p2', source: 'mic', rtp_timestamp: 1 },
        { mid: '10', participant: 'p3', source: 'camera', rtp_timestamp: 1 },
      ],
    });
    expect(f.audio.audible()).toEqual(['server1:4']);
    expect(f.cameraOf('p3')).toBeNull();
    f.legs.server.slot('10').flow();
    expect(f.cameraOf('p3')).toBe('server1:10');
  });

  it('never shows one person in the tile of another when a slot changes its owner', async () => {
    const f = await inRoom();
    await f.server.send({
      type: 'slots',
      slots: [{ mid: '10', participant: 'p3', source: 'camera', rtp_timestamp: 1 }],
    });
    f.legs.server.slot('10').flow();
    await f.server.send({
      type: 'slots',
      slots: [{ mid: '10', participant: 'p2', source: 'camera', rtp_timestamp: 9 }],
    });
    expect(f.cameraOf('p3')).toBeNull();
    expect(f.cameraOf('p2')).toBeNull();
    f.legs.server.slot('10').flow();
    expect(f.cameraOf('p2')).toBe('server1:10');
  });

  it('keeps heard energy with the person that was heard', async () => {
    const f = await inRoom();
    const counters = (audioEnergy: number): void => {
      f.legs.server.stats = [
        incomingCounters({ mid: '4', kind: 'audio', bytes: 100 * audioEnergy, audioEnergy }),
      ];
    };
    await f.server.send({
      type: 'slots',
      slots: [{ mid: '4', participant: 'p2', source: 'mic', rtp_timestamp: 1 }],
    });
    counters(2);
    await f.server.send({
      type: 'slots',
      slots: [{ mid: '4', participant: 'p3', source: 'mic', rtp_timestamp: 2 }],
    });
    counters(5);
    const stats = await f.meeting.stats();
    expect(stats.received.map(({ participant, audioEnergy }) => [participant, audioEnergy])).toEqual([
      ['p2', 2],
      ['p3', 3],
    ]);
    expect(stats).toMatchObject({ topology: 'sfu', rtt_ms: 20 });
  });

  it('sends only the layers that are looked at', async () => {
    const f = await inRoom();
    await f.server.send({ type: 'layers', source: 'camera', rids: ['l'] });
    await f.server.send({ type: 'codecs', video: ['vp8', 'av1'] });
    expect(f.legs.server.layers.get('camera')).toEqual(['l']);
    expect(f.legs.server.codecs).toEqual(['vp8', 'av1']);
  });
});

describe('the server connection for media', () => {
  it('looks for new paths after an interruption of 3 s and on a change of network', async () => {
    const f = new MeetingFixture();
    await f.alone();
    f.legs.server.handlers.onState('interrupted');
    await f.clock.advance(2_900);
    expect(f.legs.server.restarts).toBe(0);
    await f.clock.advance(200);
    expect(f.legs.server.restarts).toBe(1);
    await f.server.send({ type: 'answer', id: f.server.last('offer').id, sdp: 'again' });
    f.legs.server.handlers.onState('connected');
    f.network.change();
    await settle();
    expect(f.legs.server.restarts).toBe(2);
  });

  it('does not restart after an interruption that mends itself', async () => {
    const f = new MeetingFixture();
    await f.alone();
    f.legs.server.handlers.onState('interrupted');
    await f.clock.advance(1_000);
    f.legs.server.handlers.onState('connected');
    await f.clock.advance(20_000);
    expect(f.legs.server.restarts).toBe(0);
  });

  it('tries again while it stays broken', async () => {
    const f = new MeetingFixture();
    await f.alone();
    f.legs.server.handlers.onState('failed');
    await settle();
    await f.server.send({ type: 'answer', id: f.server.last('offer').id, sdp: 'again' });
    await f.clock.advance(5_100);
    expect(f.legs.server.restarts).toBe(2);
  });
});

describe('hints', () => {
  const texts = (f: MeetingFixture): string[] => f.snapshot.hints.map((hint) => hint.text);

  it('says after 10 s that sound and pictures find no way, until they do', async () => {
    const f = new MeetingFixture();
    await f.start();
    await f.server.join({ epoch: 2, mode: 'sfu', phase: 'commit' }, [person('p1'), person('p2')]);
    await f.clock.advance(9_900);
    expect(texts(f)).toEqual([]);
    await f.clock.advance(200);
    expect(texts(f)).toEqual([words.mediaUnreachable]);
    await f.clock.advance(10_000);
    expect(texts(f)).toEqual([words.mediaUnreachable]);
    f.legs.server.handlers.onState('connected');
    await f.clock.advance(100);
    expect(texts(f)).toEqual([]);
  });

  it('says nothing of the server while the direct way works', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.legs.server.handlers.onState('failed');
    await f.clock.advance(30_000);
    expect(texts(f)).toEqual([]);
  });

  it('names a weak connection calmly', async () => {
    const f = new MeetingFixture();
    await f.start();
    const people = [person('p1'), person('p2'), person('p3')];
    await f.server.join({ epoch: 4, mode: 'sfu', phase: 'commit' }, people);
    f.legs.server.handlers.onState('connected');
    const bars = (id: string, bars: 1 | 3): Promise<void> =>
      f.server.send({ type: 'quality', participants: [{ id, bars }] });
    await bars('p2', 1);
    await f.clock.advance(3_000);
    await bars('p2', 3);
    await f.clock.advance(2_000);
    await bars('p2', 1);
    await f.clock.advance(3_900);
    expect(texts(f)).toEqual([]);
    await f.clock.advance(200);
    expect(texts(f)).toEqual(['Name of p2’s connection is weak.']);
    await bars('p2', 3);
    await f.clock.advance(7_500);
    expect(texts(f)).toHaveLength(1);
    await f.clock.advance(600);
    expect(texts(f)).toEqual([]);
    await bars('p1', 1);
    await bars('p2', 1);
    await f.clock.advance(4_100);
    expect(texts(f)).toEqual([words.ownSlow]);
  });

  it('tells the server and the person when the device is too slow, and when no longer', async () => {
    const f = new MeetingFixture();
    await f.start();
    await f.server.join({ epoch: 4, mode: 'sfu', phase: 'commit' }, [person('p1'), person('p2')]);
    f.legs.server.handlers.onState('connected');
    let seconds = 0;
    const decode = async (load: number): Promise<void> => {
      seconds += 2;
      const decodeSeconds = (f.legs.server.stats[0]?.decodeSeconds ?? 0) + 2 * load;
      f.legs.server.stats = [incomingCounters({ framesDecoded: 25 * seconds, decodeSeconds })];
      await f.clock.advance(2_000);
    };
    for (let round = 0; round < 3; round += 1) await decode(0.2);
    expect(f.server.all('health')).toEqual([]);
    for (let round = 0; round < 4; round += 1) await decode(0.9);
    const slot = { mid: '10', freezes: 0, dropped: 0, decode_ms: 36 };
    expect(f.server.last('health')).toEqual({ type: 'health', slots: [slot], cpu_limited: false });
    expect(texts(f)).toEqual([words.deviceSlow]);
    const reports = f.server.all('health').length;
    for (let round = 0; round < 6; round += 1) await decode(0.1);
    expect(f.server.all('health')).toHaveLength(reports + 1);
    expect(texts(f)).toEqual([]);
  });

  it('shows what comes over a lossy path later, so that repairs are in time', async () => {
    const f = new MeetingFixture();
    await f.direct();
    expect(f.legs.direct.reserve).toBeNull();
    for (let round = 1; round <= 3; round += 1) {
      f.legs.direct.stats = [incomingCounters({ packetsReceived: 190 * round, packetsLost: 10 * round })];
      await f.clock.advance(2_000);
    }
    expect(f.legs.direct.reserve).toBe(120);
    expect(f.legs.server.reserve).toBeNull();
  });

  it('sends sound twice on the way that loses it', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const speak = async (lost: number): Promise<void> => {
      const before = f.legs.direct.sent[0];
      const packetsLost = (before?.reported?.packetsLost ?? 0) + lost;
      f.legs.direct.sent = [
        outgoingCounters({
          source: 'mic',
          kind: 'audio',
          packetsSent: (before?.packetsSent ?? 0) + 100,
          reported: { at: f.clock.now(), packetsLost },
        }),
      ];
      await f.clock.advance(2_000);
    };
    for (let round = 0; round < 3; round += 1) await speak(0);
    expect(f.legs.direct.soundTwice).toBe(false);
    for (let round = 0; round < 3; round += 1) await speak(8);
    expect(f.legs.direct.soundTwice).toBe(true);
    expect(f.legs.server.soundTwice).toBe(false);
    for (let round = 0; round < 20; round += 1) await speak(0);
    expect(f.legs.direct.soundTwice).toBe(false);
  });

  it('shows the loss of a direct call at the other’s tile', async () => {
    const f = new MeetingFixture();
    await f.direct();
    for (let round = 1; round <= 4; round += 1) {
      const packets = { packetsReceived: 80 * round, packetsLost: 20 * round };
      f.legs.direct.stats = [incomingCounters({ mid: '1', ...packets })];
      await f.clock.advance(2_000);
    }
    expect(f.participant('p2').bars).toBe(1);
    expect(f.participant('p1').bars).toBe(3);
    await f.clock.advance(4_100);
    expect(texts(f)).toEqual(['The connection between you and Name of p2 is weak.']);
  });
});
