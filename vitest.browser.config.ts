import { defineConfig } from 'vitest/config';

/** Tests that drive a real Chromium: `npx vitest run --config vitest.browser.config.ts`; CHROMIUM names its executable. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    setupFiles: ['test/setup/network-off.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
