import type { Capture, Disposer } from '@parley/core';

/** A captured track as the core owns it. */
export class TrackCapture implements Capture {
  readonly track: MediaStreamTrack;

  constructor(track: MediaStreamTrack) {
    this.track = track;
  }

  get deviceId(): string | null {
    return this.track.getSettings().deviceId ?? null;
  }

  /** Browsers fire `ended` for every end but stop(). */
  onEnded(listener: () => void): Disposer {
    this.track.addEventListener('ended', listener);
    return () => this.track.removeEventListener('ended', listener);
  }

  stop(): void {
    this.track.stop();
  }
}
