import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { createMarketGateway, type MarketGatewayOptions } from '../../src/market/failover.ts';
import { SourceError, type SourceErrorDetails } from '../../src/sources/source-error.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { candlesBetween, fakeSource } from '../support/market-candles.ts';

const today = Date.UTC(2024, 4, 20);
const fromMs = today - 10 * DAY_MS;
const toMs = today - DAY_MS;
const all = candlesBetween(fromMs, toMs, '1d');
const request = { symbol: 'BTC', interval: '1d', fromMs, toMs } as const;
const never = () => new Promise<readonly Candle[]>(() => {});
const fails = (
  code: 'CC_SOURCE_HTTP' | 'CC_SOURCE_UNKNOWN_MARKET' | 'CC_SOURCE_RATE_LIMITED',
  details: SourceErrorDetails = {},
) => {
  throw new SourceError('it', code, `says ${code}.`, details);
};

function gatewayOf(sources: MarketGatewayOptions['sources'], more: Partial<MarketGatewayOptions> = {}) {
  const clock = fakeClock(today + HOUR_MS);
  return { clock, gateway: createMarketGateway({ sources, now: clock.now, logger: silentLogger, ...more }) };
}

describe('circuit breaker of the gateway', () => {
  it('opens after three failures in a row, tries again after 30 s, then after 60 s, and closes on success', async () => {
    let broken = true;
    const first = fakeSource('first', () => (broken ? fails('CC_SOURCE_HTTP') : all));
    const { gateway, clock } = gatewayOf([first, fakeSource('second', () => all)]);
    const ask = async () => (await gateway.fetchCandles(request)).failures[0]?.code;

    expect([await ask(), await ask(), await ask()]).toEqual(Array(3).fill('CC_SOURCE_HTTP'));
    expect(gateway.health()[0]).toMatchObject({ state: 'down', retryAtMs: clock.now() + 30_000 });
    expect(await ask()).toBe('CC_SOURCE_CIRCUIT_OPEN');
    clock.advance(29_999);
    expect(await ask()).toBe('CC_SOURCE_CIRCUIT_OPEN');
    expect(first.calls).toHaveLength(3);

    clock.advance(1);
    expect(await ask()).toBe('CC_SOURCE_HTTP');
    expect(first.calls).toHaveLength(4);
    expect(gateway.health()[0]).toMatchObject({ state: 'down', retryAtMs: clock.now() + 60_000 });
    clock.advance(59_999);
    expect(await ask()).toBe('CC_SOURCE_CIRCUIT_OPEN');

    broken = false;
    clock.advance(1);
    expect(await ask()).toBeUndefined();
    expect(gateway.health()[0]).toMatchObject({ state: 'ok', retryAtMs: null, lastSuccessMs: clock.now() });
  });

  it('does not count coins that are not listed, and takes them as a sign of life', async () => {
    const answers = ['CC_SOURCE_HTTP', 'CC_SOURCE_HTTP', 'CC_SOURCE_UNKNOWN_MARKET'] as const;
    let call = 0;
    const first = fakeSource('first', () => fails(answers[call++ % 3]!));
    const { gateway } = gatewayOf([first, fakeSource('second', () => all)]);
    // Other coins: one that is not listed is remembered for a while.
    for (let i = 0; i < 9; i++) await gateway.fetchCandles({ ...request, symbol: `C${i}` });
    expect(first.calls).toHaveLength(9);
  });

  it('leaves a source alone for as long as it asked', async () => {
    const clock = fakeClock(today + HOUR_MS);
    const retryAtMs = clock.now() + 90_000;
    const first = fakeSource('first', () => fails('CC_SOURCE_RATE_LIMITED', { pause: { waitMs: 90_000, retryAtMs } }));
    const sources = [first, fakeSource('second', () => all)];
    const gateway = createMarketGateway({ sources, now: clock.now, logger: silentLogger });
    await gateway.fetchCandles(request);
    expect(gateway.health()[0]).toMatchObject({ state: 'down', retryAtMs });
    const answer = await gateway.fetchCandles(request);
    expect(answer.failures).toMatchObject([{ code: 'CC_SOURCE_RATE_LIMITED' }]);
    expect(first.calls).toHaveLength(1);
    clock.advance(90_000);
    await gateway.fetchCandles(request);
    expect(first.calls).toHaveLength(2);
  });

  it('never opens for files: a bad one says nothing about the next', async () => {
    const file = fakeSource('file', () => fails('CC_SOURCE_HTTP'), { newestOpenMs: async () => toMs });
    const { gateway } = gatewayOf([file]);
    for (let i = 0; i < 5; i++) {
      await expect(gateway.fetchCandles(request)).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
    }
    expect(file.calls).toHaveLength(5);
  });
});

