// Figures that the benches pick up from build/bench/.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const kFolder = fileURLToPath(new URL('../../../build/bench/', import.meta.url));

export async function writeFigures(name: string, figures: unknown): Promise<void> {
  await mkdir(kFolder, { recursive: true });
  await writeFile(`${kFolder}${name}.json`, `${JSON.stringify(figures, null, 2)}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
