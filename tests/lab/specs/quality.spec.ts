// The measures themselves: one that saw no freeze and no silence would make the laboratory worthless.
import { expect, test } from '../../e2e/support/fixtures.ts';
import type { Sample, ShownFrame } from '../support/probe.ts';
import { freezes, longestSilence } from '../support/quality.ts';

const frame = (at: number, presented: number): ShownFrame => ({ at, presented, width: 960, height: 540 });
const steady = (from: number, count: number): ShownFrame[] =>
  Array.from({ length: count }, (_, i) => frame(from + i * 50, from / 50 + i));

const heard = (at: number, samples: number, concealed: number): Sample => ({
  at,
  bytes: 0,
  audio: { packets: 0, lost: 0, samples, concealed },
  nacks: 0,
  keyFrames: 0,
  video: {},
  frames: {},
});

test('a steady picture has no freeze', () => {
  expect(freezes(steady(50, 40), 0, 2050)).toEqual({ frozen_s: 0, count: 0, longest_gap_ms: 50 });
});

test('a pause within and a pause at the end are freezes', () => {
  const frames = [
    ...steady(50, 20),
    ...steady(2050, 20).map((one) => ({ ...one, presented: one.presented - 20 })),
  ];
  expect(freezes(frames, 0, 3050)).toEqual({ frozen_s: 1.05, count: 1, longest_gap_ms: 1050 });
  expect(freezes(steady(50, 20), 0, 3000)).toEqual({ frozen_s: 2, count: 1, longest_gap_ms: 2000 });
  expect(freezes([], 0, 3000)).toEqual({ frozen_s: 3, count: 1, longest_gap_ms: 3000 });
});

test('a freeze does not hide the next one, and a picture that has become slow is not frozen for ever', () => {
  const frames = [...steady(50, 20), frame(9000, 21)];
  expect(freezes(frames, 0, 12_000)).toEqual({ frozen_s: 11, count: 2, longest_gap_ms: 8000 });
  const slow = Array.from({ length: 100 }, (_, i) => frame(1000 + (i + 1) * 270, 20 + i));
  expect(freezes([...steady(50, 20), ...slow], 0, 28_000).frozen_s).toBeLessThan(5);
});

test('frames that the page was too late to see are no freeze', () => {
  const frames = [...steady(50, 20), frame(1500, 30)];
  expect(freezes(frames, 0, 1500)).toEqual({ frozen_s: 0, count: 0, longest_gap_ms: 50 });
});

test('concealed sound is silence, from its first window to its last', () => {
  const samples = [
    heard(0, 0, 0),
    heard(250, 12_000, 0),
    heard(500, 24_000, 11_000),
    heard(750, 36_000, 23_000),
    heard(1000, 48_000, 24_000),
    heard(1250, 60_000, 36_000),
  ];
  expect(longestSilence(samples)).toBe(500);
});
