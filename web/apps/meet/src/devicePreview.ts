// The own camera and microphone before joining: opened, metered, chosen, and handed to the meeting as they are.
import { BrowserLevelMeter, browserMediaDevices } from '@parley/browser';
import type { Capture, CaptureKind, DeviceList, DeviceState, Disposer } from '@parley/core';
import type { DeviceKind, PreviewState } from '@parley/ui';

export interface PreviewStart {
  readonly mic: boolean;
  readonly camera: boolean;
  readonly microphoneId: string | null;
  readonly cameraId: string | null;
  readonly speakerId: string | null;
}

export interface HandedTracks {
  readonly microphone: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
}

type Lists = Omit<DeviceList, 'microphone' | 'camera' | 'speaker'>;

const kStateOf = { microphone: 'mic', camera: 'camera' } as const;
const kKinds = ['microphone', 'camera'] as const;

export class DevicePreview {
  readonly #port = browserMediaDevices();
  readonly #meter = new BrowserLevelMeter();
  readonly #listeners = new Set<() => void>();
  readonly #captures: Record<CaptureKind, Capture | null> = { microphone: null, camera: null };
  /** Counts requests, so that a late answer to an older one is dropped. */
  readonly #asked: Record<CaptureKind, number> = { microphone: 0, camera: 0 };
  readonly #forgetChange: Disposer;
  #state: PreviewState = { mic: { kind: 'off' }, camera: { kind: 'off' }, track: null, asking: false };
  #lists: Lists = { microphones: [], cameras: [], speakers: [] };
  #devices: DeviceList;
  #chosen: Record<DeviceKind, string | null>;
  #closed = false;

  constructor(start: PreviewStart) {
    this.#chosen = { microphone: start.microphoneId, camera: start.cameraId, speaker: start.speakerId };
    this.#devices = { ...this.#lists, ...this.#chosen };
    this.#forgetChange = this.#port.onChange(() => void this.#list());
    void this.#begin(start);
  }

  state = (): PreviewState => this.#state;
  devices = (): DeviceList => this.#devices;
  level = (): number => this.#meter.level();
  subscribe = (listener: () => void): Disposer => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  setMic = (on: boolean): void => this.#switch('microphone', on);
  setCamera = (on: boolean): void => this.#switch('camera', on);

  choose = (kind: DeviceKind, id: string): void => {
    this.#chosen = { ...this.#chosen, [kind]: id };
    this.#publish();
    if (kind !== 'speaker' && this.#captures[kind] !== null) void this.#open(kind);
  };

  /** Gives the open tracks away, to be stopped by whoever has them then. */
  handOver(): HandedTracks {
    const tracks = {
      microphone: this.#captures.microphone?.track ?? null,
      camera: this.#captures.camera?.track ?? null,
    };
    this.#captures.microphone = null;
    this.#captures.camera = null;
    this.close();
    return tracks;
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true;
    this.#forgetChange();
    this.#listeners.clear();
    for (const kind of kKinds) this.#captures[kind]?.stop();
    this.#meter.close();
  }

  async #begin(start: PreviewStart): Promise<void> {
    const kinds = kKinds.filter((kind) => start[kStateOf[kind]]);
    for (const kind of kinds) this.#setDevice(kind, { kind: 'starting' });
    this.#set({ asking: await willAsk(kinds) });
    const release = this.#state.asking && kinds.length > 1 ? await this.#port.askForBoth() : null;
    await Promise.all(kinds.map((kind) => this.#open(kind)));
    release?.();
    this.#set({ asking: false });
    await this.#list();
  }

  #switch(kind: CaptureKind, on: boolean): void {
    if (on) {
      this.#setDevice(kind, { kind: 'starting' });
      void this.#open(kind).then(() => this.#list());
      return;
    }
    this.#asked[kind] += 1;
    this.#adopt(kind, null);
    this.#setDevice(kind, { kind: 'off' });
  }

  async #open(kind: CaptureKind): Promise<void> {
    const mine = (this.#asked[kind] += 1);
    const result = await this.#port.open(kind, this.#chosen[kind]);
    if (this.#closed || mine !== this.#asked[kind]) {
      if (result.ok) result.value.stop();
      return;
    }
    if (!result.ok) {
      this.#adopt(kind, null);
      const { problem } = result;
      this.#setDevice(
        kind,
        problem.kind === 'cancelled' ? { kind: 'off' } : { kind: 'blocked', message: problem.message },
      );
      return;
    }
    const capture = result.value;
    this.#chosen = { ...this.#chosen, [kind]: capture.deviceId };
    this.#adopt(kind, capture);
    this.#setDevice(kind, { kind: 'on' });
    capture.onEnded(() => {
      if (this.#captures[kind] === capture) this.#switch(kind, false);
    });
  }

  #adopt(kind: CaptureKind, capture: Capture | null): void {
    this.#captures[kind]?.stop();
    this.#captures[kind] = capture;
    const track = capture?.track ?? null;
    if (kind === 'microphone') this.#meter.watch(track);
    else this.#set({ track });
  }

  async #list(): Promise<void> {
    const lists = await this.#port.list();
    // Before permission is given the browser hides what there is.
    const known = <T extends { readonly id: string }>(choices: readonly T[]): readonly T[] =>
      choices.filter((choice) => choice.id !== '');
    this.#lists = {
      microphones: known(lists.microphones),
      cameras: known(lists.cameras),
      speakers: known(lists.speakers),
    };
    this.#publish();
  }

  #publish(): void {
    const { microphones, cameras, speakers } = this.#lists;
    const pick = (choices: Lists['microphones'], id: string | null): string | null =>
      (choices.find((choice) => choice.id === id) ?? choices[0])?.id ?? id;
    this.#devices = {
      ...this.#lists,
      microphone: pick(microphones, this.#chosen.microphone),
      camera: pick(cameras, this.#chosen.camera),
      speaker: pick(speakers, this.#chosen.speaker),
    };
    this.#tell();
  }

  #setDevice(kind: CaptureKind, state: DeviceState): void {
    this.#set({ [kStateOf[kind]]: state });
  }

  #set(change: Partial<PreviewState>): void {
    this.#state = { ...this.#state, ...change };
    this.#tell();
  }

  #tell(): void {
    if (this.#closed) return;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether the browser will put a question for these kinds; not every browser tells. */
async function willAsk(kinds: readonly CaptureKind[]): Promise<boolean> {
  try {
    const states = await Promise.all(kinds.map((kind) => navigator.permissions.query({ name: kind })));
    return states.some((status) => status.state === 'prompt');
  } catch {
    return false;
  }
}
