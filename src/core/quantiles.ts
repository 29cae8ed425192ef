/** The levels every forecast gives, ascending: 2.5 %, 5 % to 95 % in steps of 5, 97.5 %. */
export const QUANTILE_LEVELS: readonly number[] = [
  0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975,
];

/** Index of the median in {@link QUANTILE_LEVELS}. */
export const MEDIAN_INDEX = 10;

/** The 19 levels of the score, 0.05 to 0.95, as indices into {@link QUANTILE_LEVELS}. */
export const SCORED_INDICES: readonly number[] = Array.from({ length: 19 }, (_, i) => i + 1);

/** The bands shown to people: nominal coverage and the indices of their edges in {@link QUANTILE_LEVELS}. */
export const BANDS = [
  { coverage: 0.5, lower: 5, upper: 15 },
  { coverage: 0.8, lower: 2, upper: 18 },
  { coverage: 0.95, lower: 0, upper: 20 },
] as const;

/** Pinball loss of one quantile forecast: (y − q)·τ above it, (q − y)·(1 − τ) below. */
export function pinballLoss(outcome: number, quantile: number, level: number): number {
  const difference = outcome - quantile;
  return difference >= 0 ? difference * level : difference * (level - 1);
}

/**
 * Probability that the outcome is above `threshold`, read off ascending quantiles at {@link QUANTILE_LEVELS} by linear
 * interpolation. Outside the outermost quantiles it is the outermost tail's probability, shrunk exponentially with the
 * distance in units of the neighbouring gap.
 */
export function probabilityAbove(quantiles: ArrayLike<number>, threshold: number): number {
  const last = QUANTILE_LEVELS.length - 1;
  const lowest = quantiles[0]!;
  const highest = quantiles[last]!;
  if (threshold <= lowest) {
    const gap = Math.max(quantiles[1]! - lowest, Number.MIN_VALUE);
    return 1 - QUANTILE_LEVELS[0]! * Math.exp(-(lowest - threshold) / gap);
  }
  if (threshold >= highest) {
    const gap = Math.max(highest - quantiles[last - 1]!, Number.MIN_VALUE);
    return (1 - QUANTILE_LEVELS[last]!) * Math.exp(-(threshold - highest) / gap);
  }
  let i = 1;
  while (quantiles[i]! < threshold) i++;
  const below = quantiles[i - 1]!;
  const width = quantiles[i]! - below;
  const share = width > 0 ? (threshold - below) / width : 0.5;
  return 1 - (QUANTILE_LEVELS[i - 1]! + share * (QUANTILE_LEVELS[i]! - QUANTILE_LEVELS[i - 1]!));
}

/** Standard deviation of the distribution with the given quantiles: piecewise linear between the levels, flat tails. */
export function deviationOf(quantiles: ArrayLike<number>): number {
  let mean = 0;
  let square = 0;
  const add = (weight: number, a: number, b: number) => {
    mean += (weight * (a + b)) / 2;
    square += (weight * (a * a + a * b + b * b)) / 3;
  };
  const last = QUANTILE_LEVELS.length - 1;
  for (let k = 0; k < last; k++) add(QUANTILE_LEVELS[k + 1]! - QUANTILE_LEVELS[k]!, quantiles[k]!, quantiles[k + 1]!);
  add(QUANTILE_LEVELS[0]!, quantiles[0]!, quantiles[0]!);
  add(1 - QUANTILE_LEVELS[last]!, quantiles[last]!, quantiles[last]!);
  return Math.sqrt(Math.max(square - mean * mean, 0));
}
