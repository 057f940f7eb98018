// What a viewer had of a stretch of time: how long pictures froze, how long sound stopped. From samples, without a page.
import type { Sample, ShownFrame } from './probe.ts';

export interface PictureFigures {
  /** Seen by the page. */
  readonly frames: number;
  readonly decoded: number;
  /** By requestVideoFrameCallback, also of a freeze that hasn't ended. */
  readonly frozen_s: number;
  /** By getStats, which counts a freeze only when it has ended. */
  readonly stats_frozen_s: number;
  readonly freezes: number;
  readonly longest_gap_ms: number;
  /** Frames seen in each second. */
  readonly each_second: readonly number[];
  /** The widths that were shown, and for how many frames each. */
  readonly widths: Readonly<Record<string, number>>;
}

export interface Figures {
  readonly seconds: number;
  readonly received_kbps: number;
  readonly pictures: Readonly<Record<string, PictureFigures>>;
  readonly concealed_share: number;
  /** The longest time in which hardly any sound was the sender's. */
  readonly longest_silence_ms: number;
  readonly nacks: number;
  readonly key_frames: number;
}

/** A window of which less than this is the sender's own sound counts as silence. */
const kHeard = 0.2;
/** Of the frames that the mean duration is taken of. */
const kHistory = 30;
/** Before there are any: 15 frames a second. */
const kFirstMean = 1000 / 15;

/**
 * Freezes as webrtc-stats defines them (freezeCount): longer than three mean frames, and than one by 150 ms. Other than there a
 * freeze raises the mean no more than the longest frame that is none, or a long one would hide those after it.
 */
export function freezes(frames: readonly ShownFrame[], begin: number, end: number) {
  const durations: number[] = [];
  let frozen = 0;
  let count = 0;
  let longest = 0;
  let last = begin;
  let presented: number | null = null;
  const limit = (): number => {
    const mean =
      durations.length === 0 ? kFirstMean : durations.reduce((a, b) => a + b, 0) / durations.length;
    return Math.max(3 * mean, mean + 150);
  };
  const judge = (duration: number): void => {
    const most = limit();
    longest = Math.max(longest, duration);
    if (duration >= most) {
      frozen += duration;
      count += 1;
    }
    durations.push(Math.min(duration, most));
    if (durations.length > kHistory) durations.shift();
  };
  for (const frame of frames) {
    // Frames that were shown while the page was too busy to be told share the time.
    const steps = presented === null ? 1 : Math.max(1, Math.min(kHistory, frame.presented - presented));
    const duration = (frame.at - last) / steps;
    for (let i = 0; i < steps; ++i) judge(duration);
    last = frame.at;
    presented = frame.presented;
  }
  if (end - last >= limit()) judge(end - last);
  return { frozen_s: frozen / 1000, count, longest_gap_ms: Math.round(longest) };
}

export function summarize(samples: readonly Sample[], participants: ReadonlyMap<string, string>): Figures {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || first === last) throw new Error('too few samples');
  const seconds = (last.at - first.at) / 1000;
  const pictures: Record<string, PictureFigures> = {};
  for (const [name, id] of participants) {
    const frames = samples.slice(1).flatMap((one) => one.frames[id] ?? []);
    const { frozen_s, count, longest_gap_ms } = freezes(frames, first.at, last.at);
    const widths: Record<string, number> = {};
    for (const { width } of frames) widths[width] = (widths[width] ?? 0) + 1;
    const spent = (one: Sample): number => one.video[id]?.totalFreezesDuration ?? 0;
    pictures[name] = {
      frames: frames.length,
      decoded: (last.video[id]?.framesDecoded ?? 0) - (first.video[id]?.framesDecoded ?? 0),
      frozen_s: round(frozen_s, 3),
      stats_frozen_s: round(spent(last) - spent(first), 3),
      freezes: count,
      longest_gap_ms,
      each_second: eachSecond(frames, first.at, last.at),
      widths,
    };
  }
  const samplesHeard = last.audio.samples - first.audio.samples;
  return {
    seconds: round(seconds, 3),
    received_kbps: round(((last.bytes - first.bytes) * 8) / seconds / 1000, 0),
    pictures,
    concealed_share:
      samplesHeard === 0 ? 1 : round((last.audio.concealed - first.audio.concealed) / samplesHeard, 4),
    longest_silence_ms: longestSilence(samples),
    nacks: last.nacks - first.nacks,
    key_frames: last.keyFrames - first.keyFrames,
  };
}

function eachSecond(frames: readonly ShownFrame[], begin: number, end: number): readonly number[] {
  const counts = Array.from({ length: Math.ceil((end - begin) / 1000) }, () => 0);
  for (const { at } of frames) {
    const second = Math.floor((at - begin) / 1000);
    if (second >= 0 && second < counts.length) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

export function longestSilence(samples: readonly Sample[]): number {
  let longest = 0;
  let since: number | null = null;
  for (let i = 1; i < samples.length; ++i) {
    const [before, now] = [samples[i - 1], samples[i]];
    if (before === undefined || now === undefined) continue;
    const played = now.audio.samples - before.audio.samples;
    const own = played - (now.audio.concealed - before.audio.concealed);
    if (played > 0 && own / played >= kHeard) {
      since = null;
      continue;
    }
    since ??= before.at;
    longest = Math.max(longest, now.at - since);
  }
  return Math.round(longest);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
