// Tells the server what the page looks at: the latest list, at most every 80 ms, and only when it changed.
import { LIMITS, type ViewEntry } from '@parley/protocol';
import type { Clock, Disposer } from './ports.ts';
import type { TileView } from './snapshot.ts';

export const VIEW_DEBOUNCE_MS = 80;

function clamp(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : least;
}

export class ViewScheduler {
  readonly #clock: Clock;
  readonly #send: (views: readonly ViewEntry[]) => boolean;
  #wanted: readonly ViewEntry[] | null = null;
  #sent: string | null = null;
  #cancel: Disposer | null = null;

  /** `send` answers whether it could; if not, resend() comes at the next connection. */
  constructor(clock: Clock, send: (views: readonly ViewEntry[]) => boolean) {
    this.#clock = clock;
    this.#send = send;
  }

  set(tiles: readonly TileView[]): void {
    this.#wanted = [...tiles]
      .sort((a, b) => a.priority - b.priority)
      .slice(0, LIMITS.views)
      .map((tile) => ({
        participant: tile.participant,
        source: tile.source,
        width: clamp(tile.width, 1, LIMITS.viewPixels),
        height: clamp(tile.height, 1, LIMITS.viewPixels),
        priority: clamp(tile.priority, 0, LIMITS.viewPriority),
      }));
    this.#cancel ??= this.#clock.after(VIEW_DEBOUNCE_MS, () => {
      this.#cancel = null;
      this.#flush();
    });
  }

  /** What the page looks at now; null before it said anything. */
  wanted(): readonly ViewEntry[] | null {
    return this.#wanted;
  }

  /** A new connection: the server may not know. */
  resend(): void {
    this.#sent = null;
    this.#flush();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #flush(): void {
    if (this.#wanted === null) return;
    const text = JSON.stringify(this.#wanted);
    if (text !== this.#sent && this.#send(this.#wanted)) this.#sent = text;
  }
}
