// Figures that the benches pick up from build/bench/.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const kFolder = fileURLToPath(new URL('../../../build/bench/', import.meta.url));

export async function writeFigures(name: string, figures: unknown): Promise<void> {
  await mkdir(kFolder, { recursive: true });
  await writeFile(`${kFolder}${name}.json`, `${JSON.stringify(figures, null, 2)}\n`);
}

/** By nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
