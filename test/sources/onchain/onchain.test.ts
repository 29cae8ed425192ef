import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { OddRowCount } from '../../../src/core/market.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createBlockchainInfoSource } from '../../../src/sources/onchain/blockchain-info.ts';
import { createCoinMetricsSource } from '../../../src/sources/onchain/coinmetrics.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Handler, json, startServer } from '../../support/http-server.ts';

const today = Date.UTC(2024, 4, 20);
const nowMs = today + 5 * HOUR_MS;
const request = { symbol: 'BTC', fromMs: today - 3 * DAY_MS, toMs: today };
const days = [3, 2, 1, 0].map((back) => today - back * DAY_MS);
const stamp = (timeMs: number) => new Date(timeMs).toISOString().replace('000Z', '000000000Z');

/** Speaks Coin Metrics: two rows a page, one metric a call, 403 for one that is not granted. */
function coinMetrics(granted: readonly string[], value = '595445'): Handler {
  return (incoming, response, url) => {
    const metric = url.searchParams.get('metrics') ?? '';
    if (url.searchParams.get('assets') !== 'btc') {
      json({ error: { type: 'bad_parameter', message: "Value 'nope' is not supported." } }, 400)(
        incoming,
        response,
        url,
      );
      return;
    }
    if (!granted.includes(metric)) {
      json({ error: { type: 'forbidden', message: 'not available' } }, 403)(incoming, response, url);
      return;
    }
    const at = Number(url.searchParams.get('next_page_token') ?? 0);
    const data = days.slice(at, at + 2).map((day) => ({ asset: 'btc', time: stamp(day), [metric]: value }));
    const more = at + 2 < days.length ? { next_page_token: String(at + 2), next_page_url: 'https://evil.test/' } : {};
    json({ data, ...more })(incoming, response, url);
  };
}

async function coinMetricsSource(handler: Handler) {
  const server = await startServer(handler);
  const options = { ...fakeClock(nowMs), random: () => 0.5, baseUrl: server.url, logger: silentLogger };
  return { server, source: createCoinMetricsSource(options) };
}

