import type {
  FearGreedDay,
  Headline,
  HeadlineKind,
  SentimentColumns,
  SentimentExtent,
  ToneColumns,
  ViewColumns,
} from '../core/sentiment.ts';
import { DAY_MS } from '../core/time.ts';
import { decayedScore, HALF_LIFE_MS } from './decayed-score.ts';
import { scoreOf } from './score.ts';
import { countUpTo, listsOf, type ScoredStory, storiesAbout } from './story-lists.ts';
import { volumeAt } from './volume.ts';

/** Weights of outlets that are not listed: an edited feed counts more than a post. */
const DEFAULT_WEIGHTS: Readonly<Record<HeadlineKind, number>> = { news: 0.7, reddit: 0.35 };

/** Weights by judgement, not measured: newsrooms with editors above aggregators, news above subreddits. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['coindesk', 1],
  ['theblock', 1],
  ['decrypt', 0.9],
  ['cointelegraph', 0.9],
  ['bitcoinmagazine', 0.8],
  ['cryptonews', 0.7],
  ['cryptopotato', 0.6],
  ['r/cryptocurrency', 0.5],
  ['r/bitcoin', 0.5],
  ['r/ethereum', 0.5],
]);

/** The weight of an outlet's stories, 0 … 1. `coindesk.com`, `www.coindesk.com` and `CoinDesk` are one outlet. */
export function outletWeight(kind: HeadlineKind, outlet: string): number {
  const name = outlet
    .toLowerCase()
    .replace(/^(www|feeds?|rss)\./, '')
    .replace(/\.(com|co|net|org|io|news)$/, '');
  return WEIGHTS.get(name) ?? DEFAULT_WEIGHTS[kind];
}

/** Scores a headline for {@link aggregate}. */
export function scoredStory({ firstSeenMs, kind, outlet, symbols, title }: Headline): ScoredStory {
  return { timeMs: firstSeenMs, kind, outlet, symbols, score: scoreOf(title) };
}

/** The columns of news, of Reddit, and of both. */
export interface SentimentSeries {
  readonly news: ViewColumns;
  readonly reddit: ViewColumns;
  readonly together: ViewColumns;
}

/** The change of a score is measured against a mean whose half-lives are this many times as long. */
const SLOW_FACTOR = 5;
/** Without any story for this long, a feed is taken to be down. */
const FEED_DOWN_MS = 2 * DAY_MS;
/** Stories older than this do not count. */
const OLD_MS = 7 * DAY_MS;
/** History that a change needs. */
const MIN_HISTORY_MS = 3 * DAY_MS;
/** Unusual volume is capped here, where a story weighs double; standard deviations. */
const MAX_UNUSUAL = 3;

/** Weights of a coin's stories by their list, which belongs to one list of all stories. */
const knownWeights = new WeakMap<readonly ScoredStory[], number[]>();

/**
 * Sentiment of a coin, or with null of the whole market (every story, whatever coin it names), at each of some moments. Stories and moments
 * ascend; values at a moment depend only on stories up to it. A view is NaN where no story of its kind, about any coin, was seen for two
 * days. Sums are kept by list and grow with it, so a list of stories may be changed only as {@link listsOf} says; then it takes time in proportion
 * to the moments and the stories between them.
 */
export function aggregate(stories: readonly ScoredStory[], atMs: Float64Array, symbol: string | null): SentimentSeries {
  const view = (kind: keyof SentimentSeries) => aggregateView(stories, atMs, symbol, kind);
  return { news: view('news'), reddit: view('reddit'), together: view('together') };
}

/** One view of {@link aggregate} alone. */
export function aggregateView(
  stories: readonly ScoredStory[],
  atMs: Float64Array,
  symbol: string | null,
  kind: keyof SentimentSeries,
): ViewColumns {
  const tone = toneView(stories, atMs, symbol, kind);
  const all = storiesOf(stories, kind);
  const { count, unusual } = volumeAt(listsOf(all).timesMs, listsOf(storiesAbout(all, symbol)).timesMs, atMs);
  const whereKnown = (value: number, i: number) => (tone.known[i] ? value : Number.NaN);
  return { ...tone, count: count.map(whereKnown), unusual: unusual.map(whereKnown) };
}

const storiesOf = (stories: readonly ScoredStory[], kind: keyof SentimentSeries): readonly ScoredStory[] =>
  kind === 'together' ? stories : listsOf(stories)[kind];

/**
 * The weight of each story in the view `together` at one moment: its outlet's weight, up to twice as much on days with unusually many
 * stories, halved with every half-life; 0 for stories about other coins, later ones, and ones older than a week.
 */
export function storyWeights(stories: readonly ScoredStory[], nowMs: number, symbol: string | null): Float64Array {
  const own = storiesAbout(stories, symbol);
  const fresh = freshWeights(stories, own);
  const weightOf = new Map(own.map((story, i) => [story, fresh[i]!]));
  return Float64Array.from(stories, (story) => {
    const ageMs = nowMs - story.timeMs;
    if (ageMs < 0 || ageMs > OLD_MS) return 0;
    return (weightOf.get(story) ?? 0) * 2 ** (-ageMs / HALF_LIFE_MS[story.kind]);
  });
}

