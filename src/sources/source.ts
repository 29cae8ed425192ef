import type { Asset } from '../core/asset.ts';
import type { Candle, FetchedInterval, Interval } from '../core/candle.ts';
import type { Asker } from '../core/fair-queue.ts';
import type { Observation, ObservationMetric, SourceHealth } from '../core/market.ts';
import type { FearGreedDay, FetchedHeadline, HeadlineKind, TalkReading } from '../core/sentiment.ts';
import type { OddRowSink, RowCheck } from './odd-rows.ts';

/** Candles of one coin by open time: from `fromMs` to `toMs`, both included and both on the grid of the interval. */
export interface CandleRequest {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal?: AbortSignal;
  /** The person on whose behalf candles are fetched; absent for scheduled work, which may use a source's whole rate. */
  readonly asker?: Asker;
  /** True for work that nobody waits for: it leaves half of a source's burst to others. */
  readonly background?: boolean;
}

/** Minutes of one coin by open time: from `fromMs` to `toMs`, both included and both on the grid. */
export type MinuteRequest = Omit<CandleRequest, 'interval'>;

/** What an adapter asks its provider for: a page of either. */
export interface PageRequest extends MinuteRequest {
  readonly interval: FetchedInterval;
}

/** A coin that a provider trades against the dollar. */
export interface ListedMarket {
  readonly symbol: string;
  /** Coins traded in the last 24 hours, more than 0. */
  readonly coins: number;
  /** US dollars; null where the list has no prices. */
  readonly priceUsd: number | null;
}

/** Whether an exchange trades a coin: it may list a coin whose trading it has halted, or has ended by delisting it. */
export type TradingState = 'trading' | 'halted' | 'unlisted';

/**
 * One market provider: its wire format and its limits, and nothing else. `market/fetch-candles.ts` cuts a request into pages, drops
 * the candle that is still open, orders and validates what comes.
 */
export interface CandleSource {
  readonly name: string;
  /** Most candles of a page, and pages asked for at the same time. Absent where one answer holds all there is. */
  readonly paging?: { readonly candles: number; readonly parallel: number };
  /** How far back answers reach; a request that ends before is not sent. */
  readonly reachMs?: Readonly<Record<FetchedInterval, number>>;
  /** True where an answer may hold candles outside the page: they are validated like the others, then dropped. */
  readonly overlapping?: boolean;
  /** True where candles are put together from single prices: right at open and close, but highs and lows are understated. */
  readonly approximate?: boolean;
  /**
   * The candles of one page in any order, not validated yet; the newest may still be open. Rows that are no candle are dropped and
   * noted in `check`, which decides over the whole answer. Throws `unknownMarket` of source-error.ts for a coin that the provider does not
   * list, another `CC_SOURCE_*` error for other failures, and `CC_FILE` where files cannot be read.
   */
  fetchPage(page: CandleRequest, check: RowCheck): Promise<readonly Candle[]>;
  /**
   * The minutes of one page, as `fetchPage` gives candles; a minute without a trade is absent or has no volume, and the one still open
   * closes at the last trade. Where prices are single points, each is a minute without range. Absent where there are none.
   */
  fetchMinutes?(page: MinuteRequest, check: RowCheck): Promise<readonly Candle[]>;
  /**
   * Every coin that is traded against the dollar at present, once, whatever kind of token it is; odd rows are dropped. Throws a `CC_SOURCE_*` error,
   * and `CC_FILE` where files cannot be read.
   */
  listMarkets?(signal?: AbortSignal, odd?: OddRowSink): Promise<readonly ListedMarket[]>;
  /** What the exchange's own list says of the coin; asked where its newest candle is missing. Throws a `CC_SOURCE_*` error. */
  tradingState?(symbol: string, signal?: AbortSignal): Promise<TradingState>;
  /**
   * Only on sources whose history does not grow (files): open time of the newest candle held, or null when the coin is not
   * there. For them "now" is the end of the file, not the wall clock.
   */
  newestOpenMs?(symbol: string, interval: Interval): Promise<number | null>;
}

/** A provider of the coin list. */
export interface AssetSource {
  readonly name: string;
  /**
   * The coins, one a ticker: of several, the one whose id is among the `remembered` (by ticker), else the one of the best rank. The choice
   * holds for what else is asked of this source.
   */
  listAssets(
    signal?: AbortSignal,
    odd?: OddRowSink,
    remembered?: ReadonlyMap<string, string>,
  ): Promise<readonly Asset[]>;
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
    asker?: Asker;
    odd?: OddRowSink;
  }): Promise<readonly Observation[]>;
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
  /** What the last answer showed of how much is written, once; null without a new one. Only where posts are read. */
  takeReading?(): TalkReading | null;
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
