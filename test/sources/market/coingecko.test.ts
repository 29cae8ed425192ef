import { describe, expect, it } from 'vitest';
import type { OddRowCount } from '../../../src/core/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { type CoinGeckoOptions, createCoinGeckoSource } from '../../../src/sources/market/coingecko.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer } from '../../support/http-server.ts';
import { fetching } from '../../support/market-candles.ts';
import { coingeckoHandler, listedCoin } from '../../support/market-servers.ts';

const today = Date.UTC(2024, 4, 20);
const nowMs = today + 5 * HOUR_MS;
/** A different price for every five minutes of a day. */
const priceAt = (timeMs: number) => 100 + (timeMs % DAY_MS) / (5 * MINUTE_MS);
const coins = [
  listedCoin('bitcoin', 'btc', 1),
  listedCoin('tether', 'usdt', 3, { current_price: 1 }),
  listedCoin('fancy-dollar', 'fusd', 60, { name: 'Fancy USD', current_price: 1.001 }),
  listedCoin('bitcoin-imitation', 'btc', 900),
  listedCoin('euro-coin', 'eurq', 200, { name: 'Quick Euro', current_price: 1.08 }),
  listedCoin('usd-floater', 'usdx9', 300, { name: 'Floats', current_price: 42 }),
  listedCoin('chance', 'chc', 400, { name: 'Chance', current_price: 1 }),
  listedCoin('odd', 'a-b.c', 500),
  listedCoin('unknown-cap', 'unk', 1000, { market_cap: 0, market_cap_rank: null, current_price: null }),
];

async function coingecko(options: Partial<CoinGeckoOptions> = {}, handler = coingeckoHandler(coins, priceAt, nowMs)) {
  const server = await startServer(handler);
  const clock = fakeClock(nowMs);
  const source = fetching(
    createCoinGeckoSource({ ...clock, random: () => 0.5, baseUrl: server.url, ...options }),
    clock.now,
  );
  return { server, clock, source };
}

