// A whole session on fakes: joining and leaving, people, shared screens, chat. Calls are in meeting-ways and meeting-media.
import { describe, expect, it } from 'vitest';
import { settle } from './testing/fake-clock.ts';
import { person } from './testing/fake-server.ts';
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
