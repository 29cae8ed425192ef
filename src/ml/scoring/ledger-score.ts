import type { LedgerEntry, Outcome } from '../../core/ledger.ts';
import { BANDS, MEDIAN_INDEX, probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { meanPinball } from './scores.ts';

/** What is known of the target once its candle is final. */
export interface Actual {
  readonly actualPrice: number;
  readonly source: string;
  readonly scoredAtMs: number;
  readonly revision: number;
}

/** The scores that follow from a forecast and a price. */
export type Scores = Omit<Outcome, 'sequence' | keyof Actual>;

/** What a score is made from: prices at QUANTILE_LEVELS, which begin at `at` in each array. */
export interface ScoredPrices {
  readonly lastPrice: number;
  readonly pUp: number;
  readonly quantiles: ArrayLike<number>;
  readonly climatology: ArrayLike<number> | null;
  readonly at: number;
}

/** Scores a forecast of the ledger; everything follows from its row and the actual price, as open-data/README.md defines it. */
export function scoreForecast(
  forecast: Pick<LedgerEntry, 'sequence' | 'lastPrice' | 'quantiles' | 'climatology' | 'pUp'>,
  { actualPrice, source, scoredAtMs, revision }: Actual,
): Outcome {
  const { sequence, lastPrice, pUp, quantiles, climatology } = forecast;
  const scores = scorePrices({ lastPrice, pUp, quantiles, climatology, at: 0 }, actualPrice);
  return { sequence, revision, actualPrice, source, scoredAtMs, ...scores };
}

/** Log returns of the forecast that is being scored, and of climatology. */
const returns = new Float64Array(QUANTILE_LEVELS.length);
const usual = new Float64Array(QUANTILE_LEVELS.length);

/** The same of columns of prices, without an array for each forecast. */
export function scorePrices({ lastPrice, pUp, quantiles, climatology, at }: ScoredPrices, actualPrice: number): Scores {
  const logReturn = Math.log(actualPrice / lastPrice);
  for (let k = 0; k < returns.length; k++) returns[k] = Math.log(quantiles[at + k]! / lastPrice);
  const median = returns[MEDIAN_INDEX]!;
  let [climatologyPinball, scale]: [number | null, number] = [null, 0];
  if (climatology) {
    for (let k = 0; k < usual.length; k++) usual[k] = Math.log(climatology[at + k]! / lastPrice);
    climatologyPinball = meanPinball(logReturn, usual);
    scale = meanAbsolute(usual);
  }
  let band: Scores['band'] = null;
  for (let i = BANDS.length - 1; i >= 0; i--) {
    const { lower, upper, coverage } = BANDS[i]!;
    if (actualPrice >= quantiles[at + lower]! && actualPrice <= quantiles[at + upper]!) {
      band = Math.round(coverage * 100) as 50 | 80 | 95;
    }
  }
  return {
    logReturn,
    pinball: meanPinball(logReturn, returns),
    climatologyPinball,
    absoluteError: Math.abs(logReturn - median),
    naiveScale: scale > 0 ? scale : null,
    directionHit: logReturn > 0 === median > 0,
    brier: (pUp - (logReturn > 0 ? 1 : 0)) ** 2,
    band,
    level: Math.min(Math.max(1 - probabilityAbove(returns, logReturn), 0), 1),
  };
}

/** Mean of |x| of the distribution with the given quantiles: piecewise linear between the levels, flat tails. */
function meanAbsolute(quantiles: ArrayLike<number>): number {
  const last = QUANTILE_LEVELS.length - 1;
  let sum = QUANTILE_LEVELS[0]! * Math.abs(quantiles[0]!) + (1 - QUANTILE_LEVELS[last]!) * Math.abs(quantiles[last]!);
  for (let k = 0; k < last; k++) {
    const a = quantiles[k]!;
    const b = quantiles[k + 1]!;
    const weight = QUANTILE_LEVELS[k + 1]! - QUANTILE_LEVELS[k]!;
    // Where the line crosses zero, its absolute value is two triangles.
    sum += weight * (a < 0 && b > 0 ? (a * a + b * b) / (2 * (b - a)) : (Math.abs(a) + Math.abs(b)) / 2);
  }
  return sum;
}
