import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/core/time.ts';
import { createBinanceSource } from '../../../../src/sources/market/binance.ts';
import { EPOCH_MS } from '../../../../src/sources/simulated/grid.ts';
import { fetching } from '../../../support/market-candles.ts';
import { getJson, START_MS, startedSimulation } from '../running.ts';

const simulation = await startedSimulation();
beforeEach(() => {
  simulation.clock.nowMs = START_MS;
});

const decimal = z.string().regex(/^\d+\.\d{8,}$/);
const klines = z.array(
  z.tuple([
    z.int(),
    decimal,
    decimal,
    decimal,
    decimal,
    decimal,
    z.int(),
    decimal,
    z.int(),
    decimal,
    decimal,
    z.literal('0'),
  ]),
);

async function rows(query: string) {
  return klines.parse(await getJson(`${simulation.url}/api/v3/klines?${query}`));
}

const thisDay = Math.floor(START_MS / DAY_MS) * DAY_MS;

describe('the simulated Binance', () => {
  it('gives twelve columns a row with numbers as strings, the open candle last', async () => {
    const all = await rows('symbol=BTCUSDT&interval=1d&limit=5');
    expect(all.map((row) => row[0])).toEqual([4, 3, 2, 1, 0].map((back) => thisDay - back * DAY_MS));
    for (const row of all) expect(row[6]).toBe(row[0] + DAY_MS - 1);
    expect(all.at(-1)![6]).toBeGreaterThan(START_MS);
    expect(all.at(-2)![6]).toBeLessThan(START_MS);
  });

  it('gives minutes, the open one last', async () => {
    const minute = Math.floor(START_MS / MINUTE_MS) * MINUTE_MS;
    const all = await rows(`symbol=BTCUSDT&interval=1m&startTime=${minute - 70 * MINUTE_MS}&endTime=${START_MS}`);
    expect(all.map((row) => row[0])).toEqual(Array.from({ length: 71 }, (_, i) => minute - (70 - i) * MINUTE_MS));
    for (const row of all) expect(row[6]).toBe(row[0] + MINUTE_MS - 1);
    const [hour] = await rows(`symbol=BTCUSDT&interval=1h&limit=1&endTime=${START_MS - HOUR_MS}`);
    expect(all.find((row) => row[6] === hour![6])![4]).toBe(hour![4]);
  });

  it('reads startTime, endTime and limit as Binance does', async () => {
    const opens = async (query: string) => (await rows(`symbol=ETHUSDT&interval=1h&${query}`)).map((row) => row[0]);
    const hour = Math.floor(START_MS / HOUR_MS) * HOUR_MS;
    expect(await opens('')).toHaveLength(500);
    expect(await opens('limit=5000')).toHaveLength(1000);
    expect(await opens(`startTime=${hour - 2 * HOUR_MS}`)).toEqual([hour - 2 * HOUR_MS, hour - HOUR_MS, hour]);
    expect(await opens(`startTime=${hour - 2 * HOUR_MS + 1}&endTime=${hour - 1}`)).toEqual([hour - HOUR_MS]);
    expect(await opens(`startTime=${hour - 90 * HOUR_MS}&limit=2`)).toEqual([hour - 90 * HOUR_MS, hour - 89 * HOUR_MS]);
    expect(await opens(`endTime=${hour - 1}&limit=2`)).toEqual([hour - 2 * HOUR_MS, hour - HOUR_MS]);
    expect(await opens(`startTime=${hour + HOUR_MS}`)).toEqual([]);
    expect((await opens(`startTime=0&limit=1`))[0]).toBe(EPOCH_MS);
  });

  it('refuses in the words of Binance', async () => {
    const refusal = (query: string) => getJson(`${simulation.url}/api/v3/klines?${query}`, 400);
    expect(await refusal('symbol=NOPEUSDT&interval=1d')).toEqual({ code: -1121, msg: 'Invalid symbol.' });
    expect(await refusal('symbol=USDTUSDT&interval=1d')).toEqual({ code: -1121, msg: 'Invalid symbol.' });
    expect(await refusal('symbol=BTCUSDT&interval=2h')).toEqual({ code: -1120, msg: 'Invalid interval.' });
    expect(await refusal('interval=1d')).toMatchObject({ code: -1102 });
    expect(await refusal('symbol=BTCUSDT&interval=1d&limit=ten')).toMatchObject({ code: -1100 });
  });

  it('never shows a candle from after now, and leaves closed ones as they were when the clock moves', async () => {
    const query = `symbol=SOLUSDT&interval=1d&startTime=${thisDay - 3 * DAY_MS}&endTime=${thisDay + 90 * DAY_MS}`;
    const before = await rows(query);
    expect(before.at(-1)![0]).toBe(thisDay);
    simulation.clock.nowMs += 5 * HOUR_MS;
    const after = await rows(query);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)![0]).toBe(thisDay);
    expect(after.at(-1)).not.toEqual(before.at(-1));
    simulation.clock.nowMs += DAY_MS;
    expect((await rows(query)).at(-1)![0]).toBe(thisDay + DAY_MS);
  });

  it('counts the weight used in the minute', async () => {
    simulation.clock.nowMs += HOUR_MS;
    const used = async () => (await fetch(`${simulation.url}/api/v3/ping`)).headers.get('X-MBX-USED-WEIGHT-1M');
    expect([await used(), await used()]).toEqual(['1', '2']);
    simulation.clock.nowMs += 60_000;
    expect(await used()).toBe('1');
  });

  it('lists its markets', async () => {
    const info = z
      .object({
        symbols: z.array(z.object({ symbol: z.string(), status: z.literal('TRADING'), baseAsset: z.string() })),
      })
      .parse(await getJson(`${simulation.url}/api/v3/exchangeInfo`));
    const symbols = info.symbols.map((market) => market.symbol);
    expect(symbols).toContain('BTCUSDT');
    expect(symbols).toContain('USDCUSDT');
    expect(symbols).toHaveLength(41);
  });

  it('is read by the real adapter, every coin and both intervals, over several pages', async () => {
    const now = () => simulation.clock.nowMs;
    const source = fetching(
      createBinanceSource({
        baseUrl: simulation.url,
        now,
        sleep: async () => {},
        random: () => 0.5,
        rateLimits: [],
      }),
      now,
    );
    const daily = await source.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: 0, toMs: START_MS });
    expect(daily).toHaveLength((thisDay - EPOCH_MS) / DAY_MS);
    for (const { symbol } of simulation.market.coins.filter((coin) => coin.symbol !== 'USDT')) {
      const request = { symbol, interval: '1h', fromMs: START_MS - 2 * DAY_MS, toMs: START_MS } as const;
      expect(await source.fetchCandles(request)).toHaveLength(47);
    }
    await expect(
      source.fetchCandles({ symbol: 'NOPE', interval: '1d', fromMs: 0, toMs: START_MS }),
    ).rejects.toMatchObject({ code: 'CC_SOURCE_UNKNOWN_MARKET' });
  });
});
