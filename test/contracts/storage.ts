import { Keyv } from 'keyv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../src/core/calibration-state.ts';
import type { Observation } from '../../src/core/market.ts';
import { QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { NO_PREFERENCES } from '../../src/core/settings.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { TrainingCoin } from '../../src/storage/training-coin-repository.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { unconfirmedPrice } from '../support/unconfirmed.ts';

/** What every storage keeps to, whatever database lies below. `open` opens the same database each time. */
export function describeStorage(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeAll(async () => {
    storage = await open();
  });
  afterAll(async () => {
    await storage.close();
  });

  describe('training coins', () => {
    const coin = (symbol: string, more: Partial<TrainingCoin> = {}): TrainingCoin => ({
      symbol,
      place: null,
      volumes: {},
      addedMs: START_MS,
      listedMs: START_MS,
      historyFromMs: null,
      historyDueMs: 0,
      ...more,
    });

    it('come back in the order of their places, then the last listed first, by interval', async () => {
      const coins = [
        coin('GONE', { listedMs: START_MS - DAY_MS }),
        coin('ETH', { place: 2, volumes: { binance: 1.5e9, coinbase: 0.25 } }),
        coin('LEFT'),
        coin('BTC', { place: 1, volumes: { binance: 2e10 }, historyFromMs: START_MS, historyDueMs: 7 }),
      ];
      await storage.trainingCoins.put('1d', coins);
      await storage.trainingCoins.put('1h', [coin('SOL')]);
      expect(await storage.trainingCoins.all('1d')).toEqual([coins[3], coins[1], coins[2], coins[0]]);
      expect(await storage.trainingCoins.all('1h')).toEqual([coin('SOL')]);
    });

    it('are replaced by symbol, and removed where that is asked', async () => {
      await storage.trainingCoins.put('1d', [coin('ETH', { place: 5 })], ['LEFT', 'NEVER']);
      await storage.trainingCoins.noteHistory('1d', 'GONE', { historyFromMs: 3, historyDueMs: 4 });
      await storage.trainingCoins.noteHistory('1d', 'NEVER', { historyFromMs: 3, historyDueMs: 4 });
      const all = await storage.trainingCoins.all('1d');
      expect(all.map(({ symbol, place }) => [symbol, place])).toEqual([
        ['BTC', 1],
        ['ETH', 5],
        ['GONE', null],
      ]);
      expect(all[2]).toMatchObject({ historyFromMs: 3, historyDueMs: 4 });
    });
  });

  describe('what people chose with /me', () => {
    it('is nothing at first, is changed in parts, and is gone when it was removed', async () => {
      const { preferences } = storage;
      expect(await preferences.find(['ann'])).toEqual([NO_PREFERENCES]);
      await preferences.change('ann', { symbol: 'ETH', currency: 'EUR' }, 1);
      await preferences.change('bob', { language: 'de' }, 2);
      const both = await preferences.change('ann', { currency: null, horizon: '3d', timeZone: 'Europe/Berlin' }, 3);
      expect(both).toEqual({ ...NO_PREFERENCES, symbol: 'ETH', horizon: '3d', timeZone: 'Europe/Berlin' });
      expect(await preferences.find(['ann'])).toEqual([both]);
      expect(await preferences.change('ann', {}, 4)).toEqual(both);
      await preferences.remove('ann');
      expect(await preferences.find(['bob', 'ann'])).toEqual([{ ...NO_PREFERENCES, language: 'de' }, NO_PREFERENCES]);
    });
  });

  describe('exchange rates', () => {
    const rate = (currency: string, day: string, perUsd = 0.92, source = 'ecb') => ({ currency, perUsd, day, source });

    it('are kept by currency and day, the last one of a day counting, and removed by their day', async () => {
      const { exchangeRates } = storage;
      await exchangeRates.put([rate('GBP', '2026-11-29'), rate('EUR', '2026-11-30'), rate('EUR', '2026-11-28', 0.9)]);
      await exchangeRates.put([rate('EUR', '2026-11-30', 0.95), rate('EUR', '2026-11-30', 0.93, 'er-api')]);
      await exchangeRates.put([]);
      expect(await exchangeRates.since('2026-11-29')).toEqual([
        rate('EUR', '2026-11-30', 0.93, 'er-api'),
        rate('GBP', '2026-11-29'),
      ]);
      expect(await exchangeRates.removeBefore('2026-11-29')).toBe(1);
      expect(await exchangeRates.since('2026-01-01')).toHaveLength(2);
    });
  });

  describe('the volume of talk', () => {
    const HOUR = 3_600_000;
    const hour = (outlet: string, at: number, more: object = {}) => ({
      hourMs: START_MS + at * HOUR,
      outlet,
      posts: 3,
      postsCoveredMs: HOUR / 4,
      comments: null,
      commentsCoveredMs: 0,
      knownAtMs: START_MS + at * HOUR + 900_000,
      ...more,
    });

    it('adds up by hour and subreddit, within a call and between calls, and is unknown where nobody said', async () => {
      const said = { comments: 40, commentsCoveredMs: HOUR / 4 };
      await storage.talk.add([hour('r/b', 1), hour('r/a', 1), hour('r/a', 0, said), hour('r/b', 1, said)]);
      await storage.talk.add([]);
      await storage.talk.add([hour('r/a', 0, { posts: 5, knownAtMs: START_MS + HOUR })]);
      expect(await storage.talk.range(START_MS, START_MS + HOUR)).toEqual([
        hour('r/a', 0, { ...said, posts: 8, postsCoveredMs: HOUR / 2, knownAtMs: START_MS + HOUR }),
        hour('r/a', 1),
        hour('r/b', 1, { ...said, posts: 6, postsCoveredMs: HOUR / 2 }),
      ]);
      expect(await storage.talk.range(START_MS + HOUR, START_MS + HOUR)).toHaveLength(2);
      expect(await storage.talk.range(START_MS + 2 * HOUR, START_MS + 9 * HOUR)).toEqual([]);
    });
  });

  describe('candles', () => {
    it('come back exactly as they were stored, ascending, whatever the order they came in', async () => {
      const candles = sourced(walk(5));
      candles[2] = { ...candles[2]!, low: 1e-12, volume: 0, flag: 'glitch' };
      expect(await storage.candles.upsert('AAA', '1d', [...candles].reverse())).toBe(5);
      expect(await storage.candles.range('AAA', '1d', START_MS, START_MS + 10 * DAY_MS)).toEqual(candles);
    });

    it('are found by symbol, interval and both ends of the range', async () => {
      await storage.candles.upsert('BBB', '1d', sourced(walk(5)));
      const inside = await storage.candles.range('BBB', '1d', START_MS + DAY_MS, START_MS + 3 * DAY_MS);
      expect(inside.map((candle) => (candle.openTimeMs - START_MS) / DAY_MS)).toEqual([1, 2, 3]);
      expect(await storage.candles.range('BBB', '1h', 0, START_MS * 2)).toEqual([]);
      expect(await storage.candles.range('bbb', '1d', 0, START_MS * 2)).toEqual([]);
    });

    it('are replaced by a newer fetch and never by an older or equal one', async () => {
      const [candle] = sourced(walk(1), 'binance', 2_000);
      const at = (fetchedAtMs: number, close: number) => [{ ...candle!, fetchedAtMs, close, high: 500 }];
      const close = async () => (await storage.candles.range('CCC', '1d', START_MS, START_MS))[0]?.close;
      await storage.candles.upsert('CCC', '1d', [candle!]);
      expect(await storage.candles.upsert('CCC', '1d', at(1_999, 200))).toBe(0);
      expect(await storage.candles.upsert('CCC', '1d', at(2_000, 201))).toBe(0);
      expect(await close()).toBe(candle!.close);
      expect(await storage.candles.upsert('CCC', '1d', at(2_001, 202))).toBe(1);
      expect(await close()).toBe(202);
    });

    it('given twice in one call are stored once, from the newer fetch', async () => {
      const [candle] = sourced(walk(1), 'binance', 10);
      const newer = { ...candle!, fetchedAtMs: 20, source: 'kraken' };
      expect(await storage.candles.upsert('DDD', '1d', [newer, candle!])).toBe(1);
      expect(await storage.candles.range('DDD', '1d', START_MS, START_MS)).toEqual([newer]);
    });

    it('are stored all or not at all, also when the bad one is in a later chunk', async () => {
      const candles = sourced(walk(1_203));
      candles[1_202] = { ...candles[1_202]!, low: -1 };
      await expect(storage.candles.upsert('EEE', '1d', candles)).rejects.toMatchObject({ code: 'CC_DATABASE' });
      expect(await storage.candles.span('EEE', '1d')).toBeNull();
    });

    it('can be many in one call', async () => {
      const candles = sourced(walk(5_003, '1h'));
      expect(await storage.candles.upsert('FFF', '1h', candles)).toBe(5_003);
      expect(await storage.candles.range('FFF', '1h', 0, START_MS * 2)).toEqual(candles);
      expect(await storage.candles.count()).toBeGreaterThanOrEqual(5_003);
    });

    it('have a span from the oldest to the newest open time, or none', async () => {
      await storage.candles.upsert('GGG', '1d', sourced(walk(4)));
      expect(await storage.candles.span('GGG', '1d')).toEqual({ fromMs: START_MS, toMs: START_MS + 3 * DAY_MS });
      expect(await storage.candles.span('GGG', '1h')).toBeNull();
      expect(await storage.candles.upsert('GGG', '1h', [])).toBe(0);
    });

    it('of one source of a coin can be removed, in both intervals', async () => {
      for (const interval of ['1d', '1h'] as const) {
        await storage.candles.upsert('III', interval, sourced(walk(2, interval), 'kraken'));
        await storage.candles.upsert('III', interval, sourced(walk(4, interval).slice(2)));
      }
      await storage.candles.upsert('JJJ', '1d', sourced(walk(2), 'kraken'));
      expect(await storage.candles.removeSource('III', 'kraken')).toBe(4);
      expect((await storage.candles.range('III', '1d', 0, START_MS * 2)).map(({ source }) => source)).toEqual([
        'binance',
        'binance',
      ]);
      expect(await storage.candles.span('JJJ', '1d')).not.toBeNull();
    });

    it('of files and simulations are refused among live ones', async () => {
      const mixed = [...sourced(walk(1)), ...sourced(walk(2).slice(1), 'simulated')];
      await expect(storage.candles.upsert('HHH', '1d', mixed)).rejects.toMatchObject({ code: 'CC_CONFIG_INVALID' });
      await expect(storage.candles.upsert('HHH', '1d', sourced(walk(1), 'csv'))).rejects.toMatchObject({
        code: 'CC_CONFIG_INVALID',
      });
      expect(await storage.candles.span('HHH', '1d')).toBeNull();
    });
  });

  describe('the coin list', () => {
    const coin = { symbol: 'BTC', name: 'Bitcoin', rank: 1, marketCapUsd: 1.9e12, stablecoin: false };
    it('is absent at first, then replaced as a whole in its own order', async () => {
      await storage.assets.replaceAll([], 1);
      expect(await storage.assets.all()).toBeNull();
      const many = Array.from({ length: 1_200 }, (_, i) => ({ ...coin, symbol: `C${1_200 - i}`, rank: null }));
      await storage.assets.replaceAll(many, 10);
      const odd = [{ ...coin, name: "O'Coin — 币 💰", marketCapUsd: null, stablecoin: true }, coin];
      await storage.assets.replaceAll(odd, 20);
      expect(await storage.assets.all()).toEqual({ assets: odd, fetchedAtMs: 20 });
      const complete = [{ ...coin, id: 'bitcoin', priceUsd: 97_000.5 }, odd[0]!];
      await storage.assets.replaceAll(complete, 30);
      expect(await storage.assets.all()).toEqual({ assets: complete, fetchedAtMs: 30 });
    });
  });

  describe('sources confirmed for a coin', () => {
    it('are kept by symbol and source, replaced, and removed', async () => {
      const one = { symbol: 'LUNA', source: 'binance', assetId: 'terra-luna-2', confirmedAtMs: 1 };
      const other = { ...one, source: 'kraken', assetId: '' };
      await storage.coinSources.confirm(one);
      await storage.coinSources.confirm(other);
      await storage.coinSources.confirm({ ...one, confirmedAtMs: 2 });
      const all = async () => [...(await storage.coinSources.all())].sort((a, b) => a.source.localeCompare(b.source));
      expect(await all()).toEqual([{ ...one, confirmedAtMs: 2 }, other]);
      await storage.coinSources.remove('LUNA', 'binance');
      expect(await all()).toEqual([other]);
    });
  });

  describe('unconfirmed prices', () => {
    it('are one a coin and interval, replaced and removed', async () => {
      const gap = unconfirmedPrice('ETH', '1h', START_MS);
      const day = { ...unconfirmedPrice('ETH', '1d', START_MS), kind: 'disagreement' as const };
      const other = { ...unconfirmedPrice('ADA', '1h', START_MS), other: { source: 'kraken', price: 0.000_000_06 } };
      for (const one of [gap, day, other]) await storage.unconfirmed.put(one);
      const again = { ...gap, askedAtMs: gap.askedAtMs + 300_000, other: { source: 'coinbase', price: 3_001.5 } };
      await storage.unconfirmed.put(again);
      expect(await storage.unconfirmed.all()).toEqual([other, day, again]);
      expect(await storage.unconfirmed.get('ETH', '1h')).toEqual(again);
      await storage.unconfirmed.remove('ETH', '1h');
      expect(await storage.unconfirmed.get('ETH', '1h')).toBeNull();
      expect(await storage.unconfirmed.all()).toEqual([other, day]);
    });
  });

  describe('observations', () => {
    const one: Observation = {
      symbol: 'BTC',
      metric: 'activeAddresses',
      timeMs: START_MS,
      availableAtMs: START_MS + 2 * DAY_MS,
      value: 900_000.5,
      source: 'coinmetrics',
    };
    it('come back by symbol, metric and range', async () => {
      const next = { ...one, timeMs: START_MS + DAY_MS };
      const other = { ...one, metric: 'transactions' as const };
      expect(await storage.observations.upsert([next, one, other])).toBe(3);
      expect(await storage.observations.range('BTC', 'activeAddresses', START_MS, START_MS + DAY_MS)).toEqual([
        one,
        next,
      ]);
      expect(await storage.observations.range('ETH', 'activeAddresses', 0, START_MS * 2)).toEqual([]);
    });

    it('keep the first moment of availability until the value itself is revised', async () => {
      const again = { ...one, availableAtMs: one.availableAtMs + DAY_MS };
      expect(await storage.observations.upsert([again])).toBe(0);
      expect(await storage.observations.upsert([{ ...again, value: 1 }])).toBe(1);
      const [kept] = await storage.observations.range('BTC', 'activeAddresses', START_MS, START_MS);
      expect(kept).toEqual({ ...again, value: 1 });
    });
  });

  describe('what width factors have learnt', () => {
    const at = (untilMs: number) => ({ untilMs, learnt: `{"until":${untilMs}}` });

    it('comes back for its own interval and model alone, the furthest that was stored', async () => {
      expect(await storage.widths.get('1d', 'a')).toBeNull();
      await storage.widths.put('1d', 'a', at(START_MS + DAY_MS));
      await storage.widths.put('1h', 'a', at(START_MS));
      expect(await storage.widths.get('1d', 'a')).toEqual(at(START_MS + DAY_MS));
      expect(await storage.widths.get('1d', 'b')).toBeNull();
      expect(await storage.widths.latest('1d')).toEqual(at(START_MS + DAY_MS));
      await storage.widths.put('1d', 'a', at(START_MS));
      expect(await storage.widths.get('1d', 'a')).toEqual(at(START_MS + DAY_MS));
      await storage.widths.put('1d', 'a', at(START_MS + 2 * DAY_MS));
      expect(await storage.widths.get('1d', 'a')).toEqual(at(START_MS + 2 * DAY_MS));
    });

    it('of an earlier model is removed with the first of a new one', async () => {
      await storage.widths.put('1d', 'b', at(START_MS));
      expect(await storage.widths.get('1d', 'a')).toBeNull();
      expect(await storage.widths.get('1d', 'b')).toEqual(at(START_MS));
      expect(await storage.widths.get('1h', 'a')).toEqual(at(START_MS));
    });
  });

  describe('what calibration has learnt', () => {
    const curve = (value: number) => QUANTILE_LEVELS.map((level) => level * value);
    const state = (untilMs: number): CalibrationState => ({
      untilMs,
      horizons: [
        { shift: curve(0.1), pending: [{ openMs: untilMs, issued: curve(1.000000000000001) }] },
        { shift: curve(-1e-17), pending: [] },
      ],
    });

    it('comes back to the bit, for its own model alone', async () => {
      await storage.calibrations.put('BTC', '1d', 'a', state(START_MS));
      expect(await storage.calibrations.get('BTC', '1d', 'a')).toEqual(state(START_MS));
      expect(await storage.calibrations.get('BTC', '1d', 'b')).toBeNull();
      expect(await storage.calibrations.get('BTC', '1h', 'a')).toBeNull();
      expect(await storage.calibrations.get('ETH', '1d', 'a')).toBeNull();
    });

    it('is one state a coin and interval, the one stored last', async () => {
      await storage.calibrations.put('ETH', '1d', 'a', state(START_MS));
      await storage.calibrations.put('ETH', '1d', 'b', state(START_MS + DAY_MS));
      expect(await storage.calibrations.get('ETH', '1d', 'a')).toBeNull();
      expect(await storage.calibrations.get('ETH', '1d', 'b')).toEqual(state(START_MS + DAY_MS));
    });

    it('is kept apart for each hour at which a day may end', async () => {
      await storage.calibrations.put('SOL', '1d', 'a', state(START_MS));
      await storage.calibrations.put('SOL', '1d', 'a', state(START_MS + HOUR_MS), 1);
      await storage.calibrations.put('SOL', '1d', 'a', state(START_MS + DAY_MS), 0);
      await storage.calibrations.put('SOL', '1d', 'b', state(START_MS + 23 * HOUR_MS), 23);
      expect(await storage.calibrations.get('SOL', '1d', 'a')).toEqual(state(START_MS + DAY_MS));
      expect(await storage.calibrations.get('SOL', '1d', 'a', 1)).toEqual(state(START_MS + HOUR_MS));
      expect(await storage.calibrations.get('SOL', '1d', 'a', 2)).toBeNull();
      expect(await storage.calibrations.get('SOL', '1d', 'a', 23)).toBeNull();
      expect(await storage.calibrations.get('SOL', '1d', 'b', 23)).toEqual(state(START_MS + 23 * HOUR_MS));
    });

    it('counts as absent where it cannot be read', async () => {
      const bad = { untilMs: 1, horizons: [{ shift: [1, 2], pending: [] }] };
      await storage.calibrations.put('LTC', '1d', 'a', bad);
      expect(await storage.calibrations.get('LTC', '1d', 'a')).toBeNull();
    });
  });

  describe('the key-value store', () => {
    it('keeps namespaces of several Keyvs apart, also when one of them is cleared', async () => {
      const settings = new Keyv({ store: storage.keyValueStore, namespace: 'settings' });
      const cache = new Keyv({ store: storage.keyValueStore, namespace: 'Settings' });
      await settings.set('a', { of: 1 });
      await cache.set('a', { of: 2 });
      await settings.clear();
      expect(await settings.get('a')).toBeUndefined();
      expect(await cache.get('a')).toEqual({ of: 2 });
    });
  });

  describe('the database', () => {
    it('answers a ping', async () => {
      await expect(storage.ping()).resolves.toBeUndefined();
    });

    it('opened a second time holds what was stored and is not migrated again', async () => {
      await storage.candles.upsert('ZZZ', '1d', sourced(walk(2)));
      const second = await open();
      expect(await second.candles.range('ZZZ', '1d', 0, START_MS * 2)).toHaveLength(2);
      await second.close();
    });

    it('can be opened by several at once', async () => {
      const opened = await Promise.all([open(), open(), open()]);
      for (const one of opened) await one.ping();
      for (const one of opened) await one.close();
    });
  });
}
