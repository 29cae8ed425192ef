import type { Asset } from './asset.ts';
import type { FearGreedDay, Headline, SetAside } from './headline.ts';
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
