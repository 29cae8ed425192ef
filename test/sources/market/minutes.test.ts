import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../src/core/candle.ts';
import type { OddRowCount } from '../../../src/core/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { fetchMinutes } from '../../../src/market/fetch-candles.ts';
import { createBinanceSource } from '../../../src/sources/market/binance.ts';
import { createCoinbaseSource } from '../../../src/sources/market/coinbase.ts';
import { createCoinGeckoSource } from '../../../src/sources/market/coingecko.ts';
import { createCsvFolderSource } from '../../../src/sources/market/csv-folder.ts';
import { createKrakenSource } from '../../../src/sources/market/kraken.ts';
import type { CandleSource } from '../../../src/sources/source.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer } from '../../support/http-server.ts';
import { coingeckoHandler, listedCoin } from '../../support/market-servers.ts';

/** Twenty seconds into a minute. */
const NOW = Date.UTC(2024, 4, 20, 13, 7, 20);
const MINUTE = NOW - 20_000;
const request = { symbol: 'BTC', fromMs: MINUTE - 4 * MINUTE_MS, toMs: NOW };
const at = (back: number) => MINUTE - back * MINUTE_MS;
const seconds = (back: number) => at(back) / 1000;
const still = (back: number, price: number, volume: number): Candle => ({
  openTimeMs: at(back),
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
});

async function served<S extends CandleSource>(
  create: (options: { baseUrl: string; now: () => number; sleep: () => Promise<void>; random: () => number }) => S,
  handler: Handler,
) {
  const server = await startServer(handler);
  const source = create({ ...fakeClock(NOW), sleep: async () => {}, random: () => 0.5, baseUrl: server.url });
  const dropped: OddRowCount[] = [];
  const fetch = (more: Partial<typeof request> = {}) =>
    fetchMinutes(
      source,
      { ...request, ...more },
      () => NOW,
      (rows) => dropped.push(...rows),
    );
  return { server, source, fetch, dropped };
}

/** A row of Binance's klines. */
const kline = (back: number, [open, high, low, close, volume]: readonly [string, string, string, string, string]) =>
  [at(back), open, high, low, close, volume, at(back) + 59_999, '1000.5', 12, '0.1', '500.2', '0'] as const;

describe('minutes of Binance', () => {
  it('come with those without a trade, whose close repeats, and with the one still open', async () => {
    const rows = [
      kline(3, ['70000.10', '70010.00', '69990.00', '70005.50', '3.25']),
      kline(2, ['70005.50', '70005.50', '70005.50', '70005.50', '0.00']),
      kline(1, ['70005.50', '70005.50', '70005.50', '70005.50', '0.00']),
      kline(0, ['70005.60', '70020.00', '70005.60', '70011.00', '0.75']),
    ];
    const { server, fetch } = await served(createBinanceSource, json(rows));
    expect(await fetch()).toEqual([
      { openTimeMs: at(3), open: 70_000.1, high: 70_010, low: 69_990, close: 70_005.5, volume: 3.25 },
      still(2, 70_005.5, 0),
      still(1, 70_005.5, 0),
      { openTimeMs: at(0), open: 70_005.6, high: 70_020, low: 70_005.6, close: 70_011, volume: 0.75 },
    ]);
    const { url } = server.requests[0]!;
    expect(Object.fromEntries(url.searchParams)).toEqual({
      symbol: 'BTCUSDT',
      interval: '1m',
      startTime: `${at(4)}`,
      endTime: `${at(0) + MINUTE_MS - 1}`,
      limit: '1000',
    });
  });

  it('of a coin that is listed by the thousand are for one', async () => {
    const handler: Handler = (asked, response, url) =>
      url.searchParams.get('symbol') === '1000CHEEMSUSDT'
        ? json([kline(0, ['0.002', '0.002', '0.002', '0.002', '5'])])(asked, response, url)
        : json({ code: -1121, msg: 'Invalid symbol.' }, 400)(asked, response, url);
    const { fetch } = await served(createBinanceSource, handler);
    expect(await fetch({ symbol: 'CHEEMS' })).toEqual([still(0, 0.000002, 5_000)]);
  });
});

describe('minutes of Coinbase', () => {
  it('come newest first, without those in which nothing was traded', async () => {
    const rows = [
      [seconds(0), 69_990, 70_020, 70_000, 70_015, 0.5],
      [seconds(3), 69_980, 70_005, 69_985, 70_000, 1.5],
      [seconds(5), 69_000, 69_000, 69_000, 69_000, 1],
    ];
    const { server, fetch } = await served(createCoinbaseSource, json(rows));
    expect(await fetch()).toEqual([
      { openTimeMs: at(3), low: 69_980, high: 70_005, open: 69_985, close: 70_000, volume: 1.5 },
      { openTimeMs: at(0), low: 69_990, high: 70_020, open: 70_000, close: 70_015, volume: 0.5 },
    ]);
    const { url } = server.requests[0]!;
    expect(url.pathname).toBe('/products/BTC-USD/candles');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      granularity: '60',
      start: '2024-05-20T13:03:00.000Z',
      end: '2024-05-20T13:07:00.000Z',
    });
  });

  it('are fetched by three hundred a page', async () => {
    const { server, fetch } = await served(createCoinbaseSource, json([]));
    await fetch({ fromMs: at(699) });
    expect(server.requests).toHaveLength(3);
  });
});

