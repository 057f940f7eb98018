import { describe, expect, it } from 'vitest';
import { CHECK_SILENCE_LIMIT_MS, MEDIA_SILENCE_LIMIT_MS, PathWatch } from './path-watch.ts';

class Path {
  readonly watch = new PathWatch();
  readonly counts = new Map([['media', 0]]);
  now = 10_000;

  /** Samples each `stepMs` for `ms`; when the path was called dead, after how long. */
  run(ms: number, { expected = true, arriving = 0, stepMs = 500 } = {}): number | null {
    for (let passed = stepMs; passed <= ms; passed += stepMs) {
      this.now += stepMs;
      this.counts.set('media', (this.counts.get('media') ?? 0) + arriving);
      if (this.watch.sample(this.now, new Map(this.counts), expected)) return passed;
    }
    return null;
  }
}

describe('PathWatch', () => {
  it('calls a path dead 2 s after the last arrival while media is expected', () => {
    const path = new Path();
    expect(path.run(5_000, { arriving: 3 })).toBeNull();
    expect(path.run(5_000)).toBe(MEDIA_SILENCE_LIMIT_MS);
  });

  it('takes one packet, or one answered check, as life', () => {
    const path = new Path();
    path.run(1_000, { arriving: 1 });
    expect(path.run(1_500)).toBeNull();
    path.counts.set('checks', 1);
    expect(path.run(2_000)).toBeNull();
    expect(path.run(500)).toBe(500);
  });

  it('waits for the slowest checks when nothing is expected', () => {
    const path = new Path();
    path.run(1_000, { arriving: 1 });
    expect(path.run(6_500, { expected: false })).toBeNull();
    expect(path.run(500, { expected: false })).toBe(500);
    expect(CHECK_SILENCE_LIMIT_MS).toBeGreaterThan(6_000);
  });

  it('counts the silence only from when media is expected', () => {
    const path = new Path();
    path.run(1_000, { arriving: 1 });
    expect(path.run(4_000, { expected: false })).toBeNull();
    expect(path.run(1_500)).toBeNull();
    path.counts.set('media', 1_000);
    expect(path.run(1_000)).toBeNull();
  });

  it('learns nothing from the time that the page slept', () => {
    const path = new Path();
    path.run(1_000, { arriving: 1 });
    expect(path.run(60_000, { stepMs: 60_000 })).toBeNull();
    expect(path.run(60_000, { stepMs: 60_000 })).toBe(60_000);
  });

  it('is not fooled by counters that go back', () => {
    const path = new Path();
    path.run(1_000, { arriving: 5 });
    path.counts.set('media', 1);
    expect(path.run(2_000)).toBe(2_000);
  });
});
