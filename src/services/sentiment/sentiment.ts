import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { createSharedCalls } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { SourceHealth } from '../../core/market.ts';
import type {
  FearGreedDay,
  Headline,
  SentimentAt,
  SentimentGlance,
  SentimentReading,
  SentimentReport,
  SentimentViews,
  ViewColumns,
  WeighedHeadline,
} from '../../core/sentiment.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import {
  aggregate,
  aggregateView,
  createSentimentColumns,
  type SentimentSeries,
  scoredStory,
  storyWeights,
} from '../../sentiment/aggregate.ts';
import { scoreHeadline } from '../../sentiment/score.ts';
import type { ScoredStory } from '../../sentiment/story-lists.ts';
import type { FearGreedRepository, HeadlineRepository } from '../../storage/sentiment-repository.ts';

/** Sentiment of coins from stored headlines. */
export interface SentimentService {
  /** The sentiment report of a coin given by symbol or name. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`. */
  report(symbol: string): Promise<SentimentReport>;
  /** The summary of a ticker, for the line under a forecast. Throws `CC_DATABASE`. */
  glance(symbol: string): Promise<SentimentGlance>;
}

const WEEK_MS = 7 * DAY_MS;
/** The chart's span and the time between its points. */
const CHART_MS = 30 * DAY_MS;
const CHART_STEP_MS = 6 * HOUR_MS;
/** Stories kept in memory for forecasts: those of the newest windows, and the weeks that give the usual volume. */
const KEPT_MS = 150 * DAY_MS;
/** How far back the stories are read again for ones stored late. */
const OVERLAP_MS = 5 * MINUTE_MS;
/** Years of headlines are read once for all coins of a training run or a drift check. */
const HISTORY_KEPT_MS = 10 * MINUTE_MS;
/** Many people ask for one coin within moments. */
const GLANCE_KEPT_MS = 10_000;
const TOP = 10;
/** Headlines scored before the event loop runs again. */
const AT_ONCE = 2000;

/** What the sentiment service is built from. */
export interface SentimentParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly headlines: Pick<HeadlineRepository, 'range' | 'oldestMs'>;
  readonly fearGreed: Pick<FearGreedRepository, 'range'>;
  /** Of the feeds, from memory. */
  readonly health: () => readonly SourceHealth[];
  readonly simulated: () => boolean;
  readonly logger: Logger;
  readonly now: Clock;
}

/** The sentiment service, and what forecasts and training take of it. */
export interface SentimentBook extends SentimentService {
  /** Sentiment inputs of a coin at given times of the last months; null when there are none. */
  readonly columns: SentimentAt;
  /** The same over all stored headlines, for training. */
  history(): Promise<SentimentAt>;
}

