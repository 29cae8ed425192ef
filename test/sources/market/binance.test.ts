import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createBinanceSource } from '../../../src/sources/market/binance.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, startServer } from '../../support/http-server.ts';
import { candleAt, candlesBetween, fetching, klineRow, klinesHandler } from '../../support/market-candles.ts';

const today = Date.UTC(2024, 4, 20);
const clock = fakeClock(today + 5 * HOUR_MS);

async function binance(held = candlesBetween(today - 2500 * DAY_MS, today, '1d')) {
  const server = await startServer(klinesHandler((pair) => (pair === 'BTCUSDT' ? held : null)));
  return {
    server,
    source: fetching(createBinanceSource({ ...clock, random: () => 0.5, baseUrl: server.url }), clock.now),
  };
}

describe('binance source', () => {
  it('asks for the pair against USDT and returns the final candles of the request', async () => {
    const { server, source } = await binance();
    const candles = await source.fetchCandles({
      symbol: 'BTC',
      interval: '1d',
      fromMs: today - 3 * DAY_MS,
      toMs: today - DAY_MS,
    });
    expect(candles).toEqual(candlesBetween(today - 3 * DAY_MS, today - DAY_MS, '1d'));
    const { url } = server.requests[0]!;
    expect(url.pathname).toBe('/api/v3/klines');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ symbol: 'BTCUSDT', interval: '1d', limit: '1000' });
  });

  it('never returns the candle that is still open, even when it was asked for', async () => {
    const { source } = await binance();
    const candles = await source.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: today - DAY_MS, toMs: today });
    expect(candles.map((c) => c.openTimeMs)).toEqual([today - DAY_MS]);
  });

  it('drops an open candle that a server sends beyond the asked end', async () => {
    const server = await startServer(
      json([klineRow(candleAt(today - DAY_MS, '1d'), '1d'), klineRow(candleAt(today, '1d'), '1d')]),
    );
    const source = fetching(createBinanceSource({ ...clock, random: () => 0.5, baseUrl: server.url }), clock.now);
    const candles = await source.fetchCandles({
      symbol: 'BTC',
      interval: '1d',
      fromMs: today - DAY_MS,
      toMs: today - DAY_MS,
    });
    expect(candles).toEqual([candleAt(today - DAY_MS, '1d')]);
  });

  it('pages through a history longer than one answer', async () => {
    const { server, source } = await binance();
    const candles = await source.fetchCandles({
      symbol: 'BTC',
      interval: '1d',
      fromMs: today - 2500 * DAY_MS,
      toMs: today - DAY_MS,
    });
    expect(candles).toEqual(candlesBetween(today - 2500 * DAY_MS, today - DAY_MS, '1d'));
    expect(server.requests).toHaveLength(3);
  });

  it('says that it does not list a coin', async () => {
    const { source } = await binance();
    await expect(
      source.fetchCandles({ symbol: 'NOPE', interval: '1d', fromMs: today - DAY_MS, toMs: today }),
    ).rejects.toMatchObject({ code: 'CC_SOURCE_UNKNOWN_MARKET', message: 'binance does not list NOPE.' });
  });

  it.each([
    ['SATS', '1000SATSUSDT', 1_000, 1],
    ['BABYDOGE', '1MBABYDOGEUSDT', 1_000_000, 1],
    ['BTT', 'BTTCUSDT', 1, 1],
    ['PEPE', '1000PEPEUSDT', 1_000, 2],
  ])('asks for %s as %s and gives the price of one coin', async (symbol, pair, coins, requests) => {
    const held = candlesBetween(today - 3 * DAY_MS, today - DAY_MS, '1d');
    const server = await startServer(klinesHandler((asked) => (asked === pair ? held : null)));
    const source = fetching(createBinanceSource({ ...clock, random: () => 0.5, baseUrl: server.url }), clock.now);
    const request = { symbol, interval: '1d', fromMs: today - 3 * DAY_MS, toMs: today - DAY_MS } as const;
    const [first] = await source.fetchCandles(request);
    expect(first!.close).toBeCloseTo(held[0]!.close / coins, 12);
    expect(first!.volume).toBeCloseTo(held[0]!.volume * coins, 12);
    await source.fetchCandles(request);
    // Which ticker a coin has is remembered.
    expect(server.requests).toHaveLength(requests + 1);
  });

  it('remembers that it does not list a coin', async () => {
    const { server, source } = await binance();
    const request = { symbol: 'NOPE', interval: '1d', fromMs: today - DAY_MS, toMs: today } as const;
    for (let i = 0; i < 3; i++) {
      await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_UNKNOWN_MARKET' });
    }
    expect(server.requests.map(({ url }) => url.searchParams.get('symbol'))).toEqual(['NOPEUSDT', '1000NOPEUSDT']);
  });

  it.each([
    ['TRADING', 'trading'],
    ['BREAK', 'halted'],
    ['HALT', 'halted'],
  ])('reads the status %s as %s', async (status, state) => {
    const server = await startServer(json({ symbols: [{ symbol: 'EOSUSDT', status }] }));
    const source = createBinanceSource({ ...clock, random: () => 0.5, baseUrl: server.url });
    expect(await source.tradingState?.('EOS')).toBe(state);
    expect(server.requests[0]!.url.href).toContain('/api/v3/exchangeInfo?symbol=EOSUSDT');
  });

  it('lets no symbol into a URL that is none', async () => {
    const { server, source } = await binance();
    await expect(
      source.fetchCandles({ symbol: '../BTC&x=', interval: '1d', fromMs: today - DAY_MS, toMs: today }),
    ).rejects.toMatchObject({ code: 'CC_SOURCE_UNKNOWN_MARKET' });
    expect(server.requests).toHaveLength(0);
  });

  it('refuses daily candles where hourly ones were asked for', async () => {
    const server = await startServer(json([klineRow(candleAt(today - DAY_MS, '1d'), '1d')]));
    const source = fetching(createBinanceSource({ ...clock, random: () => 0.5, baseUrl: server.url }), clock.now);
    await expect(
      source.fetchCandles({ symbol: 'BTC', interval: '1h', fromMs: today - DAY_MS, toMs: today }),
    ).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});