/** A row of Kraken's OHLC. */
const ohlc = (back: number, price: string, volume: string, trades: number) =>
  [seconds(back), price, price, price, price, trades > 0 ? price : '0.0', volume, trades] as const;
const krakenAnswer = (...rows: readonly unknown[]) => json({ error: [], result: { XXBTZUSD: rows, last: seconds(1) } });

describe('minutes of Kraken', () => {
  it('end with the row that is still open', async () => {
    const rows = [ohlc(5, '69999.0', '1.0', 3), ohlc(1, '70001.0', '0.00000000', 0), ohlc(0, '70002.5', '0.2', 2)];
    const { server, fetch } = await served(createKrakenSource, krakenAnswer(...rows));
    expect(await fetch()).toEqual([still(1, 70_001, 0), still(0, 70_002.5, 0.2)]);
    expect(Object.fromEntries(server.requests[0]!.url.searchParams)).toEqual({
      pair: 'XBTUSD',
      interval: '1',
      since: `${seconds(5)}`,
    });
  });

  it('leave out the minute that a clock ahead of ours has begun, and refuse one further ahead', async () => {
    const { server, fetch, dropped } = await served(
      createKrakenSource,
      krakenAnswer(ohlc(0, '70002.5', '0.2', 2), ohlc(-1, '70100.0', '0.2', 2)),
    );
    expect(await fetch()).toEqual([still(0, 70_002.5, 0.2)]);
    expect(dropped).toEqual([]);
    server.answer(krakenAnswer(ohlc(0, '70002.5', '0.2', 2), ohlc(-2, '70100.0', '0.2', 2)));
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('are not asked for before the newest 720', async () => {
    const { server, fetch } = await served(createKrakenSource, krakenAnswer());
    expect(await fetch({ fromMs: NOW - 15 * HOUR_MS, toMs: NOW - 14 * HOUR_MS })).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });
});

describe('minutes of CoinGecko', () => {
  it('are the points of its chart of a day, without range, with a share of the day’s volume', async () => {
    const handler = coingeckoHandler([listedCoin('bitcoin', 'btc', 1)], (timeMs) => 100 + (timeMs % 7), NOW);
    const { server, fetch } = await served(createCoinGeckoSource, handler);
    const found = await fetch({ fromMs: at(9) });
    const expected = [at(7), at(2)].map((openTimeMs, i) => {
      const price = 100 + (openTimeMs % 7);
      return still(i === 0 ? 7 : 2, price, 2.4e6 / price / 1_440);
    });
    expect(found).toEqual(expected);
    const { url } = server.requests.at(-1)!;
    expect(url.pathname).toBe('/api/v3/coins/bitcoin/market_chart');
    expect(Object.fromEntries(url.searchParams)).toEqual({ vs_currency: 'usd', days: '1' });
  });

  it('are not asked for of days past', async () => {
    const { server, fetch } = await served(createCoinGeckoSource, json([]));
    expect(await fetch({ fromMs: NOW - 3 * DAY_MS, toMs: NOW - 2 * DAY_MS })).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });
});

describe('minutes of any source', () => {
  it('are refused where one is no valid candle, or not of a minute', async () => {
    const wrong = kline(0, ['70000', '69000', '70000', '70000', '1']);
    const { server, fetch } = await served(createBinanceSource, json([wrong]));
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
    const hour = kline(0, ['70000', '70000', '70000', '70000', '1']).with(6, at(0) + HOUR_MS - 1);
    server.answer(json([hour]));
    await expect(fetch()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('are not asked for where a symbol is none, or of the future; and files have none', async () => {
    const { server, fetch } = await served(createBinanceSource, json([]));
    await expect(fetch({ symbol: '../X' })).rejects.toMatchObject({ code: 'CC_SOURCE_UNKNOWN_MARKET' });
    expect(await fetch({ fromMs: NOW + MINUTE_MS, toMs: NOW + HOUR_MS })).toEqual([]);
    expect(server.requests).toHaveLength(0);
    const files = createCsvFolderSource({ dir: '/nowhere', now: () => NOW });
    expect(await fetchMinutes(files, request, () => NOW)).toEqual([]);
  });
});
