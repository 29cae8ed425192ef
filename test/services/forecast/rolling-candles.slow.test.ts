import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, closeTimeMs, INTERVAL_MS, rollingDays, type SourcedCandle } from '../../../src/core/candle.ts';
import { flagCandles } from '../../../src/core/candle-quality.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import type { MarketGateway, MarketRequest } from '../../../src/market/failover.ts';
import { createHourHistory, HISTORY_DAYS, type HourHistory } from '../../../src/market/hour-history.ts';
import { createMarketService } from '../../../src/market/series.ts';
import {
  createRollingCandleService,
  type RollingCandleService,
} from '../../../src/services/forecast/rolling-candles.ts';
import { createCsvFolderSource } from '../../../src/sources/market/csv-folder.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { randomCandles } from '../../support/candles.ts';

const START_MS = Date.UTC(2020, 0, 1);
/** 420 days of hours, and the days of them that end at midnight, of two coins. */
const HOURS = {
  BTC: randomCandles(420 * 24, { seed: 1, interval: '1h' }),
  ETH: randomCandles(420 * 24, { seed: 2, interval: '1h' }),
};
type Coin = keyof typeof HOURS;
/** 07:00 on the last day but one. */
const AT_MS = START_MS + 418 * DAY_MS + 7 * HOUR_MS;

/** A market over candles in memory, which a test changes, and what was asked of it. */
function createWorld() {
  const hours: Record<string, readonly Candle[]> = { ...HOURS };
  const days: Record<string, readonly Candle[]> = { BTC: rollingDays(HOURS.BTC, 0), ETH: rollingDays(HOURS.ETH, 0) };
  const requests: MarketRequest[] = [];
  const world = {
    hours,
    days,
    requests,
    nowMs: AT_MS + 5 * MINUTE_MS,
    /** Awaited before an answer with hours from before the newest 2,000. */
    older: Promise.resolve(),
  };
  const gateway: MarketGateway = {
    async fetchCandles(request) {
      requests.push(request);
      const { symbol, interval, fromMs, toMs } = request;
      if (interval === '1h' && toMs < world.nowMs - 2_001 * HOUR_MS) await world.older;
      const all = (interval === '1h' ? hours : days)[symbol];
      if (!all) throw new CandlecastError('CC_UNKNOWN_SYMBOL', `No market source lists ${symbol}.`);
      const step = INTERVAL_MS[interval];
      const candles = all
        .filter((one) => one.openTimeMs >= fromMs && one.openTimeMs <= toMs && one.openTimeMs + step <= world.nowMs)
        .map((one): SourcedCandle => ({ ...one, source: 'binance', fetchedAtMs: world.nowMs, flag: null }));
      return { candles, source: 'binance', failures: [] };
    },
    health: () => [],
  };
  return { ...world, world, gateway };
}

let storage: Storage;
let world: ReturnType<typeof createWorld>['world'];
let gateway: MarketGateway;
let rolling: RollingCandleService;
let history: HourHistory;
let ending: AbortController;

function start(sleep: (ms: number, signal?: AbortSignal) => Promise<void> = () => new Promise(() => {})) {
  const now = () => world.nowMs;
  const { candles, unconfirmed } = storage;
  const market = createMarketService({
    gateway,
    candles,
    unconfirmed,
    symbols: [],
    now,
    logger: silentLogger,
    minRefreshMs: 1,
  });
  history = createHourHistory({ market, candles, ending: ending.signal, now });
  rolling = createRollingCandleService({ market, history, logger: silentLogger, sleep });
}

beforeEach(async () => {
  ({ world, gateway } = createWorld());
  ending = new AbortController();
  storage = await openStorage('sqlite::memory:', { now: () => world.nowMs });
  start();
});
afterEach(async () => {
  ending.abort();
  await storage.close();
});

const plain = (candles: readonly Candle[]) =>
  candles.map(({ openTimeMs, open, high, low, close, volume }) => ({ openTimeMs, open, high, low, close, volume }));
