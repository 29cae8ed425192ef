import type { Asset } from '../core/asset.ts';
import type { Candle, Interval, SourcedCandle } from '../core/candle.ts';
import type { FearGreedDay, FetchedHeadline, HeadlineKind } from '../core/headline.ts';
import type { Observation, ObservationMetric, SourceFailure, SourceHealth } from '../core/market.ts';

/** A stretch of candles of one coin: open times from `fromMs` to `toMs`, both included, both on the interval's grid. */
export interface CandleRequest {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal?: AbortSignal;
}

/** One market provider: wire format in, validated candles out. */
export interface CandleSource {
  readonly name: string;
  /**
   * Final candles inside the request, ascending, without duplicates; paged inside. Throws a `CC_SOURCE_*` error;
   * never returns a candle that failed validation, is still open, or lies outside the request.
   */
  fetchCandles(request: CandleRequest): Promise<readonly Candle[]>;
  /**
   * Only on sources whose history does not grow (files): open time of the newest candle held, or null when the coin is not
   * there. For them "now" is the end of the file, not the wall clock.
   */
  newestOpenMs?(symbol: string, interval: Interval): Promise<number | null>;
  /** True where candles are put together from single prices: right at open and close, but highs and lows are understated. */
  readonly approximate?: boolean;
}

/** A provider of the coin list. */
export interface AssetSource {
  readonly name: string;
  listAssets(signal?: AbortSignal): Promise<readonly Asset[]>;
}

/** A provider of daily numbers about a coin (market capitalisation, on-chain activity). */
export interface ObservationSource {
  readonly name: string;
  readonly metrics: readonly ObservationMetric[];
  fetchObservations(request: {
    symbol: string;
    fromMs: number;
    toMs: number;
    signal?: AbortSignal;
  }): Promise<readonly Observation[]>;
}

/** What a walk over the configured sources brought. */
export interface CandleAnswer {
  /** Ascending, one a slot; each names its source. Holes of the first source are refilled from the next ones. */
  readonly candles: readonly SourcedCandle[];
  /** The source most of the answer came from. */
  readonly source: string;
  readonly failures: readonly SourceFailure[];
}

/** All market sources behind one call: failover in the configured order, circuit breakers, health. */
export interface MarketGateway {
  /** Throws `CC_SOURCE_UNAVAILABLE` with every source's reason when none answered, `CC_UNKNOWN_SYMBOL` when all that answered do not list the coin. */
  fetchCandles(request: CandleRequest): Promise<CandleAnswer>;
  /**
   * Where every source is a static history (files): open time of the newest candle the first of them that has the coin
   * holds. Null when a live source is configured too, or none has the coin. Throws what reading the files throws when none of
   * them answered.
   */
  newestOpenMs?(symbol: string, interval: Interval): Promise<number | null>;
  /** From memory; no network. */
  health(): readonly SourceHealth[];
}

/** A provider of headlines: a feed, a subreddit, an aggregator. */
export interface HeadlineSource {
  /** Unique among the sources, such as `coindesk.com` or `r/Bitcoin`. */
  readonly name: string;
  readonly kind: HeadlineKind;
  /**
   * What the provider shows at the moment, newest first as a rule, 300 at most; the same again when nothing is new. Throws a
   * `CC_SOURCE_*` error; what was fetched before stays valid.
   */
  fetchHeadlines(signal: AbortSignal): Promise<readonly FetchedHeadline[]>;
  /** From memory; no network. */
  health(): SourceHealth;
}

/** The provider of the Fear & Greed index. */
export interface FearGreedSource {
  readonly name: string;
  /** Days from `fromMs` on as far as there are any, ascending; some are missing. Throws a `CC_SOURCE_*` error. */
  fetchDays(fromMs: number, signal: AbortSignal): Promise<readonly FearGreedDay[]>;
  /** From memory; no network. */
  health(): SourceHealth;
}
