import { afterEach, beforeEach } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createMarketService, type MarketService } from '../../src/market/series.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { normals, START_MS } from './candles.ts';
import { fakeSource } from './market-candles.ts';

export const COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'BNB', 'ADA'] as const;
export const PRICES: Readonly<Record<string, number>> = {
  BTC: 60_000,
  ETH: 3_000,
  SOL: 150,
  XRP: 0.6,
  BNB: 580,
  ADA: 0.45,
};
export const COUNT = 260;
/** The candle at which something happens. */
export const AT = 200;

/** Hours (or days) in which all coins move alike, and each by itself. */
export function calmMarket(interval: Interval): Map<string, Candle[]> {
  const all = normals(7);
  const common = Array.from({ length: COUNT }, () => all());
  const sigma = interval === '1h' ? 0.005 : 0.025;
  return new Map(
    COINS.map((symbol, place) => {
      const own = normals(20 + place);
      let price = PRICES[symbol]!;
      const candles = common.map((shared, i): Candle => {
        const open = price;
        price *= Math.exp(sigma * (0.8 * shared + 0.6 * own()));
        const openTimeMs = START_MS + i * INTERVAL_MS[interval];
        const [high, low] = [Math.max(open, price) * 1.001, Math.min(open, price) * 0.999];
        return { openTimeMs, open, high, low, close: price, volume: 1_000 * Math.exp(0.2 * own()) };
      });
      return [symbol, candles];
    }),
  );
}

/** The candles from `AT` on changed. */
export const from = (candles: readonly Candle[], change: (candle: Candle, i: number) => Candle) =>
  candles.map((candle, i) => (i < AT ? candle : change(candle, i)));

export type Feed = (symbol: string) => readonly Candle[];

/** A source of many coins. */
export function source(name: string, feed: Feed) {
  const fake = fakeSource(name, () => []);
  return {
    ...fake,
    async fetchPage(page: { symbol: string; fromMs: number; toMs: number }) {
      fake.calls.push(page);
      return feed(page.symbol).filter((one) => one.openTimeMs >= page.fromMs && one.openTimeMs <= page.toMs);
    },
  };
}

/** A market of coins over a store of its own, made anew for each test of the file that calls this. */
export function gateMarket() {
  let nowMs = 0;
  let storage: Storage;
  const now = () => nowMs;

  beforeEach(async () => {
    storage = await openStorage('sqlite::memory:', { now });
  });
  afterEach(() => storage.close());

  function marketOf(...sources: ReturnType<typeof source>[]): MarketService {
    return createMarketService({
      gateway: createMarketGateway({ sources, now, logger: silentLogger }),
      candles: storage.candles,
      unconfirmed: storage.unconfirmed,
      symbols: COINS,
      now,
      logger: silentLogger,
    });
  }

  /** Follows the market hour by hour (or day by day) as ingesting does: all coins, then the doubted ones again. */
  async function follow(market: MarketService, interval: Interval, count: number, symbols: readonly string[] = COINS) {
    const step = INTERVAL_MS[interval];
    const seen: { readonly at: number; readonly unconfirmed: readonly string[] }[] = [];
    for (let at = AT - 1; at < AT + count; at++) {
      nowMs = START_MS + (at + 1) * step + MINUTE_MS;
      const unconfirmed: string[] = [];
      for (const symbol of symbols) await market.series({ symbol, interval, candles: 150, refresh: true });
      for (const symbol of symbols) {
        const series = await market.series({ symbol, interval, candles: 150, recheck: true });
        if (series.unconfirmed) unconfirmed.push(symbol);
      }
      seen.push({ at, unconfirmed });
    }
    return seen;
  }

  const newestClose = async (symbol: string, interval: Interval) => {
    const span = await storage.candles.span(symbol, interval);
    const [candle] = await storage.candles.range(symbol, interval, span!.toMs, span!.toMs);
    return { at: (span!.toMs - START_MS) / INTERVAL_MS[interval], close: candle!.close, source: candle!.source };
  };

  return {
    get nowMs() {
      return nowMs;
    },
    set nowMs(value: number) {
      nowMs = value;
    },
    get storage() {
      return storage;
    },
    now,
    marketOf,
    follow,
    newestClose,
  };
}
