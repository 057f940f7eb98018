import { fileURLToPath } from 'node:url';
import e2e from '../e2e/playwright.config.ts';

const build = fileURLToPath(new URL('../../build/', import.meta.url));

export default {
  ...e2e,
  testDir: './specs',
  outputDir: `${build}lab/results`,
  timeout: 180_000,
  globalTimeout: 12 * 60_000,
  reporter: [['list'], ['json', { outputFile: `${build}lab/report.json` }]],
};