/** The days that must come: of the hours of 400 days that had closed by then. */
const truth = (coin: Coin, untilMs: number) =>
  rollingDays(
    HOURS[coin].filter(({ openTimeMs }) => openTimeMs < untilMs && openTimeMs >= untilMs - HISTORY_DAYS * DAY_MS),
    (untilMs % DAY_MS) / HOUR_MS,
  );
const without = (candles: readonly Candle[], fromMs: number, count: number) =>
  candles.filter(({ openTimeMs }) => openTimeMs < fromMs || openTimeMs >= fromMs + count * HOUR_MS);

describe('days that end at the last complete hour', () => {
  it('are those of the hours, with their flags, for the coin and for Bitcoin, at any hour', async () => {
    for (const later of [0, 1, 16]) {
      world.nowMs = AT_MS + later * HOUR_MS + 5 * MINUTE_MS;
      const untilMs = AT_MS + later * HOUR_MS;
      const { series, btc, ...how } = await rolling.candles('ETH');
      expect(how).toMatchObject({ endHour: 7 + later, fromHours: true, tooFewHours: false });
      expect(plain(series.candles)).toEqual(truth('ETH', untilMs));
      expect(series.candles.map(({ flag }) => flag)).toEqual(
        flagCandles(truth('ETH', untilMs), '1d').map(({ flag }) => flag),
      );
      expect(plain(btc!.candles)).toEqual(truth('BTC', untilMs));
      expect(series.candles.length).toBe(HISTORY_DAYS);
      expect(closeTimeMs(series.candles.at(-1)!, '1d')).toBe(untilMs);
      expect(series).toMatchObject({
        symbol: 'ETH',
        interval: '1d',
        source: 'binance',
        gaps: [],
        failures: [],
        unconfirmed: null,
      });
    }
  });

  it('are those of the source at midnight, whose values they have', async () => {
    const midnight = START_MS + 419 * DAY_MS;
    world.nowMs = midnight + 5 * MINUTE_MS;
    const { series, btc, ...how } = await rolling.candles('ETH');
    expect(how).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: false });
    expect(plain(series.candles.slice(-HISTORY_DAYS))).toEqual(truth('ETH', midnight));
    expect(series.candles.length).toBe(419);
    expect(plain(btc!.candles)).toEqual(plain(world.days['BTC']!.slice(0, 419)));
    // Until the source has its own candle, the hours say the same.
    world.days['ETH'] = world.days['ETH']!.slice(0, 418);
    world.days['BTC'] = world.days['BTC']!.slice(0, 418);
    await storage.close();
    storage = await openStorage('sqlite::memory:', { now: () => world.nowMs });
    start();
    const late = await rolling.candles('ETH');
    expect(late).toMatchObject({ endHour: 0, fromHours: true });
    expect(plain(late.series.candles)).toEqual(truth('ETH', midnight));
  });

  it('depend on no hour after that, of neither coin', async () => {
    const first = await rolling.candles('ETH');
    // The coin's newest hour is late, Bitcoin's is not; and everything later is another market.
    const other = randomCandles(420 * 24, { seed: 9, interval: '1h' });
    const changed = (coin: Coin) => HOURS[coin].map((one, i) => (one.openTimeMs < AT_MS ? one : other[i]!));
    world.hours['BTC'] = changed('BTC');
    world.hours['ETH'] = changed('ETH').filter(({ openTimeMs }) => openTimeMs < AT_MS);
    world.nowMs += HOUR_MS;
    const again = await rolling.candles('ETH');
    expect(again.endHour).toBe(7);
    expect(plain(again.series.candles)).toEqual(plain(first.series.candles).slice(1 - HISTORY_DAYS - 1));
    expect(plain(again.btc!.candles).slice(1)).toEqual(plain(first.btc!.candles).slice(1));
  });

  it('can be put together again as they were, some hours later', async () => {
    const { hoursKey: _, ...before } = await rolling.candles('ETH');
    world.nowMs += 30 * HOUR_MS;
    expect((await rolling.candles('ETH')).endHour).toBe(13);
    const again = await rolling.candlesAt('ETH', AT_MS);
    expect(again).toMatchObject({ endHour: 7, fromHours: true });
    expect(plain(again.series.candles)).toEqual(plain(before.series.candles));
    expect(plain(again.btc!.candles)).toEqual(plain(before.btc!.candles));
  });

  it('are the same object while nothing is new, and are put together anew after a correction', async () => {
    const [first, same] = [await rolling.candles('ETH'), await rolling.candles('ETH')];
    expect(same.series).toBe(first.series);
    expect(same.btc).toBe(first.btc);
    const wrong = AT_MS - 30 * HOUR_MS;
    world.hours['ETH'] = HOURS.ETH.map((one) => (one.openTimeMs === wrong ? { ...one, high: one.high * 1.001 } : one));
    world.nowMs += MINUTE_MS;
    const refreshed = await rolling.candles('ETH', { refresh: true });
    expect(refreshed.series).not.toBe(first.series);
    const differing = refreshed.series.candles.filter((one, i) => one.high !== first.series.candles[i]!.high);
    expect(differing.length).toBeLessThanOrEqual(1);
    expect(plain(refreshed.series.candles)).toEqual(
      rollingDays(
        world.hours['ETH']!.filter(
          ({ openTimeMs }) => openTimeMs < AT_MS && openTimeMs >= AT_MS - HISTORY_DAYS * DAY_MS,
        ),
        7,
      ),
    );
  });

  it('leave out a day of too few hours, and are not used where that is the last one', async () => {
    const old = AT_MS - 200 * DAY_MS;
    world.hours['ETH'] = without(HOURS.ETH, old, 6);
    const { series } = await rolling.candles('ETH');
    expect(series.gaps).toEqual([{ fromMs: old, toMs: old, missing: 1 }]);
    expect(series.candles.length).toBe(HISTORY_DAYS - 1);

    const gapped = AT_MS + HOUR_MS;
    world.hours['ETH'] = without(HOURS.ETH, gapped, 6);
    world.nowMs = gapped + 10 * HOUR_MS;
    expect(await rolling.candles('ETH')).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: true });
  });

  it('come without Bitcoin where its hours are missing, and say that the newest price is unconfirmed', async () => {
    delete world.hours['BTC'];
    expect(await rolling.candles('ETH')).toMatchObject({ endHour: 7, btc: null });
    world.hours['ETH'] = HOURS.ETH.map((one) =>
      one.openTimeMs < AT_MS
        ? one
        : { ...one, open: one.open * 9, high: one.high * 9, low: one.low * 9, close: one.close * 9 },
    );
    world.nowMs += HOUR_MS;
    const { series, endHour } = await rolling.candles('ETH');
    expect(endHour).toBe(7);
    expect(series.unconfirmed).toMatchObject({ symbol: 'ETH', interval: '1h', openTimeMs: AT_MS });
  });
});

