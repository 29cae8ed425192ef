import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { SourcesFailedError } from '../../src/core/market.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createMarketService, type MarketService } from '../../src/market/series.ts';
import type { CandleSource } from '../../src/sources/source.ts';
import type { CandleRepository } from '../../src/storage/candle-repository.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { createFakeGateway, type FakeGateway } from '../support/fake-gateway.ts';
import { fakeSource } from '../support/market-candles.ts';

const day = (index: number) => START_MS + index * DAY_MS;
const down = () => new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.', { retryable: true });
const BTC = { symbol: 'BTC', interval: '1d' as const };

/** 100 days, of which at the start of each test the first 60 are complete. */
const history = walk(100);
let nowMs: number;
let storage: Storage;
let gateway: FakeGateway;
let market: MarketService;

const restart = (candles: CandleRepository = storage.candles) =>
  createMarketService({
    gateway,
    candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    now: () => nowMs,
    logger: silentLogger,
  });
/** The service over the real failover. */
const overSources = (...sources: CandleSource[]) =>
  createMarketService({
    gateway: createMarketGateway({ sources, now: () => nowMs, logger: silentLogger }),
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: [],
    now: () => nowMs,
    logger: silentLogger,
  });
const asked = () =>
  gateway.requests.map(({ fromMs, toMs }) => [(fromMs - START_MS) / DAY_MS, (toMs - START_MS) / DAY_MS]);
const days = (series: { candles: readonly { openTimeMs: number }[] }) =>
  series.candles.map(({ openTimeMs }) => (openTimeMs - START_MS) / DAY_MS);

beforeEach(async () => {
  nowMs = day(60) + HOUR_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  gateway = createFakeGateway(history, () => nowMs);
  market = restart();
});
afterEach(() => storage.close());

