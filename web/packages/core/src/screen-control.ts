// Sharing the screen, with its sound when the browser gives it.
import type { Disposer, MediaDevicesPort, ScreenCapture } from './ports.ts';

export interface ScreenHandlers {
  onTracks(video: MediaStreamTrack | null, audio: MediaStreamTrack | null): void;
  onChange(): void;
  onNotice(level: 'info' | 'warning' | 'error', text: string): void;
}

type State =
  | { readonly kind: 'off' }
  | { readonly kind: 'asking'; readonly cancelled: { now: boolean } }
  | { readonly kind: 'on'; readonly capture: ScreenCapture; readonly forget: Disposer };

export class ScreenControl {
  readonly #devices: MediaDevicesPort;
  readonly #handlers: ScreenHandlers;
  #state: State = { kind: 'off' };

  constructor(devices: MediaDevicesPort, handlers: ScreenHandlers) {
    this.#devices = devices;
    this.#handlers = handlers;
  }

  get sharing(): boolean {
    return this.#state.kind === 'on';
  }

  get track(): MediaStreamTrack | null {
    return this.#state.kind === 'on' ? this.#state.capture.video.track : null;
  }

  set(on: boolean): void {
    if (on && this.#state.kind === 'off') void this.#ask();
    if (!on) this.#stop();
  }

  async #ask(): Promise<void> {
    const cancelled = { now: false };
    this.#state = { kind: 'asking', cancelled };
    const result = await this.#devices.openScreen();
    if (cancelled.now) {
      if (result.ok) stopAll(result.value);
      return;
    }
    if (!result.ok) {
      this.#state = { kind: 'off' };
      if (result.problem.kind !== 'cancelled') this.#handlers.onNotice('error', result.problem.message);
      this.#handlers.onChange();
      return;
    }
    const capture = result.value;
    // The browser has its own "Stop sharing" button.
    const forget = capture.video.onEnded(() => this.#stop());
    this.#state = { kind: 'on', capture, forget };
    this.#handlers.onTracks(capture.video.track, capture.audio?.track ?? null);
    this.#handlers.onChange();
  }

  #stop(): void {
    if (this.#state.kind === 'off') return;
    if (this.#state.kind === 'asking') this.#state.cancelled.now = true;
    if (this.#state.kind === 'on') {
      this.#state.forget();
      stopAll(this.#state.capture);
    }
    this.#state = { kind: 'off' };
    this.#handlers.onTracks(null, null);
    this.#handlers.onChange();
  }
}

function stopAll(capture: ScreenCapture): void {
  capture.video.stop();
  capture.audio?.stop();
}
