import type { Asset } from './asset.ts';
import type { CandleGap, Interval, SourcedCandle } from './candle.ts';
import { CandlecastError, type ErrorCode, type ErrorDetails } from './errors.ts';
import type { UnconfirmedPrice } from './unconfirmed-price.ts';

/** Why one source could not help, kept so that a reply can say so. */
export interface SourceFailure {
  readonly source: string;
  readonly code: ErrorCode;
  /** One plain sentence without secrets or raw bodies. */
  readonly reason: string;
}

/** No source had the requested data; holds the reason of each. */
export class SourcesFailedError extends CandlecastError {
  readonly failures: readonly SourceFailure[];

  constructor(code: ErrorCode, message: string, failures: readonly SourceFailure[], details: ErrorDetails = {}) {
    // The log shows the context alone.
    const lines = failures.map(({ source, code: reasonCode, reason }) => `${source}: ${reasonCode}: ${reason}`);
    super(code, message, { ...details, context: { ...details.context, failures: lines } });
    this.failures = failures;
  }
}

/** One coin's candles with their gaps, source and failures at one time. */
export interface MarketSeries {
  readonly symbol: string;
  readonly interval: Interval;
  /** Final, confirmed candles, ascending by open time, at most one an interval; missing ones are listed in `gaps`. */
  readonly candles: readonly SourcedCandle[];
  /** Set where newer candles came and are not believed yet: nothing may be recorded, alerted, scored or traded from them. */
  readonly unconfirmed: UnconfirmedPrice | null;
  readonly gaps: readonly CandleGap[];
  /** Where the newest candle came from, and when it was fetched. */
  readonly source: string;
  readonly fetchedAtMs: number;
  /** How far back that source reaches; absent where it has all there is, and where the candles are not as it gave them. */
  readonly reachMs?: number;
  /** Sources that were tried for this answer and failed. */
  readonly failures: readonly SourceFailure[];
}

/** The price of a coin at the moment it is asked for, in US dollars. */
export interface LivePrice {
  readonly symbol: string;
  readonly price: number;
  /** `trade`: the last trade of the source. `close`: the newest believed close, where there is no later trade or none that is believed. */
  readonly kind: 'trade' | 'close';
  /** Time of the trade to the minute, or of the close; never later than `fetchedAtMs`. A close may be of any age. */
  readonly atMs: number;
  readonly source: string;
  readonly fetchedAtMs: number;
  /** The later price that is not believed, and why (see unconfirmedText); null where there is none. Then `kind` is `close`. */
  readonly doubted: UnconfirmedPrice | null;
  /** Sources that were asked for it and failed. */
  readonly failures: readonly SourceFailure[];
}

/** The live price of a coin that somebody named. */
export interface PriceQuote extends Omit<LivePrice, 'symbol' | 'doubted'> {
  readonly asset: Asset;
  /** A later price that is not believed yet; null where there is none. */
  readonly unconfirmed: UnconfirmedPrice | null;
  readonly simulated: boolean;
}

/** Health of a source, for `/status`. */
export interface SourceHealth {
  readonly name: string;
  readonly kind: 'market' | 'assets' | 'onchain' | 'news' | 'reddit' | 'index';
  /** `untried`: not asked yet; `degraded`: the last call failed; `down`: not called until `retryAtMs`. */
  readonly state: 'ok' | 'degraded' | 'down' | 'untried';
  readonly lastSuccessMs: number | null;
  readonly lastFailure: { readonly atMs: number; readonly code: ErrorCode; readonly reason: string } | null;
  /** When the first of the failures in a row was; null where the last call succeeded, absent where that is not followed. */
  readonly failingSinceMs?: number | null;
  readonly retryAtMs: number | null;
  /** Rows of its answers that were dropped since the start, by reason; absent when there were none. */
  readonly oddRows?: readonly OddRowCount[];
  /** What else is worth knowing of a source that answers, in a few words; absent where there is nothing. */
  readonly note?: string;
}

/** How many rows of a source's answers were dropped for one reason. */
export interface OddRowCount {
  /** Goes on after "a row", such as `with a negative volume`. */
  readonly reason: string;
  readonly rows: number;
}

/**
 * A daily number about a coin that is no candle: market capitalisation, active addresses and the like.
 * `availableAtMs` is the time of its publication; no forecast uses it before.
 */
export interface Observation {
  readonly symbol: string;
  /** `marketCapUsd`, `activeAddresses` or `transactions`. */
  readonly metric: ObservationMetric;
  /** Start of the day it describes, UTC. */
  readonly timeMs: number;
  readonly availableAtMs: number;
  readonly value: number;
  readonly source: string;
}

export const OBSERVATION_METRICS = ['marketCapUsd', 'activeAddresses', 'transactions'] as const;
export type ObservationMetric = (typeof OBSERVATION_METRICS)[number];
