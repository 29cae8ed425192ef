import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { requireShape } from '../engine/checks.ts';
import type { Engine, NetworkSpec, Weights } from '../engine/types.ts';
import { createTreePredictor, type TreeModel } from '../trees/tree-model.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** Boosted trees beside the nets, and the share that they have in every quantile, 0 … 1, by horizon. */
export interface BlendedTrees {
  readonly model: TreeModel;
  readonly share: readonly number[];
}

/** The models whose outputs are averaged before calibration: nets that differ by their seed and, where they have a share, trees. */
export interface Ensemble {
  readonly spec: NetworkSpec;
  readonly members: readonly Weights[];
  readonly trees?: BlendedTrees | null | undefined;
}

/** Forecasts of windows by a whole ensemble. */
export interface EnsemblePredictor {
  /** As `Predictor.predict`: n × horizons × levels, in units of σ √steps. */
  predict(n: number, steps: Float32Array, context: Float32Array, sentiment?: Float32Array): Float64Array;
}

/** Throws `CC_ENGINE_SHAPE` unless there is a share of trees, 0 … 1, for each horizon. */
export function requireShares(share: readonly number[], horizons: number): void {
  requireShape(
    share.length === horizons && share.every((one) => one >= 0 && one <= 1),
    `The trees need a share from 0 to 1 for each of ${horizons} horizons, not [${share.join(', ')}].`,
  );
}

/**
 * Makes a predictor of the ensemble: the nets' quantiles averaged and then, by their share, averaged with those of the trees, which take the
 * context and neither the window nor sentiment. Throws as `makePredictor` does, and `CC_ENGINE_SHAPE` when trees and shares do not fit.
 */
export function createEnsemblePredictor(
  { spec, members, trees }: Ensemble,
  makePredictor: Engine['createPredictor'],
): EnsemblePredictor {
  const nets = members.map((weights) => makePredictor(spec, weights));
  const horizons = trees?.model.horizons.length ?? 1;
  if (trees) requireShares(trees.share, horizons);
  const forest = trees ? createTreePredictor(trees.model, QUANTILE_LEVELS) : null;
  const shareAt = (i: number) => trees?.share[Math.floor(i / LEVELS) % horizons] ?? 0;
  return {
    predict(n, steps, context, sentiment) {
      const [first, ...others] = nets.map((net) => net.predict(n, steps, context, sentiment));
      const mean = Float64Array.from(first ?? []);
      for (const answer of others) for (let i = 0; i < mean.length; i++) mean[i]! += answer[i]!;
      const said = forest?.predict(n, context);
      for (let i = 0; i < mean.length; i++) {
        mean[i]! /= nets.length;
        // Each term ascends in the levels, rounded or not, so their sum does: quantiles that touch must not cross by a last bit.
        if (said) mean[i] = (1 - shareAt(i)) * mean[i]! + shareAt(i) * said[i]!;
      }
      return mean;
    },
  };
}
