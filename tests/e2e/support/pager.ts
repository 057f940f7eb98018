// Turning the pages of a meeting, and how long the new page's pictures take.
import { expect } from '@playwright/test';
import type { Person } from './person.ts';

/** Remote cameras on the page that is shown, by participant. */
export function shownParticipants(person: Person): Promise<readonly string[]> {
  return person.page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        '[data-testid="tile"][data-source="camera"][data-self="false"]',
      ),
    ].map((tile) => tile.dataset['participant'] ?? ''),
  );
}

/** All tiles of the page show a picture. */
export async function expectPagePlays(person: Person, timeout = 30_000): Promise<void> {
  await expect
    .poll(
      () =>
        person.page.evaluate(
          () =>
            document.querySelectorAll('[data-testid="tile"][data-self="false"]:not([data-playing="true"])')
              .length,
        ),
      { message: `tiles without a picture at ${person.name}`, timeout },
    )
    .toBe(0);
}

export interface FirstFrame {
  readonly participant: string;
  /** From the click to the displayed frame; null: none within the limit. */
  readonly ms: number | null;
  /** To its last packet, as far as the browser tells: what comes after it is decoding and the jitter buffer's wait. */
  readonly received_ms: number | null;
}

export interface Flip {
  readonly frames: readonly FirstFrame[];
  /** The longest pause between two animation frames meanwhile: what the page itself could not do better. */
  readonly longestPauseMs: number;
}

/**
 * Clicks on the next or previous page and waits until each tile that wasn't there before has displayed a frame: its video
 * said so (requestVideoFrameCallback), is visible, and the tile says that it plays. All times are the page's own.
 */
export function flip(person: Person, button: 'Next page' | 'Previous page', limitMs = 5_000): Promise<Flip> {
  return person.page.evaluate(
    ({ label, limit }) =>
      new Promise<Flip>((resolve, reject) => {
        const tiles = (): HTMLElement[] => [
          ...document.querySelectorAll<HTMLElement>(
            '[data-testid="tile"][data-source="camera"][data-self="false"]',
          ),
        ];
        const idOf = (tile: HTMLElement): string => tile.dataset['participant'] ?? '';
        const before = new Set(tiles().map(idOf));
        const displayed = new WeakMap<HTMLVideoElement, { at: number; received: number | null }>();
        const watched = new WeakSet<HTMLVideoElement>();
        const done = new Map<string, { ms: number; received_ms: number | null }>();
        const control = document.querySelector<HTMLButtonElement>(`button[aria-label="${label}"]`);
        if (control === null || control.disabled) {
          reject(new Error(`no button "${label}" to click`));
          return;
        }
        const watch = (video: HTMLVideoElement): void => {
          if (watched.has(video)) return;
          watched.add(video);
          video.requestVideoFrameCallback((at, { receiveTime }) =>
            displayed.set(video, { at, received: receiveTime ?? null }),
          );
        };
        const visible = (video: HTMLVideoElement): boolean =>
          video.videoWidth > 0 && video.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        const look = (tile: HTMLElement, now: number): void => {
          const participant = idOf(tile);
          if (done.has(participant)) return;
          const videos = [...tile.querySelectorAll('video')];
          videos.forEach(watch);
          if (tile.dataset['playing'] !== 'true') return;
          const framed = videos.find((video) => displayed.has(video) && visible(video));
          if (framed === undefined) return;
          const { at, received } = displayed.get(framed) ?? { at: now, received: null };
          done.set(participant, {
            ms: Math.max(now, at) - start,
            received_ms: received === null ? null : received - start,
          });
        };
        let last = performance.now();
        let longestPauseMs = 0;
        const start = last;
        // As soon as a tile is in the page, so that its first frame isn't missed.
        const observer = new MutationObserver(() => {
          for (const tile of tiles())
            if (!before.has(idOf(tile))) tile.querySelectorAll('video').forEach(watch);
        });
        observer.observe(document.body, { childList: true, subtree: true });
        const paint = (now: number): void => {
          longestPauseMs = Math.max(longestPauseMs, now - last);
          last = now;
          const fresh = tiles().filter((tile) => !before.has(idOf(tile)));
          for (const tile of fresh) look(tile, now);
          const complete = fresh.length > 0 && fresh.every((tile) => done.has(idOf(tile)));
          if (!complete && now - start < limit) {
            requestAnimationFrame(paint);
            return;
          }
          observer.disconnect();
          resolve({
            frames: fresh.map((tile) => {
              const participant = idOf(tile);
              return { participant, ...(done.get(participant) ?? { ms: null, received_ms: null }) };
            }),
            longestPauseMs,
          });
        };
        control.click();
        requestAnimationFrame(paint);
      }),
    { label: button, limit: limitMs },
  );
}
