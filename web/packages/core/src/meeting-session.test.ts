import { describe, expect, it } from 'vitest';
import { settle } from './testing/fake-clock.ts';
import { incomingCounters, outgoingCounters } from './testing/fake-media.ts';
import { person } from './testing/fake-server.ts';
import { DRAIN_MS } from './topology-machine.ts';
import { words } from './words.ts';
import { MeetingFixture } from './testing/meeting-fixture.ts';

describe('joining', () => {
  it('sends the offer with join and tells devices that started', async () => {
    const f = new MeetingFixture();
    await f.alone();
    const join = f.server.last('join');
    expect(join.offer?.sdp).toBe('server1 offer 1');
    expect(join.state).toMatchObject({ mic: true, camera: true });
    expect(f.legs.server.answers).toEqual(['answer']);
    expect(f.snapshot.connection).toEqual({ kind: 'connected' });
    expect(f.snapshot.topology).toBe('connecting');
    expect(f.legs.server.sending).toBe(false);
    expect(f.participant('p1')).toMatchObject({ self: true, micOn: true, cameraOn: true });
  });

  it('works without any device and says why', async () => {
    const f = new MeetingFixture();
    f.devices.problem = { kind: 'denied', message: 'Allow the microphone.' };
    await f.alone();
    expect(f.snapshot.mic).toEqual({ kind: 'blocked', message: 'Allow the microphone.' });
    expect(f.snapshot.connection.kind).toBe('connected');
    expect(f.server.last('join').state).toMatchObject({ mic: false, camera: false });
    expect(f.snapshot.toasts.map((toast) => toast.text)).toEqual(['Allow the microphone.']);
  });

  it('tells the server when a device starts after joining', async () => {
    const f = new MeetingFixture({ mic: false, camera: false });
    await f.start();
    await f.server.join({ epoch: 1, mode: 'alone', phase: 'commit' }, [
      person('p1', { mic: false, camera: false }),
    ]);
    f.meeting.setCamera(true);
    expect(f.snapshot.camera).toEqual({ kind: 'starting' });
    await settle();
    expect(f.server.all('state')).toEqual([{ type: 'state', camera: true }]);
    expect(f.legs.server.tracks.get('camera')?.live).toBe(true);
  });

  it('ends with the words of a refusal', async () => {
    const f = new MeetingFixture();
    await f.start();
    await f.server.send({
      type: 'error',
      id: f.server.last('join').id,
      code: 'room_full',
      message: 'Full.',
      fatal: true,
    });
    expect(f.snapshot.connection).toEqual({ kind: 'ended', reason: 'refused', message: 'Full.' });
    expect(f.legs.server.closed).toBe(true);
    expect(f.devices.opened.every((capture) => capture.stopped)).toBe(true);
  });

  it('comes back to the seat of the page before a reload', async () => {
    const before = new MeetingFixture();
    await before.direct();
    const resume = before.meeting.resumeToken();
    before.meeting.pageGone();
    expect(before.server.last('leave')).toEqual({ type: 'leave', may_return: true });
    expect(before.meeting.resumeToken()).toBeNull();

    const f = new MeetingFixture({ resume });
    await f.start();
    expect(f.server.last('join')).toMatchObject({
      resume: 'resume-token',
      offer: { sdp: 'server1 offer 1' },
    });
    const people = [person('p1'), person('p2')];
    await f.server.join({ epoch: 3, mode: 'alone', phase: 'commit' }, people, { resumed: true });
    expect(f.legs.servers).toHaveLength(1);
    const direct = { epoch: 4, mode: 'p2p', phase: 'prepare', peer: 'p2', role: 'answerer' } as const;
    await f.server.send({ type: 'topology', ...direct });
    expect(f.legs.directs).toHaveLength(1);
  });

  it('joins as anybody when the seat before a reload is gone', async () => {
    const f = new MeetingFixture({ resume: 'too old' });
    await f.start();
    await f.server.join({ epoch: 9, mode: 'alone', phase: 'commit' }, [person('p5')], { self: 'p5' });
    expect(f.snapshot.connection.kind).toBe('connected');
    expect(f.snapshot.self).toBe('p5');
    expect(f.legs.servers).toHaveLength(1);
  });

  it('releases everything on leaving', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.leave();
    await settle();
    expect(f.server.all('leave')).toHaveLength(1);
    expect(f.legs.direct.closed).toBe(true);
    expect(f.legs.server.closed).toBe(true);
    expect(f.snapshot.connection).toMatchObject({ kind: 'ended', reason: 'left' });
  });
});

