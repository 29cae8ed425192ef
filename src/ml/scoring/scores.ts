import { BANDS, MEDIAN_INDEX, pinballLoss, QUANTILE_LEVELS, SCORED_INDICES } from '../../core/quantiles.ts';

/** Mean pinball loss over the 19 scored levels of one forecast, quantiles at QUANTILE_LEVELS starting at `at`. */
export function meanPinball(outcome: number, quantiles: ArrayLike<number>, at = 0): number {
  let sum = 0;
  // By index: an iterator takes as long as the loss, and the record has millions.
  for (let i = 0; i < SCORED_INDICES.length; i++) {
    const k = SCORED_INDICES[i]!;
    sum += pinballLoss(outcome, quantiles[at + k]!, QUANTILE_LEVELS[k]!);
  }
  return sum / SCORED_INDICES.length;
}

/** Sums of one forecaster over forecasts at one horizon, from which its mean scores follow. Plain data. */
export interface ForecasterSums {
  n: number;
  pinball: number;
  absolute: number;
  squared: number;
  /** By band of BANDS: outcomes inside, and the sum of widths. */
  readonly inside: Float64Array;
  readonly width: Float64Array;
}

/** Sums over nothing. */
export function emptySums(): ForecasterSums {
  const bands = () => new Float64Array(BANDS.length);
  return { n: 0, pinball: 0, absolute: 0, squared: 0, inside: bands(), width: bands() };
}

/** Takes one forecast in (log-return quantiles at QUANTILE_LEVELS from `at` on) and returns its pinball loss. */
export function addScore(sums: ForecasterSums, outcome: number, quantiles: ArrayLike<number>, at = 0): number {
  const loss = meanPinball(outcome, quantiles, at);
  const error = outcome - quantiles[at + MEDIAN_INDEX]!;
  sums.n++;
  sums.pinball += loss;
  sums.absolute += Math.abs(error);
  sums.squared += error * error;
  BANDS.forEach((band, i) => {
    const [low, high] = [quantiles[at + band.lower]!, quantiles[at + band.upper]!];
    if (outcome >= low && outcome <= high) sums.inside[i]!++;
    sums.width[i]! += high - low;
  });
  return loss;
}

/** Adds sums to others. */
export function mergeSums(into: ForecasterSums, from: ForecasterSums): void {
  into.n += from.n;
  into.pinball += from.pinball;
  into.absolute += from.absolute;
  into.squared += from.squared;
  from.inside.forEach((count, i) => {
    into.inside[i]! += count;
    into.width[i]! += from.width[i]!;
  });
}

/** Mean scores; zeros without forecasts. */
export function meanScores(sums: ForecasterSums): { pinball: number; mae: number; rmse: number; coverage: number[] } {
  const mean = (sum: number) => (sums.n > 0 ? sum / sums.n : 0);
  return {
    pinball: mean(sums.pinball),
    mae: mean(sums.absolute),
    rmse: Math.sqrt(mean(sums.squared)),
    coverage: Array.from(sums.inside, mean),
  };
}
