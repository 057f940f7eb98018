import { MeetingSession, type MeetingOptions } from '../meeting-session.ts';
import type { NetworkPort } from '../ports.ts';
import type { MeetingSnapshot, ParticipantState } from '../snapshot.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeDevices } from './fake-devices.ts';
import { FakeAudioOutput, FakeLegs, FakeMeter } from './fake-media.ts';
import { FakeServer, person } from './fake-server.ts';

export class FakeNetwork implements NetworkPort {
  change: () => void = () => undefined;

  onChange(listener: () => void): () => void {
    this.change = listener;
    return () => undefined;
  }
}

/** A whole session on fakes. */
export class MeetingFixture {
  readonly clock = new FakeClock();
  readonly server = new FakeServer();
  readonly legs = new FakeLegs();
  readonly audio = new FakeAudioOutput();
  readonly devices = new FakeDevices();
  readonly meter = new FakeMeter();
  readonly network = new FakeNetwork();
  readonly meeting: MeetingSession;

  constructor(options: Partial<MeetingOptions> = {}) {
    this.meeting = new MeetingSession(
      {
        room: 'blue-fox',
        name: 'Ana',
        mic: true,
        camera: true,
        token: null,
        resume: null,
        preferences: { microphone: null, camera: null, speaker: null },
        captures: { microphone: null, camera: null },
        ...options,
      },
      {
        clock: this.clock,
        socket: this.server,
        legs: this.legs,
        audio: this.audio,
        devices: this.devices,
        meter: this.meter,
        network: this.network,
      },
    );
  }

  get snapshot(): MeetingSnapshot {
    return this.meeting.snapshot();
  }

  participant(id: string): ParticipantState {
    const found = this.snapshot.participants.find((entry) => entry.id === id);
    if (found === undefined) throw new Error(`no participant ${id}`);
    return found;
  }

  cameraOf(id: string): string | null {
    return this.participant(id).camera.track?.id ?? null;
  }

  async start(): Promise<void> {
    this.meeting.start();
    await settle();
    await this.server.accept();
  }

  /** Joined alone, server leg connected. */
  async alone(): Promise<void> {
    await this.start();
    await this.server.join({ epoch: 1, mode: 'alone', phase: 'commit' }, [person('p1')]);
    this.legs.server.handlers.onState('connected');
    await settle();
  }

  /** In a direct call with p2 by epoch 2: sound and picture flow. */
  async direct(): Promise<void> {
    await this.alone();
    await this.server.send({ type: 'roster', joined: [person('p2')], changed: [], left: [] });
    this.meeting.setView([{ participant: 'p2', source: 'camera', width: 640, height: 360, priority: 0 }]);
    await this.clock.advance(100);
    await this.server.send({
      type: 'topology',
      epoch: 2,
      mode: 'p2p',
      phase: 'prepare',
      peer: 'p2',
      role: 'offerer',
    });
    this.legs.direct.connect();
    this.legs.direct.get('mic').flow();
    this.legs.direct.get('camera').flow();
    await this.server.send({ type: 'topology', epoch: 2, mode: 'p2p', phase: 'commit', peer: 'p2' });
  }

  /** The third is in and the server feeds slots 4 and 10 with p2. */
  async prepareServer(epoch: number): Promise<void> {
    await this.server.send({ type: 'roster', joined: [person('p3')], changed: [], left: [] });
    await this.server.send({ type: 'topology', epoch, mode: 'sfu', phase: 'prepare' });
    await this.server.send({
      type: 'slots',
      slots: [
        { mid: '4', participant: 'p2', source: 'mic', rtp_timestamp: 1000 },
        { mid: '10', participant: 'p2', source: 'camera', rtp_timestamp: 2000 },
      ],
    });
  }
}
