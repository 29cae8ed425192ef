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

/** Scores a forecast of the ledger; everything follows from its row and the actual price, as open-data/README.md defines it. */
export function scoreForecast(
  {
    sequence,
    lastPrice,
    quantiles,
    climatology,
    pUp,
  }: Pick<LedgerEntry, 'sequence' | 'lastPrice' | 'quantiles' | 'climatology' | 'pUp'>,
  { actualPrice, source, scoredAtMs, revision }: Actual,
): Outcome {
  const toReturns = (prices: readonly number[]) => prices.map((price) => Math.log(price / lastPrice));
  const logReturn = Math.log(actualPrice / lastPrice);
  const returns = toReturns(quantiles);
  const usual = climatology && toReturns(climatology);
  const median = returns[MEDIAN_INDEX]!;
  const scale = usual && meanAbsolute(usual);
  const band = BANDS.find(({ lower, upper }) => actualPrice >= quantiles[lower]! && actualPrice <= quantiles[upper]!);
  return {
    sequence,
    revision,
    actualPrice,
    source,
    scoredAtMs,
    logReturn,
    pinball: meanPinball(logReturn, returns),
    climatologyPinball: usual && meanPinball(logReturn, usual),
    absoluteError: Math.abs(logReturn - median),
    naiveScale: scale !== null && scale > 0 ? scale : null,
    directionHit: logReturn > 0 === median > 0,
    brier: (pUp - (logReturn > 0 ? 1 : 0)) ** 2,
    band: band ? (Math.round(band.coverage * 100) as 50 | 80 | 95) : null,
    level: Math.min(Math.max(1 - probabilityAbove(returns, logReturn), 0), 1),
  };
}

/** Mean of |x| of the distribution with the given quantiles: piecewise linear between the levels, flat tails. */
function meanAbsolute(quantiles: readonly number[]): number {
  const last = QUANTILE_LEVELS.length - 1;
  let sum = QUANTILE_LEVELS[0]! * Math.abs(quantiles[0]!) + (1 - QUANTILE_LEVELS[last]!) * Math.abs(quantiles[last]!);
  for (let k = 0; k < last; k++) {
    const [a, b] = [quantiles[k]!, quantiles[k + 1]!];
    const weight = QUANTILE_LEVELS[k + 1]! - QUANTILE_LEVELS[k]!;
    // Where the line crosses zero, its absolute value is two triangles.
    sum += weight * (a < 0 && b > 0 ? (a * a + b * b) / (2 * (b - a)) : (Math.abs(a) + Math.abs(b)) / 2);
  }
  return sum;
}
