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

/** The right rows with some of them changed. */
function damaged(change: (row: unknown[]) => unknown[], at: readonly number[]): Handler {
  return json(rows.map((row, i) => (at.includes(i) ? change(row) : row)));
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
  ['more rows than were asked for', json(Array(1001).fill(rows[0])), 'CC_SOURCE_BAD_DATA', /another form/],
  ['a gzip bomb of 1 GiB', (_q, response) => void sendGzipBomb(response), 'CC_SOURCE_TOO_LARGE', /2048 KiB/],
  [
    'a redirect to another host',
    (_q, r) => void r.writeHead(302, { location: 'http://127.0.0.2:9/' }).end(),
    'CC_SOURCE_BAD_DATA',
    /another host/,
  ],
];

/** One row changed in a way that makes it unfit to be used, and what is said of it. */
const ODD_ROWS: readonly (readonly [string, (row: unknown[]) => unknown[], RegExp])[] = [
  ['a price that is a number', set(1, 100.5), /another form.*\d\.1/],
  ['a time that is text', set(0, 'yesterday'), /another form.*\d\.0/],
  ['a row that is too short', (row) => row.slice(0, 4), /another form/],
  ['NaN as text', set(4, 'NaN'), /another form.*\d\.4/],
  ['Infinity as text', set(2, 'Infinity'), /another form.*\d\.2/],
  ['a number beyond all numbers', set(2, '1e999'), /finite/],
  ['an empty price', set(1, ''), /another form/],
  ['a negative price', set(3, '-1.0'), /not positive \(2024-05-\d\dT/],
  ['a price of zero', set(3, '0.0'), /not positive/],
  ['a negative volume', set(5, '-1.0'), /negative volume/],
  ['a high below the low', set(2, '1.0'), /high is below/],
  ['a low above the close', set(3, '117.5'), /low is above|high is below/],
  ['a candle off the grid', shift(1000), /grid/],
  ['a candle of next month', shift(30 * DAY_MS), /future \(2024-06-\d\dT/],
  ['a candle cut short by an outage', (row) => row.with(6, Number(row[0]) + 14_838), /not 1d long/],
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

  it.each(ODD_ROWS)(
    '%s in one row: that row is dropped, counted and filled by the next source',
    async (_what, change) => {
      const { gateway } = await market(damaged(change, [4]), json(coinbaseRows));
      const answer = await gateway.fetchCandles(request);
      expect(answer.candles).toMatchObject(truth.with(4, fromCoinbase[4]!));
      expect(answer.candles.map(({ source }) => source)).toEqual(
        truth.map((_candle, i) => (i === 4 ? 'coinbase' : 'binance')),
      );
      expect(answer.failures).toEqual([]);
      expect(gateway.health()[0]).toMatchObject({ state: 'ok', oddRows: [{ rows: 1 }] });
    },
  );

  it.each(ODD_ROWS)('%s in one row, with no other source: the rest is used', async (_what, change) => {
    const { gateway } = await market(damaged(change, [4]), text('', 502));
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toMatchObject(truth.toSpliced(4, 1));
  });

  it.each(ODD_ROWS)(
    '%s in the newest row: the next source answers, and the reason is kept',
    async (_w, change, reason) => {
      const { gateway } = await market(damaged(change, [8]), json(coinbaseRows));
      const answer = await gateway.fetchCandles(request);
      expect(answer.candles).toMatchObject(fromCoinbase);
      expect(answer.failures).toMatchObject([{ source: 'binance', code: 'CC_SOURCE_BAD_DATA' }]);
      expect(answer.failures[0]!.reason).toMatch(reason);
    },
  );

  it.each(ODD_ROWS)('%s in more than a fifth: the answer is refused', async (_what, change, reason) => {
    const { gateway } = await market(damaged(change, [2, 4]), json(coinbaseRows));
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toMatchObject(fromCoinbase);
    expect(answer.failures[0]!.reason).toMatch(/^binance sent 2 odd rows of 9: /);
    expect(answer.failures[0]!.reason).toMatch(reason);
  });

  it.each([
    ['a row twice', [...rows.slice(0, 5), rows[4], ...rows.slice(5)]],
    ['rows out of order', rows.toReversed()],
    ['every row twice', [...rows, ...rows]],
    ['a candle before the request', [shift(-DAY_MS)(rows[0]!), ...rows]],
  ])('that sends %s: each candle is used once, in order', async (_what, sent) => {
    const { gateway } = await market(json(sent), text('', 502));
    expect((await gateway.fetchCandles(request)).candles).toMatchObject(truth);
  });

  it('that sends two different candles of one day: neither is used', async () => {
    const { gateway } = await market(
      json([...rows.slice(0, 5), set(4, '101.5')(rows[4]!), ...rows.slice(5)]),
      text('', 502),
    );
    expect((await gateway.fetchCandles(request)).candles).toMatchObject(truth.toSpliced(4, 1));
    expect(gateway.health()[0]!.oddRows).toEqual([{ reason: 'that contradicts another of the same time', rows: 1 }]);
  });

  it('that is asked again and again for a lone row cut short is not left alone', async () => {
    const cut = rows[4]!.with(6, Number(rows[4]![0]) + 14_838);
    const { gateway } = await market(json([cut]), json([]));
    const gap = { ...request, fromMs: truth[4]!.openTimeMs, toMs: truth[4]!.openTimeMs };
    for (let i = 0; i < 5; i++) await gateway.fetchCandles(gap).catch(() => undefined);
    expect(gateway.health()[0]!.state).not.toBe('down');
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