describe('a direct call', () => {
  it('shows the other once the first frame arrived, then is ready', async () => {
    const f = new MeetingFixture();
    await f.alone();
    await f.server.send({ type: 'roster', joined: [person('p2')], changed: [], left: [] });
    await f.server.send({
      type: 'topology',
      epoch: 2,
      mode: 'p2p',
      phase: 'prepare',
      peer: 'p2',
      role: 'offerer',
    });
    expect(f.legs.direct.iceServers).toEqual([{ urls: ['stun:192.0.2.1:3478'] }]);
    expect(f.legs.direct.tracks.get('camera')).not.toBeNull();
    f.legs.direct.connect();
    expect(f.cameraOf('p2')).toBeNull();
    expect(f.server.all('ready')).toEqual([]);
    f.legs.direct.get('camera').flow();
    expect(f.cameraOf('p2')).toBe('direct1:1');
    expect(f.server.all('ready')).toEqual([{ type: 'ready', epoch: 2 }]);
    expect(f.snapshot.topology).toBe('connecting');
    await f.server.send({ type: 'topology', epoch: 2, mode: 'p2p', phase: 'commit', peer: 'p2' });
    expect(f.snapshot.topology).toBe('p2p');
    expect(f.legs.server.sending).toBe(false);
  });

  it.each([
    ['without a camera: at the first sound', { camera: false }, 'mic'],
    ['with neither: at the connection', { camera: false, mic: false }, null],
  ] as const)('is ready for someone %s', async (_what, change, source) => {
    const f = new MeetingFixture();
    await f.alone();
    await f.server.send({ type: 'roster', joined: [person('p2', change)], changed: [], left: [] });
    await f.server.send({
      type: 'topology',
      epoch: 2,
      mode: 'p2p',
      phase: 'prepare',
      peer: 'p2',
      role: 'answerer',
    });
    expect(f.server.all('ready')).toEqual([]);
    f.legs.direct.connect();
    if (source !== null) {
      expect(f.server.all('ready')).toEqual([]);
      f.legs.direct.get(source).flow();
    }
    expect(f.server.all('ready')).toHaveLength(1);
  });

  it('relays signals of its epoch and ignores those of others', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const leg = f.legs.direct;
    leg.handlers.onSignal({ candidate: null });
    expect(f.server.last('signal')).toEqual({ type: 'signal', epoch: 2, to: 'p2', candidate: null });
    await f.server.send({ type: 'signal', epoch: 2, from: 'p2', description: { type: 'answer', sdp: 'a' } });
    await f.server.send({ type: 'signal', epoch: 1, from: 'p2', candidate: null });
    await f.server.send({ type: 'signal', epoch: 2, from: 'p3', candidate: null });
    expect(leg.descriptions).toHaveLength(1);
    expect(leg.candidates).toEqual([]);
  });

  it('reports the direct leg failing after its commit', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.legs.direct.handlers.onState('failed');
    expect(f.server.all('failed')).toMatchObject([{ epoch: 2 }]);
  });

  it('reports a path by which nothing arrives any more after 2 to 3 s', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.clock.advance(10_000);
    expect(f.server.all('failed')).toEqual([]);
    f.legs.direct.dead = true;
    await f.clock.advance(1_900);
    expect(f.server.all('failed')).toEqual([]);
    await f.clock.advance(1_100);
    expect(f.server.all('failed')).toMatchObject([{ epoch: 2 }]);
  });

  it('waits for checks when the other is muted and without a picture', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const off = [{ id: 'p2', mic: false, camera: false }];
    await f.server.send({ type: 'roster', joined: [], changed: off, left: [] });
    f.legs.direct.dead = true;
    await f.clock.advance(6_500);
    expect(f.server.all('failed')).toEqual([]);
    await f.clock.advance(1_500);
    expect(f.server.all('failed')).toHaveLength(1);
  });

  it('tells the direct leg what the other looks at, also a later one', async () => {
    const f = new MeetingFixture();
    await f.direct();
    expect(f.legs.direct.watched).toBeNull();
    await f.server.send({ type: 'watched', by: 'p2', sources: [] });
    await f.server.send({ type: 'watched', by: 'p9', sources: [{ source: 'camera', width: 1, height: 1 }] });
    expect(f.legs.direct.watched).toEqual([]);
    const topology = { type: 'topology', epoch: 5, mode: 'p2p', peer: 'p2', role: 'offerer' } as const;
    await f.server.send({ ...topology, phase: 'prepare' });
    expect(f.legs.directs).toHaveLength(2);
    expect(f.legs.direct.watched).toEqual([]);
  });

  it('is ready without the picture of someone it does not look at', async () => {
    const f = new MeetingFixture();
    await f.alone();
    f.meeting.setView([]);
    await f.clock.advance(100);
    await f.server.send({ type: 'roster', joined: [person('p2')], changed: [], left: [] });
    const topology = { type: 'topology', epoch: 2, mode: 'p2p', peer: 'p2', role: 'offerer' } as const;
    await f.server.send({ ...topology, phase: 'prepare' });
    f.legs.direct.connect();
    expect(f.server.all('ready')).toEqual([]);
    f.legs.direct.get('mic').flow();
    expect(f.server.all('ready')).toHaveLength(1);
  });

  it('hides the picture when the camera goes off and waits for a new one', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.server.send({ type: 'roster', joined: [], changed: [{ id: 'p2', camera: false }], left: [] });
    expect(f.cameraOf('p2')).toBeNull();
    await f.server.send({ type: 'roster', joined: [], changed: [{ id: 'p2', camera: true }], left: [] });
    expect(f.cameraOf('p2')).toBeNull();
    f.legs.direct.get('camera').flow();
    expect(f.cameraOf('p2')).toBe('direct1:1');
  });
});

