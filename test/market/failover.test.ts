import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway, type MarketGatewayOptions } from '../../src/market/failover.ts';
import type { MinuteRequest } from '../../src/sources/source.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { candlesBetween, fakeSource } from '../support/market-candles.ts';

const today = Date.UTC(2024, 4, 20);
const fromMs = today - 10 * DAY_MS;
const toMs = today - DAY_MS;
const all = candlesBetween(fromMs, toMs, '1d');
const request = { symbol: 'BTC', interval: '1d', fromMs, toMs } as const;
const down =
  (code: 'CC_SOURCE_HTTP' | 'CC_SOURCE_UNKNOWN_MARKET' | 'CC_SOURCE_BAD_DATA' = 'CC_SOURCE_HTTP') =>
  () => {
    throw new CandlecastError(code, `it says ${code}.`);
  };
const without =
  (...indices: number[]) =>
  () =>
    all.filter((_, i) => !indices.includes(i));

function gatewayOf(sources: MarketGatewayOptions['sources'], more: Partial<MarketGatewayOptions> = {}) {
  const clock = fakeClock(today + HOUR_MS);
  return { clock, gateway: createMarketGateway({ sources, now: clock.now, logger: silentLogger, ...more }) };
}

describe('market gateway', () => {
  it('asks the first source only when that has everything', async () => {
    const [first, second] = [fakeSource('first', () => all), fakeSource('second', () => all)];
    const { gateway, clock } = gatewayOf([first, second]);
    const answer = await gateway.fetchCandles(request);
    expect(answer).toEqual({
      candles: all.map((candle) => ({ ...candle, source: 'first', fetchedAtMs: clock.now(), flag: null })),
      source: 'first',
      failures: [],
    });
    expect(second.calls).toEqual([]);
  });

  it('keeps the reason of every source that failed before one answered', async () => {
    const { gateway } = gatewayOf([
      fakeSource('a', down()),
      fakeSource('b', down('CC_SOURCE_UNKNOWN_MARKET')),
      fakeSource('c', () => all),
    ]);
    const answer = await gateway.fetchCandles(request);
    expect(answer.source).toBe('c');
    expect(answer.failures).toEqual([
      { source: 'a', code: 'CC_SOURCE_HTTP', reason: 'it says CC_SOURCE_HTTP.' },
      { source: 'b', code: 'CC_SOURCE_UNKNOWN_MARKET', reason: 'it says CC_SOURCE_UNKNOWN_MARKET.' },
    ]);
  });

  it('says that no source lists the coin', async () => {
    const { gateway } = gatewayOf([
      fakeSource('a', down('CC_SOURCE_UNKNOWN_MARKET')),
      fakeSource('b', down('CC_SOURCE_UNKNOWN_MARKET')),
    ]);
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
      message: 'No market source lists BTC.',
      retryable: false,
    });
  });

  it('remembers for an hour that a source does not list a coin, for that source and coin alone', async () => {
    const unlisted = fakeSource('a', down('CC_SOURCE_UNKNOWN_MARKET'));
    const other = fakeSource('b', () => all);
    const { gateway, clock } = gatewayOf([unlisted, other]);
    // lru-cache takes what was kept at moment zero of its clock for kept without a limit.
    clock.advance(1);
    for (let i = 0; i < 5; i++) expect((await gateway.fetchCandles(request)).source).toBe('b');
    expect([unlisted.calls.length, other.calls.length]).toEqual([1, 5]);
    await gateway.fetchCandles({ ...request, symbol: 'ETH' });
    expect(unlisted.calls).toHaveLength(2);
    clock.advance(HOUR_MS + 1);
    await gateway.fetchCandles(request);
    expect(unlisted.calls).toHaveLength(3);
  });

  it('admits that a source which is down might list the coin', async () => {
    const { gateway } = gatewayOf([fakeSource('a', down()), fakeSource('b', down('CC_SOURCE_UNKNOWN_MARKET'))]);
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
      message: 'No market source that answered lists BTC (no answer from a).',
      retryable: true,
    });
  });

  it('does not take an empty answer beside failed sources for an empty market', async () => {
    const { gateway } = gatewayOf([fakeSource('a', down()), fakeSource('b', () => [])]);
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  });

  it('shows nothing of an error that is not of the family', async () => {
    const { gateway } = gatewayOf([
      fakeSource('a', () => {
        throw new Error('GET https://x.test/?key=secret failed');
      }),
    ]);
    const error = await gateway.fetchCandles(request).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('secret');
  });

  it('fills gaps from the next sources, asking for no more than the gaps span', async () => {
    const first = fakeSource('first', without(3, 5));
    const second = fakeSource('second', without(3));
    const third = fakeSource('third', () => all);
    const { gateway } = gatewayOf([first, second, third]);
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles.map((candle) => candle.openTimeMs)).toEqual(all.map((candle) => candle.openTimeMs));
    expect(answer.candles.map((candle) => candle.source)).toEqual(
      all.map((_, i) => ({ 3: 'third', 5: 'second' })[i] ?? 'first'),
    );
    expect(answer.source).toBe('first');
    expect(second.calls).toEqual([{ fromMs: all[3]!.openTimeMs, toMs: all[5]!.openTimeMs }]);
    expect(third.calls).toEqual([{ fromMs: all[3]!.openTimeMs, toMs: all[3]!.openTimeMs }]);
  });

  it('never fills a gap from a source whose candles are approximate, but takes those when there is nothing else', async () => {
    const points = fakeSource('points', () => all, { approximate: true });
    const withGap = gatewayOf([fakeSource('first', without(4)), points]).gateway;
    expect((await withGap.fetchCandles(request)).candles).toHaveLength(9);
    expect(points.calls).toEqual([]);
    const broken = gatewayOf([fakeSource('first', down()), points]).gateway;
    expect((await broken.fetchCandles(request)).candles).toHaveLength(10);
    const empty = gatewayOf([fakeSource('first', () => []), points]).gateway;
    expect(await empty.fetchCandles(request)).toMatchObject({ source: 'points', failures: [] });
  });

  it('looks again for a gap while a source that might fill it was down', async () => {
    let broken = true;
    const second = fakeSource('second', () => (broken ? down()() : all));
    const { gateway } = gatewayOf([fakeSource('first', without(4)), second]);
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toHaveLength(9);
    expect(answer.failures).toMatchObject([{ source: 'second', code: 'CC_SOURCE_HTTP' }]);
    broken = false;
    expect((await gateway.fetchCandles(request)).candles).toHaveLength(10);
  });

  it('asks the next source for the newest candle of one that lags, every time, and accepts what there is', async () => {
    const second = fakeSource('second', without(9));
    const { gateway } = gatewayOf([fakeSource('first', without(9)), second]);
    await gateway.fetchCandles(request);
    expect((await gateway.fetchCandles(request)).candles).toHaveLength(9);
    expect(second.calls).toEqual([
      { fromMs: toMs, toMs },
      { fromMs: toMs, toMs },
    ]);
  });

  it('asks for nothing that is still open, and nothing at all for the future', async () => {
    const source = fakeSource('first', () => all);
    const { gateway } = gatewayOf([source]);
    await gateway.fetchCandles({ ...request, toMs: today + 5 * DAY_MS });
    expect(source.calls).toEqual([{ fromMs, toMs }]);
    const future = { ...request, fromMs: today, toMs: today + DAY_MS };
    expect((await gateway.fetchCandles(future)).candles).toEqual([]);
    expect(source.calls).toHaveLength(1);
  });

  it('lets no symbol through that is none', async () => {
    const source = fakeSource('first', () => all);
    await expect(gatewayOf([source]).gateway.fetchCandles({ ...request, symbol: '../x' })).rejects.toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
    });
    expect(source.calls).toEqual([]);
  });

  it('knows the end of a history only when every source is one', async () => {
    const live = fakeSource('live', () => all);
    const file = fakeSource('file', () => all, { newestOpenMs: async (symbol) => (symbol === 'BTC' ? toMs : null) });
    const empty = fakeSource('empty', () => [], { newestOpenMs: async () => null });
    expect(await gatewayOf([empty, file]).gateway.newestOpenMs('BTC', '1d')).toBe(toMs);
    expect(await gatewayOf([file]).gateway.newestOpenMs('ETH', '1d')).toBeNull();
    expect(await gatewayOf([file, live]).gateway.newestOpenMs('BTC', '1d')).toBeNull();
  });

  it('says that an exchange has halted a coin, which is not the same as not listing it', async () => {
    const asked: string[] = [];
    const tradingState = async (symbol: string) => {
      asked.push(symbol);
      return 'halted' as const;
    };
    const halted = fakeSource('binance', () => [], { tradingState });
    const other = fakeSource('kraken', down('CC_SOURCE_UNKNOWN_MARKET'));
    const { gateway } = gatewayOf([halted, other]);
    const failure = {
      code: 'CC_MARKET_HALTED',
      message: /^Nobody trades BTC at present\. binance has halted trading of BTC\.$/,
    };
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({ code: failure.code });
    await expect(gateway.fetchCandles(request)).rejects.toThrow(failure.message);
    // Asked once an hour.
    expect(asked).toEqual(['BTC']);
  });

  it('asks again whether a coin is halted an hour later, also where the clock was a year ahead meanwhile', async () => {
    let state: 'halted' | 'trading' = 'halted';
    const { gateway, clock } = gatewayOf([fakeSource('a', without(8, 9), { tradingState: async () => state })]);
    clock.advance(365 * DAY_MS);
    await expect(
      gateway.fetchCandles({ ...request, fromMs: toMs + 364 * DAY_MS, toMs: toMs + 365 * DAY_MS }),
    ).rejects.toThrow('halted');
    clock.advance(-365 * DAY_MS);
    expect((await gateway.fetchCandles(request)).failures).toHaveLength(1);
    state = 'trading';
    clock.advance(2 * HOUR_MS);
    expect((await gateway.fetchCandles(request)).failures).toEqual([]);
  });

  it('gives what an exchange holds of a coin that it has halted, with the reason why the newest candles are missing', async () => {
    const halted = fakeSource('binance', without(8, 9), { tradingState: async () => 'halted' });
    const { gateway } = gatewayOf([halted]);
    const answer = await gateway.fetchCandles(request);
    expect(answer.candles).toHaveLength(8);
    expect(answer.failures).toEqual([
      { source: 'binance', code: 'CC_SOURCE_HALTED', reason: 'binance has halted trading of BTC.' },
    ]);
  });

  it('does not ask whether a coin is halted while its newest candle is there, and goes on where that cannot be learnt', async () => {
    const tradingState = () => Promise.reject(new Error('not today'));
    const { gateway } = gatewayOf([fakeSource('a', () => all, { tradingState })]);
    expect((await gateway.fetchCandles(request)).failures).toEqual([]);
    const late = gatewayOf([fakeSource('a', without(9), { tradingState }), fakeSource('b', () => all)]).gateway;
    expect((await late.fetchCandles(request)).candles).toHaveLength(10);
  });
});