describe('the hours for them', () => {
  const olderRequests = (symbol: string) =>
    world.requests.filter(
      (one) => one.symbol === symbol && one.interval === '1h' && one.toMs < AT_MS - 2_000 * HOUR_MS,
    );

  it('are fetched newest first, once, and are there after a restart', async () => {
    const first = await rolling.candles('ETH');
    const asked = olderRequests('ETH').map(({ toMs }) => toMs);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked).toEqual([...asked].sort((a, b) => b - a));
    await rolling.candles('ETH');
    start();
    const again = await rolling.candles('ETH');
    expect(olderRequests('ETH')).toHaveLength(asked.length);
    expect(plain(again.series.candles)).toEqual(plain(first.series.candles));
  });

  it('that do not come in time come in the background, and days end at midnight until then', async () => {
    let release = () => {};
    world.older = new Promise((resolve) => {
      release = resolve;
    });
    start(async () => {});
    const early = await rolling.candles('ETH');
    expect(early).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: true });
    expect(closeTimeMs(early.series.candles.at(-1)!, '1d')).toBe(START_MS + 418 * DAY_MS);
    release();
    await expect.poll(async () => (await rolling.candles('ETH')).fromHours, { timeout: 60_000 }).toBe(true);
    expect(plain((await rolling.candles('ETH')).series.candles)).toEqual(truth('ETH', AT_MS));
  });

  it('that no source has leave days at midnight, and are not asked for at every call', async () => {
    const recent = HOURS.ETH.filter(({ openTimeMs }) => openTimeMs >= AT_MS - 100 * DAY_MS);
    world.hours['ETH'] = recent;
    expect(await rolling.candles('ETH')).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: true });
    const asked = olderRequests('ETH').length;
    expect(asked).toBeLessThan(4);
    world.nowMs += HOUR_MS;
    await rolling.candles('ETH');
    expect(olderRequests('ETH')).toHaveLength(asked);
  });

  it('are enough where the coin is younger than a year', async () => {
    const listedMs = AT_MS - 150 * DAY_MS + 5 * HOUR_MS;
    world.hours['ETH'] = HOURS.ETH.filter(({ openTimeMs }) => openTimeMs >= listedMs);
    world.days['ETH'] = rollingDays(world.hours['ETH'], 0);
    const { series, ...how } = await rolling.candles('ETH');
    expect(how).toMatchObject({ endHour: 7, fromHours: true, tooFewHours: false });
    expect(plain(series.candles)).toEqual(
      rollingDays(world.hours['ETH'], 7).filter(({ openTimeMs }) => openTimeMs < AT_MS),
    );
  });

  it('are not needed where files of days end later than those of hours', async () => {
    world.hours['ETH'] = HOURS.ETH.filter(({ openTimeMs }) => openTimeMs < AT_MS - 40 * HOUR_MS);
    expect(await rolling.candles('ETH')).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: false });
    delete world.hours['ETH'];
    world.nowMs += DAY_MS;
    await storage.candles.removeSource('ETH', 'binance');
    expect(await rolling.candles('ETH')).toMatchObject({ endHour: 0, fromHours: false, tooFewHours: true });
  });

  it('are given up by one who has gone, who gets the reason', async () => {
    world.older = new Promise(() => {});
    const gone = new AbortController();
    const waiting = rolling.candles('ETH', { signal: gone.signal });
    await expect.poll(() => olderRequests('ETH').length).toBeGreaterThan(0);
    gone.abort(new CandlecastError('CC_STOPPING', 'The bot is being stopped.'));
    await expect(waiting).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });
});

const REAL = new URL('../../../../../shared/data/ohlcv/', import.meta.url).pathname;
describe.skipIf(!existsSync(`${REAL}/1h/ETH.csv`))('real hours', () => {
  it('give the days of the daily file at midnight', async () => {
    const source = createCsvFolderSource({ dir: REAL, now: Date.now });
    const span = { fromMs: Date.UTC(2022, 5, 1), toMs: Date.UTC(2023, 11, 30) };
    const check = { odd: () => {} } as never;
    const days = await source.fetchPage({ symbol: 'ETH', interval: '1d', ...span }, check);
    const hours = await source.fetchPage(
      { symbol: 'ETH', interval: '1h', fromMs: span.fromMs, toMs: span.toMs + DAY_MS - HOUR_MS },
      check,
    );
    const built = new Map(rollingDays(hours, 0).map((day) => [day.openTimeMs, day]));
    const compared = days.filter(({ openTimeMs }) => built.has(openTimeMs));
    expect(compared.length).toBeGreaterThan(500);
    const same = compared.filter(({ openTimeMs, close }) => built.get(openTimeMs)!.close === close);
    expect(same.length).toBe(compared.length);
  });
});
