import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const build = fileURLToPath(new URL('../../build/', import.meta.url));

// Browsers are launched by the fixtures (support/fixtures.ts): one test may need both kinds.
export default defineConfig({
  testDir: './specs',
  outputDir: `${build}e2e/results`,
  // A meeting of browsers takes the whole machine; a test that passes only when repeated has found something.
  workers: 1,
  retries: 0,
  timeout: 90_000,
  globalTimeout: 24 * 60_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['json', { outputFile: `${build}e2e/report.json` }]],
});
