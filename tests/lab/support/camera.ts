// A made-up camera that is as hard to encode as a real one. Chromium's own fake picture is nearly still: a low layer of it
// needs 30 kbit/s, far below its limit, so rates meant nothing, and a publisher whose estimate once fell stayed there:
// libwebrtc lets it grow to 1.5 times what is sent plus 10 kbit/s only.
import { open } from 'node:fs/promises';

export interface CameraSize {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

const kSeconds = 2;
const kCell = 12;
const kGrain = 3;

/** A textured wall that passes by sideways, with the grain of a sensor. Repeatable; written as YUV4MPEG2, 4:2:0. */
export async function writeCamera(path: string, { width, height, fps }: CameraSize): Promise<void> {
  const count = fps * kSeconds;
  const step = Math.ceil(width / count / 2) * 2;
  const period = step * count; // the last frame joins the first
  const wall = texture(period, height, 7);
  const draw = generator(11);
  const grain = Uint8Array.from({ length: 1 << 16 }, () => draw() * (2 * kGrain + 1));
  const chroma = Buffer.alloc((width * height) / 2);
  const luma = Buffer.alloc(width * height);
  const file = await open(path, 'w');
  try {
    await file.write(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420\n`);
    for (let frame = 0; frame < count; ++frame) {
      const noise = Math.floor(draw() * grain.length);
      for (let y = 0, at = 0; y < height; ++y) {
        for (let x = 0; x < width; ++x, ++at) {
          const from = y * period + ((x + frame * step) % period);
          luma[at] = (wall[from] ?? 0) + (grain[(at * 7 + noise) & 0xffff] ?? 0);
        }
      }
      const plane = (width * height) / 4;
      for (let i = 0; i < plane; ++i) {
        const y = Math.floor(i / (width / 2)) * 2;
        const x = ((i % (width / 2)) * 2 + frame * step) % period;
        const tone = wall[y * period + x] ?? 0;
        chroma[i] = 100 + (tone >> 2);
        chroma[plane + i] = 150 - (tone >> 3);
      }
      await file.write('FRAME\n');
      await file.write(luma);
      await file.write(chroma);
    }
  } finally {
    await file.close();
  }
}

/** Smooth noise: random values on a grid, between them linear. Periodic in x. */
function texture(width: number, height: number, seed: number): Uint8Array {
  const draw = generator(seed);
  const columns = Math.floor(width / kCell);
  const rows = Math.ceil(height / kCell) + 1;
  const grid = Float32Array.from({ length: columns * rows }, () => 40 + 160 * draw());
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; ++y) {
    const row = Math.floor(y / kCell);
    const down = (y % kCell) / kCell;
    for (let x = 0; x < width; ++x) {
      const place = (x * columns) / width;
      const column = Math.floor(place);
      const right = place - column;
      const value = (r: number, c: number): number => grid[r * columns + (c % columns)] ?? 0;
      const above = value(row, column) * (1 - right) + value(row, column + 1) * right;
      const below = value(row + 1, column) * (1 - right) + value(row + 1, column + 1) * right;
      out[y * width + x] = above * (1 - down) + below * down;
    }
  }
  return out;
}

/** Lehmer's generator: repeatable, uniform in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
