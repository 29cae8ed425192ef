import type { FamilyComparison, FamilyResult, ServedModel } from '../../../src/core/model-info.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

const horizons = [1, 3, 7];

/** A daily model that serves, and none for hourly candles. */
export const believableServed: readonly ServedModel[] = [
  { interval: '1h', problem: 'There is no model for 1h candles.', model: null },
  {
    interval: '1d',
    problem: null,
    model: {
      version: '1d-20260101-abcdef',
      family: 'cnn-lstm',
      members: 3,
      parameters: 12_771,
      trainedAtMs: ORIGIN_MS - 2 * DAY_MS,
      coins: 138,
      windows: 130_000,
      fromMs: ORIGIN_MS - 3_000 * DAY_MS,
      fitUntilMs: ORIGIN_MS - 800 * DAY_MS,
      stopUntilMs: ORIGIN_MS - 400 * DAY_MS,
      stopFromMs: null,
      treeShares: null,
      medianShares: [0.4, 0.4, 0.4],
      climatologyWeights: [0.2, 0.3, 0.5],
      evaluation: {
        description: 'The same recipe, a year earlier.',
        fromMs: ORIGIN_MS - 800 * DAY_MS,
        toMs: ORIGIN_MS - 400 * DAY_MS,
        horizons: horizons.map((steps) => ({
          steps,
          n: 39_310,
          coins: 118,
          skillPct: { value: 2.4, low: steps === 7 ? -0.3 : 1.6, high: 3.3 },
          coverage: [0.51, 0.8, 0.95],
        })),
      },
    },
  },
];

const family = (name: string, parameters: number): FamilyResult => ({
  family: name,
  parameters,
  windowVisits: 306_432,
  seconds: 61.4,
  cpuSeconds: 40.2,
  horizons: horizons.map((steps) => ({
    steps,
    n: 39_310,
    coins: 118,
    fromMs: ORIGIN_MS - 800 * DAY_MS,
    toMs: ORIGIN_MS - 435 * DAY_MS,
    median: { mse: 0.0025, rmse: 0.05, mae: 0.03 },
    randomWalk: { mse: 0.002504, rmse: 0.05004, mae: 0.0301 },
    direction: { value: 0.511, low: 0.49, high: 0.53, baseRate: 0.52 },
    skillPct: { value: 2.4, low: steps === 7 ? -0.3 : 1.6, high: 3.3 },
  })),
});

/** Four families on daily candles. */
export const believableComparison: FamilyComparison = {
  format: 1,
  interval: '1d',
  command: 'npm run train -- --compare --candles DIR',
  madeAtMs: ORIGIN_MS - DAY_MS,
  gitCommit: 'abcdef123456',
  engine: 'simd',
  threads: 1,
  seeds: [1, 2, 3],
  coins: 138,
  windows: 130_000,
  fitUntilMs: ORIGIN_MS - 1_200 * DAY_MS,
  stopUntilMs: ORIGIN_MS - 800 * DAY_MS,
  families: [family('cnn', 13_203), family('lstm', 13_099), family('gru', 12_447), family('cnn-lstm', 12_771)],
};
