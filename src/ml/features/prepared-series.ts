import type { CandleColumns } from './columns.ts';
import { rollingMedian } from './rolling.ts';

/** RiskMetrics' decay for daily returns (J.P. Morgan 1996); used for both intervals. */
const DECAY = 0.94;
/** Rows the first estimate averages over. */
const WARM_UP = 20;
/** Returns are winsorised at this many σ, so that one crash does not inflate the scale for weeks. */
const WINSOR_SIGMAS = 5;
/** A range counts as at most this multiple, at least this fraction, of the trailing median range. */
const RANGE_CAP = 5;
const RANGE_FLOOR = 0.1;
/** Lower bound of σ per candle, so that the constant price of a pegged coin is not divided by zero. */
const MIN_SIGMA = 1e-5;

/** Log return of each row against the last known close before it; NaN in gaps and in the first row. Across a gap it is divided by √(rows spanned). */
export function logReturns(columns: CandleColumns): Float64Array {
  const out = new Float64Array(columns.rows).fill(Number.NaN);
  let previous = Number.NaN;
  let previousRow = -1;
  for (let i = 0; i < columns.rows; i++) {
    const close = columns.close[i]!;
    if (Number.isNaN(close)) continue;
    if (previousRow >= 0) out[i] = Math.log(close / previous) / Math.sqrt(i - previousRow);
    previous = close;
    previousRow = i;
  }
  return out;
}

/**
 * Exponentially weighted volatility per candle of winsorised returns, known at each row's close. NaN until twenty
 * returns have been seen; carried through gaps.
 */
export function ewmaVolatility(returns: Float64Array): Float64Array {
  const out = new Float64Array(returns.length).fill(Number.NaN);
  let variance = 0;
  let seen = 0;
  for (let i = 0; i < returns.length; i++) {
    const value = returns[i]!;
    if (!Number.isNaN(value)) {
      seen++;
      if (seen <= WARM_UP) variance += (value * value) / WARM_UP;
      else {
        const capped = Math.min(value * value, WINSOR_SIGMAS * WINSOR_SIGMAS * Math.max(variance, MIN_SIGMA ** 2));
        variance = DECAY * variance + (1 - DECAY) * capped;
      }
    }
    if (seen >= WARM_UP) out[i] = Math.max(Math.sqrt(variance), MIN_SIGMA);
  }
  return out;
}

/**
 * Volatility of each single candle from its high and low, ln(high / low) / (2 √ln 2) (Parkinson 1980), winsorised
 * against the median of the preceding 66 candles. NaN in gaps.
 */
export function rangeVolatility(columns: CandleColumns): Float64Array {
  const raw = new Float64Array(columns.rows);
  for (let i = 0; i < columns.rows; i++)
    raw[i] = Math.log(columns.high[i]! / columns.low[i]!) / (2 * Math.sqrt(Math.LN2));
  const medians = rollingMedian(raw, 66, 10);
  for (let i = 0; i < columns.rows; i++) {
    const median = i > 0 ? medians[i - 1]! : Number.NaN;
    if (Number.isNaN(raw[i]!)) continue;
    const low = Number.isNaN(median) ? MIN_SIGMA : Math.max(median * RANGE_FLOOR, MIN_SIGMA);
    const high = Number.isNaN(median) ? Number.POSITIVE_INFINITY : Math.max(median * RANGE_CAP, low);
    raw[i] = Math.min(Math.max(raw[i]!, low), high);
  }
  return raw;
}

/** A coin's candles with what is derived from them once and used by several features. */
export interface PreparedSeries {
  readonly columns: CandleColumns;
  /** Log returns per row; see `logReturns`. */
  readonly returns: Float64Array;
  /** EWMA volatility per row: the scale of everything, targets included. */
  readonly sigma: Float64Array;
  /** Winsorised Parkinson volatility of each candle. */
  readonly range: Float64Array;
}

/** Derives returns, volatility scale and ranges of one coin. */
export function prepareSeries(columns: CandleColumns): PreparedSeries {
  const returns = logReturns(columns);
  return { columns, returns, sigma: ewmaVolatility(returns), range: rangeVolatility(columns) };
}