describe('what the market service asks the sources for', () => {
  it('is the whole window when nothing is stored, and what comes is stored', async () => {
    const series = await market.series({ ...BTC, candles: 20 });
    expect(asked()).toEqual([[40, 59]]);
    expect(series.candles.map(({ close }) => close)).toEqual(history.slice(40, 60).map(({ close }) => close));
    expect(series).toMatchObject({ ...BTC, gaps: [], failures: [], source: 'binance', fetchedAtMs: nowMs });
    expect(await storage.candles.span('BTC', '1d')).toEqual({ fromMs: day(40), toMs: day(59) });
  });

  it('is asked for once by calls at the same time, each getting its own window', async () => {
    const [long, short] = await Promise.all([
      market.series({ ...BTC, candles: 10 }),
      market.series({ ...BTC, candles: 2 }),
    ]);
    expect([long.candles.length, short.candles.length]).toEqual([10, 2]);
    expect(asked()).toEqual([[50, 59]]);
  });

  it('is nothing when the newest complete candle is stored, also after a restart', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs += 20 * HOUR_MS;
    market = restart();
    await market.series({ ...BTC, candles: 20 });
    await market.series({ ...BTC, candles: 5 });
    expect(gateway.requests).toHaveLength(1);
  });

  it('gives the same series again while nothing is new, with one reading of the database, and a new one where a candle is', async () => {
    const request = { ...BTC, candles: 20 };
    const first = await market.series(request);
    let reads = 0;
    const candles = {
      ...storage.candles,
      range: (...of: Parameters<typeof storage.candles.range>) => {
        reads++;
        return storage.candles.range(...of);
      },
    };
    market = restart(candles);
    const again = await market.series(request);
    expect(reads).toBe(1);
    expect(again).toEqual(first);
    nowMs += 10 * MINUTE_MS;
    expect(await market.series(request)).toBe(again);
    // Another process has stored a correction.
    const { close, ...newest } = first.candles.at(-1)!;
    await storage.candles.upsert('BTC', '1d', [{ ...newest, close: close * 1.001, fetchedAtMs: nowMs }]);
    nowMs += 10 * MINUTE_MS;
    expect((await market.series(request)).candles.at(-1)!.close).toBe(close * 1.001);
    nowMs += DAY_MS;
    expect(days(await market.series(request)).at(-1)).toBe(60);
  });

  it('is only what is newer than the last one stored', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs = day(62) + 1;
    const series = await market.series({ ...BTC, candles: 20 });
    expect(asked().slice(1)).toEqual([[60, 61]]);
    expect(days(series).at(-1)).toBe(61);
  });

  it('is older history once', async () => {
    await market.series({ ...BTC, candles: 20 });
    const series = await market.series({ ...BTC, candles: 50 });
    expect(asked().slice(1)).toEqual([[10, 39]]);
    expect(series.candles).toHaveLength(50);
    await market.series({ ...BTC, candles: 50 });
    expect(gateway.requests).toHaveLength(2);
  });

  it('does not include again what lies before the listing, until a day has passed', async () => {
    gateway.candles = history.slice(30);
    const series = await market.series({ ...BTC, candles: 60 });
    expect(days(series)[0]).toBe(30);
    expect(series.gaps).toEqual([]);
    nowMs = day(61) + 1;
    await market.series({ ...BTC, candles: 60 });
    expect(asked()).toEqual([
      [0, 59],
      [60, 60],
    ]);
    nowMs = day(62) + 2 * HOUR_MS;
    await market.series({ ...BTC, candles: 60 });
    expect(asked().slice(2)).toEqual([
      [61, 61],
      [2, 29],
    ]);
  });

  it('is a gap in the middle, and when the sources have not got it either, not again', async () => {
    const kept = history.filter((_, index) => index >= 40 && index < 58 && ![50, 51, 55].includes(index));
    await storage.candles.upsert('BTC', '1d', sourced(kept));
    gateway.candles = history.filter((_, index) => index !== 50 && index !== 51);
    const series = await market.series({ ...BTC, candles: 20 });
    expect(asked()).toEqual([
      [58, 59],
      [55, 55],
      [50, 51],
    ]);
    expect(series.gaps).toEqual([{ fromMs: day(50), toMs: day(51), missing: 2 }]);
    nowMs += 10 * MINUTE_MS;
    await market.series({ ...BTC, candles: 20, refresh: true });
    expect(asked().slice(3)).toEqual([[48, 59]]);
  });

  it('is a gap again an hour later when some source could not be asked about it', async () => {
    await storage.candles.upsert('BTC', '1d', sourced(history.slice(0, 60).filter((_, index) => index !== 50)));
    gateway.candles = [];
    gateway.failures = [{ source: 'kraken', code: 'CC_SOURCE_TIMEOUT', reason: 'kraken did not answer in time.' }];
    expect((await market.series({ ...BTC, candles: 20 })).failures).toEqual(gateway.failures);
    nowMs += 59 * MINUTE_MS;
    await market.series({ ...BTC, candles: 20 });
    expect(gateway.requests).toHaveLength(1);
    nowMs += 2 * MINUTE_MS;
    gateway.candles = history;
    gateway.failures = [];
    expect((await market.series({ ...BTC, candles: 20 })).gaps).toEqual([]);
    expect(gateway.requests).toHaveLength(2);
  });

  it('is the newest eleven days again on a refresh, or some three days of hours, but no more often than every fifteen seconds', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs += 14_000;
    await market.series({ ...BTC, candles: 20, refresh: true });
    expect(gateway.requests).toHaveLength(1);
    nowMs += 2_000;
    gateway.candles = history.map((candle, index) => (index === 59 ? { ...candle, volume: 7 } : candle));
    const series = await market.series({ ...BTC, candles: 20, refresh: true });
    expect(asked().slice(1)).toEqual([[48, 59]]);
    expect(series.candles.at(-1)?.volume).toBe(7);
    await market.series({ ...BTC, candles: 20, refresh: true });
    expect(gateway.requests).toHaveLength(2);
  });

  it('is asked for at once on a refresh after a call that needed no source', async () => {
    await storage.candles.upsert('BTC', '1d', sourced(history.slice(40, 60)));
    await market.series({ ...BTC, candles: 20 });
    await market.series({ ...BTC, candles: 20, refresh: true });
    expect(gateway.requests).toHaveLength(1);
  });

  it('is asked for once by calls at the same time, and the wider of two windows once more', async () => {
    let open = () => {};
    gateway.gate = new Promise((resolve) => {
      open = resolve;
    });
    const narrow = Array.from({ length: 5 }, () => market.series({ ...BTC, candles: 20 }));
    const wide = [market.series({ ...BTC, candles: 30 }), market.series({ ...BTC, candles: 30 })];
    const other = market.series({ ...BTC, symbol: 'ETH', candles: 20 });
    open();
    expect((await Promise.all(narrow)).every((series) => series.candles.length === 20)).toBe(true);
    expect((await Promise.all(wide)).every((series) => series.candles.length === 30)).toBe(true);
    await other;
    const requests = gateway.requests.map(({ symbol, fromMs, toMs }) => [symbol, (toMs - fromMs) / DAY_MS + 1]);
    expect(requests).toHaveLength(3);
    expect(requests).toEqual(
      expect.arrayContaining([
        ['BTC', 20],
        ['BTC', 10],
        ['ETH', 20],
      ]),
    );
  });
});

