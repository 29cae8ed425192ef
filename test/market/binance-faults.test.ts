import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createBinanceSource } from '../../src/sources/market/binance.ts';
import { createCoinbaseSource } from '../../src/sources/market/coinbase.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { sendGzipBomb } from '../support/gzip-bomb.ts';
import { type Handler, hang, json, startServer, text } from '../support/http-server.ts';
import { candlesBetween, klineRow } from '../support/market-candles.ts';

const today = Date.UTC(2024, 4, 20);
const truth = candlesBetween(today - 9 * DAY_MS, today - DAY_MS, '1d');
const rows = truth.map((candle) => klineRow(candle, '1d'));
const request = {
  symbol: 'BTC',
  interval: '1d',
  fromMs: truth[0]!.openTimeMs,
  toMs: truth.at(-1)!.openTimeMs,
} as const;

/** The right rows with one of them changed. */
function damaged(change: (row: unknown[]) => unknown[], at = 4): Handler {
  return json(rows.map((row, i) => (i === at ? change(row) : row)));
}
const set = (index: number, value: unknown) => (row: unknown[]) => row.with(index, value);
const shift = (ms: number) => (row: unknown[]) => row.with(0, Number(row[0]) + ms).with(6, Number(row[6]) + ms);
const half = JSON.stringify(rows).slice(0, 400);

