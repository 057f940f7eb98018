import type {
  Capture,
  CaptureKind,
  CaptureProblem,
  CaptureResult,
  Disposer,
  MediaDevicesPort,
  ScreenCapture,
} from '../ports.ts';
import type { DeviceChoice } from '../snapshot.ts';
import { fakeTrack } from './fake-media.ts';

export class FakeCapture implements Capture {
  readonly track: MediaStreamTrack;
  readonly deviceId: string | null;
  stopped = false;
  #onEnded: (() => void) | null = null;

  constructor(name: string, deviceId: string | null) {
    this.track = fakeTrack(name);
    this.deviceId = deviceId;
  }

  onEnded(listener: () => void): Disposer {
    this.#onEnded = listener;
    return () => {
      this.#onEnded = null;
    };
  }

  stop(): void {
    this.stopped = true;
  }

  /** Unplugged, or ended by the browser. */
  end(): void {
    this.#onEnded?.();
  }
}

export class FakeDevices implements MediaDevicesPort {
  readonly opened: FakeCapture[] = [];
  readonly asked: { readonly kind: CaptureKind; readonly deviceId: string | null }[] = [];
  problem: CaptureProblem | null = null;
  screen: { readonly video: FakeCapture; readonly audio: FakeCapture | null } | null = null;
  /** While set, openings wait for it. */
  gate: Promise<void> | null = null;

  get last(): FakeCapture {
    const capture = this.opened.at(-1);
    if (capture === undefined) throw new Error('nothing was opened');
    return capture;
  }

  async open(kind: CaptureKind, deviceId: string | null): Promise<CaptureResult<Capture>> {
    this.asked.push({ kind, deviceId });
    if (this.gate !== null) await this.gate;
    if (this.problem !== null) return { ok: false, problem: this.problem };
    const capture = new FakeCapture(`${kind} ${this.opened.length + 1}`, deviceId ?? `default ${kind}`);
    this.opened.push(capture);
    return { ok: true, value: capture };
  }

  openScreen(): Promise<CaptureResult<ScreenCapture>> {
    if (this.problem !== null) return Promise.resolve({ ok: false, problem: this.problem });
    this.screen = { video: new FakeCapture('screen', null), audio: new FakeCapture('screen-audio', null) };
    return Promise.resolve({ ok: true, value: this.screen });
  }

  list(): Promise<{ microphones: DeviceChoice[]; cameras: DeviceChoice[]; speakers: DeviceChoice[] }> {
    return Promise.resolve({ microphones: [{ id: 'm1', label: 'Desk' }], cameras: [], speakers: [] });
  }

  onChange(): Disposer {
    return () => undefined;
  }
}
