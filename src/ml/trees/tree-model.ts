import { requireShape } from '../engine/checks.ts';
import { addForest, type Forest } from './forest.ts';

/** What is known about one horizon. */
export interface TreeHorizon {
  /** Raw: log of how far scaled returns go. */
  readonly scale: Forest;
  /** Raw: log-odds that the return is above zero. */
  readonly direction: Forest;
  /** Quantiles of scaled return ÷ scale at the model's levels, ascending, less their median. */
  readonly shape: readonly number[];
  /** By how much of the scale the median moves with one unit of log-odds; never negative. */
  readonly perLogit: number;
}

/** A forecaster made of trees: how far each horizon's return goes, and by how much its odds differ from what they were on average. */
export interface TreeModel {
  /** Inputs of a row. */
  readonly width: number;
  readonly horizons: readonly TreeHorizon[];
}

/** Forecasts of rows by a tree model. */
export interface TreePredictor {
  /**
   * Quantiles of the scaled returns of `n` rows (n × width): n × horizons × levels, ascending in the levels. Throws `CC_ENGINE_SHAPE`
   * when a size is wrong or an input is not finite.
   */
  predict(n: number, inputs: Float32Array): Float32Array;
}

/** No market moves e^±20 times its σ: with this bound a quantile is a finite number whatever a forest holds. */
const FARTHEST_LOG_SCALE = 20;

/**
 * Makes a predictor: quantile k is s · (shape k + perLogit · (log-odds − their start)). The start is left out so that the years of
 * training do not lend the future their drift. Throws `CC_ENGINE_SHAPE` unless the model has the given levels.
 */
export function createTreePredictor(model: TreeModel, levels: readonly number[]): TreePredictor {
  const { width, horizons } = model;
  for (const { shape } of horizons) {
    requireShape(shape.length === levels.length, `The trees have ${shape.length} levels, not ${levels.length}.`);
  }
  return {
    predict(n, inputs) {
      requireShape(inputs.length === n * width, `${inputs.length} inputs are not ${n} rows of ${width}.`);
      const out = new Float32Array(n * horizons.length * levels.length);
      for (const [h, { scale, direction, shape, perLogit }] of horizons.entries()) {
        const logScale = addForest(scale, inputs, width, n);
        const logOdds = addForest(direction, inputs, width, n);
        for (let row = 0; row < n; row++) {
          const s = Math.exp(Math.min(Math.max(logScale[row]!, -FARTHEST_LOG_SCALE), FARTHEST_LOG_SCALE));
          const shift = perLogit * (logOdds[row]! - direction.start);
          const at = (row * horizons.length + h) * levels.length;
          for (let k = 0; k < levels.length; k++) out[at + k] = s * (shape[k]! + shift);
        }
      }
      return out;
    },
  };
}
