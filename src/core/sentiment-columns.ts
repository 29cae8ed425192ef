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
