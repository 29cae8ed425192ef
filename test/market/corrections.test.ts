import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval, type SourcedCandle } from '../../src/core/candle.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { correct, joinedWith } from '../../src/market/corrections.ts';
import { createMarketService } from '../../src/market/series.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS, scaled, sourced, walk } from '../support/candles.ts';
import { createFakeGateway } from '../support/fake-gateway.ts';

const stored = sourced(walk(20), 'binance', 1);
const reread = (changed: Record<number, Candle>, source = 'binance'): SourcedCandle[] =>
  sourced(
    stored.map((candle, index) => changed[index] ?? candle),
    source,
    2,
  );
const times = (candle: SourcedCandle, factor: number): SourcedCandle => ({ ...candle, ...scaled(candle, factor) });
const opens = (candles: readonly Candle[]) => candles.map(({ openTimeMs }) => (openTimeMs - START_MS) / DAY_MS);

describe('a candle that is read again', () => {
  it.each([1.0001, 0.97, 1.3, 0.6])('is corrected by its source to %s times the price', (factor) => {
    const { taken, refused } = correct(stored, reread({ 7: scaled(stored[7]!, factor) }));
    expect(opens(taken)).toEqual([7, 19]);
    expect(taken[0]).toEqual({ ...scaled(stored[7]!, factor), source: 'binance', fetchedAtMs: 2, flag: null });
    expect(refused).toEqual([]);
  });

  it.each([10, 0.1, 1_000, 3])(
    'is not replaced by one of %s times the price, alone or with all the others',
    (factor) => {
      expect(opens(correct(stored, reread({ 7: scaled(stored[7]!, factor) })).refused)).toEqual([7]);
      const all = Object.fromEntries(stored.map((candle, index) => [index, scaled(candle, factor)]));
      const { taken, refused } = correct(stored, reread(all));
      expect(taken).toEqual([]);
      expect(refused).toHaveLength(20);
    },
  );

  it.each([1.5, 0.6, 1.2])('is not replaced with all the others by ones of %s times the price', (factor) => {
    const all = Object.fromEntries(stored.map((candle, index) => [index, scaled(candle, factor)]));
    const { taken, refused } = correct(stored, reread(all).slice(9));
    expect(taken).toEqual([]);
    expect(refused).toHaveLength(11);
  });

  it.each([1.5, 0.6, 1.2])('is replaced with all the others where the stored ones were %s times too high', (factor) => {
    const wrong = stored.map((candle, index) => (index >= 9 ? times(candle, factor) : candle));
    const { taken, refused } = correct(wrong, reread({}).slice(8));
    expect(opens(taken)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(refused).toEqual([]);
  });

  it('is not corrected by half its price while it is the newest, as no later one tells a spike from a correction', () => {
    const changed = { 18: scaled(stored[18]!, 1.5) };
    expect(opens(correct(stored.slice(0, 19), reread(changed)).refused)).toEqual([18]);
    expect(opens(correct(stored, reread(changed)).taken)).toEqual([18, 19]);
  });

  it('is replaced where the stored one was the wrong one', () => {
    const wrong = stored.map((candle, index) => (index === 7 || index === 8 ? times(candle, 10) : candle));
    const { taken, refused } = correct(wrong, reread({}));
    expect(opens(taken)).toEqual([7, 8, 19]);
    expect(refused).toEqual([]);
  });

  it('is not replaced by a wick that reaches several times as far', () => {
    const wick = { ...stored[7]!, high: stored[7]!.high * 8 };
    expect(opens(correct(stored, reread({ 7: wick })).refused)).toEqual([7]);
    const wrong = stored.map((candle, index) => (index === 7 ? { ...candle, high: candle.high * 8 } : candle));
    expect(opens(correct(wrong, reread({})).taken)).toEqual([7, 19]);
  });

  it('is not corrected by another source, but one put together from single prices gives way to it', () => {
    const other = reread({ 7: scaled(stored[7]!, 1.01) }, 'kraken');
    expect(correct(stored, other)).toEqual({ taken: [], refused: [] });
    const points = stored.map((candle) => ({ ...candle, source: 'coingecko' }));
    expect(correct(points, other, (source) => source === 'coingecko').taken).toHaveLength(20);
  });

  it('is new where nothing is stored', () => {
    expect(opens(correct(stored.slice(0, 15), reread({})).taken)).toEqual([15, 16, 17, 18, 19]);
  });
});

it('joins the range that is read again to the missing ones that touch it', () => {
  const days = (fromMs: number, toMs: number) => ({ fromMs: fromMs * DAY_MS, toMs: toMs * DAY_MS });
  expect(joinedWith([days(20, 20), days(12, 13), days(3, 4)], days(10, 20), '1d')).toEqual([days(10, 20), days(3, 4)]);
  expect(joinedWith([days(5, 9)], days(10, 20), '1d')).toEqual([days(5, 20)]);
  expect(joinedWith([], days(10, 20), '1d')).toEqual([days(10, 20)]);
});

describe('the market service', () => {
  let storage: Storage;
  let nowMs: number;
  beforeEach(async () => {
    storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  });
  afterEach(() => storage.close());

  /** Ingests at every close as the job does, from hour or day `from` to `to`. */
  async function following(interval: Interval, changes: (index: number, nowIndex: number) => number) {
    const step = INTERVAL_MS[interval];
    const truth = walk(200, interval);
    const gateway = createFakeGateway(truth, () => nowMs);
    const market = createMarketService({
      gateway,
      candles: storage.candles,
      unconfirmed: storage.unconfirmed,
      symbols: [],
      now: () => nowMs,
      logger: silentLogger,
    });
    const at = async (index: number) => {
      nowMs = START_MS + index * step + MINUTE_MS;
      gateway.candles = truth.map((candle, i) => scaled(candle, changes(i, index)));
      await market.series({ symbol: 'BTC', interval, candles: 100, refresh: true });
    };
    const closeOf = async (index: number) => {
      const openMs = START_MS + index * step;
      const [candle] = await storage.candles.range('BTC', interval, openMs, openMs);
      return candle!.close / truth[index]!.close;
    };
    return { at, closeOf, gateway };
  }

  it.each([
    ['1h', 3],
    ['1h', 24],
    ['1h', 72],
    ['1d', 3],
    ['1d', 10],
  ] as const)(
    'sees a candle of %s that is corrected %s candles after its close, with one request an ingest',
    async (interval, after) => {
      const { at, closeOf, gateway } = await following(interval, (i, now) =>
        i === 100 && now >= 101 + after ? 1.02 : 1,
      );
      for (let index = 100; index <= 101 + after; index++) await at(index);
      expect(await closeOf(100)).toBeCloseTo(1.02, 9);
      expect(gateway.requests).toHaveLength(2 + after);
    },
  );

  it('keeps its good rows through one answer of ten times the price, and goes on', async () => {
    const { at, closeOf } = await following('1h', (i, now) => (now === 110 && i >= 60 ? 10 : 1));
    for (let index = 100; index <= 112; index++) await at(index);
    for (const index of [60, 90, 105, 108, 111]) expect(await closeOf(index)).toBeCloseTo(1, 9);
  });

  it.each([1.5, 0.6])('never believes a lone source that goes on at %s times the price', async (factor) => {
    const { at, closeOf } = await following('1h', (_i, now) => (now >= 105 ? factor : 1));
    for (let index = 100; index <= 112; index++) await at(index);
    for (const index of [60, 90, 103]) expect(await closeOf(index)).toBeCloseTo(1, 9);
    expect(await storage.candles.range('BTC', '1h', START_MS + 104 * HOUR_MS, nowMs)).toEqual([]);
    expect(await storage.unconfirmed.get('BTC', '1h')).toMatchObject({ openTimeMs: START_MS + 104 * HOUR_MS });
  });

  it('keeps a good row when it alone is read again ten times as high', async () => {
    const { at, closeOf } = await following('1h', (i, now) => (now === 105 && i === 100 ? 10 : 1));
    for (let index = 100; index <= 106; index++) await at(index);
    expect(await closeOf(100)).toBeCloseTo(1, 9);
  });

  it('does not take a candle of another source for a correction while the first is away', async () => {
    const { at, closeOf, gateway } = await following('1h', (_i, now) => (now === 105 ? 1.01 : 1));
    for (let index = 100; index < 105; index++) await at(index);
    gateway.source = 'kraken';
    await at(105);
    gateway.source = 'binance';
    await at(106);
    expect(await closeOf(103)).toBeCloseTo(1, 9);
    expect(nowMs).toBe(START_MS + 106 * HOUR_MS + MINUTE_MS);
  });
});
