// Which incoming track each (participant, source) shows or plays. A track is replaced only when the new one has begun to
// flow: the old picture and sound stay until then.
//
// Rules:
//  1. The wanted track is the prepared way's, else that of the one in force, else that of the one that drains.
//  2. A wanted track is shown when its first frame or packet arrived; audio with nothing to keep is played at once.
//  3. A track that is known to flow is shown at once (an aborted preparation goes back without waiting). That is known as
//     long as its way is in use: nothing comes by one that rests, and the next change to it waits for a frame again.
//  4. Without a wanted track, what is shown goes: at once when its leg lives (its owner left the page), after a grace
//     when its leg is gone (the replacement is on its way).
import type { MediaSource } from '@parley/protocol';
import type { Clock, Disposer, IncomingMedia } from './ports.ts';

export const LINGER_MS = 3_000;

export type MediaKey = `${string}/${MediaSource}`;

export function mediaKey(participant: string, source: MediaSource): MediaKey {
  return `${participant}/${source}`;
}

export interface Candidate {
  readonly participant: string;
  readonly source: MediaSource;
  /** The leg it comes by. */
  readonly leg: string;
  /** Unique for this leg, slot and assignment. */
  readonly id: string;
  readonly media: IncomingMedia;
  readonly rtpTimestamp: number | null;
}

interface Watch {
  readonly candidate: Candidate;
  readonly cancel: Disposer;
}

export class ShownMedia {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #shown = new Map<MediaKey, Candidate>();
  readonly #watches = new Map<MediaKey, Watch>();
  readonly #lingers = new Map<MediaKey, Disposer>();
  readonly #flowing = new Set<string>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** `candidates`: of all ways in use; of those of one key the last is wanted. `legs`: those that live. */
  update(candidates: readonly Candidate[], legs: ReadonlySet<string>): void {
    const used = new Set(candidates.map(({ id }) => id));
    for (const id of this.#flowing) if (!used.has(id)) this.#flowing.delete(id);
    const byKey = new Map(
      candidates.map((candidate) => [mediaKey(candidate.participant, candidate.source), candidate]),
    );
    for (const key of [...this.#watches.keys()]) {
      if (byKey.get(key)?.id !== this.#watches.get(key)?.candidate.id) this.#stopWatch(key);
    }
    for (const [key, shown] of [...this.#shown]) if (!byKey.has(key)) this.#drop(key, shown, legs);
    for (const [key, candidate] of byKey) this.#want(key, candidate);
  }

  shown(participant: string, source: MediaSource): Candidate | null {
    return this.#shown.get(mediaKey(participant, source)) ?? null;
  }

  all(): Iterable<Candidate> {
    return this.#shown.values();
  }

  /** The source was switched off: its next picture is a new one. */
  forget(participant: string, source: MediaSource): void {
    const key = mediaKey(participant, source);
    const shown = this.#shown.get(key);
    if (shown === undefined) return;
    this.#flowing.delete(shown.id);
    this.#remove(key);
  }

  clear(): void {
    for (const key of [...this.#watches.keys()]) this.#stopWatch(key);
    for (const key of [...this.#shown.keys()]) this.#remove(key);
    this.#flowing.clear();
  }

  #want(key: MediaKey, candidate: Candidate): void {
    const shown = this.#shown.get(key);
    if (shown?.id === candidate.id) {
      this.#stopLinger(key);
      return;
    }
    const atOnce = candidate.media.kind === 'audio' && shown === undefined;
    if (atOnce || this.#flowing.has(candidate.id)) {
      this.#show(key, candidate);
      if (!atOnce) return;
    }
    if (this.#watches.get(key)?.candidate.id === candidate.id) return;
    const cancel = candidate.media.watchFirst(candidate.rtpTimestamp, () => {
      this.#watches.delete(key);
      this.#flowing.add(candidate.id);
      this.#show(key, candidate);
      this.#onChange();
    });
    this.#watches.set(key, { candidate, cancel });
  }

  /** Whether this key's media is known to arrive by `leg`. */
  flows(participant: string, source: MediaSource, leg: string): boolean {
    const shown = this.shown(participant, source);
    return shown?.leg === leg && this.#flowing.has(shown.id);
  }

  #show(key: MediaKey, candidate: Candidate): void {
    this.#stopLinger(key);
    if (this.#flowing.has(candidate.id)) this.#stopWatch(key);
    this.#shown.set(key, candidate);
  }

  #drop(key: MediaKey, shown: Candidate, legs: ReadonlySet<string>): void {
    if (legs.has(shown.leg)) {
      this.#remove(key);
    } else if (!this.#lingers.has(key)) {
      this.#lingers.set(
        key,
        this.#clock.after(LINGER_MS, () => {
          this.#remove(key);
          this.#onChange();
        }),
      );
    }
  }

  #remove(key: MediaKey): void {
    this.#stopLinger(key);
    this.#shown.delete(key);
  }

  #stopWatch(key: MediaKey): void {
    this.#watches.get(key)?.cancel();
    this.#watches.delete(key);
  }

  #stopLinger(key: MediaKey): void {
    this.#lingers.get(key)?.();
    this.#lingers.delete(key);
  }
}
