import { LRUCache } from 'lru-cache';
import { INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { findGaps } from '../core/candle-quality.ts';
import type { Clock } from '../core/time.ts';
import type { TimeRange } from './fetch-candles.ts';

/** One series of candles and a range of it, by open times, both included. */
export interface SeriesWindow extends TimeRange {
  readonly symbol: string;
  readonly interval: Interval;
}

/** Which ranges of a series are missing and may be fetched. */
export interface Coverage {
  /** Ranges of the window that are not stored and not known to be unavailable, ascending. */
  missing(window: SeriesWindow, stored: readonly SourcedCandle[]): readonly TimeRange[];
  /** Notes ranges that could not be filled; they are not missing until the time has passed. */
  noteUnavailable(series: Pick<SeriesWindow, 'symbol' | 'interval'>, ranges: readonly TimeRange[], forMs: number): void;
}

interface UnavailableRange extends TimeRange {
  readonly untilMs: number;
}

/** Series whose unavailable ranges are kept in memory. */
const MAX_SERIES = 2_000;

/** Makes a coverage without unavailable ranges. */
export function createCoverage(now: Clock): Coverage {
  const unavailable = new LRUCache<string, readonly UnavailableRange[]>({ max: MAX_SERIES });
  const current = (key: string) => (unavailable.get(key) ?? []).filter(({ untilMs }) => untilMs > now());
  return {
    missing(window, stored) {
      const { interval, fromMs, toMs } = window;
      return current(seriesKey(window)).reduce<readonly TimeRange[]>(
        (ranges, excluded) => ranges.flatMap((range) => without(range, excluded, INTERVAL_MS[interval])),
        findGaps(stored, interval, fromMs, toMs),
      );
    },
    noteUnavailable(series, ranges, forMs) {
      const untilMs = now() + forMs;
      const added = ranges.map(({ fromMs, toMs }) => ({ fromMs, toMs, untilMs }));
      unavailable.set(seriesKey(series), [...current(seriesKey(series)), ...added]);
    },
  };
}

/** Names a series in maps. */
export function seriesKey({ symbol, interval }: Pick<SeriesWindow, 'symbol' | 'interval'>): string {
  return `${symbol} ${interval}`;
}

/** The parts of a range before and after the excluded one. */
function without(range: TimeRange, excluded: TimeRange, step: number): TimeRange[] {
  if (excluded.toMs < range.fromMs || excluded.fromMs > range.toMs) return [range];
  const before = { fromMs: range.fromMs, toMs: excluded.fromMs - step };
  const after = { fromMs: excluded.toMs + step, toMs: range.toMs };
  return [before, after].filter((part) => part.fromMs <= part.toMs);
}