const FAULTS: readonly (readonly [string, Handler, ErrorCode, RegExp])[] = [
  ['451', text('restricted location', 451), 'CC_SOURCE_HTTP', /451/],
  ['429 with Retry-After', text('', 429, { 'retry-after': '60' }), 'CC_SOURCE_RATE_LIMITED', /60 s/],
  ['418', text('', 418, { 'retry-after': '300' }), 'CC_SOURCE_RATE_LIMITED', /5 min/],
  ['500', text('', 500), 'CC_SOURCE_HTTP', /500/],
  ['a hang', hang, 'CC_SOURCE_TIMEOUT', /did not answer/],
  [
    'half a body',
    (_q, r) => void r.writeHead(200, { 'content-length': '9999' }).write(half, () => r.destroy()),
    'CC_SOURCE_BAD_DATA',
    /broke off/,
  ],
  ['half a document', text(half), 'CC_SOURCE_BAD_DATA', /JSON/],
  ['HTML', text('<!doctype html><h1>hi</h1>'), 'CC_SOURCE_BAD_DATA', /web page/],
  ['an object instead of a list', json({ rows }), 'CC_SOURCE_BAD_DATA', /another form/],
  ['a price that is a number', damaged(set(1, 100.5)), 'CC_SOURCE_BAD_DATA', /another form.*4\.1/],
  ['a time that is text', damaged(set(0, 'yesterday')), 'CC_SOURCE_BAD_DATA', /another form.*4\.0/],
  ['a row that is too short', damaged((row) => row.slice(0, 4)), 'CC_SOURCE_BAD_DATA', /another form/],
  ['NaN as text', damaged(set(4, 'NaN')), 'CC_SOURCE_BAD_DATA', /another form.*4\.4/],
  ['Infinity as text', damaged(set(2, 'Infinity')), 'CC_SOURCE_BAD_DATA', /another form.*4\.2/],
  ['a number beyond all numbers', damaged(set(2, '1e999')), 'CC_SOURCE_BAD_DATA', /finite/],
  ['an empty price', damaged(set(1, '')), 'CC_SOURCE_BAD_DATA', /another form/],
  ['a negative price', damaged(set(3, '-1.0')), 'CC_SOURCE_BAD_DATA', /not positive \(2024-05-15T/],
  ['a price of zero', damaged(set(3, '0.0')), 'CC_SOURCE_BAD_DATA', /not positive/],
  ['a negative volume', damaged(set(5, '-1.0')), 'CC_SOURCE_BAD_DATA', /negative volume/],
  ['a high below the low', damaged(set(2, '1.0')), 'CC_SOURCE_BAD_DATA', /high is below/],
  ['a low above the close', damaged(set(3, '102.5')), 'CC_SOURCE_BAD_DATA', /low is above/],
  ['a candle off the grid', damaged(shift(1000)), 'CC_SOURCE_BAD_DATA', /grid/],
  [
    'a candle in the future',
    json([...rows, shift(30 * DAY_MS)(rows[8]!)]),
    'CC_SOURCE_BAD_DATA',
    /future \(2024-06-18T/,
  ],
  ['a candle twice', json([...rows.slice(0, 5), rows[4], ...rows.slice(5)]), 'CC_SOURCE_BAD_DATA', /twice/],
  ['candles out of order', json(rows.toReversed()), 'CC_SOURCE_BAD_DATA', /out of order/],
  ['a candle before the request', json([shift(-DAY_MS)(rows[0]!), ...rows]), 'CC_SOURCE_BAD_DATA', /outside/],
  ['more rows than were asked for', json(Array(1001).fill(rows[0])), 'CC_SOURCE_BAD_DATA', /another form/],
  ['a gzip bomb of 1 GiB', (_q, response) => void sendGzipBomb(response), 'CC_SOURCE_TOO_LARGE', /8192 KiB/],
  [
    'a redirect to another host',
    (_q, r) => void r.writeHead(302, { location: 'http://127.0.0.2:9/' }).end(),
    'CC_SOURCE_BAD_DATA',
    /another host/,
  ],
];

/** Coinbase's form of the truth, a cent higher, so that it can be told apart. */
const coinbaseRows = truth
  .map((c) => [c.openTimeMs / 1000, c.low, c.high + 0.01, c.open, c.close, c.volume])
  .toReversed();
const fromCoinbase: Candle[] = truth.map((candle) => ({ ...candle, high: candle.high + 0.01 }));

async function market(binance: Handler, coinbase: Handler) {
  const clock = fakeClock(today + HOUR_MS);
  const [first, second] = [await startServer(binance), await startServer(coinbase)];
  const options = { ...clock, random: () => 0.5 };
  const gateway = createMarketGateway({
    now: clock.now,
    logger: silentLogger,
    sources: [
      createBinanceSource({ ...options, baseUrl: first.url, ...(binance === hang ? { timeoutMs: 200 } : {}) }),
      createCoinbaseSource({ ...options, baseUrl: second.url }),
    ],
  });
  return { gateway, first, second };
}

describe('a broken Binance', () => {
  it.each(FAULTS)('%s: the next source answers, and the reason is kept', async (_what, handler, code, reason) => {
    const { gateway } = await market(handler, json(coinbaseRows));
    const startedAt = performance.now();
    const answer = await gateway.fetchCandles(request);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(answer.source).toBe('coinbase');
    expect(answer.candles.every((candle) => candle.source === 'coinbase')).toBe(true);
    expect(answer.candles).toMatchObject(fromCoinbase);
    expect(answer.failures).toMatchObject([{ source: 'binance', code }]);
    expect(answer.failures[0]!.reason).toMatch(reason);
    expect(answer.failures[0]!.reason).not.toMatch(/127\.0|http:/);
  });

  it.each(FAULTS)('%s: with no other source, the error says why', async (_what, handler, code, reason) => {
    const { gateway } = await market(handler, text('', 502));
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
      message: expect.stringMatching(reason),
      failures: [{ source: 'binance', code }, { source: 'coinbase' }],
      context: { failures: [expect.stringContaining(`binance: ${code}`), expect.stringContaining('coinbase')] },
    });
  });

  it('that refuses connections: the next source answers', async () => {
    const { gateway, first } = await market(hang, json(coinbaseRows));
    await first.close();
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toMatchObject(fromCoinbase);
    expect(answer.failures).toEqual([
      { source: 'binance', code: 'CC_SOURCE_NETWORK', reason: 'binance refused the connection.' },
    ]);
  });

  it('that sends an empty list: the next source is asked', async () => {
    const { gateway } = await market(json([]), json(coinbaseRows));
    const answer = await gateway.fetchCandles(request);
    expect(answer.source).toBe('coinbase');
    expect(answer.failures).toEqual([]);
  });

  it('that does not list the coin: the next source is asked', async () => {
    const { gateway } = await market(json({ code: -1121, msg: 'Invalid symbol.' }, 400), json(coinbaseRows));
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toMatchObject(fromCoinbase);
    expect(answer.failures).toMatchObject([{ code: 'CC_SOURCE_UNKNOWN_MARKET' }]);
  });
});
