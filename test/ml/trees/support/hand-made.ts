import { QUANTILE_LEVELS } from '../../../../src/core/quantiles.ts';
import { type Forest, LEAF } from '../../../../src/ml/trees/forest.ts';
import type { TreeModel } from '../../../../src/ml/trees/tree-model.ts';

/** A single tree that says `low` where the first input is 0 or less, else `high`. */
const stump = (width: number, low: number, high: number): Forest => ({
  width,
  start: 0,
  roots: Int32Array.of(0),
  feature: Uint16Array.of(0, LEAF, LEAF),
  number: Float32Array.of(0, low, high),
  right: Int32Array.of(2, 1, 2),
});

/**
 * Trees whose forecasts can be worked out by hand: quantile k of horizon h (from 1) is h · (k − 10), and twice as much where the first
 * input is above 0.
 */
export const handMadeTrees = (width: number, horizons: number): TreeModel => ({
  width,
  horizons: Array.from({ length: horizons }, (_, h) => ({
    scale: stump(width, Math.log(h + 1), Math.log(2 * (h + 1))),
    direction: stump(width, 0, 0),
    shape: QUANTILE_LEVELS.map((_, k) => k - 10),
    perLogit: 0,
  })),
});
