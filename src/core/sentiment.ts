import type { Asset } from './asset.ts';
import type { SourceHealth } from './market.ts';

/** The sentiment of one view at one moment; older stories count less. */
export interface SentimentReading {
  readonly timeMs: number;
  /** −1 … 1; null where nothing counts. */
  readonly score: number | null;
  /** Stories of the last 24 hours; null where its feeds brought nothing for two days, or never did. */
  readonly count: number | null;
  /** Volume of stories against the usual, in standard deviations of the log count; null while too little is known. */
  readonly unusual: number | null;
}

/** The three views of one moment. */
export interface SentimentViews {
  readonly news: SentimentReading;
  readonly reddit: SentimentReading;
  readonly together: SentimentReading;
}

/** A headline with its weight. */
export interface WeighedHeadline {
  readonly headline: Headline;
  readonly score: number;
  /** Share of all weight, 0 … 1. */
  readonly weight: number;
  /** The words that gave the score, as written in the title. */
  readonly terms: readonly { readonly text: string; readonly weight: number }[];
}

/** What `/sentiment` shows about one coin. */
export interface SentimentReport {
  readonly asset: Asset;
  readonly nowMs: number;
  readonly coin: SentimentViews;
  readonly market: SentimentViews;
  /** The same a week ago; null where the stored headlines do not reach back that far. */
  readonly weekAgo: { readonly coin: SentimentViews; readonly market: SentimentViews } | null;
  readonly fearGreed: { readonly now: FearGreedDay; readonly weekAgo: FearGreedDay | null } | null;
  /** The ones that weighed most, heaviest first; ten at most. */
  readonly top: readonly WeighedHeadline[];
  /** Headlines of the last week that do not count, by reason. */
  readonly setAside: Readonly<Record<SetAside | 'duplicate', number>>;
  /** For the chart: ascending, evenly spaced, the newest at `nowMs`. */
  readonly series: readonly SentimentViews[];
  readonly sources: readonly SourceHealth[];
  /** When the oldest kept headline was first seen, ms; null when there is none. */
  readonly sinceMs: number | null;
  readonly simulated: boolean;
}

/** The summary of a coin's sentiment. */
export type SentimentGlance = Pick<SentimentLine, 'score' | 'weekAgo' | 'count'>;

/** The part of sentiment in a forecast. */
export type SentimentPart = Pick<SentimentLine, 'share' | 'worth'>;

/** The line about sentiment under a forecast. */
export interface SentimentLine {
  /** Null where nothing counts. */
  readonly score: number | null;
  readonly weekAgo: number | null;
  readonly count: number;
  /** Share of sentiment in the forecast's explanation, 0 … 1; null where the model has no sentiment input. */
  readonly share: number | null;
  /** Result of the ablation on past data, in percent of pinball loss, with its 95 % interval; null where none was made. */
  readonly worth: {
    readonly valuePct: number;
    readonly lowPct: number;
    readonly highPct: number;
    readonly n: number;
  } | null;
}

/** The tone of one view of the sentiment at each of some moments; NaN where it is unknown. */
export interface ToneColumns {
  /** 1 where the feeds brought anything at all, else 0. */
  readonly known: Uint8Array;
  /** −1 … 1, shrunk towards 0 where there are few stories; NaN where there was none for a week. */
  readonly score: Float64Array;
  /** The score less that of the last days. */
  readonly change: Float64Array;
}

/** How many stories a view has; NaN where it is unknown. */
export interface AmountColumns {
  /** Stories of the last 24 hours; NaN where the feeds brought nothing at all. */
  readonly count: Float64Array;
  /** Volume of stories against the weeks before, in standard deviations of the log count. */
  readonly unusual: Float64Array;
}

/** One view of the sentiment at each of some moments. */
export type ViewColumns = ToneColumns & AmountColumns;

/**
 * The sentiment inputs of one coin's forecasts, at the close of each of its candles. Every value rests on headlines first seen up to that
 * moment.
 */
