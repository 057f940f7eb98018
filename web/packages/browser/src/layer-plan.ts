// The three encodings of a camera: quarter, half and full size.

export interface PlannedLayer {
  readonly rid: string;
  readonly active: boolean;
  readonly scaleResolutionDownBy: number;
  readonly maxBitrate: number;
}

const RIDS = ['l', 'm', 'h'] as const;
const BITRATES = [150_000, 500_000, 1_700_000] as const;

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
  return RIDS.map((rid, index) => ({
    rid,
    active: index < count && active.has(rid),
    scaleResolutionDownBy: index < count ? 2 ** (count - 1 - index) : 1,
    maxBitrate: BITRATES[index] ?? BITRATES[2],
  }));
}
