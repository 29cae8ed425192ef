import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatology } from '../baselines/climatology.ts';
import type { JoinedCoins } from '../dataset.ts';
import { horizonReturn } from '../targets.ts';
import { meanPinball } from './scores.ts';

/** Windows that decide when training stops, with everything about them that does not change between looks. */
export interface ValidationSet {
  readonly windows: Int32Array;
  /** Mean over the horizons of the skill over climatology in per cent, for scaled forecasts of `windows`. */
  skill(scaled: Float32Array): number;
}

/** Takes at most `limit` of the windows, evenly spread, and scores climatology on them once. */
export function createValidationSet(joined: JoinedCoins, candidates: Int32Array, limit: number): ValidationSet {
  const stride = Math.max(1, Math.ceil(candidates.length / limit));
  const windows = candidates.filter((_, i) => i % stride === 0);
  const horizons = joined.steps.length;
  const outcomes = new Float64Array(windows.length * horizons).fill(Number.NaN);
  const scales = new Float64Array(windows.length * horizons);
  const baseline = new Float64Array(horizons);
  const place = new Map(Array.from(windows, (row, index) => [row, index]));
  for (const coin of joined.coins) {
    const { close } = coin.features.series.columns;
    joined.steps.forEach((steps, at) => {
      climatology(
        close,
        joined.interval,
        steps,
        (row) => place.has(coin.firstRow + row),
        (row, quantiles) => {
          const outcome = horizonReturn(close, row, steps);
          if (Number.isNaN(outcome) || Number.isNaN(quantiles[0]!)) return;
          const index = place.get(coin.firstRow + row)! * horizons + at;
          outcomes[index] = outcome;
          scales[index] = coin.features.series.sigma[row]! * Math.sqrt(steps);
          baseline[at]! += meanPinball(outcome, quantiles);
        },
      );
    });
  }
  return {
    windows,
    skill(scaled) {
      const loss = new Float64Array(horizons);
      outcomes.forEach((outcome, index) => {
        if (Number.isNaN(outcome)) return;
        // Pinball loss scales with its arguments, so the scaled loss times the scale is the loss in log returns.
        loss[index % horizons]! +=
          scales[index]! * meanPinball(outcome / scales[index]!, scaled, index * QUANTILE_LEVELS.length);
      });
      return loss.reduce((sum, value, at) => sum + 100 * (1 - value / baseline[at]!), 0) / horizons;
    },
  };
}
