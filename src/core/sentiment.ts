import type { Asset } from './asset.ts';
import type { FearGreedDay, Headline, SetAside } from './headline.ts';
import type { SourceHealth } from './market.ts';

/** What was said up to one moment, older words counting less. */
export interface SentimentReading {
  readonly timeMs: number;
  /** −1 … 1; null where nothing counts. */
  readonly score: number | null;
  /** Stories of the last 24 hours; null where its feeds were silent altogether, for two days or since ever. */
  readonly count: number | null;
  /** How much was said against the usual, in standard deviations of the log count; null while too little is known. */
  readonly unusual: number | null;
}

/** The three views of one moment. */
export interface SentimentViews {
  readonly news: SentimentReading;
  readonly reddit: SentimentReading;
  readonly together: SentimentReading;
}

/** A headline with what it weighed. */
export interface WeighedHeadline {
  readonly headline: Headline;
  readonly score: number;
  /** Share of all weight, 0 … 1. */
  readonly weight: number;
  /** The words that gave the score, as they stand in the title. */
  readonly terms: readonly { readonly text: string; readonly weight: number }[];
}

/** What `/sentiment` shows about one coin. */
export interface SentimentReport {
  readonly asset: Asset;
  readonly nowMs: number;
  readonly coin: SentimentViews;
  readonly market: SentimentViews;
  /** The same a week ago; null where headlines are not kept that long yet. */
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

/** What is said of a coin, in short. */
export type SentimentGlance = Pick<SentimentLine, 'score' | 'weekAgo' | 'count'>;

/** What a forecast itself knows about the sentiment in it. */
export type SentimentPart = Pick<SentimentLine, 'share' | 'worth'>;

/** What one line of `/forecast` says. */
export interface SentimentLine {
  /** Null where nothing counts. */
  readonly score: number | null;
  readonly weekAgo: number | null;
  readonly count: number;
  /** Share of sentiment in what moved this forecast, 0 … 1; null where the model took no sentiment in. */
  readonly share: number | null;
  /** What the ablation on past data found, in percent of pinball loss, with its 95 % interval; null where none was made. */
  readonly worth: {
    readonly valuePct: number;
    readonly lowPct: number;
    readonly highPct: number;
    readonly n: number;
  } | null;
}

/** One view of what was said, at each of some moments; NaN where it is unknown. */
export interface ViewColumns {
  /** −1 … 1, drawn towards 0 where little was said; NaN where nothing was for a week. */
  readonly score: Float64Array;
  /** Stories of the last 24 hours; 0 is knowledge, NaN is a feed that was silent altogether. */
  readonly count: Float64Array;
  /** How much was said against the weeks before, in standard deviations of the log count. */
  readonly unusual: Float64Array;
  /** The score less that of the last days. */
  readonly change: Float64Array;
}

/**
 * What was said about one coin, at the close of each of its candles: what forecasts take in. Everything at a moment rests on what
 * was seen up to it.
 */
export interface SentimentColumns {
  /** About the coin. */
  readonly news: ViewColumns;
  readonly reddit: ViewColumns;
  /** About the whole market, news and talk together. */
  readonly market: ViewColumns;
  /** Fear & Greed, 0 … 100, and its change against a week before. */
  readonly fearGreed: Float64Array;
  readonly fearGreedChange: Float64Array;
}

/** Gives a coin's columns for the given moments (ascending, ms); null when nothing is known of it at all. */
export type SentimentAt = (symbol: string, closeTimesMs: Float64Array) => Promise<SentimentColumns | null>;
