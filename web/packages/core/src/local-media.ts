// The person's own devices as one: microphone, camera, screen, and the lists to choose from.
import type { MediaSource, StateChange } from '@parley/protocol';
import { CaptureControl, type CaptureHandlers } from './capture-control.ts';
import type { AudioOutputPort, Capture, Disposer, LevelMeterPort, MediaDevicesPort } from './ports.ts';
import { ScreenControl } from './screen-control.ts';
import type { DeviceList } from './snapshot.ts';
import { words } from './words.ts';

export interface LocalMediaHandlers {
  onTrack(source: MediaSource, track: MediaStreamTrack | null, live: boolean): void;
  /** A device's state changed. */
  onChange(): void;
  onNotice(level: 'info' | 'warning' | 'error', text: string): void;
}

export interface DevicePreferences {
  readonly microphone: string | null;
  readonly camera: string | null;
  readonly speaker: string | null;
}

export interface LocalTrack {
  readonly track: MediaStreamTrack;
  readonly live: boolean;
}

export interface LocalMediaPorts {
  readonly devices: MediaDevicesPort;
  readonly audio: AudioOutputPort;
  readonly meter: LevelMeterPort;
}

export class LocalMedia {
  readonly mic: CaptureControl;
  readonly camera: CaptureControl;
  readonly screen: ScreenControl;
  readonly #ports: LocalMediaPorts;
  readonly #handlers: LocalMediaHandlers;
  readonly #tracks = new Map<MediaSource, LocalTrack>();
  readonly #listeners = new Set<() => void>();
  readonly #forgetChange: Disposer;
  #devices: DeviceList | null = null;
  #lists: Omit<DeviceList, 'microphone' | 'camera' | 'speaker'> = {
    microphones: [],
    cameras: [],
    speakers: [],
  };
  #speaker: string | null;

  constructor(ports: LocalMediaPorts, preferences: DevicePreferences, handlers: LocalMediaHandlers) {
    this.#ports = ports;
    this.#handlers = handlers;
    this.#speaker = preferences.speaker;
    this.mic = new CaptureControl('microphone', preferences.microphone, ports.devices, this.#captures('mic'));
    this.camera = new CaptureControl('camera', preferences.camera, ports.devices, this.#captures('camera'));
    this.screen = new ScreenControl(ports.devices, {
      onTracks: (video, audio) => {
        this.#setTrack('screen', video, video !== null);
        this.#setTrack('screen-audio', audio, audio !== null);
      },
      onChange: () => handlers.onChange(),
      onNotice: (level, text) => handlers.onNotice(level, text),
    });
    this.#forgetChange = ports.devices.onChange(() => void this.refresh());
  }

  /** Everything that a new leg should send. */
  tracks(): ReadonlyMap<MediaSource, LocalTrack> {
    return this.#tracks;
  }

  /** What is on, as the server is told. */
  state(): StateChange & { mic: boolean; camera: boolean; screen: boolean } {
    return {
      mic: this.mic.state.kind === 'on',
      camera: this.camera.state.kind === 'on',
      screen: this.screen.sharing,
    };
  }

  adopt(kind: 'microphone' | 'camera', capture: Capture, on: boolean): void {
    (kind === 'microphone' ? this.mic : this.camera).adopt(capture, on);
  }

  /** The same object until something in it changes, as an external store must answer. */
  devices(): DeviceList {
    const now: DeviceList = {
      ...this.#lists,
      microphone: this.mic.deviceId,
      camera: this.camera.deviceId,
      speaker: this.#speaker,
    };
    const last = this.#devices;
    const keys = ['microphones', 'cameras', 'speakers', 'microphone', 'camera', 'speaker'] as const;
    if (last === null || keys.some((key) => last[key] !== now[key])) this.#devices = now;
    return this.#devices ?? now;
  }

  subscribeDevices(listener: () => void): Disposer {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async choose(kind: 'microphone' | 'camera' | 'speaker', id: string): Promise<void> {
    if (kind === 'microphone') await this.mic.choose(id);
    if (kind === 'camera') await this.camera.choose(id);
    if (kind === 'speaker') {
      if (await this.#ports.audio.setSpeaker(id)) this.#speaker = id;
      else this.#handlers.onNotice('warning', words.speakerFailed);
    }
    this.#tellDevices();
  }

  async refresh(): Promise<void> {
    this.#lists = await this.#ports.devices.list();
    this.#tellDevices();
  }

  async start(): Promise<void> {
    if (this.#speaker !== null) await this.#ports.audio.setSpeaker(this.#speaker);
    await this.refresh();
  }

  close(): void {
    this.#forgetChange();
    this.mic.close();
    this.camera.close();
    this.screen.set(false);
    this.#ports.meter.close();
  }

  #captures(source: 'mic' | 'camera'): CaptureHandlers {
    return {
      onTrack: (track, live) => {
        if (source === 'mic' && track !== this.#tracks.get('mic')?.track) this.#ports.meter.watch(track);
        this.#setTrack(source, track, live);
      },
      onChange: () => {
        this.#handlers.onChange();
        // Names of devices can be read only once one was allowed.
        if (this.#unnamed()) void this.refresh();
        else this.#tellDevices();
      },
      onNotice: (level, text) => this.#handlers.onNotice(level, text),
    };
  }

  #unnamed(): boolean {
    const { microphones, cameras } = this.#lists;
    if (this.#tracks.size === 0) return false;
    return (
      [...microphones, ...cameras].some((device) => device.id === '') ||
      microphones.length + cameras.length === 0
    );
  }

  #setTrack(source: MediaSource, track: MediaStreamTrack | null, live: boolean): void {
    const before = this.#tracks.get(source);
    if ((before?.track ?? null) === track && (before?.live ?? false) === live) return;
    if (track === null) this.#tracks.delete(source);
    else this.#tracks.set(source, { track, live });
    this.#handlers.onTrack(source, track, live);
  }

  #tellDevices(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
