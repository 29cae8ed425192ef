import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createMarketService, type MarketService } from '../../src/market/series.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { normals, START_MS, scaled } from '../support/candles.ts';
import { fakeSource } from '../support/market-candles.ts';

const COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'BNB', 'ADA'] as const;
const PRICES: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 3_000, SOL: 150, XRP: 0.6, BNB: 580, ADA: 0.45 };
const COUNT = 260;
/** The candle at which something happens. */
const AT = 200;

/** Hours (or days) in which all coins move alike, and each by itself. */
function calmMarket(interval: Interval): Map<string, Candle[]> {
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
const from = (candles: readonly Candle[], change: (candle: Candle, i: number) => Candle) =>
  candles.map((candle, i) => (i < AT ? candle : change(candle, i)));

let nowMs: number;
let storage: Storage;
const now = () => nowMs;

beforeEach(async () => {
  storage = await openStorage('sqlite::memory:', { now });
});
afterEach(() => storage.close());

type Feed = (symbol: string) => readonly Candle[];

/** A source of many coins. */
function source(name: string, feed: Feed) {
  const fake = fakeSource(name, () => []);
  return {
    ...fake,
    async fetchPage(page: { symbol: string; fromMs: number; toMs: number }) {
      fake.calls.push(page);
      return feed(page.symbol).filter((one) => one.openTimeMs >= page.fromMs && one.openTimeMs <= page.toMs);
    },
  };
}

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

describe.each(['1h', '1d'] as const)('%s candles of a source that has gone wrong', (interval) => {
  const right = calmMarket(interval);
  const feed: Feed = (symbol) => right.get(symbol)!;
  const last = (symbol: string) => right.get(symbol)![AT - 1]!;
  const wrong: Feed = (symbol) => {
    const candles = right.get(symbol)!;
    if (symbol === 'ETH') return from(candles, (candle) => scaled(candle, 10));
    if (symbol === 'SOL') {
      return from(candles, ({ openTimeMs }) => ({ ...last(symbol), openTimeMs, volume: 0 }));
    }
    if (symbol === 'XRP') return from(candles, (candle) => scaled(candle, 0.001));
    if (symbol === 'BNB') return from(candles, (_, i) => right.get('SOL')![i]!);
    if (symbol === 'ADA') return from(candles, (candle) => scaled(candle, 150));
    return candles;
  };
  const WRONG = ['ETH', 'SOL', 'XRP', 'BNB', 'ADA'];

  it('are unconfirmed for as long as it is the only source, and none is stored', async () => {
    const seen = await follow(marketOf(source('binance', wrong)), interval, 12);
    expect(seen[0]!.unconfirmed).toEqual([]);
    for (const { unconfirmed } of seen.slice(1)) expect(unconfirmed).toEqual(WRONG);
    for (const symbol of WRONG) {
      expect(await newestClose(symbol, interval)).toMatchObject({ at: AT - 1, close: last(symbol).close });
    }
    expect((await newestClose('BTC', interval)).at).toBe(AT + 11);
    const noted = await storage.unconfirmed.all();
    expect(noted.map(({ symbol, kind, openTimeMs }) => [symbol, kind, openTimeMs])).toEqual(
      ['ADA', 'BNB', 'ETH', 'SOL', 'XRP'].map((symbol) => [
        symbol,
        symbol === 'SOL' ? 'stuck' : 'gap',
        START_MS + AT * INTERVAL_MS[interval],
      ]),
    );
    // Found once, asked again since.
    expect(noted[0]!.foundAtMs).toBe(START_MS + (AT + 1) * INTERVAL_MS[interval] + MINUTE_MS);
    expect(noted[0]!.askedAtMs).toBe(nowMs);
  });

  it('are refused for those of a second source, however long they last', async () => {
    const market = marketOf(source('binance', wrong), source('kraken', feed));
    for (const { unconfirmed } of await follow(market, interval, 12)) expect(unconfirmed).toEqual([]);
    for (const symbol of WRONG) {
      const close = right.get(symbol)![AT + 11]!.close;
      expect(await newestClose(symbol, interval)).toEqual({ at: AT + 11, close, source: 'kraken' });
    }
    const series = await market.series({ symbol: 'ETH', interval, candles: 150, refresh: true });
    expect(series.failures).toContainEqual(
      expect.objectContaining({ source: 'binance', code: 'CC_SOURCE_IMPLAUSIBLE' }),
    );
  });
});
