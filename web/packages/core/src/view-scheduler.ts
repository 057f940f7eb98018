// Tells the server what the page looks at: the latest list, and only when it changed. Another set of pictures is told at
// once (a page that comes back, a turned page), but no sooner than VIEW_SPACING_MS after the list before. Other sizes
// alone wait until they rest for RESIZE_REST_MS: while a window is dragged each would change the layers of everybody.
import { LIMITS, type ViewEntry } from '@parley/protocol';
import type { Clock, Disposer } from './ports.ts';
import type { TileView } from './snapshot.ts';

export const VIEW_SPACING_MS = 80;
export const RESIZE_REST_MS = 250;

function clamp(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : least;
}

function setOf(views: readonly ViewEntry[]): string {
  return views
    .map(({ participant, source }) => `${participant}/${source}`)
    .sort()
    .join(' ');
}

export class ViewScheduler {
  readonly #clock: Clock;
  readonly #send: (views: readonly ViewEntry[]) => boolean;
  #wanted: readonly ViewEntry[] | null = null;
  #sent: string | null = null;
  /** The pictures of the list told last, whatever their size. */
  #sentSet: string | null = null;
  #sentAt = -Infinity;
  #cancel: Disposer = () => undefined;

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
    this.#cancel();
    const resized = setOf(this.#wanted) === this.#sentSet;
    const wait = resized ? RESIZE_REST_MS : this.#sentAt + VIEW_SPACING_MS - this.#clock.now();
    if (wait <= 0) this.#flush();
    else this.#cancel = this.#clock.after(wait, () => this.#flush());
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
    this.#cancel();
  }

  #flush(): void {
    if (this.#wanted === null) return;
    const text = JSON.stringify(this.#wanted);
    if (text === this.#sent || !this.#send(this.#wanted)) return;
    this.#sent = text;
    this.#sentSet = setOf(this.#wanted);
    this.#sentAt = this.#clock.now();
  }
}