/** Makes the sentiment service over the stored headlines; a headline counts from the moment it was first seen here. */
export function createSentimentService(parts: SentimentParts): SentimentBook {
  const recent = createRecentStories(parts);
  const glancing = createSharedCalls<SentimentGlance>();
  const glances = new LRUCache<string, SentimentGlance>({
    max: 500,
    ttl: GLANCE_KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(parts.now) },
  });
  // The index changes once a day, and every coin's forecast reads it.
  const fearGreedDays = new LRUCache<'recent', readonly FearGreedDay[]>({
    max: 1,
    ttl: MINUTE_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(parts.now) },
    fetchMethod: () => parts.fearGreed.range(parts.now() - KEPT_MS, parts.now()),
  });
  const history = new LRUCache<'all', SentimentAt>({
    max: 1,
    ttl: HISTORY_KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(parts.now) },
    async fetchMethod() {
      const stories = await scored(await parts.headlines.range(0, parts.now()));
      return columnsOf(
        stories.map(({ story }) => story),
        await parts.fearGreed.range(0, parts.now()),
      );
    },
  });

  async function report(text: string): Promise<SentimentReport> {
    const asset = parts.assets.resolve(text);
    const nowMs = parts.now();
    const [{ ids, stories }, fearGreed, week, sinceMs] = await Promise.all([
      recent(),
      parts.fearGreed.range(nowMs - WEEK_MS - 2 * DAY_MS, nowMs),
      parts.headlines.range(nowMs - WEEK_MS, nowMs),
      parts.headlines.oldestMs(),
    ]);
    const atMs = chartTimes(nowMs);
    const coin = aggregate(stories, atMs, asset.symbol);
    const market = aggregate(stories, atMs, null);
    const last = atMs.length - 1;
    const then = atMs.indexOf(nowMs - WEEK_MS);
    const both = (at: number) => ({ coin: viewsAt(coin, atMs, at), market: viewsAt(market, atMs, at) });
    const newest = fearGreed.at(-1);
    return {
      asset,
      nowMs,
      ...both(last),
      weekAgo: sinceMs === null || sinceMs > nowMs - WEEK_MS ? null : both(then),
      fearGreed: newest ? { now: newest, weekAgo: dayAt(fearGreed, nowMs - WEEK_MS) } : null,
      top: heaviest(week, ids, storyWeights(stories, nowMs, asset.symbol)),
      setAside: countSetAside(week),
      series: Array.from(atMs, (_, at) => viewsAt(coin, atMs, at)),
      sources: parts.health(),
      sinceMs,
      simulated: parts.simulated(),
    };
  }

  function columnsOf(stories: readonly ScoredStory[], fearGreed: readonly FearGreedDay[]): SentimentAt {
    if (stories.length === 0 && fearGreed.length === 0) return async () => null;
    const make = createSentimentColumns(stories, fearGreed);
    return async (symbol, closeTimesMs, extent) => make(symbol, closeTimesMs, extent);
  }

  /** Forecasts go on without sentiment, so the failure is logged here. */
  async function logged<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      parts.logger.warn({ err: asCandlecastError(error) }, 'sentiment cannot be read');
      throw error;
    }
  }

  return {
    report,
    glance: async (symbol) => {
      const known = glances.get(symbol);
      if (known) return known;
      return glancing.run(symbol, undefined, async () => {
        const nowMs = parts.now();
        const { stories } = await recent();
        const { score, count } = aggregateView(stories, Float64Array.of(nowMs - WEEK_MS, nowMs), symbol, 'together');
        const glance = { score: orNull(score[1]!), weekAgo: orNull(score[0]!), count: orNull(count[1]!) ?? 0 };
        glances.set(symbol, glance);
        return glance;
      });
    },
    columns: async (symbol, closeTimesMs, extent) => {
      const [{ stories }, fearGreed] = await logged(Promise.all([recent(), fearGreedDays.forceFetch('recent')]));
      return columnsOf(stories, fearGreed)(symbol, closeTimesMs, extent);
    },
    history: () => history.forceFetch('all'),
  };
}

/** Whether a headline counts: it is not set aside, and the first of its story. */
const counts = ({ id, storyId, setAside }: Headline): boolean => setAside === null && storyId === id;

interface KnownStory {
  readonly id: string;
  readonly story: ScoredStory;
}

/** The stories among headlines, scored some at a time: months of them would hold up everything else. */
async function scored(headlines: readonly Headline[]): Promise<KnownStory[]> {
  const stories: KnownStory[] = [];
  for (let from = 0; from < headlines.length; from += AT_ONCE) {
    if (from > 0) await nextTurn();
    for (const one of headlines.slice(from, from + AT_ONCE))
      if (counts(one)) stories.push({ id: one.id, story: scoredStory(one) });
  }
  return stories;
}

/** Stories with their headlines' ids at the same places. Both lists grow at their ends; where that is not enough, they are new ones. */
interface RecentStories {
  readonly ids: readonly string[];
  readonly stories: readonly ScoredStory[];
}

