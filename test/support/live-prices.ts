import { closeTimeMs } from '../../src/core/candle.ts';
import type { LivePrice } from '../../src/core/market.ts';
import type { LivePrices } from '../../src/market/live-price.ts';
import type { ForecastMarket } from '../../src/services/forecast/forecast-inputs.ts';

/** A market whose last trade was at the newest close of days. */
export function lastCloses(market: Pick<ForecastMarket, 'series'>): Pick<LivePrices, 'lastTrade'> {
  const known = new Map<string, LivePrice>();
  return {
    async lastTrade(symbol) {
      const { candles, source, fetchedAtMs } = await market.series({ symbol, interval: '1d', candles: 1 });
      const newest = candles.at(-1)!;
      const atMs = closeTimeMs(newest, '1d');
      const before = known.get(symbol);
      if (before?.atMs === atMs && before.price === newest.close) return before;
      const price: LivePrice = {
        symbol,
        price: newest.close,
        atMs,
        source,
        fetchedAtMs,
        kind: 'trade',
        doubted: null,
        failures: [],
      };
      known.set(symbol, price);
      return price;
    },
  };
}
