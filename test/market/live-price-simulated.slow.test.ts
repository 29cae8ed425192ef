import { afterAll, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createLivePrices } from '../../src/market/live-price.ts';
import { createMarketService } from '../../src/market/series.ts';
import { createBinanceSource } from '../../src/sources/market/binance.ts';
import { PriceModel } from '../../src/sources/simulated/price-model.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS, startedSimulation } from '../sources/simulated/running.ts';

const simulation = await startedSimulation();
const { clock } = simulation;
const now = () => clock.nowMs;
const storage = await openStorage('sqlite::memory:', { now, market: 'simulated' });
afterAll(() => storage.close());
const options = { now, sleep: async () => {}, random: () => 0.5, rateLimits: [], baseUrl: simulation.url };
const source = createBinanceSource({ ...options, name: 'simulated' });
const gateway = createMarketGateway({ sources: [source], now, logger: silentLogger });
const { candles, unconfirmed } = storage;
const market = createMarketService({ gateway, candles, unconfirmed, symbols: [], now, logger: silentLogger });
const prices = createLivePrices({ market, gateway, candles, now, logger: silentLogger });
const model = new PriceModel(77);

/** The last minute of the path as it is seen at that moment. */
const onPath = (symbol: string, atMs: number) =>
  model
    .series(symbol)!
    .minutes(atMs - MINUTE_MS, atMs, atMs)
    .at(-1)!;

it('at fifty random moments of a week the price is that of the path, no older than a minute and never of the future', async () => {
  const random = seededRandom(14);
  const moments = Array.from({ length: 50 }, () => START_MS + Math.floor(7 * DAY_MS * random())).sort((a, b) => a - b);
  for (const [i, atMs] of moments.entries()) {
    clock.nowMs = atMs;
    const symbol = ['BTC', 'ETH', 'SHIB'][i % 3]!;
    const price = await prices.lastTrade(symbol);
    expect(price).toMatchObject({ symbol, kind: 'trade', source: 'simulated', fetchedAtMs: atMs, doubted: null });
    expect(price.price).toBe(onPath(symbol, atMs).close);
    expect(price.atMs).toBeLessThanOrEqual(atMs);
    expect(atMs - price.atMs).toBeLessThanOrEqual(MINUTE_MS);
  }
});

it('at the end of an hour the price is the close of the hour, from a minute before as from the minutes that are over', async () => {
  for (const hours of [1, 2, 3]) {
    const endMs = Math.floor(START_MS / HOUR_MS) * HOUR_MS + 8 * DAY_MS + hours * HOUR_MS;
    clock.nowMs = endMs;
    const { price, atMs, kind } = await prices.lastTrade('BTC');
    const { candles: found } = await market.series({ symbol: 'BTC', interval: '1h', candles: 2 });
    expect({ price, atMs, kind }).toEqual({ price: found.at(-1)!.close, atMs: endMs, kind: 'trade' });
    const over = await prices.minutes('BTC', endMs - 3 * MINUTE_MS, endMs);
    expect(over.map(({ openTimeMs }) => endMs - openTimeMs)).toEqual([3 * MINUTE_MS, 2 * MINUTE_MS, MINUTE_MS]);
    expect(over.at(-1)!.close).toBe(price);
  }
});