/** The stories of the last months, read once; later reads add only the new ones. */
function createRecentStories({ headlines, now }: SentimentParts): () => Promise<RecentStories> {
  let ids: string[] = [];
  let stories: ScoredStory[] = [];
  let newestMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();
  const read = async () => {
    const nowMs = now();
    const oldestMs = nowMs - KEPT_MS;
    // Another process may store rows dated a little earlier, so the last minutes are read again.
    const overlapMs = newestMs - OVERLAP_MS;
    const fresh = await headlines.range(Math.max(overlapMs, oldestMs), nowMs);
    const recent = new Set<string>();
    for (let i = stories.length - 1; i >= 0 && stories[i]!.timeMs >= overlapMs; i--) recent.add(ids[i]!);
    const added = await scored(fresh.filter(({ id }) => !recent.has(id)));
    newestMs = Math.max(newestMs, fresh.at(-1)?.firstSeenMs ?? newestMs);
    const lastMs = stories.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    const areLater = added.every(({ story }) => story.timeMs > lastMs);
    // Sums over the stories grow with the list, and are made anew with a new one: when a story comes late, and once a day to leave old ones out.
    if (!areLater || (stories[0]?.timeMs ?? oldestMs) < oldestMs - DAY_MS) {
      const kept = stories.flatMap((story, i) => (story.timeMs >= oldestMs ? [{ id: ids[i]!, story }] : []));
      const all = [...kept, ...added].sort((a, b) => a.story.timeMs - b.story.timeMs);
      [ids, stories] = [all.map(({ id }) => id), all.map(({ story }) => story)];
      return;
    }
    for (const { id, story } of added.sort((a, b) => a.story.timeMs - b.story.timeMs)) {
      ids.push(id);
      stories.push(story);
    }
  };
  return async () => {
    reading = reading.then(read, read);
    await reading;
    return { ids, stories };
  };
}

/** Moments of the chart, evenly spaced, the newest at `nowMs` and one of them a week before. */
function chartTimes(nowMs: number): Float64Array {
  const count = CHART_MS / CHART_STEP_MS + 1;
  return Float64Array.from({ length: count }, (_, i) => nowMs - (count - 1 - i) * CHART_STEP_MS);
}

function viewsAt(series: SentimentSeries, atMs: Float64Array, at: number): SentimentViews {
  const reading = ({ score, count, unusual }: ViewColumns): SentimentReading => ({
    timeMs: atMs[at]!,
    score: orNull(score[at]!),
    count: orNull(count[at]!),
    unusual: orNull(unusual[at]!),
  });
  return { news: reading(series.news), reddit: reading(series.reddit), together: reading(series.together) };
}

const orNull = (value: number) => (Number.isNaN(value) ? null : value);

/** The newest day that had been published at a moment. */
function dayAt(days: readonly FearGreedDay[], atMs: number): FearGreedDay | null {
  return days.filter((day) => day.timeMs <= atMs).at(-1) ?? null;
}

/** The headlines that weigh most now, with the words that gave their score; `weights` are those of the stories with these ids. */
function heaviest(headlines: readonly Headline[], ids: readonly string[], weights: Float64Array): WeighedHeadline[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weightOf = new Map(ids.map((id, i) => [id, weights[i]! / total]));
  return headlines
    .map((headline) => ({ headline, weight: weightOf.get(headline.id) ?? 0 }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || b.headline.firstSeenMs - a.headline.firstSeenMs)
    .slice(0, TOP)
    .map(({ headline, weight }) => {
      const { score, terms } = scoreHeadline(headline.title);
      return { headline, weight, score, terms: terms.map((term) => ({ text: term.text, weight: term.weight })) };
    });
}

function countSetAside(headlines: readonly Headline[]): SentimentReport['setAside'] {
  const count = (reason: Headline['setAside']) => headlines.filter(({ setAside }) => setAside === reason).length;
  return {
    language: count('language'),
    spam: count('spam'),
    'price-bot': count('price-bot'),
    old: count('old'),
    duplicate: headlines.filter(({ setAside, id, storyId }) => setAside === null && storyId !== id).length,
  };
}
