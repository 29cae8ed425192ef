import type { CoinInput } from '../../src/ml/features/build.ts';
import { toColumns } from '../../src/ml/features/columns.ts';
import type { TrainProgress } from '../../src/ml/train/progress.ts';
import { type TrainedModel, type TrainOptions, trainModel } from '../../src/ml/train/train-model.ts';
import { TREE_OPTIONS } from '../../src/ml/trees/fit-trees.ts';
import { randomCandles } from './candles.ts';

/** A few random coins with enough history to train on, the first of them Bitcoin. */
export function tinyCoins(candles = 700, interval: '1d' | '1h' = '1d'): CoinInput[] {
  return ['BTC', 'ETH', 'LTC'].map((symbol, i) => ({
    symbol,
    columns: toColumns(randomCandles(candles, { seed: 20 + i, interval }), interval),
    observations: new Map(),
  }));
}

/** A training run that takes about a second. */
export const TINY_OPTIONS: TrainOptions = {
  interval: '1d',
  family: 'cnn-lstm',
  seeds: [1, 2],
  windowVisits: 2_048,
  batch: 128,
  peakLearningRate: 2e-3,
  weightDecay: 0.01,
  clipNorm: 1,
  validationChecks: 2,
  patience: 2,
  medianShare: 0.4,
  conformalStep: 0.0025,
  treeShare: [],
  trees: {
    ...TREE_OPTIONS,
    scale: { ...TREE_OPTIONS.scale, rounds: 20 },
    direction: { ...TREE_OPTIONS.direction, rounds: 10 },
  },
  refit: false,
  threads: 1,
  build: 'simd',
  outOfSampleRefit: false,
  description: 'random walks',
  command: 'test',
  gitCommit: null,
};

/** Trains on random walks, or on the given coins. */
export function tinyModel(
  overrides: Partial<TrainOptions> = {},
  onProgress: (progress: TrainProgress) => void = () => {},
  cancel?: Int32Array,
  coins: readonly CoinInput[] = tinyCoins(),
): Promise<TrainedModel> {
  let clockMs = Date.UTC(2024, 0, 1);
  const clock = () => {
    clockMs += 10;
    return clockMs;
  };
  return trainModel(coins, coins[0]!.columns, { ...TINY_OPTIONS, ...overrides }, clock, onProgress, cancel);
}