describe('minutes of the gateway', () => {
  const nowMs = today + HOUR_MS;
  const span = { symbol: 'BTC', fromMs: nowMs - 5 * MINUTE_MS, toMs: nowMs } as const;
  const minute = { openTimeMs: nowMs, open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const withMinutes = (name: string, answer: () => readonly Candle[] | Promise<readonly Candle[]>) => {
    const requests: MinuteRequest[] = [];
    const fetchMinutes = async (request: MinuteRequest) => {
      requests.push(request);
      return answer();
    };
    return { ...fakeSource(name, () => []), requests, fetchMinutes };
  };

  it('come from the first source that has some, on behalf of who asks', async () => {
    const sources = [withMinutes('a', () => []), withMinutes('b', () => [minute]), withMinutes('c', () => [minute])];
    const { gateway } = gatewayOf(sources);
    const asker = { userId: '1', guildId: '2' };
    expect(await gateway.fetchMinutes({ ...span, asker })).toEqual({
      candles: [minute],
      source: 'b',
      fetchedAtMs: nowMs,
      failures: [],
    });
    expect(sources.map(({ requests }) => requests.length)).toEqual([1, 1, 0]);
    expect(sources[1]!.requests[0]).toMatchObject({ ...span, asker });
    expect(await gateway.fetchMinutes({ ...span, notFrom: ['b'] })).toMatchObject({ source: 'c' });
  });

  it('name every source that failed, and are none where all did', async () => {
    const unlisted = withMinutes('b', down('CC_SOURCE_UNKNOWN_MARKET'));
    const { gateway } = gatewayOf([withMinutes('a', down()), unlisted, fakeSource('candles only', () => all)]);
    const answer = await gateway.fetchMinutes(span);
    expect(answer).toMatchObject({ candles: [], source: null });
    expect(answer.failures.map(({ source, code }) => [source, code])).toEqual([
      ['a', 'CC_SOURCE_HTTP'],
      ['b', 'CC_SOURCE_UNKNOWN_MARKET'],
    ]);
    // What is not listed is remembered.
    await gateway.fetchMinutes(span);
    expect(unlisted.requests).toHaveLength(1);
  });

  it('are no longer asked of a source where they fail, whose candles are; and of none that gives no candles', async () => {
    const broken = { ...withMinutes('a', down()), fetchPage: fakeSource('a', () => all).fetchPage };
    const { gateway } = gatewayOf([broken]);
    for (let i = 0; i < 5; i++) await gateway.fetchMinutes(span);
    expect(broken.requests).toHaveLength(3);
    expect((await gateway.fetchCandles(request)).source).toBe('a');
    expect(gateway.health()).toMatchObject([
      { name: 'a', state: 'ok', note: 'no last trades: it says CC_SOURCE_HTTP.' },
    ]);
    const silent = { ...withMinutes('b', () => [minute]), fetchPage: fakeSource('b', down()).fetchPage };
    const other = gatewayOf([silent]).gateway;
    for (let i = 0; i < 3; i++) await other.fetchCandles(request).catch(() => {});
    const answer = await other.fetchMinutes(span);
    expect(answer.failures).toMatchObject([{ source: 'b', code: 'CC_SOURCE_CIRCUIT_OPEN' }]);
    expect(silent.requests).toHaveLength(0);
  });

  it('are told by the open hour of an exchange that refuses them, also of one that takes the coin for unknown then', async () => {
    const openHour = { openTimeMs: nowMs, open: 5, high: 9, low: 4, close: 7, volume: 3 };
    const held = fakeSource('a', () => [...all, openHour]).fetchPage;
    for (const code of ['CC_SOURCE_HTTP', 'CC_SOURCE_UNKNOWN_MARKET', 'CC_SOURCE_BAD_DATA'] as const) {
      const { gateway } = gatewayOf([{ ...withMinutes('a', down(code)), fetchPage: held }]);
      // Also once nothing is asked of its minutes any more.
      for (let i = 0; i < 5; i++) {
        expect(await gateway.fetchMinutes(span)).toEqual({
          candles: [{ openTimeMs: nowMs, open: 7, high: 7, low: 7, close: 7, volume: 3 }],
          source: 'a',
          fetchedAtMs: nowMs,
          failures: [expect.objectContaining({ source: 'a' })],
        });
      }
      expect((await gateway.fetchCandles(request)).source).toBe('a');
      // Of minutes that are over, the open hour says nothing.
      const past = await gateway.fetchMinutes({ ...span, toMs: nowMs - MINUTE_MS });
      expect(past).toMatchObject({ candles: [], source: null });
    }
    const quiet = fakeSource('a', () => [{ ...openHour, volume: 0 }]).fetchPage;
    const { gateway } = gatewayOf([{ ...withMinutes('a', down()), fetchPage: quiet }]);
    expect(await gateway.fetchMinutes(span)).toMatchObject({ candles: [], failures: [{ code: 'CC_SOURCE_HTTP' }] });
  });

  it('do not wait for one slow source with the time of the others', async () => {
    const slow = withMinutes('slow', () => new Promise(() => {}));
    const { gateway } = gatewayOf([slow, withMinutes('quick', () => [minute])]);
    const answer = await gateway.fetchMinutes({ ...span, withinMs: 60 });
    expect(answer).toMatchObject({ source: 'quick', failures: [{ source: 'slow', code: 'CC_SOURCE_TIMEOUT' }] });
  });

  it('are refused where they are judged to be of another coin', async () => {
    const { gateway } = gatewayOf([withMinutes('a', () => [minute]), withMinutes('b', () => [minute])]);
    const accept = async ({ source }: { readonly source: string }) => {
      if (source === 'a') throw new CandlecastError('CC_SOURCE_OTHER_COIN', 'Another coin.');
    };
    expect(await gateway.fetchMinutes({ ...span, accept })).toMatchObject({
      source: 'b',
      failures: [{ source: 'a', code: 'CC_SOURCE_OTHER_COIN' }],
    });
    expect(gateway.health()[0]!.oddRows).toEqual([{ reason: 'of another coin, unit or currency', rows: 1 }]);
  });
});
