import { pinballLoss, QUANTILE_LEVELS, SCORED_INDICES } from '../../core/quantiles.ts';

/** Mean pinball loss over the 19 scored levels of one forecast, quantiles at QUANTILE_LEVELS starting at `at`. */
export function meanPinball(outcome: number, quantiles: ArrayLike<number>, at = 0): number {
  let sum = 0;
  for (const k of SCORED_INDICES) sum += pinballLoss(outcome, quantiles[at + k]!, QUANTILE_LEVELS[k]!);
  return sum / SCORED_INDICES.length;
}
