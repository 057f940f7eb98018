import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CameraStart, LARGER_AFTER_MS } from './camera-start.ts';
import { planLayers } from './layer-plan.ts';

describe('CameraStart', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const planned = (wanted: readonly string[] | null): ReturnType<typeof planLayers> =>
    planLayers(1280, 720, wanted);
  const sent = (start: CameraStart, wanted: readonly string[] | null): readonly string[] =>
    start.next(planned(wanted)).flatMap(({ rid, active }) => (active ? [rid] : []));

  it('begins with the smallest wanted encoding, and the larger follow', () => {
    const onWhole = vi.fn();
    const start = new CameraStart(onWhole);
    expect(sent(start, null)).toEqual(['l']);
    expect(sent(start, ['m', 'h'])).toEqual(['m']);
    vi.advanceTimersByTime(LARGER_AFTER_MS - 1);
    expect(onWhole).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onWhole).toHaveBeenCalledOnce();
    expect(sent(start, ['l', 'm', 'h'])).toEqual(['l', 'm', 'h']);
    // More that is wanted of a camera that runs comes at once.
    expect(sent(start, ['l'])).toEqual(['l']);
    expect(sent(start, ['l', 'h'])).toEqual(['l', 'h']);
  });

  it('begins anew after a rest, whose start is forgotten', () => {
    const onWhole = vi.fn();
    const start = new CameraStart(onWhole);
    expect(sent(start, null)).toEqual(['l']);
    expect(sent(start, [])).toEqual([]);
    vi.advanceTimersByTime(LARGER_AFTER_MS);
    expect(onWhole).not.toHaveBeenCalled();
    expect(sent(start, ['l', 'h'])).toEqual(['l']);
  });
});