describe('health', () => {
  it('tells untried, working and failing sources apart', async () => {
    const { gateway, clock } = gatewayOf([
      fakeSource('first', () => fails('CC_SOURCE_HTTP')),
      fakeSource('second', () => all),
      fakeSource('third', () => all),
    ]);
    expect(gateway.health().map(({ state }) => state)).toEqual(['untried', 'untried', 'untried']);
    await gateway.fetchCandles(request);
    const nothing = { lastSuccessMs: null, lastFailure: null, failingSinceMs: null, retryAtMs: null };
    expect(gateway.health()).toEqual([
      {
        ...nothing,
        name: 'first',
        kind: 'market',
        state: 'degraded',
        lastFailure: { atMs: clock.now(), code: 'CC_SOURCE_HTTP', reason: 'it says CC_SOURCE_HTTP.' },
        failingSinceMs: clock.now(),
      },
      { ...nothing, name: 'second', kind: 'market', state: 'ok', lastSuccessMs: clock.now() },
      { ...nothing, name: 'third', kind: 'market', state: 'untried' },
    ]);
  });
});

describe('time limit of the gateway', () => {
  it('leaves time for the next source, however long one takes', async () => {
    const { gateway } = gatewayOf([fakeSource('a', never), fakeSource('b', never), fakeSource('c', () => all)], {
      deadlineMs: 2_000,
      now: () => today + HOUR_MS + performance.now(),
    });
    const startedAt = performance.now();
    const answer = await gateway.fetchCandles(request);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(answer.source).toBe('c');
    expect(answer.failures.map(({ code }) => code)).toEqual(['CC_SOURCE_TIMEOUT', 'CC_SOURCE_TIMEOUT']);
  });

  it('ends in time with every reason when all sources hang', async () => {
    const { gateway } = gatewayOf(
      ['a', 'b', 'c', 'd'].map((name) => fakeSource(name, never)),
      { deadlineMs: 2_000, now: () => today + HOUR_MS + performance.now() },
    );
    const startedAt = performance.now();
    await expect(gateway.fetchCandles(request)).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
      failures: expect.arrayContaining([expect.objectContaining({ source: 'd', code: 'CC_SOURCE_TIMEOUT' })]),
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('a caller who leaves', () => {
  /** A source that answers when told to. */
  function held() {
    const release: (() => void)[] = [];
    const signals: AbortSignal[] = [];
    const source = fakeSource('first', () => new Promise((resolve) => release.push(() => resolve(all))));
    const fetchPage = source.fetchPage.bind(source);
    source.fetchPage = (asked, check) => {
      signals.push(asked.signal!);
      return fetchPage(asked, check);
    };
    return { source, release, signals };
  }

  it('drops the own request, disturbs no other, and says nothing about the source', async () => {
    const { source, release, signals } = held();
    const { gateway } = gatewayOf([source]);
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const leaving = gateway.fetchCandles({ ...request, signal: first.signal });
    const staying = gateway.fetchCandles({ ...request, signal: second.signal });
    first.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    release[1]!();
    expect((await staying).candles).toHaveLength(10);

    const alone = gateway.fetchCandles({ ...request, signal: third.signal });
    third.abort(new Error('left too'));
    await expect(alone).rejects.toThrow('left too');
    expect(signals[2]!.aborted).toBe(true);
    expect(gateway.health()[0]).toMatchObject({ state: 'ok', lastFailure: null });
  });

  it('is not asked for: a source is not called for one who has left already', async () => {
    const { source } = held();
    const { gateway } = gatewayOf([source]);
    const signal = AbortSignal.abort(new Error('left before'));
    await expect(gateway.fetchCandles({ ...request, signal })).rejects.toThrow('left before');
    expect(source.calls).toEqual([]);
  });
});

describe('one call after another', () => {
  it('asks afresh once the answer is there', async () => {
    const source = fakeSource('first', () => all);
    const { gateway } = gatewayOf([source]);
    await gateway.fetchCandles(request);
    await gateway.fetchCandles(request);
    expect(source.calls).toHaveLength(2);
  });
});
