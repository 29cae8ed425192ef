import { INTERVAL_MS } from '../../src/core/candle.ts';
import { DOLLAR_RATE, type ExchangeRate, rateAt, rateDay } from '../../src/core/currency.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { LivePrice, MarketSeries } from '../../src/core/market.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import type { AssetDirectory } from '../../src/market/assets.ts';
import { type CandleService, createCandleService } from '../../src/services/candles/candles.ts';
import { createPriceService, type PriceService } from '../../src/services/price/price.ts';

/** Hours up to a moment, each a thousandth above the one before, ending at the price. */
export function risingHours(symbol: string, atMs: number, price = 60_000, hours = 50): MarketSeries {
  const endMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
  const candles = Array.from({ length: hours }, (_, i) => {
    const close = price * (1 - (hours - 1 - i) / 1_000);
    return {
      openTimeMs: endMs - (hours - i) * HOUR_MS,
      open: close * 0.999,
      high: close * 1.002,
      low: close * 0.997,
      close,
      volume: 10 + i,
      source: 'simulated',
      fetchedAtMs: atMs,
      flag: null,
    };
  });
  return {
    symbol,
    interval: '1h',
    candles,
    unconfirmed: null,
    gaps: [],
    source: 'simulated',
    fetchedAtMs: atMs,
    failures: [],
  };
}

/** Euros of the day before, and nothing else. */
export function euroRates(atMs: number) {
  const rates: readonly ExchangeRate[] = [
    { currency: 'EUR', perUsd: 0.92, day: rateDay(atMs - 24 * HOUR_MS), source: 'ecb' },
  ];
  return {
    rate: async (currency: string, ms: number) => (currency === 'USD' ? DOLLAR_RATE : rateAt(rates, currency, ms)),
  };
}

/** The real service over prices that have risen steadily to 60,000, with rates of the euro alone. */
export function steadyPrices(resolve: AssetDirectory['resolve'], atMs: number): PriceService {
  const of = (symbol: string): LivePrice => ({
    symbol,
    price: symbol === 'ETH' ? 3_000 : 60_000,
    kind: 'trade',
    atMs,
    source: 'simulated',
    fetchedAtMs: atMs,
    doubted: null,
    failures: [],
  });
  return createPriceService({
    logger: silentLogger,
    assets: { resolve },
    livePrices: { lastTrade: async (symbol) => of(symbol) },
    market: { series: async ({ symbol }) => risingHours(symbol, atMs, of(symbol).price) },
    rates: euroRates(atMs),
    simulated: () => true,
  });
}

/** The real service over {@link steadyPrices} and as many candles as are asked for, `most` at most, that have risen to the price. */
export function steadyCandles(resolve: AssetDirectory['resolve'], atMs: number, most = 2_000): CandleService {
  return createCandleService({
    assets: { resolve },
    price: steadyPrices(resolve, atMs),
    market: {
      series: async ({ symbol, interval, candles: wanted }) => {
        const stepMs = INTERVAL_MS[interval];
        const endMs = Math.floor(atMs / stepMs) * stepMs;
        const series = risingHours(symbol, atMs, 60_000, Math.min(wanted, most));
        const hours = series.candles.length;
        // Of long series the same rise is spread over all candles.
        const shrink = Math.min(1, 500 / hours);
        const candles = series.candles.map((candle, i) => {
          const close = 60_000 * (1 - ((hours - 1 - i) / 1_000) * shrink);
          const openTimeMs = endMs - (hours - i) * stepMs;
          return { ...candle, openTimeMs, open: close * 0.999, high: close * 1.002, low: close * 0.997, close };
        });
        return { ...series, interval, candles };
      },
    },
    now: () => atMs,
  });
}