describe('coinmetrics source', () => {
  it('follows the pages, drops the day under way, and dates availability after the day', async () => {
    const { source } = await coinMetricsSource(coinMetrics(['AdrActCnt']));
    expect(await source.fetchObservations(request)).toEqual(
      days.slice(0, 3).map((timeMs) => ({
        symbol: 'BTC',
        metric: 'activeAddresses',
        timeMs,
        availableAtMs: timeMs + DAY_MS + 6 * HOUR_MS,
        value: 595445,
        source: 'coinmetrics',
      })),
    );
  });

  it('asks one metric a call, so that one which is not granted costs none of the others', async () => {
    const { server, source } = await coinMetricsSource(coinMetrics(['CapMrktCurUSD', 'TxCnt'], '7.5'));
    const metrics = new Set((await source.fetchObservations(request)).map(({ metric }) => metric));
    expect([...metrics]).toEqual(['marketCapUsd', 'transactions']);
    expect(server.requests.every(({ url }) => !url.searchParams.get('metrics')!.includes(','))).toBe(true);
  });

  it('fails when no metric is granted, and for a coin it does not know', async () => {
    const { source } = await coinMetricsSource(coinMetrics([]));
    await expect(source.fetchObservations(request)).rejects.toMatchObject({
      code: 'CC_SOURCE_HTTP',
      context: { status: 403 },
    });
    await expect(source.fetchObservations({ ...request, symbol: 'NOPE' })).rejects.toMatchObject({
      code: 'CC_SOURCE_UNKNOWN_MARKET',
    });
    await expect(source.fetchObservations({ ...request, symbol: 'btc&x' })).rejects.toMatchObject({
      code: 'CC_SOURCE_UNKNOWN_MARKET',
    });
  });

  it.each(['NaN', '-5', '', 'many'])('refuses the value %j', async (value) => {
    const { source } = await coinMetricsSource(coinMetrics(['AdrActCnt', 'CapMrktCurUSD', 'TxCnt'], value));
    await expect(source.fetchObservations(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('takes `next_page_token: null` for the last page', async () => {
    const row = { asset: 'btc', time: stamp(days[0]!), TxCnt: '5', AdrActCnt: '5', CapMrktCurUSD: '5' };
    const { server, source } = await coinMetricsSource(json({ data: [row], next_page_token: null }));
    expect(await source.fetchObservations(request)).toHaveLength(3);
    expect(server.requests).toHaveLength(3);
  });

  it('drops one odd row and keeps the others', async () => {
    const values = ['1', '2', 'many', '4', '5', '6'];
    const data = values.map((value, i) => ({
      time: stamp(today - (6 - i) * DAY_MS),
      TxCnt: value,
      AdrActCnt: value,
      CapMrktCurUSD: value,
    }));
    const { source } = await coinMetricsSource(json({ data }));
    const found = await source.fetchObservations({ ...request, fromMs: today - 6 * DAY_MS });
    expect(found.filter(({ metric }) => metric === 'transactions').map(({ value }) => value)).toEqual([1, 2, 4, 5, 6]);
  });

  it('leaves out a day without a value', async () => {
    const row = (day: number, value: string | null) => ({ asset: 'btc', time: stamp(day), TxCnt: value });
    const { source } = await coinMetricsSource((incoming, response, url) =>
      json({ data: url.searchParams.get('metrics') === 'TxCnt' ? [row(days[0]!, '5'), row(days[1]!, null)] : [] })(
        incoming,
        response,
        url,
      ),
    );
    expect((await source.fetchObservations(request)).map(({ timeMs }) => timeMs)).toEqual([days[0]]);
  });
});

async function blockchain(values: unknown, status = 'ok') {
  const server = await startServer(json({ status, unit: 'Addresses', period: 'day', values }));
  return {
    server,
    source: createBlockchainInfoSource({ ...fakeClock(nowMs), random: () => 0.5, baseUrl: server.url }),
  };
}

describe('blockchain-info source', () => {
  it('gives addresses and transactions of whole days, available half a day after each', async () => {
    const { server, source } = await blockchain(days.map((day) => ({ x: day / 1000, y: 1000 })));
    const observations = await source.fetchObservations(request);
    expect(observations).toHaveLength(6);
    expect(observations[0]).toEqual({
      symbol: 'BTC',
      metric: 'activeAddresses',
      timeMs: days[0],
      availableAtMs: days[0]! + DAY_MS + 12 * HOUR_MS,
      value: 1000,
      source: 'blockchain-info',
    });
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      '/charts/n-unique-addresses',
      '/charts/n-transactions',
    ]);
    expect(Object.fromEntries(server.requests[0]!.url.searchParams)).toEqual({
      timespan: '5days',
      format: 'json',
      sampled: 'false',
    });
  });

  it('knows Bitcoin only', async () => {
    const { source } = await blockchain([]);
    await expect(source.fetchObservations({ ...request, symbol: 'ETH' })).rejects.toMatchObject({
      code: 'CC_SOURCE_UNKNOWN_MARKET',
    });
  });

  it.each([
    ['a negative value', [{ x: days[0]! / 1000, y: -1 }]],
    ['a time within a day', [{ x: days[0]! / 1000 + 60, y: 1 }]],
    ['a day in the future', [{ x: days[3]! / 1000 + 86_400, y: 1 }]],
    ['text', [{ x: 'monday', y: 1 }]],
  ])('refuses %s', async (_what, values) => {
    const { source } = await blockchain(values);
    await expect(source.fetchObservations(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });

  it('leaves out a null, takes days in any order and a day twice once, and drops an odd one', async () => {
    const many = Array.from({ length: 10 }, (_, i) => ({
      x: (today - (i + 1) * DAY_MS) / 1000,
      y: (1000 + i) as number | null,
    }));
    const values = [...many.with(4, { x: many[4]!.x, y: null }).with(6, { x: many[6]!.x, y: -1 }), many[2]!];
    const { source } = await blockchain(values);
    const dropped: OddRowCount[] = [];
    const found = await source.fetchObservations({
      ...request,
      fromMs: today - 10 * DAY_MS,
      odd: (counts) => dropped.push(...counts),
    });
    const active = found.filter(({ metric }) => metric === 'activeAddresses');
    const wanted = many.filter((_, i) => i !== 4 && i !== 6).toReversed();
    expect(active.map(({ timeMs, value }) => ({ x: timeMs / 1000, y: value }))).toEqual(wanted);
    expect(dropped.slice(0, 3)).toEqual([
      { reason: 'without a value', rows: 1 },
      { reason: 'with a value that is negative or no number', rows: 1 },
      { reason: 'that occurs twice', rows: 1 },
    ]);
  });

  it('refuses an answer that does not call itself ok', async () => {
    const { source } = await blockchain([], 'error');
    await expect(source.fetchObservations(request)).rejects.toMatchObject({ code: 'CC_SOURCE_BAD_DATA' });
  });
});