describe('from the direct call to the server', () => {
  it('keeps picture and sound of the direct leg until the new ones flow', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.prepareServer(3);
    expect(f.legs.server.sending).toBe(true);
    expect(f.cameraOf('p2')).toBe('direct1:1');
    expect(f.audio.audible()).toEqual(['direct1:0']);
    f.legs.server.slot('4').flow();
    expect(f.audio.audible()).toEqual(['server1:4']);
    expect(f.server.all('ready')).toHaveLength(1);
    f.legs.server.slot('10').flow();
    expect(f.cameraOf('p2')).toBe('server1:10');
    expect(f.server.last('ready').epoch).toBe(3);
    expect(f.legs.direct.closed).toBe(false);
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(f.legs.direct.closed).toBe(false);
    expect(f.cameraOf('p2')).toBe('server1:10');
    expect(f.snapshot.topology).toBe('sfu');
    await f.clock.advance(DRAIN_MS);
    expect(f.legs.direct.closed).toBe(true);
    expect(f.cameraOf('p2')).toBe('server1:10');
  });

  it('shows what still comes by the direct leg until the new way brings its first frame', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(f.legs.direct.tracks.get('camera')).not.toBeNull();
    await f.clock.advance(DRAIN_MS - 100);
    expect(f.cameraOf('p2')).toBe('direct1:1');
    expect(f.audio.audible()).toEqual(['direct1:0']);
    await f.server.send({
      type: 'slots',
      slots: [
        { mid: '4', participant: 'p2', source: 'mic', rtp_timestamp: 1000 },
        { mid: '10', participant: 'p2', source: 'camera', rtp_timestamp: 2000 },
      ],
    });
    expect(f.cameraOf('p2')).toBe('direct1:1');
    f.legs.server.slot('10').flow();
    f.legs.server.slot('4').flow();
    expect(f.cameraOf('p2')).toBe('server1:10');
    expect(f.audio.audible()).toEqual(['server1:4']);
    await f.clock.advance(5_000);
    expect(f.cameraOf('p2')).toBe('server1:10');
  });

  it('asks for frames from the announced timestamp on', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.prepareServer(3);
    expect([...f.legs.server.slot('10').watches].map((watch) => watch.rtpTimestamp)).toEqual([2000]);
  });

  it('returns to the direct leg at once when aborted', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.prepareServer(3);
    f.legs.server.slot('4').flow();
    f.legs.server.slot('10').flow();
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'abort' });
    expect(f.cameraOf('p2')).toBe('direct1:1');
    expect(f.audio.audible()).toEqual(['direct1:0']);
    expect(f.legs.server.sending).toBe(false);
    expect(f.snapshot.topology).toBe('p2p');
  });

  it('waits for frames anew at a second change to the same slots', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.prepareServer(3);
    f.legs.server.slot('4').flow();
    f.legs.server.slot('10').flow();
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'abort' });
    await f.server.send({ type: 'topology', epoch: 4, mode: 'sfu', phase: 'prepare' });
    expect(f.cameraOf('p2')).toBe('direct1:1');
    expect(f.audio.audible()).toEqual(['direct1:0']);
    expect(f.server.last('ready').epoch).toBe(3);
    f.legs.server.slot('4').flow();
    f.legs.server.slot('10').flow();
    expect(f.cameraOf('p2')).toBe('server1:10');
    expect(f.server.last('ready').epoch).toBe(4);
  });

  it('keeps the last picture for a moment when committed before the new one flows', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(f.cameraOf('p2')).toBe('direct1:1');
    await f.clock.advance(DRAIN_MS + 3_100);
    expect(f.cameraOf('p2')).toBeNull();
  });

  it('does not wait for a camera that the page does not show', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.setView([]);
    await f.clock.advance(100);
    await f.prepareServer(3);
    f.legs.server.slot('4').flow();
    expect(f.server.last('ready').epoch).toBe(3);
  });

  it('comes back by resume during the switch without touching the media', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.prepareServer(3);
    f.legs.server.slot('4').flow();
    await f.server.drop();
    expect(f.snapshot.connection.kind).toBe('reconnecting');
    expect(f.cameraOf('p2')).toBe('direct1:1');
    f.legs.server.slot('10').flow();
    expect(f.server.all('ready')).toHaveLength(1);
    await f.clock.advance(400);
    await f.server.accept();
    const join = f.server.last('join');
    expect(join).toMatchObject({ resume: 'resume-token' });
    expect(join.offer).toBeUndefined();
    const everyone = [person('p1'), person('p2'), person('p3')];
    await f.server.join({ epoch: 2, mode: 'p2p', phase: 'commit', peer: 'p2' }, everyone, { resumed: true });
    expect(f.snapshot.connection.kind).toBe('connected');
    expect(f.server.last('ready').epoch).toBe(3);
    expect(f.legs.servers).toHaveLength(1);
    expect(f.legs.direct.closed).toBe(false);
    await f.server.send({ type: 'topology', epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(f.cameraOf('p2')).toBe('server1:10');
  });

  it('makes a new server leg when the seat is gone', async () => {
    const f = new MeetingFixture();
    await f.direct();
    await f.server.drop();
    await f.clock.advance(400);
    await f.server.accept();
    await f.server.join({ epoch: 1, mode: 'sfu', phase: 'commit' }, [person('p7'), person('p8')], {
      self: 'p7',
    });
    expect(f.legs.servers).toHaveLength(2);
    expect(f.legs.servers[0]?.closed).toBe(true);
    expect(f.server.last('offer').sdp).toBe('server2 offer 1');
    await f.server.send({ type: 'answer', id: f.server.last('offer').id, sdp: 'answer 2' });
    expect(f.legs.server.answers).toEqual(['answer 2']);
    expect(f.legs.server.sending).toBe(true);
    expect(f.legs.server.tracks.get('mic')?.live).toBe(true);
    expect(f.legs.direct.closed).toBe(true);
  });
});

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

