import { DAY_MS } from '../core/time.ts';
import { countUpTo } from './story-lists.ts';

/** Days before the last 24 hours that the usual volume is computed from, and how many of them are needed. */
const TRAILING_DAYS = 28;
const MIN_DAYS = 7;
/** Lower bound of the standard deviation: rarely mentioned coins would otherwise be unusual at their first story. */
const MIN_DEVIATION = 0.35;
const MAX_DEVIATIONS = 5;

/**
 * Counts the times of an ascending list in each of the 28 days before the last day of ascending moments, the first of which is `firstMs`, and in
 * that, the oldest first; keeps an index per day, which only grows.
 */
function dayCounter(times: ArrayLike<number>, firstMs: number): (nowMs: number, counts: Float64Array) => void {
  const places = Int32Array.from({ length: TRAILING_DAYS + 2 }, (_, day) => countUpTo(times, firstMs - day * DAY_MS));
  return (nowMs, counts) => {
    for (let day = 0; day < places.length; day++) {
      const untilMs = nowMs - day * DAY_MS;
      let at = places[day]!;
      while (at < times.length && times[at]! <= untilMs) at++;
      places[day] = at;
    }
    for (let day = 0; day <= TRAILING_DAYS; day++) counts[TRAILING_DAYS - day] = places[day]! - places[day + 1]!;
  };
}

/** Precomputed log(1 + count) of day counts: a training run needs millions of them, of few distinct counts. */
const LOGS = Float64Array.from({ length: 4096 }, (_, count) => Math.log1p(count));
const logOf = (count: number): number => LOGS[count] ?? Math.log1p(count);

/** Counts of the last 24 hours, and how unusual each is. */
export interface Volume {
  readonly count: Float64Array;
  readonly unusual: Float64Array;
}

/**
 * The volume at ascending moments: the number of stories in `own` in the 24 hours up to each, and the distance of log(1 + number) from its
 * mean over the 28 days before, in standard deviations. Days without any story in `all` are taken as days without a feed and left out;
 * NaN with fewer than seven days. Both lists are ascending times; a moment's values depend only on times up to it.
 */
export function volumeAt(all: ArrayLike<number>, own: ArrayLike<number>, atMs: ArrayLike<number>): Volume {
  if (atMs.length === 0) return { count: new Float64Array(0), unusual: new Float64Array(0) };
  const perDay = momentsPerDay(atMs);
  const ofAll = perDay && evenDayCounts(all, atMs, perDay);
  const ofOwn = all === own ? ofAll : perDay && evenDayCounts(own, atMs, perDay);
  const count = new Float64Array(atMs.length);
  const unusual = new Float64Array(atMs.length).fill(Number.NaN);
  if (perDay && ofAll && ofOwn) {
    const logs = ofOwn.map(logOf);
    const first = TRAILING_DAYS * perDay;
    for (let i = 0; i < atMs.length; i++) {
      count[i] = ofOwn[first + i]!;
      unusual[i] = unusualAt(ofAll, logs, first + i, perDay);
    }
    return { count, unusual };
  }
  const [countAll, countOwn] = [dayCounter(all, atMs[0]!), dayCounter(own, atMs[0]!)];
  const [daysOfAll, daysOfOwn] = [new Float64Array(TRAILING_DAYS + 1), new Float64Array(TRAILING_DAYS + 1)];
  for (let i = 0; i < atMs.length; i++) {
    countAll(atMs[i]!, daysOfAll);
    countOwn(atMs[i]!, daysOfOwn);
    count[i] = daysOfOwn[TRAILING_DAYS]!;
    unusual[i] = unusualAt(daysOfAll, daysOfOwn.map(logOf), TRAILING_DAYS, 1);
  }
  return { count, unusual };
}

/**
 * How unusual the day at `place` is: `counts` are those of all stories, `logs` the logarithms of the coin's, both in the days that end at
 * moments of which `perDay` lie a day apart.
 */
function unusualAt(counts: Float64Array, logs: Float64Array, place: number, perDay: number): number {
  if (counts[place] === 0) return Number.NaN;
  let days = 0;
  let sum = 0;
  let squares = 0;
  for (let day = 1; day <= TRAILING_DAYS; day++) {
    const at = place - day * perDay;
    if (counts[at] === 0) continue;
    const size = logs[at]!;
    days++;
    sum += size;
    squares += size * size;
  }
  if (days < MIN_DAYS) return Number.NaN;
  const mean = sum / days;
  const deviation = Math.max(Math.sqrt(Math.max(squares / days - mean * mean, 0)), MIN_DEVIATION);
  return Math.min(Math.max((logs[place]! - mean) / deviation, -MAX_DEVIATIONS), MAX_DEVIATIONS);
}

/** How many of evenly spaced moments lie a day apart; null where they are not evenly spaced by a whole part of a day. */
function momentsPerDay(atMs: ArrayLike<number>): number | null {
  const stepMs = atMs[1]! - atMs[0]!;
  if (!(stepMs > 0) || DAY_MS % stepMs !== 0) return null;
  for (let i = 2; i < atMs.length; i++) if (atMs[i]! - atMs[i - 1]! !== stepMs) return null;
  return DAY_MS / stepMs;
}

/** The times of an ascending list counted in the day up to each of evenly spaced moments, and to those of the 28 days before the first. */
function evenDayCounts(times: ArrayLike<number>, atMs: ArrayLike<number>, perDay: number): Float64Array {
  const before = TRAILING_DAYS * perDay;
  const stepMs = DAY_MS / perDay;
  const upTo = new Int32Array(perDay + before + atMs.length);
  const firstMs = atMs[0]! - (before + perDay) * stepMs;
  for (let i = 0, next = countUpTo(times, firstMs); i < upTo.length; i++) {
    const untilMs = firstMs + i * stepMs;
    while (next < times.length && times[next]! <= untilMs) next++;
    upTo[i] = next;
  }
  return Float64Array.from({ length: before + atMs.length }, (_, i) => upTo[i + perDay]! - upTo[i]!);
}
