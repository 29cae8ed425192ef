import { INTERVAL_MS } from '../../core/candle.ts';
import type { PreparedSeries } from './prepared-series.ts';
import { rollingMean } from './rolling.ts';

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
