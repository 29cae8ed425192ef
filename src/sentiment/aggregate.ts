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
import { scoreOf } from './score.ts';

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

/** A story with its score; repetitions by other outlets are not part of it. */
export interface ScoredStory {
  /** When it was first seen: the moment from which it may be used. */
  readonly timeMs: number;
  readonly kind: HeadlineKind;
  readonly outlet: string;
  /** Coins it names; empty for the market as a whole. */
  readonly symbols: readonly string[];
  readonly score: number;
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

/** Half-life of a story's weight; posts lose theirs sooner than news. */
const HALF_LIFE_MS: Readonly<Record<HeadlineKind, number>> = { news: DAY_MS, reddit: DAY_MS / 2 };
/** The change of a score is measured against a mean whose half-lives are this many times as long. */
const SLOW_FACTOR = 5;
/** Weight of a neutral prior story in every mean, which shrinks scores of few stories. */
const PRIOR = 2;
/** Without any story for this long, a feed is taken to be down. */
const FEED_DOWN_MS = 2 * DAY_MS;
/** Stories older than this do not count. */
const OLD_MS = 7 * DAY_MS;
/** History that a change needs. */
const MIN_HISTORY_MS = 3 * DAY_MS;
/** Unusual volume is capped here, where a story weighs double; standard deviations. */
const MAX_UNUSUAL = 3;

const KINDS: readonly HeadlineKind[] = ['news', 'reddit'];

/** Caches a function's result by list of stories in a WeakMap; the forecasts of all coins use the same list. */
function cachedByList<T>(compute: (stories: readonly ScoredStory[]) => T): (stories: readonly ScoredStory[]) => T {
  const known = new WeakMap<readonly ScoredStory[], T>();
  return (stories) => {
    const found = known.get(stories) ?? compute(stories);
    known.set(stories, found);
    return found;
  };
}

const timesOf = cachedByList((stories) => Float64Array.from(stories, (story) => story.timeMs));
const newsOf = cachedByList((stories) => stories.filter((story) => story.kind === 'news'));
const redditOf = cachedByList((stories) => stories.filter((story) => story.kind === 'reddit'));
const coinsOf = cachedByList(() => new Map<string, readonly ScoredStory[]>());
/** Cache of {@link freshWeights} by the list of a coin's stories, which belongs to one list of all stories. */
const weightsKnown = new WeakMap<readonly ScoredStory[], Float64Array>();

function storiesAbout(stories: readonly ScoredStory[], symbol: string | null): readonly ScoredStory[] {
  if (symbol === null) return stories;
  const coins = coinsOf(stories);
  const own = coins.get(symbol) ?? stories.filter((story) => story.symbols.includes(symbol));
  coins.set(symbol, own);
  return own;
}

/**
 * Sentiment of a coin, or with null of the whole market (every story, whatever coin it names), at each of some moments. Stories and moments
 * ascend; values at a moment depend only on stories up to it. A view is NaN where no story of its kind, about any coin, was seen for two
 * days. Takes time in proportion to stories plus moments. Results are cached by list, so a list of stories must not be changed.
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
  const { count, unusual } = volumeAt(timesOf(all), timesOf(storiesAbout(all, symbol)), atMs);
  const whereKnown = (value: number, i: number) => (tone.known[i] ? value : Number.NaN);
  return { ...tone, count: count.map(whereKnown), unusual: unusual.map(whereKnown) };
}

const storiesOf = (stories: readonly ScoredStory[], kind: keyof SentimentSeries): readonly ScoredStory[] =>
  kind === 'news' ? newsOf(stories) : kind === 'reddit' ? redditOf(stories) : stories;

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
function freshWeights(all: readonly ScoredStory[], own: readonly ScoredStory[]): Float64Array {
  const known = weightsKnown.get(own);
  if (known) return known;
  const times = timesOf(own);
  const { unusual } = volumeAt(timesOf(all), times, times);
  const weights = Float64Array.from(own, ({ kind, outlet }, i) => {
    const excess = Math.min(Math.max(unusual[i]!, 0), MAX_UNUSUAL) / MAX_UNUSUAL;
    return outletWeight(kind, outlet) * (1 + (Number.isNaN(excess) ? 0 : excess));
  });
  weightsKnown.set(own, weights);
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
  const [allMs, ownMs] = [timesOf(all), timesOf(own)];
  const now = decayedScore(own, weights, atMs, 1);
  const lastDays = decayedScore(own, weights, atMs, SLOW_FACTOR);
  const unknown = () => new Float64Array(atMs.length).fill(Number.NaN);
  const columns = { known: new Uint8Array(atMs.length), score: unknown(), change: unknown() };
  let allUpTo = 0;
  let ownUpTo = 0;
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

/**
 * Mean score of the stories up to each moment, weights halved with every half-life (times `factor`), taken with a neutral story of weight
 * PRIOR; its weight is proportional to the half-life, so that a steady stream of stories has the same mean with any half-life.
 */
function decayedScore(
  stories: readonly ScoredStory[],
  weights: Float64Array,
  atMs: Float64Array,
  factor: number,
): Float64Array {
  const sum = new Float64Array(atMs.length);
  const weight = new Float64Array(atMs.length);
  for (const kind of KINDS) {
    const rate = Math.LN2 / (HALF_LIFE_MS[kind] * factor);
    let [total, mass, lastMs, next] = [0, 0, 0, 0];
    for (let i = 0; i < atMs.length; i++) {
      const ms = atMs[i]!;
      for (; next < stories.length && stories[next]!.timeMs <= ms; next++) {
        const story = stories[next]!;
        if (story.kind !== kind) continue;
        const kept = Math.exp(-rate * (story.timeMs - lastMs));
        total = total * kept + weights[next]! * story.score;
        mass = mass * kept + weights[next]!;
        lastMs = story.timeMs;
      }
      const kept = Math.exp(-rate * (ms - lastMs));
      total *= kept;
      mass *= kept;
      lastMs = ms;
      sum[i]! += total;
      weight[i]! += mass;
    }
  }
  return sum.map((total, i) => total / (weight[i]! + PRIOR * factor));
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

const marketViews = cachedByList(
  () => new Map<string, { readonly atMs: Float64Array; readonly columns: SentimentColumns['market'] }>(),
);

/** The view of the whole market, which the coins share: of each number of moments the last is kept. */
function marketView(
  stories: readonly ScoredStory[],
  atMs: Float64Array,
  extent: SentimentExtent,
): SentimentColumns['market'] {
  const key = `${extent} ${atMs.length}`;
  const known = marketViews(stories).get(key);
  if (known?.atMs.every((ms, i) => ms === atMs[i])) return known.columns;
  const columns = (extent === 'all' ? aggregateView : toneView)(stories, atMs, null, 'together');
  marketViews(stories).set(key, { atMs, columns });
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

/** Days before the last 24 hours that the usual volume is computed from, and how many of them are needed. */
const TRAILING_DAYS = 28;
const MIN_DAYS = 7;
/** Lower bound of the standard deviation: rarely mentioned coins would otherwise be unusual at their first story. */
const MIN_DEVIATION = 0.35;
const MAX_DEVIATIONS = 5;

/** Counts the times of an ascending list in each of the 28 days before the last day of ascending moments, and in that, the oldest first; keeps an index per day, which only grows. */
function dayCounter(times: ArrayLike<number>): (nowMs: number, counts: Float64Array) => void {
  const places = new Int32Array(TRAILING_DAYS + 2);
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
interface Volume {
  readonly count: Float64Array;
  readonly unusual: Float64Array;
}

/**
 * The volume at ascending moments: the number of stories in `own` in the 24 hours up to each, and the distance of log(1 + number) from its
 * mean over the 28 days before, in standard deviations. Days without any story in `all` are taken as days without a feed and left out;
 * NaN with fewer than seven days. Both lists are ascending times; a moment's values depend only on times up to it.
 */
function volumeAt(all: ArrayLike<number>, own: ArrayLike<number>, atMs: ArrayLike<number>): Volume {
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
  const [countAll, countOwn] = [dayCounter(all), dayCounter(own)];
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
  for (let i = 0, next = 0; i < upTo.length; i++) {
    const untilMs = atMs[0]! + (i - before - perDay) * stepMs;
    while (next < times.length && times[next]! <= untilMs) next++;
    upTo[i] = next;
  }
  return Float64Array.from({ length: before + atMs.length }, (_, i) => upTo[i + perDay]! - upTo[i]!);
}
