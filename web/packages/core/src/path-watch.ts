// Whether anything still arrives by a connection that was good. Browsers themselves say so late: Chromium calls a path
// disconnected after some 7 s, failed after 15 to 30.
//
// Rules:
//  1. Anything that arrives is life: media, RTCP, and connectivity checks or answers to ours.
//  2. While the other end is known to send, MEDIA_SILENCE_LIMIT_MS without any of it is death. Sound comes each 20 ms, and
//     each 400 ms in a silence with discontinuous transmission; video's RTCP each second.
//  3. When nothing need come (both muted, nobody looked at), only checks show life: each 2.5 s in Chromium, each 5 s
//     and 20 % at most elsewhere (RFC 7675 §5.1). CHECK_SILENCE_LIMIT_MS without any is death.
//  4. Only time between samples counts, and at most STEP_MOST_MS of each: a page that slept learns nothing from it.

export const PATH_SAMPLE_MS = 500;
export const MEDIA_SILENCE_LIMIT_MS = 2_000;
export const CHECK_SILENCE_LIMIT_MS = 7_000;
/** Timers of a hidden page run once a second. */
const STEP_MOST_MS = 1_000;

export class PathWatch {
  #counts: ReadonlyMap<string, number> | null = null;
  #at = 0;
  #silentMs = 0;
  #expectedMs = 0;

  /**
   * Takes counters of what arrived, each under a name of its own, at `now` in milliseconds. `expected`: the other end sends
   * something. Answers whether the path is dead.
   */
  sample(now: number, counts: ReadonlyMap<string, number>, expected: boolean): boolean {
    const before = this.#counts;
    const step = Math.min(STEP_MOST_MS, Math.max(0, now - this.#at));
    this.#counts = counts;
    this.#at = now;
    const alive = before === null || [...counts].some(([name, count]) => count > (before.get(name) ?? 0));
    this.#silentMs = alive ? 0 : this.#silentMs + step;
    this.#expectedMs = alive || !expected ? 0 : this.#expectedMs + step;
    return this.#expectedMs >= MEDIA_SILENCE_LIMIT_MS || this.#silentMs >= CHECK_SILENCE_LIMIT_MS;
  }
}
