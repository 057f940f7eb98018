// Who speaks, from loudness sampled a few times a second.

/** Begins above the upper level, ends after a pause below the lower one: no flicker between words. */
export const SPEAKING_ON_LEVEL = 0.03;
export const SPEAKING_OFF_LEVEL = 0.015;
export const SPEAKING_PAUSE_MS = 800;
export const SAMPLE_INTERVAL_MS = 200;

export class SpeakingDetector {
  readonly #quietSince = new Map<string, number | null>();

  /** A sample for `id`; true when who speaks changed. */
  sample(id: string, level: number, now: number): boolean {
    const quietSince = this.#quietSince.get(id);
    if (quietSince === undefined) {
      if (level < SPEAKING_ON_LEVEL) return false;
      this.#quietSince.set(id, null);
      return true;
    }
    if (level >= SPEAKING_OFF_LEVEL) {
      this.#quietSince.set(id, null);
      return false;
    }
    if (quietSince === null) {
      this.#quietSince.set(id, now);
      return false;
    }
    if (now - quietSince < SPEAKING_PAUSE_MS) return false;
    return this.#quietSince.delete(id);
  }

  speaking(id: string): boolean {
    return this.#quietSince.has(id);
  }

  /** Muted or gone. True when that changed who speaks. */
  silence(id: string): boolean {
    return this.#quietSince.delete(id);
  }

  ids(): readonly string[] {
    return [...this.#quietSince.keys()];
  }
}

export const MUTED_HINT_AFTER_MS = 400;
export const MUTED_HINT_MS = 4_000;

/** "You're muted": loud for a moment while muted, shown for a few seconds after the last loud sample. */
export class MutedSpeakerHint {
  #loudSince: number | null = null;
  #shownUntil = 0;

  sample(level: number, muted: boolean, now: number): boolean {
    if (!muted) {
      this.#loudSince = null;
      this.#shownUntil = 0;
      return false;
    }
    if (level >= SPEAKING_ON_LEVEL) {
      this.#loudSince ??= now;
      if (now - this.#loudSince >= MUTED_HINT_AFTER_MS) this.#shownUntil = now + MUTED_HINT_MS;
    } else {
      this.#loudSince = null;
    }
    return now < this.#shownUntil;
  }
}
