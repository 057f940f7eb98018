import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'ui',
    environment: 'jsdom',
    setupFiles: ['./src/testing/setup.ts'],
    // Whole pages and axe in jsdom: seconds each on a machine that is busy otherwise.
    testTimeout: 60_000,
  },
});
