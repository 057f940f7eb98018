// A whole session on fakes: the direct call, and the change from it to the server and back.
import { describe, expect, it } from 'vitest';
import { person } from './testing/fake-server.ts';
import { DRAIN_MS } from './topology-machine.ts';
import { MeetingFixture } from './testing/meeting-fixture.ts';

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
