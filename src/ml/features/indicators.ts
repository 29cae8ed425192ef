import { INTERVAL_MS } from '../../core/candle.ts';
import type { PreparedSeries } from './prepared-series.ts';
import { rollingMean } from './rolling.ts';

/**
 * Technical indicators over a column of closes. A NaN close (a gap) carries the last state on and yields NaN.
 * Definitions are the usual ones; `test/ml/features/indicators.test.ts` holds them to a published library.
 */

/** Exponential moving average with α = 2 / (n + 1), started at the mean of the first n closes. */
export function ema(values: Float64Array, n: number): Float64Array {
  const out = new Float64Array(values.length).fill(Number.NaN);
  const alpha = 2 / (n + 1);
  let seen = 0;
  let sum = 0;
  let average = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    seen++;
    if (seen < n) sum += value;
    else if (seen === n) average = (sum + value) / n;
    else average += alpha * (value - average);
    if (seen >= n) out[i] = average;
  }
  return out;
}

/** Relative strength index in 0 … 100 with Wilder's smoothing (Wilder 1978); 50 where nothing moved. */
export function rsi(closes: Float64Array, n: number): Float64Array {
  const out = new Float64Array(closes.length).fill(Number.NaN);
  let previous = Number.NaN;
  let changes = 0;
  let gain = 0;
  let loss = 0;
  for (let i = 0; i < closes.length; i++) {
    const close = closes[i]!;
    if (Number.isNaN(close)) continue;
    if (!Number.isNaN(previous)) {
      const up = Math.max(close - previous, 0);
      const down = Math.max(previous - close, 0);
      changes++;
      if (changes <= n) {
        gain += up / n;
        loss += down / n;
      } else {
        gain = (gain * (n - 1) + up) / n;
        loss = (loss * (n - 1) + down) / n;
      }
      if (changes >= n) out[i] = gain + loss === 0 ? 50 : (100 * gain) / (gain + loss);
    }
    previous = close;
  }
  return out;
}

/** MACD line (fast − slow EMA), its signal line and their difference (Appel 1979). */
export function macd(
  closes: Float64Array,
  fast: number,
  slow: number,
  signal: number,
): { readonly line: Float64Array; readonly signal: Float64Array; readonly histogram: Float64Array } {
  const fastEma = ema(closes, fast);
  const slowEma = ema(closes, slow);
  const line = fastEma.map((value, i) => value - slowEma[i]!);
  const signalLine = ema(line, signal);
  return { line, signal: signalLine, histogram: line.map((value, i) => value - signalLine[i]!) };
}

/** Hours of a day, each with an average of its own. */
const HOURS = 24;
/** Factor of a day's weight from one day to the next: the last 23 days have half of the weight. */
const DECAY = 0.97;
/** Weight of a prior of zero in days, which shrinks the averages of the first days. */
const PRIOR = 2;
/** No single hour counts as wider or narrower than its day by more than this factor, e³. */
const MAX_LOG = 3;

/**
 * The coin's own daily pattern: how wide its candles have lately been at an hour of the day (UTC) against the 24 hours before, as a log.
 * One column for each span of hours ahead, both ends included (0 is the candle that has just closed): half the log of the mean
 * square over the span. Row i depends on candles up to i, mostly of the last month; zero before any is known and before row `first`, never NaN.
 */
export function dailyPattern(
  series: Pick<PreparedSeries, 'columns' | 'range'>,
  spans: readonly (readonly [from: number, to: number])[],
  first = 0,
): Float64Array[] {
  const { columns } = series;
  const logRange = series.range.map(Math.log);
  const usual = rollingMean(logRange, HOURS, HOURS / 2);
  const mean = new Float64Array(HOURS);
  const weight = new Float64Array(HOURS);
  const out = spans.map(() => new Float64Array(columns.rows));
  const firstHour = Math.round(columns.startMs / INTERVAL_MS['1h']);
  for (let i = 0; i < columns.rows; i++) {
    const hour = (firstHour + i) % HOURS;
    const excess = logRange[i]! - usual[i]!;
    if (Number.isFinite(excess)) {
      const bounded = Math.min(Math.max(excess, -MAX_LOG), MAX_LOG);
      weight[hour] = DECAY * weight[hour]! + 1;
      mean[hour]! += (bounded - mean[hour]!) / weight[hour]!;
    }
    if (i < first) continue;
    spans.forEach(([from, to], column) => {
      let squares = 0;
      for (let ahead = from; ahead <= to; ahead++) {
        const at = (hour + ahead) % HOURS;
        squares += Math.exp((2 * mean[at]! * weight[at]!) / (weight[at]! + PRIOR));
      }
      out[column]![i] = 0.5 * Math.log(squares / (to - from + 1));
    });
  }
  return out;
}