/** Weights of stories when they are first seen, given all stories up to then. */
function freshWeights(all: readonly ScoredStory[], own: readonly ScoredStory[]): readonly number[] {
  const weights = knownWeights.get(own) ?? [];
  knownWeights.set(own, weights);
  if (weights.length === own.length) return weights;
  const newest = own.slice(weights.length);
  const { unusual } = volumeAt(
    listsOf(all).timesMs,
    listsOf(own).timesMs,
    newest.map(({ timeMs }) => timeMs),
  );
  newest.forEach(({ kind, outlet }, i) => {
    const excess = Math.min(Math.max(unusual[i]!, 0), MAX_UNUSUAL) / MAX_UNUSUAL;
    weights.push(outletWeight(kind, outlet) * (1 + (Number.isNaN(excess) ? 0 : excess)));
  });
  return weights;
}

/** The tone of one view; the amounts of stories at each moment, which take longest, are not computed. */
function toneView(
  stories: readonly ScoredStory[],
  atMs: Float64Array,
  symbol: string | null,
  kind: keyof SentimentSeries,
): ToneColumns {
  const all = storiesOf(stories, kind);
  const own = storiesAbout(all, symbol);
  const weights = freshWeights(all, own);
  const [allMs, ownMs] = [listsOf(all).timesMs, listsOf(own).timesMs];
  const now = decayedScore(own, weights, atMs, 1);
  const lastDays = decayedScore(own, weights, atMs, SLOW_FACTOR);
  const unknown = () => new Float64Array(atMs.length).fill(Number.NaN);
  const columns = { known: new Uint8Array(atMs.length), score: unknown(), change: unknown() };
  let allUpTo = countUpTo(allMs, atMs[0]!);
  let ownUpTo = countUpTo(ownMs, atMs[0]!);
  for (let i = 0; i < atMs.length; i++) {
    const nowMs = atMs[i]!;
    while (allUpTo < allMs.length && allMs[allUpTo]! <= nowMs) allUpTo++;
    while (ownUpTo < ownMs.length && ownMs[ownUpTo]! <= nowMs) ownUpTo++;
    if (allUpTo === 0 || nowMs - allMs[allUpTo - 1]! > FEED_DOWN_MS) continue;
    columns.known[i] = 1;
    if (ownUpTo === 0 || nowMs - ownMs[ownUpTo - 1]! > OLD_MS) continue;
    columns.score[i] = now[i]!;
    if (nowMs - allMs[0]! >= MIN_HISTORY_MS) columns.change[i] = now[i]! - lastDays[i]!;
  }
  return columns;
}

/** A day's index counts as current for this long; after that the feed is taken to be down. */
const FRESH_MS = 2 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

/** The newest value known `agoMs` before each of some ascending moments; NaN where it is too old. Days ascend. */
function newestAt(days: readonly FearGreedDay[], atMs: Float64Array, agoMs: number): Float64Array {
  let next = 0;
  return atMs.map((ms) => {
    while (next < days.length && days[next]!.timeMs <= ms - agoMs) next++;
    const newest = days[next - 1];
    return newest && ms - agoMs - newest.timeMs < FRESH_MS ? newest.value : Number.NaN;
  });
}

interface MarketView {
  readonly stories: number;
  readonly atMs: Float64Array;
  readonly columns: SentimentColumns['market'];
}
const marketViews = new WeakMap<readonly ScoredStory[], Map<string, MarketView>>();

/** The view of the whole market, which the coins share: of each number of moments the last is kept, until there are more stories. */
function marketView(
  stories: readonly ScoredStory[],
  atMs: Float64Array,
  extent: SentimentExtent,
): SentimentColumns['market'] {
  const views = marketViews.get(stories) ?? new Map<string, MarketView>();
  marketViews.set(stories, views);
  const key = `${extent} ${atMs.length}`;
  const known = views.get(key);
  if (known?.stories === stories.length && known.atMs.every((ms, i) => ms === atMs[i])) return known.columns;
  const columns = (extent === 'all' ? aggregateView : toneView)(stories, atMs, null, 'together');
  views.set(key, { stories: stories.length, atMs, columns });
  return columns;
}

/** Returns a function that makes a coin's sentiment columns at given close times from scored stories and Fear & Greed, both ascending in time. */
export function createSentimentColumns(
  stories: readonly ScoredStory[],
  fearGreed: readonly FearGreedDay[],
): (symbol: string, closeTimesMs: Float64Array, extent?: SentimentExtent) => SentimentColumns {
  return (symbol, atMs, extent = 'all') => {
    const view = extent === 'all' ? aggregateView : toneView;
    const now = newestAt(fearGreed, atMs, 0);
    const weekAgo = newestAt(fearGreed, atMs, WEEK_MS);
    return {
      news: view(stories, atMs, symbol, 'news'),
      reddit: view(stories, atMs, symbol, 'reddit'),
      market: marketView(stories, atMs, extent),
      fearGreed: now,
      fearGreedChange: now.map((value, i) => value - weekAgo[i]!),
    };
  };
}