export interface SentimentColumns {
  /** About the coin. The amounts are there where older models are asked, which take them in. */
  readonly news: ToneColumns & Partial<AmountColumns>;
  readonly reddit: ToneColumns & Partial<AmountColumns>;
  /** About the whole market, news and Reddit together. */
  readonly market: ToneColumns & Partial<AmountColumns>;
  /** Fear & Greed, 0 … 100, and its change against a week before. */
  readonly fearGreed: Float64Array;
  readonly fearGreedChange: Float64Array;
}

/** What a model takes in of sentiment: `tone` alone, as training does; `all` the amounts of stories too, as models of earlier versions do. */
export type SentimentExtent = 'tone' | 'all';

/** Gives a coin's columns for the given moments (ascending, ms), `all` unless said; null when nothing is known of it at all. */
export type SentimentAt = (
  symbol: string,
  closeTimesMs: Float64Array,
  extent?: SentimentExtent,
) => Promise<SentimentColumns | null>;

/** The kind of a source of headlines; news and Reddit are aggregated separately. */
export type HeadlineKind = 'news' | 'reddit';

/** A headline as a provider gives it, cleaned: what every sentiment source returns. */
export interface FetchedHeadline {
  /** The provider's own id (guid, link or `t3_…`), 300 characters at most. */
  readonly guid: string;
  readonly kind: HeadlineKind;
  /** Publisher, such as `coindesk.com` or `r/CryptoCurrency`. */
  readonly outlet: string;
  /** Plain text in one line: no markup, entities decoded, no control or bidirectional characters; 300 characters at most. */
  readonly title: string;
  /** An http(s) address, or null. */
  readonly url: string | null;
  /** Publication time by the provider. Feeds change it, so a headline never counts before it was first seen; one published days
   * before that does not count at all. Null when missing, unreadable or in the future. */
  readonly publishedAtMs: number | null;
}

/**
 * Why a headline is kept but does not count. `old`: it had been published days before it was first seen here, or may have been: it has no
 * date, and its outlet was read for the first time, or after days.
 */
export type SetAside = 'language' | 'spam' | 'price-bot' | 'old';

/** A headline as it is kept. */
export interface Headline extends FetchedHeadline {
  /** Stable: made from outlet and guid. */
  readonly id: string;
  /** When this program first saw it: the time from which it may be used; it never changes. */
  readonly firstSeenMs: number;
  /** Coins it mentions, by ticker; empty: the market as a whole. */
  readonly symbols: readonly string[];
  /** The id of the first headline of the same story, its own where it is the first. A story counts once. */
  readonly storyId: string;
  readonly setAside: SetAside | null;
}

/** One day of alternative.me's Fear & Greed index. */
export interface FearGreedDay {
  /** 00:00 UTC of the day it was published, ms: the moment from which it may be used. */
  readonly timeMs: number;
  /** 0 (extreme fear) … 100 (extreme greed). */
  readonly value: number;
}

/** A post as one reading of a subreddit showed it. */
export interface SeenPost {
  readonly id: string;
  /** When it was written, ms; null where the source does not say. */
  readonly createdAtMs: number | null;
  /** Its comments so far; null where the source does not say, as feeds do not. */
  readonly comments: number | null;
}

/** What one reading of a subreddit showed. */
export interface TalkReading {
  /** Such as `r/Bitcoin`. */
  readonly outlet: string;
  readonly timeMs: number;
  readonly posts: readonly SeenPost[];
}

/** How much was written in a subreddit within an hour, as far as its readings saw it. */
export interface TalkHour {
  /** Start of the hour, UTC, ms. */
  readonly hourMs: number;
  readonly outlet: string;
  readonly posts: number;
  /** How much of the hour lies between readings that followed each other closely, ms; posts of the rest are not counted. */
  readonly postsCoveredMs: number;
  /** New comments under the newest posts (a hundred or more); null where no reading said. */
  readonly comments: number | null;
  /** The same of comments; less where some readings did not say. */
  readonly commentsCoveredMs: number;
  /** When the numbers last changed: the moment from which they may be used, ms. */
  readonly knownAtMs: number;
}
