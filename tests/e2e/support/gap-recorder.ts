// Watches, inside a page, whether the pictures that play go on playing: at every animation frame each tile must say so
// and hold a visible video with a frame, and the time between two displayed frames is measured.
import type { Page } from '@playwright/test';

export interface TileGaps {
  readonly participant: string;
  readonly frames: number;
  readonly longestGapMs: number;
  /** When that gap began, in milliseconds from the mark. */
  readonly longestGapAtMs: number;
  /** For how much of that gap the page itself stood still: it ran no animation frame, and could have shown nothing. */
  readonly stoodStillMs: number;
  /** Moments at which the tile was without a picture, and why. */
  readonly problems: readonly string[];
}

export interface GapReport {
  readonly tiles: readonly TileGaps[];
  /** When the page said another topology, or showed another video element, in milliseconds from the mark. */
  readonly changes: readonly string[];
}

interface Recorder {
  /** Begins anew with the tiles of these participants. */
  mark(participants: readonly string[]): void;
  read(): GapReport;
}

declare global {
  interface Window {
    gapRecorder?: Recorder;
  }
}

/** A person, or any other page. */
interface Watcher {
  readonly page: Page;
  readonly name: string;
}

/** `participants`: whose cameras play at this page now and have to go on. */
export async function markGaps(person: Watcher, participants: readonly string[]): Promise<void> {
  await person.page.evaluate(installRecorder);
  await person.page.evaluate((ids) => window.gapRecorder?.mark(ids), participants);
}

export async function readGaps(person: Watcher): Promise<GapReport> {
  const report = await person.page.evaluate(() => window.gapRecorder?.read());
  if (report === undefined) throw new Error(`nothing was recorded at ${person.name}`);
  return report;
}

/** Runs in the page, so it must not use anything from outside itself. */
function installRecorder(): void {
  if (window.gapRecorder !== undefined) return;
  interface Watched {
    last: number;
    longest: number;
    longestAt: number;
    longestStill: number;
    lastStill: number;
    element: HTMLVideoElement | null;
    frames: number;
    problems: string[];
  }
  const kMostProblems = 10;
  const kFrameMs = 1000 / 60;
  const kStandstillMs = 3 * kFrameMs;
  const tiles = new Map<string, Watched>();
  /** True: a frame came while the element could not be seen; it counts when the element is shown. */
  const pending = new WeakMap<HTMLVideoElement, boolean>();
  let began = 0;
  let lastPaint = 0;
  let stoodStill = 0;
  let topology = '';
  let changes: string[] = [];

  const change = (words: string): void => {
    if (changes.length < kMostProblems) changes.push(`${Math.round(performance.now() - began)} ms: ${words}`);
  };
  const shows = (video: HTMLVideoElement): boolean => {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return false;
    const box = video.getBoundingClientRect();
    return (
      box.width > 0 &&
      box.height > 0 &&
      video.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    );
  };
  /** How long the page stood still until the animation frame of `at`, in all. */
  const stillUntil = (at: number): number => {
    const pause = lastPaint > 0 ? at - lastPaint : 0;
    return stoodStill + (pause > kStandstillMs ? pause - kFrameMs : 0);
  };
  const displayed = (participant: string, at: number): void => {
    const tile = tiles.get(participant);
    if (tile === undefined || at <= tile.last) return;
    if (at - tile.last > tile.longest) {
      tile.longest = at - tile.last;
      tile.longestAt = tile.last - began;
      tile.longestStill = stillUntil(at) - tile.lastStill;
    }
    tile.last = at;
    tile.lastStill = stillUntil(at);
    tile.frames += 1;
  };
  const follow = (video: HTMLVideoElement, participant: string): void => {
    if (pending.has(video)) return;
    pending.set(video, false);
    const onFrame = (now: number): void => {
      if (shows(video)) displayed(participant, now);
      else pending.set(video, true);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  };
  const check = (participant: string, watched: Watched, now: number): void => {
    const problem = (words: string): void => {
      if (watched.problems.length < kMostProblems)
        watched.problems.push(`${Math.round(now - began)} ms: ${words}`);
    };
    const tile = document.querySelector(
      `[data-testid="tile"][data-participant="${CSS.escape(participant)}"][data-source="camera"]`,
    );
    if (tile === null) {
      problem('no tile');
      return;
    }
    if (tile.getAttribute('data-playing') !== 'true') problem('data-playing is not true');
    const videos = [...tile.querySelectorAll('video')];
    for (const video of videos) follow(video, participant);
    const visible = videos.filter(shows);
    if (visible.length === 0) problem('no visible video with a frame');
    const front = visible.at(-1) ?? null;
    if (watched.element !== null && front !== watched.element) change('another video element');
    watched.element = front;
    for (const video of visible) {
      if (pending.get(video) !== true) continue;
      pending.set(video, false);
      displayed(participant, now);
    }
  };
  const paint = (now: number): void => {
    stoodStill = stillUntil(now);
    lastPaint = now;
    const way = document.querySelector('[data-testid="meeting"]')?.getAttribute('data-topology') ?? '';
    if (way !== topology && topology !== '') change(way);
    topology = way;
    for (const [participant, watched] of tiles) check(participant, watched, now);
    requestAnimationFrame(paint);
  };
  requestAnimationFrame(paint);

  window.gapRecorder = {
    mark(participants) {
      began = performance.now();
      changes = [];
      tiles.clear();
      for (const participant of participants) {
        tiles.set(participant, {
          last: began,
          longest: 0,
          longestAt: 0,
          longestStill: 0,
          lastStill: stillUntil(began),
          element: null,
          frames: 0,
          problems: [],
        });
      }
    },
    read() {
      const now = performance.now();
      return {
        tiles: [...tiles].map(([participant, watched]) => {
          const lasts = now - watched.last > watched.longest;
          return {
            participant,
            frames: watched.frames,
            longestGapMs: lasts ? now - watched.last : watched.longest,
            longestGapAtMs: lasts ? watched.last - began : watched.longestAt,
            stoodStillMs: lasts ? stillUntil(now) - watched.lastStill : watched.longestStill,
            problems: [...watched.problems],
          };
        }),
        changes: [...changes],
      };
    },
  };
}