describe('when sources fail', () => {
  it('stored candles come back with the failure, and the sources are left alone for a moment', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs = day(63) + 1;
    gateway.error = down();
    const series = await market.series({ ...BTC, candles: 20 });
    expect(days(series).at(-1)).toBe(59);
    expect(series.gaps).toEqual([{ fromMs: day(60), toMs: day(62), missing: 3 }]);
    expect(series.failures).toEqual([expect.objectContaining({ code: 'CC_SOURCE_UNAVAILABLE' })]);
    expect((await market.series({ ...BTC, candles: 20 })).failures).toHaveLength(1);
    expect(gateway.requests).toHaveLength(2);
    nowMs += MINUTE_MS;
    gateway.error = null;
    const later = await market.series({ ...BTC, candles: 20 });
    expect(later.failures).toEqual([]);
    expect(days(later).at(-1)).toBe(62);
  });

  it('the error is thrown when nothing is stored', async () => {
    gateway.error = down();
    await expect(market.series({ ...BTC, candles: 20 })).rejects.toBe(gateway.error);
    await expect(market.series({ ...BTC, candles: 20 })).rejects.toBe(gateway.error);
    expect(gateway.requests).toHaveLength(1);
  });

  it('a coin without any candle is called too young', async () => {
    gateway.candles = [];
    await expect(market.series({ ...BTC, candles: 21 })).rejects.toMatchObject({ code: 'CC_HISTORY_TOO_SHORT' });
  });

  it('a late source is not taken for a gap: the newest candles are asked for again', async () => {
    gateway.candles = history.slice(0, 58);
    expect(days(await market.series({ ...BTC, candles: 20 })).at(-1)).toBe(57);
    gateway.candles = history;
    nowMs += 16_000;
    expect(days(await market.series({ ...BTC, candles: 20 })).at(-1)).toBe(59);
  });

  it('every source that the error tells of is named', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs = day(61) + 1;
    const failures = [
      { source: 'binance', code: 'CC_SOURCE_HTTP', reason: 'binance answered 503: later.' },
      { source: 'kraken', code: 'CC_SOURCE_TIMEOUT', reason: 'Too slow.' },
    ] as const;
    gateway.error = new SourcesFailedError('CC_SOURCE_UNAVAILABLE', 'Nobody answered.', failures);
    expect((await market.series({ ...BTC, candles: 20 })).failures).toEqual(failures);
  });

  it('a failure on one gap leaves the others for the next call, and that one alone for an hour', async () => {
    const gaps = [45, 50, 55];
    await storage.candles.upsert('BTC', '1d', sourced(history.slice(0, 60).filter((_, i) => !gaps.includes(i))));
    gateway.error = down();
    await market.series({ ...BTC, candles: 20 });
    expect(asked()).toEqual([[55, 55]]);
    nowMs += MINUTE_MS;
    gateway.error = null;
    const series = await market.series({ ...BTC, candles: 20 });
    expect(asked().slice(1)).toEqual([
      [50, 50],
      [45, 45],
    ]);
    expect(series.gaps).toEqual([{ fromMs: day(55), toMs: day(55), missing: 1 }]);
  });

  it('a source that does not list the coin is no failure when another has it', async () => {
    gateway.failures = [{ source: 'kraken', code: 'CC_SOURCE_UNKNOWN_MARKET', reason: 'kraken does not list BTC.' }];
    expect((await market.series({ ...BTC, candles: 20 })).failures).toEqual([]);
  });

  it('failures that the gateway got over are told', async () => {
    gateway.failures = [{ source: 'binance', code: 'CC_SOURCE_HTTP', reason: 'binance answered 503.' }];
    expect((await market.series({ ...BTC, candles: 20 })).failures).toEqual(gateway.failures);
  });

  it('an error of the database is thrown, not taken for one of a source', async () => {
    await market.series({ ...BTC, candles: 20 });
    await storage.close();
    await expect(market.series({ ...BTC, candles: 21 })).rejects.toMatchObject({ code: 'CC_DATABASE' });
    storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  });
});

