import { INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import type { UnconfirmedPrice } from '../../src/core/unconfirmed-price.ts';

/** A price ten times the one before, of the candle that opens at a time. */
export function unconfirmedPrice(symbol: string, interval: Interval, openTimeMs: number): UnconfirmedPrice {
  const foundAtMs = openTimeMs + INTERVAL_MS[interval] + 60_000;
  return {
    symbol,
    interval,
    openTimeMs,
    newestOpenTimeMs: openTimeMs,
    kind: 'gap',
    price: 30_000,
    previousPrice: 3_000,
    source: 'binance',
    other: null,
    foundAtMs,
    askedAtMs: foundAtMs,
  };
}
