// Which encodings are sent. To the server a camera's three: quarter, half and full size. Directly one, as large as the other
// looks at it.
import type { MediaSource, WatchedSource } from '@parley/protocol';
import type { WantedEncoding } from './sender-control.ts';

export interface PlannedLayer {
  readonly rid: string;
  readonly active: boolean;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
}

const RIDS = ['l', 'm', 'h'] as const;
const BITRATES = [150_000, 500_000, 1_700_000] as const;
/** The pixels they are meant for: 320x180, 640x360, 1280x720. */
const PIXELS = [57_600, 230_400, 921_600] as const;

/** Smaller pictures need fewer bits, though more for a pixel; a slow viewer is then shown more frames of them. */
function bitrateFor(index: number, pixels: number): number {
  const [rate, usual] = [BITRATES[index] ?? BITRATES[2], PIXELS[index] ?? PIXELS[2]];
  return pixels === 0 ? rate : Math.round(rate * Math.min(1, pixels / usual) ** 0.75);
}

/**
 * Chromium silently drops the last encodings of small captures: below 960x540 it encodes two, below 480x270 one. So a small
 * capture uses only the first ones, the last of these at full size.
 */
export function layersFor(width: number, height: number): number {
  const pixels = width * height;
  if (pixels === 0 || pixels >= 960 * 540) return 3;
  return pixels >= 480 * 270 ? 2 : 1;
}

/** `wanted`: the rids that anybody looks at; null before the server said so, which means all. */
export function planLayers(
  width: number,
  height: number,
  wanted: readonly string[] | null,
): readonly PlannedLayer[] {
  const count = layersFor(width, height);
  const highest = RIDS[count - 1];
  const active = new Set(wanted ?? RIDS);
  // Who wants a layer that doesn't exist gets the best that does.
  if (
    wanted?.some((rid) => !RIDS.slice(0, count).some((made) => made === rid)) === true &&
    highest !== undefined
  ) {
    active.add(highest);
  }
  return RIDS.map((rid, index) => {
    const scale = index < count ? 2 ** (count - 1 - index) : 1;
    return {
      rid,
      active: index < count && active.has(rid),
      scaleResolutionDownBy: scale,
      maxBitrate: bitrateFor(index, (width * height) / scale ** 2),
    };
  });
}

export const DIRECT_MAX_BITRATE = 2_500_000;
/** Few steps, so that a window that is being dragged doesn't restart the encoder at each pixel. */
const DIRECT_SCALES = [4, 3, 2, 1.5] as const;

/** More than any picture is captured in. */
const WHOLE = 16_384;

/** What `next` looks at, each source no smaller than in `former`; null is everything. */
export function widestLook(
  former: readonly WatchedSource[] | null,
  next: readonly WatchedSource[] | null,
): readonly WatchedSource[] | null {
  if (next === null) return null;
  return next.map((entry) => {
    const before = former?.find(({ source }) => source === entry.source);
    const { width, height } = former === null ? { width: WHOLE, height: WHOLE } : (before ?? entry);
    return {
      source: entry.source,
      width: Math.max(width, entry.width),
      height: Math.max(height, entry.height),
    };
  });
}

/**
 * What is sent to the other of a direct call who looks at `watched` (null: not known, so everything), captured in `size`. A
 * picture is never smaller than it is shown; a screen is sent whole, because text suffers from scaling twice.
 */
export function planDirect(
  source: MediaSource,
  size: { readonly width: number; readonly height: number },
  watched: readonly WatchedSource[] | null,
): WantedEncoding {
  if (source === 'mic' || source === 'screen-audio') return { active: true };
  const look = watched?.find((entry) => entry.source === source);
  if (watched !== null && look === undefined) return { active: false };
  const spare =
    look === undefined || source === 'screen'
      ? 1
      : Math.min(size.width / Math.max(1, look.width), size.height / Math.max(1, look.height));
  const scale = DIRECT_SCALES.find((step) => step <= spare) ?? 1;
  return {
    active: true,
    scaleResolutionDownBy: scale,
    maxBitrate: Math.round(DIRECT_MAX_BITRATE / scale ** 1.5),
  };
}
