// A Meeting with made-up people, to look at the pages without a server.
import type {
  DeviceList,
  Hint,
  Meeting,
  MeetingSnapshot,
  MeetingStats,
  ParticipantState,
  Toast,
  TileView,
} from '@parley/core';
import { kNames, paintedTrack } from './people.ts';

export interface Scene {
  readonly people: number;
  readonly topology: MeetingSnapshot['topology'];
  /** Index of who shares a screen. */
  readonly sharing?: number;
  readonly camerasOff?: readonly number[];
  readonly muted?: readonly number[];
  readonly hands?: readonly number[];
  readonly bars?: Readonly<Record<number, 0 | 1 | 2 | 3>>;
  readonly speaker?: number;
  readonly chat?: boolean;
  readonly unread?: number;
  readonly micOff?: boolean;
  readonly talkingMuted?: boolean;
  readonly connection?: MeetingSnapshot['connection'];
  readonly toasts?: readonly Toast[];
  readonly hints?: readonly Hint[];
}

function person(scene: Scene, index: number): ParticipantState {
  const has = (list: readonly number[] | undefined): boolean => list?.includes(index) === true;
  const cameraOn = !has(scene.camerasOff);
  const screenOn = scene.sharing === index;
  return {
    id: `p${index + 1}`,
    name: kNames[index] ?? `Guest ${index + 1}`,
    self: index === 0,
    micOn: index === 0 ? scene.micOff !== true : !has(scene.muted),
    cameraOn,
    screenOn,
    hand: (scene.hands?.indexOf(index) ?? -1) + 1,
    speaking: scene.speaker === index,
    bars: scene.bars?.[index] ?? 3,
    camera: { source: 'camera', track: cameraOn ? paintedTrack(index, 'person') : null },
    screen: { source: 'screen', track: screenOn ? paintedTrack(index, 'screen') : null },
  };
}

const kChat = [
  [1, 'Morning! Can everyone hear me?'],
  [0, 'Loud and clear'],
  [2, 'The agenda is at https://example.org/agenda?week=47, please add your points before we start.'],
  [2, 'I put the numbers in too.'],
  [1, 'Thanks. Ten minutes each, then we decide about the release.'],
] as const;

export class FakeMeeting implements Meeting {
  #snapshot: MeetingSnapshot;
  readonly #listeners = new Set<() => void>();
  readonly views: (readonly TileView[])[] = [];

