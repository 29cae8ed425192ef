import type { FearGreedDay } from '../core/headline.ts';
import type { SentimentColumns } from '../core/sentiment-columns.ts';
import { DAY_MS } from '../core/time.ts';
import { aggregateView, type ScoredStory } from './aggregate.ts';

/** A day's index is the newest for so long; after that the feed is down. */
const FRESH_MS = 2 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

/** The newest value that was there at each of some ascending moments; NaN where it is too old. Days ascend. */
function newestAt(days: readonly FearGreedDay[], atMs: Float64Array, agoMs: number): Float64Array {
  let next = 0;
  return atMs.map((ms) => {
    while (next < days.length && days[next]!.timeMs <= ms - agoMs) next++;
    const newest = days[next - 1];
    return newest && ms - agoMs - newest.timeMs < FRESH_MS ? newest.value : Number.NaN;
  });
}

/** Makes what forecasts take in, for any coin, of scored stories and Fear & Greed, both ascending in time. */
export function createSentimentColumns(
  stories: readonly ScoredStory[],
  fearGreed: readonly FearGreedDay[],
): (symbol: string, closeTimesMs: Float64Array) => SentimentColumns {
  return (symbol, atMs) => {
    const now = newestAt(fearGreed, atMs, 0);
    const weekAgo = newestAt(fearGreed, atMs, WEEK_MS);
    return {
      news: aggregateView(stories, atMs, symbol, 'news'),
      reddit: aggregateView(stories, atMs, symbol, 'reddit'),
      market: aggregateView(stories, atMs, null, 'together'),
      fearGreed: now,
      fearGreedChange: now.map((value, i) => value - weekAgo[i]!),
    };
  };
}
