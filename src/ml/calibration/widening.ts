import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { isFar, outOfRange, type Scaler } from '../data/scaler.ts';
import type { CoinFeatures } from '../features/build.ts';
import { recentShock, SHOCK_RULES, shockFactor, WIDENED_UP_TO } from './shock.ts';

const LEVELS = QUANTILE_LEVELS.length;
/** Width of a band where the inputs are far from training, chosen as the shock rules were. */
const FAR_FACTOR = 1.1;

/**
 * Opens the bands around the median where the model has reason to know less than it says: after a shock, and where its inputs are
 * far from what training saw; by the larger of the two factors, never by both. In place; `final` is rows × steps × levels of log-return
 * quantiles. The factors at a row rest on rows up to it.
 */
export function widen(
  final: Float64Array,
  coin: CoinFeatures,
  scaler: Scaler,
  steps: readonly number[],
  rows: Int32Array,
): void {
  const names = coin.contextNames.length;
  const { interval } = coin.series.columns;
  const { decay } = SHOCK_RULES[interval];
  rows.forEach((row, index) => {
    const widening = recentShock(coin, row)?.widening ?? 0;
    const inputs = coin.context.subarray(row * names, (row + 1) * names);
    const far = isFar(outOfRange(scaler, inputs)) ? FAR_FACTOR : 1;
    if (widening === 0 && far === 1) return;
    steps.forEach((ahead, at) => {
      if (ahead > WIDENED_UP_TO[interval]) return;
      const factor = Math.max(far, shockFactor(widening, decay, ahead));
      const from = (index * steps.length + at) * LEVELS;
      const median = final[from + MEDIAN_INDEX]!;
      for (let k = 0; k < LEVELS; k++) final[from + k] = median + factor * (final[from + k]! - median);
    });
  });
}
