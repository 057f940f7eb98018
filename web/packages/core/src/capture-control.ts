// One microphone or camera: on, off, another device, unplugged. A microphone keeps its track while it is off (muting is
// instant, and speaking while muted can be noticed); a camera is released, so that its light goes out.
import type { Capture, CaptureKind, CaptureProblem, Disposer, MediaDevicesPort } from './ports.ts';
import type { DeviceState } from './snapshot.ts';
import { words } from './words.ts';

export interface CaptureHandlers {
  /** `live` is false for a muted microphone. */
  onTrack(track: MediaStreamTrack | null, live: boolean): void;
  onChange(): void;
  onNotice(level: 'info' | 'warning' | 'error', text: string): void;
}

export class CaptureControl {
  readonly #kind: CaptureKind;
  readonly #devices: MediaDevicesPort;
  readonly #handlers: CaptureHandlers;
  #state: DeviceState = { kind: 'off' };
  #capture: Capture | null = null;
  #forgetEnded: Disposer = () => undefined;
  #preferred: string | null;
  /** Counts openings; one that is overtaken is thrown away when it arrives. */
  #opening = 0;
  #closed = false;

  constructor(
    kind: CaptureKind,
    preferred: string | null,
    devices: MediaDevicesPort,
    handlers: CaptureHandlers,
  ) {
    this.#kind = kind;
    this.#preferred = preferred;
    this.#devices = devices;
    this.#handlers = handlers;
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** What is in use, else what was chosen. */
  get deviceId(): string | null {
    return this.#capture?.deviceId ?? this.#preferred;
  }

  get track(): MediaStreamTrack | null {
    return this.#capture?.track ?? null;
  }

  /** Takes over what a page before the meeting has opened already. */
  adopt(capture: Capture, on: boolean): void {
    if (!on && this.#kind === 'camera') {
      capture.stop();
      return;
    }
    this.#use(capture);
    this.#setState({ kind: on ? 'on' : 'off' });
  }

  set(on: boolean): void {
    if (this.#closed) return;
    if (on) this.#turnOn();
    else this.#turnOff();
  }

  async choose(id: string): Promise<void> {
    this.#preferred = id;
    if (this.#capture === null || this.#closed) {
      this.#handlers.onChange();
      return;
    }
    const opening = ++this.#opening;
    const result = await this.#devices.open(this.#kind, id);
    if (opening !== this.#opening) {
      if (result.ok) result.value.stop();
      return;
    }
    if (!result.ok) {
      this.#preferred = this.#capture.deviceId;
      this.#handlers.onNotice('warning', words.switchFailed(this.#kind));
      return;
    }
    this.#use(result.value);
    this.#publish();
  }

  close(): void {
    this.#closed = true;
    this.#opening += 1;
    this.#release();
    this.#setState({ kind: 'off' });
  }

  #turnOn(): void {
    if (this.#state.kind === 'on' || this.#state.kind === 'starting') return;
    if (this.#capture !== null) {
      this.#setState({ kind: 'on' });
      return;
    }
    this.#setState({ kind: 'starting' });
    void this.#open(this.#preferred, true);
  }

  #turnOff(): void {
    if (this.#state.kind === 'off') return;
    this.#opening += 1;
    if (this.#kind === 'camera') this.#release();
    this.#setState({ kind: 'off' });
  }

  async #open(deviceId: string | null, tellProblem: boolean): Promise<boolean> {
    const opening = ++this.#opening;
    const result = await this.#devices.open(this.#kind, deviceId);
    if (opening !== this.#opening) {
      if (result.ok) result.value.stop();
      return false;
    }
    if (!result.ok) {
      this.#onProblem(result.problem, tellProblem);
      return false;
    }
    this.#use(result.value);
    this.#setState({ kind: 'on' });
    return true;
  }

  #onProblem(problem: CaptureProblem, tell: boolean): void {
    if (problem.kind === 'cancelled') {
      this.#setState({ kind: 'off' });
      return;
    }
    this.#setState({ kind: 'blocked', message: problem.message });
    if (tell) this.#handlers.onNotice('error', problem.message);
  }

  #use(capture: Capture): void {
    this.#release();
    this.#capture = capture;
    this.#forgetEnded = capture.onEnded(() => void this.#onUnplugged());
  }

  #release(): void {
    this.#forgetEnded();
    this.#forgetEnded = () => undefined;
    this.#capture?.stop();
    this.#capture = null;
  }

  async #onUnplugged(): Promise<void> {
    const wasOn = this.#state.kind === 'on';
    this.#release();
    if (!wasOn) {
      this.#publish();
      this.#handlers.onChange();
      return;
    }
    this.#setState({ kind: 'starting' });
    const next = await this.#open(null, false);
    if (!this.#closed) this.#handlers.onNotice('warning', words.unplugged(this.#kind, next));
  }

  #setState(state: DeviceState): void {
    this.#state = state;
    this.#publish();
    this.#handlers.onChange();
  }

  #publish(): void {
    const live = this.#state.kind === 'on';
    const track = this.#capture?.track ?? null;
    if (track !== null) track.enabled = live;
    this.#handlers.onTrack(track, live && track !== null);
  }
}
