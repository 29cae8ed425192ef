import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createCoinbaseSource } from '../../../src/sources/market/coinbase.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, startServer, text } from '../../support/http-server.ts';
import { candlesBetween, fetching } from '../../support/market-candles.ts';
import { coinbaseHandler } from '../../support/market-servers.ts';

const today = Date.UTC(2024, 4, 20);
const request = { symbol: 'BTC', interval: '1h', fromMs: today - DAY_MS, toMs: today - HOUR_MS } as const;

async function coinbase(handler = coinbaseHandler(() => candlesBetween(today - 40 * DAY_MS, today, '1h'))) {
  const server = await startServer(handler);
  const clock = fakeClock(today);
  const source = createCoinbaseSource({ ...clock, random: () => 0.5, baseUrl: server.url });
  return { server, source: fetching(source, clock.now) };
}

describe('coinbase source', () => {
  it('asks for the pair against the dollar with granularity and ISO times', async () => {
    const { server, source } = await coinbase();
    await source.fetchCandles(request);
    const { url } = server.requests[0]!;
    expect(url.pathname).toBe('/products/BTC-USD/candles');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      granularity: '3600',
      start: '2024-05-19T00:00:00.000Z',
      end: '2024-05-19T23:00:00.000Z',
    });
  });

  it('pages a long history by 300 and joins the pages in order', async () => {
    const { server, source } = await coinbase();
    const fromMs = today - 40 * DAY_MS;
    const candles = await source.fetchCandles({ ...request, fromMs });
    expect(candles).toEqual(candlesBetween(fromMs, today - HOUR_MS, '1h'));
    expect(server.requests).toHaveLength(4);
  });

  it('leaves hours without a trade absent', async () => {
    const held = candlesBetween(today - DAY_MS, today, '1h').filter((_, i) => i !== 3);
    const { source } = await coinbase(coinbaseHandler(() => held));
    expect(await source.fetchCandles(request)).toHaveLength(23);
  });

  it('refuses prices that are text, and a high below the low', async () => {
    const wrong = await coinbase(json([[(today - HOUR_MS) / 1000, '1', 2, 1, 2, 3]]));
    await expect(wrong.source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
    const swapped = await coinbase(json([[(today - HOUR_MS) / 1000, 2, 1, 1.5, 1.5, 3]]));
    await expect(swapped.source.fetchCandles(request)).rejects.toMatchObject({
      context: { reasons: ['whose high is below its open, close or low'] },
    });
  });

  it('takes rows in any order, and one that comes twice', async () => {
    const held = candlesBetween(request.fromMs, request.toMs, '1h');
    const rows = held.map((c) => [c.openTimeMs / 1000, c.low, c.high, c.open, c.close, c.volume]);
    const { source } = await coinbase(json([...rows.slice(10), ...rows.slice(0, 12)]));
    expect(await source.fetchCandles(request)).toEqual(held);
  });

  it('refuses a bad candle even where it lies outside the request', async () => {
    const { source } = await coinbase(json([[(today - 2 * DAY_MS) / 1000, 2, 1, 1.5, 1.5, 3]]));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('takes a 404 that is no answer of Coinbase for a wrong address, not for an unknown coin', async () => {
    const { source } = await coinbase(text('<h1>Not Found</h1>', 404));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP' });
  });

  it.each([
    [{ id: 'EOS-USD', status: 'online', trading_disabled: false }, 'trading'],
    [{ id: 'EOS-USD', status: 'delisted', trading_disabled: true }, 'halted'],
    [{ id: 'EOS-USD', status: 'online', trading_disabled: true }, 'halted'],
  ])('reads the product %j as %s', async (answer, state) => {
    const server = await startServer(json(answer));
    const source = createCoinbaseSource({ ...fakeClock(today), random: () => 0.5, baseUrl: server.url });
    expect(await source.tradingState?.('EOS')).toBe(state);
    expect(server.requests[0]!.url.pathname).toBe('/products/EOS-USD');
  });
});
