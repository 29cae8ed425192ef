import { defineConfig } from 'vitest/config';

/**
 * Calculations on numbers in memory, and texts and pictures made of them: no Node version does them its own way, so CI runs them on one. Every other
 * folder, and every new one, is part of the program, which CI runs on every version.
 */
const CALCULATIONS = [
  'test/ml/{backtest,baselines,calibration,data,drift,evaluate,features,forecast,scoring,train,trees}/**/*.test.ts',
  // What the engine computes is the same bits on every version, which test/ml/engine/same-bits.test.ts shows on each.
  'test/ml/engine/{any-size,gradients}.test.ts',
  'test/ml/tensorflow/javascript.test.ts',
  // Studies over many candles; other tests start the same commands and services on every version.
  'test/cli/{backtest,evaluate,search,train}*.test.ts',
  'test/services/{backtest/backtest,paper/paper-history}.test.ts',
  'test/core/price-doubt*.test.ts',
  'test/sources/simulated/price-*.test.ts',
  // Charts are drawn in a thread, by a native library.
  'test/render/{,!(chart)/**/}*.test.ts',
  'test/sentiment/**/*.test.ts',
  // The project's own pages and source.
  'test/house/{accuracy,architecture,errors,families,pages}.test.ts',
];
/** Minutes of programs that are killed, and of clocks that are set; a step of its own in CI. */
const CHAOS = ['test/discord/{publishing-chaos,whole-bot,wrong-clock}.test.ts', 'test/app/whole-cluster.test.ts'];

export default defineConfig({
  test: {
    setupFiles: ['test/setup/network-off.ts'],
    // These end a test that hangs; a slow machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      // Nothing that these change outlives a file, so modules need not be loaded anew for each.
      { extends: true, test: { name: 'calculations', include: CALCULATIONS, isolate: false } },
      {
        extends: true,
        test: { name: 'program', include: ['test/**/*.test.ts'], exclude: [...CALCULATIONS, ...CHAOS] },
      },
      { extends: true, test: { name: 'chaos', include: CHAOS } },
    ],
  },
});