describe('coingecko as the coin list', () => {
  it('asks for the largest coins, page by page', async () => {
    const { server, source } = await coingecko({ pages: 3 });
    await source.listAssets();
    expect(server.requests.map(({ url }) => url.searchParams.get('page')).sort()).toEqual(['1', '2', '3']);
    expect(Object.fromEntries(server.requests[0]!.url.searchParams)).toMatchObject({
      vs_currency: 'usd',
      per_page: '250',
    });
  });

  it('lists one coin a ticker, the largest, and none whose ticker could not be asked for', async () => {
    const { source } = await coingecko();
    const assets = await source.listAssets();
    expect(assets.map(({ symbol }) => symbol)).toEqual(['BTC', 'USDT', 'FUSD', 'EURQ', 'USDX9', 'CHC', 'UNK']);
    const bitcoin = { id: 'bitcoin', symbol: 'BTC', name: 'bitcoin', rank: 1, marketCapUsd: 1e9, priceUsd: 100 };
    expect(assets[0]).toEqual({ ...bitcoin, stablecoin: false });
    expect(assets.at(-1)).toMatchObject({ rank: null, marketCapUsd: null });
  });

  it('chooses of two coins with one ticker the better rank, and keeps to the one it chose while that is listed', async () => {
    const [terra, other] = [listedCoin('terra-luna-2', 'luna', 300), listedCoin('luna-by-virtuals', 'luna', 900)];
    const { server, source } = await coingecko({ pages: 1 }, json([other, terra]));
    const idOf = async (remembered?: ReadonlyMap<string, string>) =>
      (await source.listAssets(undefined, undefined, remembered)).map(({ id }) => id);
    expect(await idOf()).toEqual(['terra-luna-2']);
    server.answer(json([{ ...other, market_cap_rank: 200 }, terra]));
    expect(await idOf()).toEqual(['terra-luna-2']);
    server.answer(json([other]));
    expect(await idOf()).toEqual(['luna-by-virtuals']);
    server.answer(json([other, terra]));
    expect(await idOf(new Map([['LUNA', 'terra-luna-2']]))).toEqual(['terra-luna-2']);
  });

  it('knows pegged coins by list, or by name and price together', async () => {
    const { source } = await coingecko();
    const pegged = (await source.listAssets()).filter(({ stablecoin }) => stablecoin);
    expect(pegged.map(({ symbol }) => symbol)).toEqual(['USDT', 'FUSD', 'EURQ']);
  });

  it.each([
    ['a negative price', [listedCoin('bitcoin', 'btc', 1, { current_price: -1 })]],
    ['a rank of zero', [listedCoin('bitcoin', 'btc', 1, { market_cap_rank: 0 })]],
    ['no coin at all', []],
    ['an object', { status: 'ok' }],
  ])('refuses a list with %s', async (_what, body) => {
    const { source } = await coingecko({}, json(body));
    await expect(source.listAssets()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it.each([
    ['a negative market capitalisation', { market_cap: -3.5 }],
    ['a null name', { name: null }],
    ['no rank', { market_cap_rank: undefined }],
  ])('skips and counts one coin with %s', async (_what, fault) => {
    const odd = { ...listedCoin('odd', 'odd', 999), ...fault };
    const { source } = await coingecko({ pages: 1 }, json([listedCoin('bitcoin', 'btc', 1), odd]));
    const dropped: OddRowCount[] = [];
    const listed = await source.listAssets(undefined, (counts) => dropped.push(...counts));
    expect(listed.map(({ symbol }) => symbol)).toEqual(['BTC']);
    expect(dropped).toEqual([{ reason: 'of another form than documented', rows: 1 }]);
  });

  it('tells everybody who waited for one list what was dropped of it', async () => {
    const huge = listedCoin('ethereum', 'eth', 2, { current_price: 1e30 });
    const { source, server } = await coingecko({ pages: 1 }, json([listedCoin('bitcoin', 'btc', 1), huge]));
    const heard: number[] = [];
    const lists = [1, 2].map((who) => source.listAssets(undefined, (rows) => heard.push(...rows.map(() => who))));
    await Promise.all(lists);
    expect(heard.toSorted()).toEqual([1, 2]);
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a list of which more than a fifth is odd', async () => {
    const odd = { ...listedCoin('odd', 'odd', 999), name: null };
    const { source } = await coingecko({ pages: 1 }, json([...coins, odd, odd, odd]));
    await expect(source.listAssets()).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA', context: { odd: 3 } });
  });

  it('sends the key in a header, and never in the URL', async () => {
    const { server, source } = await coingecko({ apiKey: 'CG-secret' });
    await source.listAssets();
    expect(server.requests[0]!.headers['x-cg-demo-api-key']).toBe('CG-secret');
    expect(server.requests[0]!.url.href).not.toContain('secret');
  });
});

describe('coingecko as the last resort for prices', () => {
  it('puts an hourly candle together from its five-minute points', async () => {
    const { source, server } = await coingecko();
    const openTimeMs = today + 3 * HOUR_MS;
    const [candle] = await source.fetchCandles({ symbol: 'BTC', interval: '1h', fromMs: openTimeMs, toMs: openTimeMs });
    expect(candle).toEqual({ openTimeMs, open: 136, high: 147, low: 136, close: 147, volume: 2.4e6 / 147 / 24 });
    const chart = server.requests.find(({ url }) => url.pathname === '/api/v3/coins/bitcoin/market_chart');
    expect(Object.fromEntries(chart!.url.searchParams)).toEqual({ vs_currency: 'usd', days: '1' });
  });

  it('puts a daily candle together from its hourly points', async () => {
    const { source } = await coingecko();
    const openTimeMs = today - 10 * DAY_MS;
    const [candle] = await source.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: openTimeMs, toMs: openTimeMs });
    expect(candle).toEqual({ openTimeMs, open: 100, high: 376, low: 100, close: 376, volume: 2.4e6 / 376 });
  });

  it('gives nothing for which the points are too far apart', async () => {
    const { source, server } = await coingecko();
    const oldDays = {
      symbol: 'BTC',
      interval: '1d',
      fromMs: today - 300 * DAY_MS,
      toMs: today - 200 * DAY_MS,
    } as const;
    const oldHours = { symbol: 'BTC', interval: '1h', fromMs: today - 9 * DAY_MS, toMs: today - 2 * DAY_MS } as const;
    expect(await source.fetchCandles(oldDays)).toEqual([]);
    expect(await source.fetchCandles(oldHours)).toEqual([]);
    expect(server.requests).toHaveLength(0);
    const long = await source.fetchCandles({ ...oldDays, toMs: today - DAY_MS });
    expect(long.length).toBeGreaterThan(85);
    expect(long.length).toBeLessThanOrEqual(90);
  });

  it('asks for the coin list once a day, however many coins are asked for', async () => {
    const { source, server, clock } = await coingecko({ pages: 1 });
    const request = { symbol: 'BTC', interval: '1h', fromMs: today + HOUR_MS, toMs: today + HOUR_MS } as const;
    const lists = () => server.requests.filter(({ url }) => url.pathname.endsWith('/markets')).length;
    await source.fetchCandles(request);
    await source.fetchCandles({ ...request, symbol: 'CHC' });
    expect(lists()).toBe(1);
    clock.advance(DAY_MS);
    await source.fetchCandles({ ...request, fromMs: today + DAY_MS, toMs: today + DAY_MS + HOUR_MS });
    expect(lists()).toBe(2);
  });

  it('asks for the coin list once when many coins are asked for at the same time', async () => {
    const { source, server } = await coingecko({ pages: 1 });
    const request = { interval: '1h', fromMs: today + HOUR_MS, toMs: today + HOUR_MS } as const;
    const left = new AbortController();
    const leaving = source.fetchCandles({ ...request, symbol: 'UNK', signal: left.signal });
    const staying = ['BTC', 'CHC'].map((symbol) => source.fetchCandles({ ...request, symbol }));
    left.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    expect((await Promise.all(staying)).map((candles) => candles.length)).toEqual([1, 1]);
    expect(server.requests.filter(({ url }) => url.pathname.endsWith('/markets'))).toHaveLength(1);
  });

  it.each([
    ['in the future', [[nowMs + HOUR_MS, 1]]],
    ['negative', [[nowMs - HOUR_MS, -1]]],
    ['text', [[nowMs - HOUR_MS, '1']]],
  ])('refuses an answer of nothing but prices that are %s', async (_what, prices) => {
    const chart: Handler = json({ prices, market_caps: [], total_volumes: [] });
    const list = coingeckoHandler(coins, priceAt, nowMs);
    const { source } = await coingecko({}, (request, response, url) =>
      (url.pathname.endsWith('/markets') ? list : chart)(request, response, url),
    );
    const request = { symbol: 'BTC', interval: '1h', fromMs: today, toMs: today } as const;
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});

describe('an odd point of a chart of coingecko', () => {
  const openTimeMs = today + 3 * HOUR_MS;
  const request = { symbol: 'BTC', interval: '1h', fromMs: openTimeMs, toMs: openTimeMs } as const;
  const points = Array.from({ length: 24 }, (_, i) => [today + 2 * HOUR_MS + i * 5 * MINUTE_MS, 100 + i]);

  async function charted(prices: readonly unknown[]) {
    const chart = json({ prices, market_caps: [], total_volumes: points });
    const list = coingeckoHandler(coins, priceAt, nowMs);
    return coingecko({}, (incoming, response, url) =>
      (url.pathname.endsWith('/markets') ? list : chart)(incoming, response, url),
    );
  }

  it('with the price zero is left out, and the candle made of the others', async () => {
    const whole = await (await charted(points)).source.fetchCandles(request);
    const { source } = await charted(points.with(17, [points[17]![0]!, 0]));
    expect(whole).toHaveLength(1);
    expect(await source.fetchCandles(request)).toEqual(whole);
  });

  it('in another order is put in its place', async () => {
    const whole = await (await charted(points)).source.fetchCandles(request);
    const { source } = await charted(points.toReversed());
    expect(await source.fetchCandles(request)).toEqual(whole);
  });

  it('refuses the answer when it is the newest', async () => {
    const { source } = await charted(points.with(23, [points[23]![0]!, 0]));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});

describe('coingecko market capitalisation', () => {
  it('gives each day the value at its end, available 35 minutes later, and nothing for today', async () => {
    const { source } = await coingecko();
    const fromMs = today - 3 * DAY_MS;
    const observations = await source.fetchObservations({ symbol: 'BTC', fromMs, toMs: today + 5 * DAY_MS });
    expect(observations).toEqual(
      [fromMs, fromMs + DAY_MS, fromMs + 2 * DAY_MS].map((timeMs) => ({
        symbol: 'BTC',
        metric: 'marketCapUsd',
        timeMs,
        availableAtMs: timeMs + DAY_MS + 35 * MINUTE_MS,
        value: priceAt(timeMs + DAY_MS) * 1e6,
        source: 'coingecko',
      })),
    );
  });
});