describe('people', () => {
  it('orders raised hands and lowers ours when somebody else does', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.setHand(true);
    expect(f.snapshot.handUp).toBe(true);
    expect(f.server.last('state')).toEqual({ type: 'state', hand: true });
    const hands = [
      { id: 'p1', hand: 7 },
      { id: 'p2', hand: 3 },
    ];
    await f.server.send({ type: 'roster', joined: [], changed: hands, left: [] });
    expect(f.participant('p2').hand).toBe(1);
    expect(f.participant('p1').hand).toBe(2);
    await f.server.send({ type: 'roster', joined: [], changed: [{ id: 'p1', hand: 0 }], left: [] });
    expect(f.snapshot.handUp).toBe(false);
  });

  it('takes the echo of a quick down and up for what it is', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const echo = (hand: number): Promise<void> =>
      f.server.send({ type: 'roster', joined: [], changed: [{ id: 'p1', hand }], left: [] });
    f.meeting.setHand(true);
    await echo(1);
    f.meeting.setHand(false);
    f.meeting.setHand(true);
    await echo(0);
    await echo(1);
    expect(f.snapshot.handUp).toBe(true);
    await echo(0);
    expect(f.snapshot.handUp).toBe(false);
  });

  it('marks who speaks, and the own voice only while the microphone is on', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.legs.direct.get('mic').loudness = 0.2;
    f.meter.loudness = 0.2;
    await f.clock.advance(250);
    expect(f.participant('p2').speaking).toBe(true);
    expect(f.participant('p1').speaking).toBe(true);
    expect(f.snapshot.dominantSpeaker).toBe('p2');
    f.meeting.setMic(false);
    await f.clock.advance(1_500);
    expect(f.participant('p1').speaking).toBe(false);
    expect(f.snapshot.speakingWhileMuted).toBe(true);
    expect(f.legs.server.tracks.get('mic')).toMatchObject({ live: false, track: { enabled: false } });
    expect(f.legs.direct.tracks.get('mic')).not.toBeNull();
    f.meeting.setMic(true);
    await f.clock.advance(250);
    expect(f.snapshot.speakingWhileMuted).toBe(false);
  });

  it('keeps the object of a participant in whom nothing changed', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const before = f.participant('p2');
    f.meeting.setHand(true);
    expect(f.participant('p2')).toBe(before);
    expect(f.snapshot).toBe(f.snapshot);
  });

  it('takes a new name at once and back when it is refused', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.rename(' Anabel ');
    expect(f.participant('p1').name).toBe('Anabel');
    const { id } = f.server.last('rename');
    await f.server.send({ type: 'error', id, code: 'bad_name', message: 'Not that name.', fatal: false });
    expect(f.participant('p1').name).toBe('Ana');
    expect(f.snapshot.toasts.map((toast) => toast.text)).toContain('Not that name.');
  });

  it('tells subscribers once for changes of one moment', async () => {
    const f = new MeetingFixture();
    await f.alone();
    let calls = 0;
    const forget = f.meeting.subscribe(() => (calls += 1));
    f.meeting.setHand(true);
    f.meeting.setChatOpen(true);
    expect(calls).toBe(0);
    await settle();
    expect(calls).toBe(1);
    forget();
    f.meeting.setHand(false);
    await settle();
    expect(calls).toBe(1);
  });
});

