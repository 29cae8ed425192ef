import type { CandlecastError } from './errors.ts';
import type { ExchangeRate } from './exchange-rate.ts';
import type { PriceQuote } from './market.ts';

/** A price at a moment. */
export interface PricePoint {
  readonly timeMs: number;
  readonly price: number;
}

/** What a coin costs, and what it has cost in the last day, in a currency or in another coin. */
export interface CoinPrice extends PriceQuote {
  /** ISO 4217 code, or the ticker of the coin that the price is in. */
  readonly currency: string;
  /** The reference rate that dollars were converted with; null for dollars and for coins. */
  readonly rate: ExchangeRate | null;
  /** The price 24 hours before; null where it is not known. */
  readonly dayAgo: number | null;
  /** Lowest and highest price of the last 24 hours; null where it is not known, and in another coin, whose own moves between hours are not compared. */
  readonly range: { readonly low: number; readonly high: number } | null;
  /** Closes of the last 24 hours and the price now, ascending; of days where no hours are known. */
  readonly points: readonly PricePoint[];
}

/** A coin that could not be answered for, as it was typed. */
export interface FailedPrice {
  readonly typed: string;
  readonly error: CandlecastError;
}

/** Several prices that were asked for together. */
export interface PriceBoard {
  readonly prices: readonly CoinPrice[];
  readonly failed: readonly FailedPrice[];
}
