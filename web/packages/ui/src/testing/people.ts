// People and meetings for tests.
import type { DeviceList, Meeting, MeetingSnapshot, ParticipantState, TileView } from '@parley/core';

export function participant(id: string, change: Partial<ParticipantState> = {}): ParticipantState {
  return {
    id,
    name: `Name of ${id}`,
    self: id === 'p1',
    micOn: true,
    cameraOn: true,
    screenOn: false,
    hand: 0,
    speaking: false,
    bars: 3,
    camera: { source: 'camera', track: null },
    screen: { source: 'screen', track: null },
    ...change,
  };
}

export const people = (n: number): ParticipantState[] =>
  Array.from({ length: n }, (_, i) => participant(`p${i + 1}`));

export const kDevices: DeviceList = {
  microphones: [{ id: 'm', label: 'Built-in microphone' }],
  cameras: [{ id: 'c', label: 'Built-in camera' }],
  speakers: [],
  microphone: 'm',
  camera: 'c',
  speaker: null,
};

export function snapshot(change: Partial<MeetingSnapshot> = {}): MeetingSnapshot {
  return {
    room: 'blue-fox',
    self: 'p1',
    connection: { kind: 'connected' },
    topology: 'sfu',
    participants: people(3),
    dominantSpeaker: null,
    chat: [],
    unreadChat: 0,
    mic: { kind: 'on' },
    camera: { kind: 'on' },
    screenSharing: false,
    handUp: false,
    speakingWhileMuted: false,
    toasts: [],
    hints: [],
    ...change,
  };
}

/** Remembers what was asked of it; the test decides what comes of it. */
export class RecordingMeeting implements Meeting {
  #now: MeetingSnapshot;
  readonly #listeners = new Set<() => void>();
  readonly asked: unknown[][] = [];
  views: readonly TileView[] = [];

  constructor(start: MeetingSnapshot) {
    this.#now = start;
  }

  become(change: Partial<MeetingSnapshot>): void {
    this.#now = { ...this.#now, ...change };
    for (const listener of this.#listeners) listener();
  }

  snapshot = (): MeetingSnapshot => this.#now;
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  micLevel = (): number => 0;
  devices = (): DeviceList => kDevices;
  subscribeDevices = (): (() => void) => () => undefined;
  chooseDevice = (): Promise<void> => Promise.resolve();
  resumeToken = (): string | null => null;
  stats = (): Promise<never> => new Promise(() => undefined);
  setMic = (on: boolean): void => void this.asked.push(['mic', on]);
  setCamera = (on: boolean): void => void this.asked.push(['camera', on]);
  setScreenShare = (on: boolean): void => void this.asked.push(['share', on]);
  setHand = (up: boolean): void => void this.asked.push(['hand', up]);
  sendChat = (words: string): void => void this.asked.push(['chat', words]);
  retryChat = (key: string): void => void this.asked.push(['retry', key]);
  setChatOpen = (): void => undefined;
  rename = (name: string): void => void this.asked.push(['rename', name]);
  setView = (tiles: readonly TileView[]): void => {
    this.views = tiles;
  };
  dismissToast = (id: number): void => void this.asked.push(['dismiss', id]);
  leave = (): void => void this.asked.push(['leave']);
}