describe('what the market service stores', () => {
  it.each([
    ['a high below the low', { high: 1e-9 }, 'high is below'],
    ['no number', { close: Number.NaN }, 'not a finite number'],
    ['a negative price', { low: -1 }, 'not positive'],
    ['a time off the grid', { openTimeMs: day(45) + 1 }, 'not on the grid'],
  ])('is no candle with %s: it is dropped and the next source asked for it', async (_, damage, words) => {
    const bad = fakeSource('binance', () =>
      history.map((candle, index) => (index === 45 ? { ...candle, ...damage } : candle)),
    );
    const sources = [bad, fakeSource('kraken', () => history)];
    const behind = createMarketGateway({ sources, now: () => nowMs, logger: silentLogger });
    market = createMarketService({
      gateway: behind,
      candles: storage.candles,
      unconfirmed: storage.unconfirmed,
      symbols: [],
      now: () => nowMs,
      logger: silentLogger,
    });
    const series = await market.series({ ...BTC, candles: 20 });
    expect(series.candles.map(({ close }) => close)).toEqual(history.slice(40, 60).map(({ close }) => close));
    expect(series.candles.filter(({ source }) => source === 'kraken').map(({ openTimeMs }) => openTimeMs)).toEqual([
      day(45),
    ]);
    expect(series.failures).toEqual([]);
    expect(behind.health()[0]!.oddRows).toEqual([{ reason: expect.stringContaining(words), rows: 1 }]);
  });

  it('is never a file or simulation among live candles', async () => {
    await market.series({ ...BTC, candles: 20 });
    nowMs = day(61) + 1;
    gateway.source = 'simulated';
    await expect(market.series({ ...BTC, candles: 21 })).rejects.toMatchObject({ code: 'CC_CONFIG_INVALID' });
    expect((await storage.candles.span('BTC', '1d'))?.toMs).toBe(day(59));
  });

  it('comes back flagged', async () => {
    gateway.candles = history.map((candle, index) =>
      index === 50 ? { ...candle, close: candle.close * 4, high: candle.high * 4 } : candle,
    );
    const series = await market.series({ ...BTC, candles: 40 });
    expect(days({ candles: series.candles.filter(({ flag }) => flag === 'glitch') })).toEqual([50]);
  });
});

describe('a gap that no source can fill', () => {
  it('is asked of every source once, and once more after a day', async () => {
    const without50 = () => history.filter((_, index) => index !== 50);
    const [first, second] = [fakeSource('first', without50), fakeSource('second', without50)];
    market = overSources(first, second);
    const gap = { fromMs: day(50), toMs: day(50) };
    expect((await market.series({ ...BTC, candles: 20 })).candles).toHaveLength(19);
    expect(second.calls).toEqual([gap]);
    nowMs += HOUR_MS;
    expect((await market.series({ ...BTC, candles: 20, refresh: true })).gaps).toEqual([{ ...gap, missing: 1 }]);
    expect(second.calls).toEqual([gap]);
    nowMs = day(61) + 2 * HOUR_MS;
    await market.series({ ...BTC, candles: 20 });
    expect(second.calls).toEqual([gap, gap]);
  });
});

describe('a static history', () => {
  it('ends where its file ends, however long ago that was', async () => {
    gateway.candles = history.slice(0, 40);
    gateway.newestOpenMs = async (symbol) => (symbol === 'BTC' ? day(39) : null);
    nowMs = day(2_000);
    const series = await market.series({ ...BTC, candles: 20 });
    expect(days(series).at(-1)).toBe(39);
    expect(series.gaps).toEqual([]);
    expect(asked()).toEqual([[20, 39]]);
    expect(await market.isStatic('BTC', '1d')).toBe(true);
    expect(await market.isStatic('ETH', '1d')).toBe(false);
  });
});