  constructor(room: string, scene: Scene) {
    const start = Date.now() - 600_000;
    this.#snapshot = {
      room,
      self: 'p1',
      connection: scene.connection ?? { kind: 'connected' },
      topology: scene.topology,
      participants: Array.from({ length: scene.people }, (_, i) => person(scene, i)),
      dominantSpeaker: scene.speaker === undefined ? null : `p${scene.speaker + 1}`,
      chat:
        scene.chat === true
          ? kChat.map(([from, text], i) => ({
              seq: i + 1,
              key: String(i),
              from: `p${from + 1}`,
              name: kNames[from],
              text,
              time: start + i * 70_000,
              state: 'sent' as const,
            }))
          : [],
      unreadChat: scene.unread ?? 0,
      mic: scene.micOff === true ? { kind: 'off' } : { kind: 'on' },
      camera: { kind: 'on' },
      screenSharing: scene.sharing === 0,
      handUp: scene.hands?.includes(0) === true,
      speakingWhileMuted: scene.talkingMuted === true,
      toasts: scene.toasts ?? [],
      hints: scene.hints ?? [],
    };
  }

  snapshot = (): MeetingSnapshot => this.#snapshot;
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  micLevel = (): number => 0.03 + 0.025 * Math.sin(performance.now() / 180);
  devices = (): DeviceList => kDevices;
  subscribeDevices = (): (() => void) => () => undefined;
  resumeToken = (): string | null => null;
  chooseDevice = (): Promise<void> => Promise.resolve();

  setMic(on: boolean): void {
    this.#self({ micOn: on });
    this.#change({ mic: { kind: on ? 'on' : 'off' }, speakingWhileMuted: false });
  }
  setCamera(on: boolean): void {
    this.#self({ cameraOn: on });
    this.#change({ camera: { kind: on ? 'on' : 'off' } });
  }
  setScreenShare(on: boolean): void {
    this.#self({ screenOn: on, screen: { source: 'screen', track: on ? paintedTrack(0, 'screen') : null } });
    this.#change({ screenSharing: on });
  }
  setHand(up: boolean): void {
    this.#self({ hand: up ? 9 : 0 });
    this.#change({ handUp: up });
  }
  sendChat(text: string): void {
    const key = String(Math.random());
    const message = {
      seq: null,
      key,
      from: 'p1',
      name: kNames[0],
      text,
      time: Date.now(),
      state: 'sent' as const,
    };
    this.#change({ chat: [...this.#snapshot.chat, message] });
  }
  retryChat(): void {
    // Nothing fails here.
  }
  setChatOpen(open: boolean): void {
    if (open) this.#change({ unreadChat: 0 });
  }
  rename(name: string): void {
    this.#self({ name });
  }
  setView(tiles: readonly TileView[]): void {
    this.views.push(tiles);
  }
  dismissToast(id: number): void {
    this.#change({ toasts: this.#snapshot.toasts.filter((toast) => toast.id !== id) });
  }
  leave(): void {
    this.#change({ connection: { kind: 'ended', reason: 'left', message: '' } });
  }

  /** As after a topology switch: the same picture by another track, after a while without any. */
  replaceTrack(id: string, gapMs = 0): void {
    const give = (track: MediaStreamTrack | null): void =>
      this.#change({
        participants: this.#snapshot.participants.map((p) =>
          p.id === id ? { ...p, camera: { source: 'camera', track } } : p,
        ),
      });
    if (gapMs > 0) give(null);
    setTimeout(() => give(paintedTrack(Math.floor(Math.random() * kNames.length), 'person')), gapMs);
  }

  stats = (): Promise<MeetingStats> =>
    Promise.resolve({
      topology: this.#snapshot.topology,
      rtt_ms: 23.4,
      network: { protocol: 'udp', relayed: false },
      received: this.#snapshot.participants
        .filter((p) => !p.self)
        .map((p) => ({
          participant: p.id,
          source: 'camera' as const,
          kind: 'video' as const,
          leg: 'server' as const,
          codec: 'VP8',
          packetsReceived: Math.round(performance.now() / 10),
          framesDecoded: Math.round(performance.now() / 33),
          framesDropped: 2,
          frameWidth: 640,
          frameHeight: 360,
          bytes: Math.round(performance.now() * 70),
          packetsLost: 3,
          freezeCount: 0,
          totalFreezesDuration: 0,
          audioEnergy: 0,
        })),
      sent: ['l', 'm', 'h'].map((rid, i) => ({
        source: 'camera',
        kind: 'video' as const,
        rid,
        leg: 'server' as const,
        frameWidth: 320 << i,
        frameHeight: 180 << i,
        codec: 'VP8',
        cpuLimited: i === 2,
        bytes: Math.round(performance.now() * 20 * (i + 1)),
        framesEncoded: Math.round(performance.now() / 33),
      })),
    });

  #self(change: Partial<ParticipantState>): void {
    this.#change({
      participants: this.#snapshot.participants.map((p) => (p.self ? { ...p, ...change } : p)),
    });
  }
  #change(change: Partial<MeetingSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const kDevices: DeviceList = {
  microphones: [
    { id: 'm1', label: 'Built-in microphone' },
    { id: 'm2', label: 'USB headset' },
  ],
  cameras: [{ id: 'c1', label: 'Integrated camera' }],
  speakers: [
    { id: 's1', label: 'Built-in speakers' },
    { id: 's2', label: 'USB headset' },
  ],
  microphone: 'm1',
  camera: 'c1',
  speaker: 's1',
};

export { kDevices };
