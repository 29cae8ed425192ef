import { BANDS, MEDIAN_INDEX, pinballLoss, QUANTILE_LEVELS, SCORED_INDICES } from '../../core/quantiles.ts';

/** Mean pinball loss over the 19 scored levels of one forecast, quantiles at QUANTILE_LEVELS starting at `at`. */
export function meanPinball(outcome: number, quantiles: ArrayLike<number>, at = 0): number {
  let sum = 0;
  for (const k of SCORED_INDICES) sum += pinballLoss(outcome, quantiles[at + k]!, QUANTILE_LEVELS[k]!);
  return sum / SCORED_INDICES.length;
}

/** Sums over forecasts of one horizon from which every figure of a record follows. */
export class ScoreSheet {
  n = 0;
  pinball = 0;
  absoluteError = 0;
  squaredError = 0;
  readonly inside = BANDS.map(() => 0);

  /** Takes one forecast in: log-return quantiles and what happened. */
  add(outcome: number, quantiles: ArrayLike<number>, at = 0): number {
    const loss = meanPinball(outcome, quantiles, at);
    const error = outcome - quantiles[at + MEDIAN_INDEX]!;
    this.n++;
    this.pinball += loss;
    this.absoluteError += Math.abs(error);
    this.squaredError += error * error;
    BANDS.forEach((band, i) => {
      if (outcome >= quantiles[at + band.lower]! && outcome <= quantiles[at + band.upper]!) this.inside[i]!++;
    });
    return loss;
  }

  /** Means; NaN without forecasts. */
  summary(): { pinball: number; mae: number; rmse: number; coverage: number[] } {
    return {
      pinball: this.pinball / this.n,
      mae: this.absoluteError / this.n,
      rmse: Math.sqrt(this.squaredError / this.n),
      coverage: this.inside.map((count) => count / this.n),
    };
  }
}