describe('sharing the screen', () => {
  it('sends picture and sound and ends with the browser’s own button', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.setScreenShare(true);
    await settle();
    expect(f.snapshot.screenSharing).toBe(true);
    expect(f.server.last('state')).toEqual({ type: 'state', screen: true });
    expect(f.legs.direct.tracks.get('screen-audio')).toMatchObject({ id: 'screen-audio' });
    f.devices.screen?.video.end();
    expect(f.snapshot.screenSharing).toBe(false);
    expect(f.server.last('state')).toEqual({ type: 'state', screen: false });
    expect(f.legs.direct.tracks.get('screen')).toBeNull();
    expect(f.devices.screen?.audio?.stopped).toBe(true);
  });

  it('says nothing when the dialog is closed', async () => {
    const f = new MeetingFixture();
    await f.alone();
    f.devices.problem = { kind: 'cancelled' };
    f.meeting.setScreenShare(true);
    await settle();
    expect(f.snapshot.screenSharing).toBe(false);
    expect(f.snapshot.toasts).toEqual([]);
  });
});

describe('chat', () => {
  it('shows a message at once and confirms it', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.sendChat('  hello ');
    expect(f.snapshot.chat).toMatchObject([{ text: 'hello', state: 'sending', seq: null }]);
    const { id, key } = f.server.last('chat');
    const message = { seq: 1, from: 'p1', name: 'Ana', text: 'hello', time: 5, key };
    await f.server.send({ type: 'chat', message });
    await f.server.send({ type: 'ok', id, seq: 1 });
    expect(f.snapshot.chat).toEqual([{ ...message, state: 'sent' }]);
    expect(f.snapshot.unreadChat).toBe(0);
  });

  it('sends what was on its way again with the same key after a lost socket', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.sendChat('one');
    await f.server.drop();
    f.meeting.sendChat('two');
    await f.clock.advance(400);
    await f.server.accept();
    await f.server.join(
      { epoch: 2, mode: 'p2p', phase: 'commit', peer: 'p2' },
      [person('p1'), person('p2')],
      {
        resumed: true,
      },
    );
    const [first, again, second] = f.server.all('chat');
    expect(again?.key).toBe(first?.key);
    expect(second?.text).toBe('two');
    expect(f.snapshot.chat.map((message) => message.state)).toEqual(['sending', 'sending']);
  });

  it('marks a refused message and sends it again on request', async () => {
    const f = new MeetingFixture();
    await f.direct();
    f.meeting.sendChat('hello');
    const { id, key } = f.server.last('chat');
    await f.server.send({ type: 'error', id, code: 'too_many', message: 'Too fast.', fatal: false });
    expect(f.snapshot.chat).toMatchObject([{ state: 'failed' }]);
    f.meeting.retryChat(key);
    expect(f.server.all('chat')).toHaveLength(2);
    expect(f.server.last('chat').key).toBe(key);
  });

  it('counts what others wrote while the panel is closed', async () => {
    const f = new MeetingFixture();
    await f.direct();
    const message = { seq: 1, from: 'p2', name: 'Bo', text: 'hi', time: 5, key: 'k1' };
    await f.server.send({ type: 'chat', message });
    await f.server.send({ type: 'chat', message });
    expect(f.snapshot.unreadChat).toBe(1);
    f.meeting.setChatOpen(true);
    expect(f.snapshot.unreadChat).toBe(0);
  });
});
