import { LRUCache } from 'lru-cache';
import { INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { findGaps } from '../core/candle-quality.ts';
import { type Clock, steadyClock } from '../core/time.ts';
import type { TimeRange } from './fetch-candles.ts';

/** One series of candles and a range of it, by open times, both included. */
export interface SeriesRange extends TimeRange {
  readonly symbol: string;
  readonly interval: Interval;
}

/** A range of a series that is read or fetched. */
export interface SeriesWindow extends SeriesRange {
  /** Open time of the newest complete candle that there can be now. */
  readonly newestMs: number;
}

/** Which ranges of a series are missing and may be fetched. */
export interface Coverage {
  /** Ranges of the window that are not stored and not known to be unavailable, ascending. */
  missing(window: SeriesRange, stored: readonly SourcedCandle[]): readonly TimeRange[];
  /** Ranges of the series that could not be filled a while ago. */
  unavailable(series: Pick<SeriesRange, 'symbol' | 'interval'>): readonly TimeRange[];
  /** Notes ranges that could not be filled; they are not missing until the time has passed. */
  noteUnavailable(series: Pick<SeriesRange, 'symbol' | 'interval'>, ranges: readonly TimeRange[], forMs: number): void;
}

interface UnavailableRange extends TimeRange {
  readonly untilMs: number;
}

/** Series whose unavailable ranges are kept in memory. */
const MAX_COVERAGES = 2_000;

/** Makes a coverage without unavailable ranges. */
export function createCoverage(now: Clock): Coverage {
  const steady = steadyClock(now);
  const unavailable = new LRUCache<string, readonly UnavailableRange[]>({ max: MAX_COVERAGES });
  const current = (key: string) => (unavailable.get(key) ?? []).filter(({ untilMs }) => untilMs > steady());
  return {
    unavailable: (series) => current(seriesKey(series)),
    missing(window, stored) {
      const { interval, fromMs, toMs } = window;
      return current(seriesKey(window)).reduce<readonly TimeRange[]>(
        (ranges, excluded) => ranges.flatMap((range) => without(range, excluded, INTERVAL_MS[interval])),
        findGaps(stored, interval, fromMs, toMs),
      );
    },
    noteUnavailable(series, ranges, forMs) {
      const untilMs = steady() + forMs;
      const known = current(seriesKey(series));
      // A range that is noted already keeps its time, so that it is asked for again when that has passed.
      const fresh = ranges.filter(({ fromMs, toMs }) => !known.some((one) => one.fromMs <= fromMs && one.toMs >= toMs));
      unavailable.set(seriesKey(series), [...known, ...fresh.map(({ fromMs, toMs }) => ({ fromMs, toMs, untilMs }))]);
    },
  };
}

/** Names a series in maps. */
export function seriesKey({ symbol, interval }: Pick<SeriesRange, 'symbol' | 'interval'>): string {
  return `${symbol} ${interval}`;
}

/** The parts of a range before and after the excluded one. */
function without(range: TimeRange, excluded: TimeRange, step: number): TimeRange[] {
  if (excluded.toMs < range.fromMs || excluded.fromMs > range.toMs) return [range];
  const before = { fromMs: range.fromMs, toMs: excluded.fromMs - step };
  const after = { fromMs: excluded.toMs + step, toMs: range.toMs };
  return [before, after].filter((part) => part.fromMs <= part.toMs);
}

/** Whether a window holds all of another one. */
export function covers(outer: SeriesWindow, inner: SeriesWindow): boolean {
  return outer.fromMs <= inner.fromMs && outer.toMs >= inner.toMs;
}
