import { describe, expect, it, onTestFinished } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createMarketGateway } from '../../../src/market/failover.ts';
import { createMarketService } from '../../../src/market/series.ts';
import type { KnownCoin } from '../../../src/services/universe/choose-coins.ts';
import { createCoinList } from '../../../src/services/universe/coin-list.ts';
import { createUniverse } from '../../../src/services/universe/universe.ts';
import type { ProviderOptions } from '../../../src/sources/http.ts';
import { createCoinbaseSource } from '../../../src/sources/market/coinbase.ts';
import { createCoinGeckoSource } from '../../../src/sources/market/coingecko.ts';
import { createKrakenSource } from '../../../src/sources/market/kraken.ts';
import type { CandleSource } from '../../../src/sources/source.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { exchangeCandle, twoHundredCoins } from '../../support/exchange.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer } from '../../support/http-server.ts';
import { coinbaseHandler, coingeckoHandler, krakenHandler, listedCoin } from '../../support/market-servers.ts';

const START_MS = Date.UTC(2026, 2, 10, 9, 30);
const RUN_MS = 4 * MINUTE_MS;
const COINS = twoHundredCoins(START_MS, 1_000).slice(0, 20);
const signal = new AbortController().signal;

/** What an exchange holds of the coins up to a moment. */
function holdings(nowMs: () => number) {
  return (symbol: string, interval: Interval): readonly Candle[] | null => {
    const coin = COINS.find((one) => one.symbol === symbol);
    if (!coin) return null;
    const step = INTERVAL_MS[interval];
    const newestMs = Math.floor(nowMs() / step) * step;
    // Hours of a month are enough here.
    const fromMs = interval === '1d' ? coin.listedMs : newestMs - 740 * step;
    const candles: Candle[] = [];
    for (let at = fromMs; at <= newestMs; at += step) candles.push(exchangeCandle(coin, at, interval));
    return candles;
  };
}

/** The universe of one source alone, over a server that answers as it does. */
async function universeOf(
  handler: (now: () => number) => Handler,
  make: (options: ProviderOptions) => CandleSource,
  known: ReadonlyMap<string, KnownCoin> = new Map(),
) {
  const clock = fakeClock(START_MS);
  const { now } = clock;
  const at: number[] = [];
  const answer = handler(now);
  const server = await startServer((request, response, url) => {
    at.push(now());
    answer(request, response, url);
  });
  const storage = await openStorage('sqlite::memory:', { now });
  onTestFinished(() => storage.close());
  const source = make({ ...clock, random: () => 0.5, baseUrl: server.url });
  const logger = silentLogger;
  const gateway = createMarketGateway({ sources: [source], now, logger });
  const { candles, unconfirmed, trainingCoins: repository } = storage;
  const tracked = ['BTC', 'ETH'];
  const market = createMarketService({ gateway, candles, unconfirmed, symbols: tracked, now, logger });
  const shared = { repository, tracked, now, logger };
  const list = createCoinList({ ...shared, sources: [source], wanted: { '1d': 12, '1h': 4 }, known: () => known });
  const universe = createUniverse({ ...shared, list, market, candles });
  const most = (perMs: number) =>
    Math.max(...at.map((startMs) => at.filter((one) => one >= startMs && one < startMs + perMs).length));
  return { clock, server, universe, most };
}

describe('the coins that models learn from, with one source alone', () => {
  it('Kraken gives the newest 720 of each, one request a second, and then one candle a day', async () => {
    const { clock, server, universe, most } = await universeOf((now) => {
      const candles = krakenHandler(holdings(now));
      const result = Object.fromEntries(
        COINS.map(({ symbol, price, dollars }) => [
          `${symbol === 'BTC' ? 'XXBTZ' : symbol === 'ETH' ? 'XETHZ' : symbol}USD`,
          { c: [`${price}`, '1'], v: ['1', `${dollars / price}`] },
        ]),
      );
      const ticker = json({ error: [], result });
      return (request, response, url) =>
        (url.pathname === '/0/public/Ticker' ? ticker : candles)(request, response, url);
    }, createKrakenSource);
    const [days, hours] = await universe.ingest(signal, RUN_MS);
    expect(days).toMatchObject({ coins: 12, withCandles: 12, left: 0, failures: [] });
    expect(hours).toMatchObject({ coins: 4, withCandles: 4, left: 0, failures: [] });
    expect((await universe.read('C5', '1d', 2_500)).candles.length).toBeGreaterThanOrEqual(720);
    expect((await universe.read('BTC', '1h', 6_000)).candles.length).toBeGreaterThanOrEqual(710);
    expect(await universe.isReady('1d')).toBe(true);
    expect(server.requests).toHaveLength(1 + 12 + 4);
    // Three may come at once, then one a second.
    expect(most(10_000)).toBeLessThanOrEqual(13);
    server.requests.length = 0;
    clock.advance(DAY_MS);
    await universe.ingest(signal, RUN_MS);
    expect(server.requests).toHaveLength(1 + 12 + 4);
    expect((await universe.read('C5', '1d', 2_500)).candles.length).toBeGreaterThanOrEqual(721);
  });

  it('Coinbase gives all, 300 a request and at most fourteen requests a second, ranked by the prices of the coin list', async () => {
    const known = new Map(
      COINS.map(({ symbol, price }) => [symbol, { name: symbol, priceUsd: price, stablecoin: false }]),
    );
    const { universe, most } = await universeOf(
      (now) => {
        const candles = coinbaseHandler(holdings(now));
        const summary = json(
          COINS.map(({ symbol, price, dollars }) => ({
            id: `${symbol}-USD`,
            spot_volume_24hour: `${dollars / price}`,
          })),
        );
        return (request, response, url) =>
          (url.pathname === '/products/volume-summary' ? summary : candles)(request, response, url);
      },
      createCoinbaseSource,
      known,
    );
    const [days] = await universe.ingest(signal, RUN_MS);
    expect(days).toMatchObject({ coins: 12, withCandles: 12, left: 0, failures: [] });
    expect((await universe.list('1d')).map(({ symbol }) => symbol)).toEqual(
      COINS.slice(0, 12).map(({ symbol }) => symbol),
    );
    expect((await universe.read('C7', '1d', 2_500)).candles).toHaveLength(1_000);
    expect(most(1_000)).toBeLessThanOrEqual(9 + 14);
  });

  it('CoinGecko gives ninety days, eight requests a minute, over several runs', async () => {
    const { universe, most } = await universeOf(
      () => {
        const coins = COINS.map(({ symbol, price, dollars }, i) =>
          listedCoin(symbol.toLowerCase(), symbol.toLowerCase(), i + 1, {
            current_price: price,
            total_volume: dollars,
          }),
        );
        return coingeckoHandler(coins, (ms) => 50 + 5 * Math.sin(ms / 1e8) + (ms % 7_919) / 10_000, START_MS);
      },
      (options) => createCoinGeckoSource({ ...options, pages: 1 }),
    );
    const first = await universe.ingest(signal, RUN_MS / 8);
    expect(first[0]!.left).toBeGreaterThan(0);
    expect(first[0]!.left).toBeLessThan(12);
    const [days, hours] = await universe.ingest(signal, RUN_MS);
    expect(days).toMatchObject({ coins: 12, withCandles: 12, left: 0, failures: [] });
    expect(hours).toMatchObject({ withCandles: 4 });
    expect((await universe.read('C5', '1d', 2_500)).candles.length).toBeGreaterThanOrEqual(88);
    expect(most(MINUTE_MS)).toBeLessThanOrEqual(12);
  });
});
