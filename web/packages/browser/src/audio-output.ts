// Plays what is heard through one <audio> element for each track: browsers cancel the echo only of media elements.
import type { AudibleTrack, AudioOutputPort, Disposer } from '@parley/core';

const GESTURES = ['pointerdown', 'keydown'] as const;

export class BrowserAudioOutput implements AudioOutputPort {
  readonly #elements = new Map<MediaStreamTrack, HTMLAudioElement>();
  readonly #listeners = new Set<() => void>();
  #speaker = '';
  #waiting = false;

  play(tracks: readonly AudibleTrack[]): void {
    const wanted = new Map(tracks.map((entry) => [entry.track, entry.audible]));
    for (const [track, element] of this.#elements) if (!wanted.has(track)) this.#release(track, element);
    // New ones sound before old ones stop, all in one task: no gap.
    const ordered = [...wanted].sort(([, a], [, b]) => Number(b) - Number(a));
    for (const [track, audible] of ordered) this.#set(track, audible);
  }

  async setSpeaker(id: string): Promise<boolean> {
    if (!('setSinkId' in HTMLMediaElement.prototype)) return false;
    try {
      // A device that is gone is noticed here, also when nothing plays yet.
      await new Audio().setSinkId(id);
      this.#speaker = id;
      await Promise.all([...this.#elements.values()].map((element) => element.setSinkId(id)));
      return true;
    } catch {
      return false;
    }
  }

  onRefused(listener: () => void): Disposer {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const [track, element] of this.#elements) this.#release(track, element);
    this.#stopWaiting();
  }

  #set(track: MediaStreamTrack, audible: boolean): void {
    let element = this.#elements.get(track);
    const fresh = element === undefined;
    if (element === undefined) {
      element = new Audio();
      element.srcObject = new MediaStream([track]);
      if (this.#speaker !== '') void element.setSinkId(this.#speaker).catch(() => undefined);
      this.#elements.set(track, element);
    }
    const changed = element.muted === audible;
    element.muted = !audible;
    if (fresh || changed) this.#start(element);
  }

  #start(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#waitForGesture();
    });
  }

  #release(track: MediaStreamTrack, element: HTMLAudioElement): void {
    this.#elements.delete(track);
    element.pause();
    element.srcObject = null;
  }

  readonly #onGesture = (): void => {
    this.#stopWaiting();
    for (const element of this.#elements.values()) this.#start(element);
  };

  #waitForGesture(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    for (const gesture of GESTURES) document.addEventListener(gesture, this.#onGesture, { capture: true });
    for (const listener of [...this.#listeners]) listener();
  }

  #stopWaiting(): void {
    this.#waiting = false;
    for (const gesture of GESTURES) document.removeEventListener(gesture, this.#onGesture, { capture: true });
  }
}
