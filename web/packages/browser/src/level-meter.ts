// Loudness of the own microphone, measured on a copy of the track that stays on while the microphone is muted.
import type { LevelMeterPort } from '@parley/core';

const WINDOW = 1024;

export class BrowserLevelMeter implements LevelMeterPort {
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #copy: MediaStreamTrack | null = null;
  readonly #samples = new Float32Array(WINDOW);

  watch(track: MediaStreamTrack | null): void {
    this.#drop();
    if (track === null) return;
    this.#context ??= new AudioContext();
    this.#analyser ??= this.#context.createAnalyser();
    this.#analyser.fftSize = WINDOW;
    const copy = track.clone();
    copy.enabled = true;
    this.#copy = copy;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([copy]));
    this.#source.connect(this.#analyser);
    this.#wake();
  }

  /** Root mean square, 0..1. */
  level(): number {
    const analyser = this.#analyser;
    if (this.#copy === null || analyser === null || this.#context?.state !== 'running') return 0;
    analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / WINDOW));
  }

  close(): void {
    this.#drop();
    document.removeEventListener('pointerdown', this.#onGesture);
    void this.#context?.close().catch(() => undefined);
    this.#context = null;
    this.#analyser = null;
  }

  readonly #onGesture = (): void => this.#wake();

  /** A context made without a click may stay asleep until the next one. */
  #wake(): void {
    document.removeEventListener('pointerdown', this.#onGesture);
    if (this.#context === null || this.#context.state === 'running') return;
    document.addEventListener('pointerdown', this.#onGesture);
    void this.#context.resume().catch(() => undefined);
  }

  #drop(): void {
    this.#source?.disconnect();
    this.#source = null;
    this.#copy?.stop();
    this.#copy = null;
  }
}
