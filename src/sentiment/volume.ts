import { DAY_MS } from '../core/time.ts';

/** Days before the last 24 hours that the usual volume is computed from, and how many of them are needed. */
const TRAILING_DAYS = 28;
const MIN_DAYS = 7;
/** Lower bound of the standard deviation: rarely mentioned coins would otherwise be unusual at their first story. */
const MIN_DEVIATION = 0.35;
const MAX_DEVIATIONS = 5;

/** Counts items of an ascending list of times in the days before moments that ascend: every day has a place of its own that only moves on. */
function dayCounter(times: ArrayLike<number>): (nowMs: number, counts: Float64Array) => void {
  const places = new Int32Array(TRAILING_DAYS + 2);
  return (nowMs, counts) => {
    for (let day = 0; day < places.length; day++) {
      const untilMs = nowMs - day * DAY_MS;
      let at = places[day]!;
      while (at < times.length && times[at]! <= untilMs) at++;
      places[day] = at;
    }
    for (let day = 0; day <= TRAILING_DAYS; day++) counts[day] = places[day]! - places[day + 1]!;
  };
}

/** Logarithms of day counts, one added: millions are asked for, of few numbers. */
const LOGS = Float64Array.from({ length: 4096 }, (_, count) => Math.log1p(count));
const logOf = (count: number): number => LOGS[count] ?? Math.log1p(count);

/** Counts of the last 24 hours, and how unusual each is. */
export interface Volume {
  readonly count: Float64Array;
  readonly unusual: Float64Array;
}

/**
 * How much was said at ascending moments: stories `own` of the 24 hours up to each, and how far the log of that (one added) lies from
 * its mean over the 28 days before, in standard deviations. Days without any story in `all` were days without a feed and
 * count for nothing; NaN with fewer than seven others. Both lists are ascending times; only times up to a moment matter to it.
 */
export function volumeAt(all: ArrayLike<number>, own: ArrayLike<number>, atMs: ArrayLike<number>): Volume {
  const count = new Float64Array(atMs.length);
  const unusual = new Float64Array(atMs.length).fill(Number.NaN);
  const [countAll, countOwn] = [dayCounter(all), dayCounter(own)];
  const ofOwn = new Float64Array(TRAILING_DAYS + 1);
  const ofAll = all === own ? ofOwn : new Float64Array(TRAILING_DAYS + 1);
  for (let i = 0; i < atMs.length; i++) {
    if (all !== own) countAll(atMs[i]!, ofAll);
    countOwn(atMs[i]!, ofOwn);
    count[i] = ofOwn[0]!;
    if (ofAll[0] === 0) continue;
    let days = 0;
    let sum = 0;
    let squares = 0;
    for (let day = 1; day <= TRAILING_DAYS; day++) {
      if (ofAll[day] === 0) continue;
      const size = logOf(ofOwn[day]!);
      days++;
      sum += size;
      squares += size * size;
    }
    if (days < MIN_DAYS) continue;
    const mean = sum / days;
    const deviation = Math.max(Math.sqrt(Math.max(squares / days - mean * mean, 0)), MIN_DEVIATION);
    unusual[i] = Math.min(Math.max((logOf(ofOwn[0]!) - mean) / deviation, -MAX_DEVIATIONS), MAX_DEVIATIONS);
  }
  return { count, unusual };
}
