import { defineConfig } from 'vitest/config';

/**
 * A file's name says when it runs:
 * - `*.test.ts` at every `npm test`, in all under two minutes;
 * - `*.slow.test.ts` by `npm run test:slow`: built programs, PostgreSQL and Redis servers, trainings, studies, long searches for counterexamples;
 * - `*.chaos.test.ts` too: minutes of built programs that are killed, and of clocks that are set. CI does it at length (`CHAOS=100`).
 */
const SLOW = 'test/**/*.slow.test.ts';
const CHAOS = 'test/**/*.chaos.test.ts';

export default defineConfig({
  test: {
    setupFiles: ['test/setup/network-off.ts'],
    // These end a test that hangs; a slow machine is no failure.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [SLOW, CHAOS],
          // Modules keep nothing that a file changes, and loading them anew for each of hundreds of files would take as long as the tests.
          isolate: false,
          globalSetup: ['test/setup/fast-suite.ts'],
        },
      },
      { extends: true, test: { name: 'slow', include: [SLOW], globalSetup: ['test/setup/postgres.ts'] } },
      { extends: true, test: { name: 'chaos', include: [CHAOS], globalSetup: ['test/setup/postgres.ts'] } },
    ],
  },
});
