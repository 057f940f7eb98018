// Samples loudness of everyone five times a second and says who speaks.
import type { Clock, Disposer } from './ports.ts';
import { MutedSpeakerHint, SAMPLE_INTERVAL_MS, SpeakingDetector } from './speaking.ts';

export interface VoiceSources {
  levels(): readonly { readonly participant: string; readonly level: number }[];
  ownLevel(): number;
  self(): string | null;
  /** There is a microphone, and it is muted. */
  muted(): boolean;
  onChange(): void;
}

export class VoiceMonitor {
  readonly speaking = new SpeakingDetector();
  readonly #hint = new MutedSpeakerHint();
  readonly #clock: Clock;
  readonly #sources: VoiceSources;
  #speakingWhileMuted = false;
  #cancel: Disposer = () => undefined;

  constructor(clock: Clock, sources: VoiceSources) {
    this.#clock = clock;
    this.#sources = sources;
  }

  get speakingWhileMuted(): boolean {
    return this.#speakingWhileMuted;
  }

  start(): void {
    this.#cancel = this.#clock.after(SAMPLE_INTERVAL_MS, () => {
      this.sample();
      this.start();
    });
  }

  close(): void {
    this.#cancel();
  }

  sample(): void {
    const now = this.#clock.now();
    const heard = this.#sources.levels();
    let changed = false;
    for (const { participant, level } of heard) {
      changed = this.speaking.sample(participant, level, now) || changed;
    }
    const self = this.#sources.self();
    const muted = this.#sources.muted();
    const own = this.#sources.ownLevel();
    if (self !== null) changed = this.speaking.sample(self, muted ? 0 : own, now) || changed;
    const present = new Set([self, ...heard.map(({ participant }) => participant)]);
    for (const id of this.speaking.ids())
      if (!present.has(id)) changed = this.speaking.silence(id) || changed;
    const hint = this.#hint.sample(own, muted, now);
    if (hint !== this.#speakingWhileMuted) changed = true;
    this.#speakingWhileMuted = hint;
    if (changed) this.#sources.onChange();
  }
}
