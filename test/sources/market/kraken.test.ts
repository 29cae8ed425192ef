import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { createKrakenSource } from '../../../src/sources/market/kraken.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { json, startServer } from '../../support/http-server.ts';
import { candlesBetween, fetching } from '../../support/market-candles.ts';
import { krakenHandler } from '../../support/market-servers.ts';

const today = Date.UTC(2024, 4, 20);
const request = { symbol: 'BTC', interval: '1d', fromMs: today - 5 * DAY_MS, toMs: today - DAY_MS } as const;
const held = candlesBetween(today - 2000 * DAY_MS, today, '1d');

async function kraken(handler = krakenHandler((symbol) => (['BTC', 'DOGE', 'SOL'].includes(symbol) ? held : null))) {
  const server = await startServer(handler);
  const clock = fakeClock(today);
  return {
    server,
    clock,
    source: fetching(createKrakenSource({ ...clock, random: () => 0.5, baseUrl: server.url }), clock.now),
  };
}

describe('kraken source', () => {
  it('asks for Terra as LUNA2 and for Terra Classic as LUNA, and never for a coin whose ticker is another coin there', async () => {
    const { server, source } = await kraken(krakenHandler(() => held));
    await source.fetchCandles({ ...request, symbol: 'LUNA' });
    await source.fetchCandles({ ...request, symbol: 'LUNC' });
    expect(server.requests.map(({ url }) => url.searchParams.get('pair'))).toEqual(['LUNA2USD', 'LUNAUSD']);
    for (const symbol of ['LUNA2', 'XBT', 'XDG']) {
      await expect(source.fetchCandles({ ...request, symbol })).rejects.toMatchObject({
        code: 'CC_SOURCE_UNKNOWN_MARKET',
      });
    }
    expect(server.requests).toHaveLength(2);
  });

  it.each(['XXBTZEUR', 'SOLEUR', 'SOLUSDT'])('refuses %s, which is not quoted in dollars', async (pair) => {
    const { source } = await kraken(json({ error: [], result: { [pair]: [], last: 0 } }));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: 'kraken sent a pair that is not quoted in US dollars.',
    });
  });

  it.each(['XETHZUSD', 'SOLUSD', 'LUNAUSD'])('refuses %s where Bitcoin was asked for', async (pair) => {
    const { source } = await kraken(json({ error: [], result: { [pair]: [], last: 0 } }));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: 'kraken sent another pair than the one asked for.',
    });
  });

  it.each([
    [{ error: [], result: { SOLUSD: { altname: 'SOLUSD', status: 'online' } } }, 'trading'],
    [{ error: [], result: { SOLUSD: { altname: 'SOLUSD', status: 'cancel_only' } } }, 'halted'],
    [{ error: ['EQuery:Unknown asset pair'] }, 'unlisted'],
  ])('reads %j as %s', async (answer, state) => {
    const { server, source } = await kraken(json(answer));
    expect(await source.tradingState?.('SOL')).toBe(state);
    expect(server.requests[0]!.url.href).toContain('/0/public/AssetPairs?pair=SOLUSD');
  });

  it.each([
    ['BTC', 'XBTUSD'],
    ['DOGE', 'XDGUSD'],
    ['SOL', 'SOLUSD'],
  ])('asks for %s under the name %s and finds the answer under another key', async (symbol, pair) => {
    const { server, source } = await kraken();
    expect(await source.fetchCandles({ ...request, symbol })).toEqual(held.slice(-6, -1));
    expect(Object.fromEntries(server.requests[0]!.url.searchParams)).toMatchObject({ pair, interval: '1440' });
  });

  it('returns of a long request what lies within the newest 720, and drops the open candle', async () => {
    const { source } = await kraken();
    const candles = await source.fetchCandles({ ...request, fromMs: today - 1500 * DAY_MS });
    expect(candles).toEqual(held.slice(-721, -1));
  });

  it('does not ask for what it cannot have', async () => {
    const { server, source } = await kraken();
    const old = { ...request, fromMs: today - 900 * DAY_MS, toMs: today - 800 * DAY_MS };
    expect(await source.fetchCandles(old)).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    [['EQuery:Unknown asset pair'], 'CC_SOURCE_UNKNOWN_MARKET', 'kraken does not list BTC.'],
    [['EService:Unavailable'], 'CC_SOURCE_HTTP', 'kraken answered with EService:Unavailable.'],
    [['E<script>alert(1)</script>'], 'CC_SOURCE_HTTP', 'kraken answered with an error it does not document.'],
  ])('reads the errors %j that come with status 200', async (error, code, message) => {
    const { source } = await kraken(json({ error }));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code, message });
  });

  it('waits ten seconds when it has been asked too often', async () => {
    const { server, clock, source } = await kraken(json({ error: ['EAPI:Rate limit exceeded'] }));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    clock.advance(8000);
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_RATE_LIMITED' });
    expect(server.requests).toHaveLength(1);
    clock.advance(2000);
    server.answer(json({ error: [], result: { XXBTZUSD: [], last: 0 } }));
    expect(await source.fetchCandles(request)).toEqual([]);
  });

  it('leaves out the zeros before the first trade, however many, and one that comes twice', async () => {
    const zero = (back: number) => [(today - back * DAY_MS) / 1000, '0.0', '0.0', '0.0', '0.0', '0.0', '0.00000000', 0];
    const traded = [(today - 2 * DAY_MS) / 1000, '1.31', '1.40', '1.28', '1.35', '1.33', '1200.5', 80];
    const { source } = await kraken(
      json({ error: [], result: { XTZUSD: [zero(5), zero(4), zero(4), traded], last: 0 } }),
    );
    expect(await source.fetchCandles({ ...request, symbol: 'XTZ' })).toEqual([
      { openTimeMs: today - 2 * DAY_MS, open: 1.31, high: 1.4, low: 1.28, close: 1.35, volume: 1200.5 },
    ]);
  });

  it('refuses zeros that come after trades as the newest row', async () => {
    const zero = [(today - DAY_MS) / 1000, '0.0', '0.0', '0.0', '0.0', '0.0', '0.00000000', 0];
    const traded = [(today - 2 * DAY_MS) / 1000, '1.31', '1.40', '1.28', '1.35', '1.33', '1200.5', 80];
    const { source } = await kraken(json({ error: [], result: { XTZUSD: [traded, zero], last: 0 } }));
    await expect(source.fetchCandles({ ...request, symbol: 'XTZ' })).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
    });
  });

  it.each([
    ['no pair', { error: [], result: { last: 1 } }],
    ['two pairs', { error: [], result: { A: [], B: [], last: 1 } }],
    ['no result', { error: [] }],
    ['rows of another form', { error: [], result: { A: [[1, 2, 3]], last: 1 } }],
  ])('refuses an answer with %s', async (_what, body) => {
    const { source } = await kraken(json(body));
    await expect(source.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});
