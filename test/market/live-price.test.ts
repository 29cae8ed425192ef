import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Candle, INTERVALS, type Interval } from '../../src/core/candle.ts';
import { CandlecastError, type ErrorCode } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { unconfirmedText } from '../../src/core/unconfirmed-price.ts';
import { createMarketGateway } from '../../src/market/failover.ts';
import { createCoinIdentity } from '../../src/market/identity.ts';
import { createLivePrices } from '../../src/market/live-price.ts';
import { createMarketService } from '../../src/market/series.ts';
import type { CandleSource } from '../../src/sources/source.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS, scaled, walk } from '../support/candles.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';

/** Seventeen and a half minutes into an hour. */
const NOW = START_MS + 300 * HOUR_MS + 17 * MINUTE_MS + 30_000;
const MINUTE = Math.floor(NOW / MINUTE_MS) * MINUTE_MS;
const HOURS = walk(301, '1h');
const CLOSE = HOURS[299]!.close;

/** Minutes with a trade each, up to the open one, at `price` and a thousandth more every minute towards the past. */
function minutes(price: number, count = 70, newestMs = MINUTE): Candle[] {
  return Array.from({ length: count }, (_, i) => {
    const close = price * (1 + (count - 1 - i) / 1000);
    const openTimeMs = newestMs - (count - 1 - i) * MINUTE_MS;
    return { openTimeMs, open: close, high: close, low: close, close, volume: 2 };
  });
}

interface Exchange extends CandleSource {
  asked: number;
  minutes: readonly Candle[] | ErrorCode;
}

/** An exchange with hours and, where given, minutes; it throws an error code. */
function exchange(
  name: string,
  given: readonly Candle[] | ErrorCode = minutes(CLOSE),
  hours: readonly Candle[] = HOURS,
  more: Partial<CandleSource> = {},
): Exchange {
  const source: Exchange = {
    name,
    asked: 0,
    minutes: given,
    async fetchPage({ interval, fromMs, toMs }) {
      return interval === '1h' ? hours.filter((c) => c.openTimeMs >= fromMs && c.openTimeMs <= toMs) : [];
    },
    async fetchMinutes({ fromMs, toMs }) {
      source.asked++;
      if (typeof source.minutes === 'string') throw new CandlecastError(source.minutes, 'Not now.');
      return source.minutes.filter((c) => c.openTimeMs >= fromMs && c.openTimeMs <= toMs);
    },
    ...more,
  };
  return source;
}

let storage: Storage;
let clock: FakeClock;
beforeEach(async () => {
  clock = fakeClock(NOW);
  storage = await openStorage('sqlite::memory:', { now: clock.now });
});
afterEach(() => storage.close());

function live(sources: readonly CandleSource[], listed: number | null = null) {
  const { now } = clock;
  const gateway = createMarketGateway({ sources, now, logger: silentLogger });
  const identity = createCoinIdentity({
    candles: storage.candles,
    confirmed: storage.coinSources,
    listed: () => (listed === null ? null : { id: 'bitcoin', priceUsd: listed, atMs: now() }),
    refreshList: async () => {},
    order: sources.map(({ name }) => name),
    now,
    logger: silentLogger,
  });
  const { candles, unconfirmed } = storage;
  const market = createMarketService({
    gateway,
    candles,
    identity,
    unconfirmed,
    symbols: [],
    now,
    logger: silentLogger,
  });
  return createLivePrices({ market, gateway, candles, identity, now, logger: silentLogger });
}

describe('the last trade', () => {
  it('is the close of the open minute, at this moment', async () => {
    const price = await live([exchange('a', minutes(CLOSE * 1.01))]).lastTrade('BTC');
    expect(price).toEqual({
      symbol: 'BTC',
      price: CLOSE * 1.01,
      kind: 'trade',
      atMs: NOW,
      source: 'a',
      fetchedAtMs: NOW,
      doubted: null,
      failures: [],
    });
  });

  it('lies in the last minute with volume, where a source repeats the close of minutes without a trade', async () => {
    const still = minutes(CLOSE).map((minute, i, all) => {
      const close = all[Math.min(i, 66)]!.close;
      return { ...minute, open: close, high: close, low: close, close, volume: i > 66 ? 0 : 2 };
    });
    const price = await live([exchange('a', still)]).lastTrade('BTC');
    expect(price).toMatchObject({ kind: 'trade', price: still[66]!.close, atMs: MINUTE - 2 * MINUTE_MS });
  });

  it('comes from the next source where one fails, is unlisted there or has no minutes', async () => {
    const { fetchMinutes: _, ...without } = exchange('none');
    const sources = [
      exchange('down', 'CC_SOURCE_HTTP'),
      exchange('unlisted', 'CC_SOURCE_UNKNOWN_MARKET'),
      without,
      exchange('empty', []),
      exchange('good'),
    ];
    expect(await live(sources).lastTrade('BTC')).toMatchObject({
      source: 'good',
      kind: 'trade',
      failures: [{ source: 'down', code: 'CC_SOURCE_HTTP' }],
    });
  });

  it('comes from another source where that traded later, but not from one whose prices are approximate', async () => {
    const quiet = exchange('quiet', minutes(CLOSE, 20, MINUTE - 9 * MINUTE_MS));
    const approximate = exchange('points', minutes(CLOSE), HOURS, { approximate: true });
    const lively = exchange('lively');
    expect(await live([quiet, approximate, lively]).lastTrade('BTC')).toMatchObject({ source: 'lively', atMs: NOW });
    expect(approximate.asked).toBe(0);
    expect(await live([quiet, approximate]).lastTrade('BTC')).toMatchObject({
      source: 'quiet',
      atMs: MINUTE - 8 * MINUTE_MS,
    });
    expect(await live([approximate]).lastTrade('BTC')).toMatchObject({ source: 'points', atMs: NOW });
  });

  it('of an approximate source is asked for once an hour by scheduled work, and at once by persons', async () => {
    const points = exchange('points', minutes(CLOSE), HOURS, { approximate: true });
    const prices = live([exchange('down', 'CC_SOURCE_UNKNOWN_MARKET', []), points]);
    const first = await prices.lastTrade('BTC');
    expect(first).toMatchObject({ source: 'points', kind: 'trade', atMs: NOW });
    clock.advance(5 * MINUTE_MS);
    expect(await prices.lastTrade('BTC')).toEqual(first);
    expect(points.asked).toBe(1);
    clock.advance(MINUTE_MS);
    points.minutes = minutes(CLOSE * 1.002, 70, MINUTE + 6 * MINUTE_MS);
    const asker = { userId: '1', guildId: null };
    expect(await prices.lastTrade('BTC', { asker })).toMatchObject({ price: CLOSE * 1.002, atMs: NOW + 6 * MINUTE_MS });
    expect(points.asked).toBe(2);
    // A later close is newer than a point that was kept.
    clock.advance(50 * MINUTE_MS);
    expect(await prices.lastTrade('BTC')).toMatchObject({ kind: 'close', atMs: START_MS + 301 * HOUR_MS });
    expect(points.asked).toBe(2);
  });

  it('is never in the future: a minute that has not begun is left out, one further ahead refuses the source', async () => {
    const ahead = exchange('ahead', [...minutes(CLOSE), ...minutes(CLOSE * 1.02, 1, MINUTE + MINUTE_MS)]);
    ahead.fetchMinutes = async () => (ahead.minutes as Candle[]) ?? [];
    expect(await live([ahead]).lastTrade('BTC')).toMatchObject({ price: CLOSE, atMs: NOW, source: 'ahead' });
    ahead.minutes = [...minutes(CLOSE), ...minutes(CLOSE * 1.02, 1, MINUTE + 5 * MINUTE_MS)];
    const price = await live([ahead, exchange('good')]).lastTrade('ETH');
    expect(price).toMatchObject({ source: 'good', failures: [{ source: 'ahead', code: 'CC_SOURCE_BAD_DATA' }] });
  });

  it('is asked for once by many at once, and again after fifteen seconds', async () => {
    const source = exchange('a');
    const prices = live([source]);
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => prices.lastTrade('BTC')));
    for (const other of others) expect(other).toEqual(first);
    clock.advance(14_000);
    expect(await prices.lastTrade('BTC')).toEqual(first);
    expect(source.asked).toBe(1);
    source.minutes = minutes(CLOSE * 1.001);
    clock.advance(1_001);
    expect(await prices.lastTrade('BTC')).toMatchObject({ price: CLOSE * 1.001, atMs: NOW + 15_001 });
  });

  it('is asked for anew where the clock was set back, so that no answer lies in the future', async () => {
    const prices = live([exchange('a')]);
    await prices.lastTrade('BTC');
    clock.advance(-5_000);
    expect((await prices.lastTrade('BTC')).atMs).toBe(NOW - 5_000);
  });
});

describe('a last trade far outside the usual moves', () => {
  const tenfold = (hours: readonly Candle[]) => exchange('wrong', minutes(CLOSE * 10), hours);

  it('is not shown where no other source says the same: the newest close is, with its time and the reason', async () => {
    const price = await live([tenfold(HOURS)]).lastTrade('BTC');
    expect(price).toMatchObject({
      price: CLOSE,
      kind: 'close',
      atMs: START_MS + 300 * HOUR_MS,
      source: 'wrong',
      doubted: { kind: 'gap', price: CLOSE * 10, previousPrice: CLOSE, source: 'wrong', other: null },
    });
    expect(unconfirmedText(price.doubted!)).toMatch(/^wrong says \$[\d,.]+ for BTC, 10\.0 times the price before/);
  });

  it('is refused as another coin where the closes are of another source, which is used', async () => {
    const price = await live([tenfold([]), exchange('good')], CLOSE).lastTrade('BTC');
    expect(price).toMatchObject({ price: CLOSE, source: 'good', kind: 'trade', doubted: null });
    expect(price.failures).toMatchObject([{ source: 'wrong', code: 'CC_SOURCE_OTHER_COIN' }]);
  });

  it('gives way to an ordinary price of another source', async () => {
    const price = await live([tenfold(HOURS), exchange('good', minutes(CLOSE * 1.002))]).lastTrade('BTC');
    expect(price).toMatchObject({ price: CLOSE * 1.002, kind: 'trade', source: 'good', doubted: null });
    expect(price.failures).toMatchObject([{ source: 'wrong', code: 'CC_SOURCE_IMPLAUSIBLE' }]);
  });

  it('is shown where another source agrees', async () => {
    const crash = minutes(CLOSE * 0.6);
    const prices = live([exchange('a', crash), exchange('b', minutes(CLOSE * 0.601))]);
    expect(await prices.lastTrade('BTC')).toMatchObject({
      price: CLOSE * 0.6,
      kind: 'trade',
      source: 'a',
      doubted: null,
    });
  });

  it('is shown where the coins asked for a moment ago moved with it', async () => {
    const prices = live([exchange('a', minutes(CLOSE * 0.66))]);
    for (const symbol of ['ETH', 'SOL', 'ADA', 'XRP']) {
      expect((await prices.lastTrade(symbol)).doubted).not.toBeNull();
    }
    const hours = minutes(CLOSE * 0.66).filter(({ openTimeMs }) => openTimeMs >= START_MS + 300 * HOUR_MS);
    // Trading went on without a break, so the hour opened at the close before.
    const opened = [{ ...hours[0]!, open: CLOSE, high: CLOSE }, ...hours.slice(1)];
    const after = live([exchange('a', opened)]);
    for (const symbol of ['ETH', 'SOL', 'ADA', 'XRP']) await after.lastTrade(symbol);
    expect(await after.lastTrade('BTC')).toMatchObject({ kind: 'trade', price: CLOSE * 0.66 });
  });
});

describe('where no source has a trade', () => {
  it('the newest stored close is given, whatever its age', async () => {
    const source = exchange('a');
    await live([source]).lastTrade('BTC');
    clock.advance(7 * HOUR_MS);
    source.minutes = 'CC_SOURCE_HTTP';
    const price = await live([source]).lastTrade('BTC');
    expect(price).toMatchObject({
      kind: 'close',
      price: HOURS[300]!.close,
      atMs: START_MS + 301 * HOUR_MS,
      doubted: null,
      failures: [{ source: 'a', code: 'CC_SOURCE_HTTP' }],
    });
  });

  it('what the market says is thrown when nothing is known', async () => {
    const nothing = exchange('a', 'CC_SOURCE_HTTP', []);
    nothing.fetchPage = async () => {
      throw new CandlecastError('CC_SOURCE_HTTP', 'Not now.');
    };
    await expect(live([nothing]).lastTrade('BTC')).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  });
});

describe('closes alone', () => {
  const closes = (given: Record<Interval, number | ErrorCode>, asked: Interval[] = []) =>
    createLivePrices({
      market: {
        async series({ symbol, interval }) {
          asked.push(interval);
          const closedMs = given[interval];
          if (typeof closedMs === 'string') throw new CandlecastError(closedMs, 'Not now.');
          const [candle] = walk(1, interval, 1, closedMs - (interval === '1h' ? 1 : 24) * HOUR_MS);
          const facts = { source: 'csv', fetchedAtMs: NOW };
          return {
            symbol,
            interval,
            candles: [{ ...candle!, ...facts, flag: null }],
            gaps: [],
            ...facts,
            failures: [],
            unconfirmed: null,
          };
        },
        isStatic: async () => true,
      },
      gateway: {
        fetchMinutes: () => Promise.reject(new Error('Files have no minutes.')),
        isApproximate: () => false,
      },
      candles: storage.candles,
      now: clock.now,
      logger: silentLogger,
    });

  it('of files are their newest: of an hour, or of a day where hours are absent or older', async () => {
    const [recent, old] = [NOW - HOUR_MS, NOW - 50 * HOUR_MS];
    const of = (hour: number | ErrorCode, day: number | ErrorCode, asked?: Interval[]) =>
      closes({ '1h': hour, '1d': day }, asked).lastTrade('ETH');
    expect(await of('CC_HISTORY_TOO_SHORT', recent)).toMatchObject({ kind: 'close', atMs: recent });
    expect(await of(old, recent)).toMatchObject({ atMs: recent });
    expect(await of(old, 'CC_SOURCE_UNAVAILABLE')).toMatchObject({ kind: 'close', atMs: old });
    const asked: Interval[] = [];
    expect(await of(recent, NOW, asked)).toMatchObject({ atMs: recent });
    expect(asked).toEqual(['1h']);
  });

  it('are not looked for behind a database that fails', async () => {
    const asked: Interval[] = [];
    const prices = closes({ '1h': 'CC_DATABASE', '1d': NOW }, asked);
    await expect(prices.lastTrade('ETH')).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(asked).toEqual(INTERVALS.slice(0, 1));
  });
});

describe('minutes that are over', () => {
  it('are those with a trade inside the range, from the first source that has some', async () => {
    const held = minutes(CLOSE).map((minute, i) => (i === 60 ? { ...minute, volume: 0 } : minute));
    const prices = live([exchange('empty', []), exchange('a', held)]);
    const found = await prices.minutes('BTC', MINUTE - 15 * MINUTE_MS + 1, MINUTE + HOUR_MS);
    expect(found).toEqual(
      held
        .slice(55, 69)
        .filter(({ volume }) => volume > 0)
        .map((minute) => ({ ...minute, source: 'a', fetchedAtMs: NOW, flag: null })),
    );
    expect(found).toHaveLength(13);
  });

  it('are left out where they contradict the stored hour, or lie far outside the usual moves before it is stored', async () => {
    const held = minutes(CLOSE).map((minute, i) => (i % 10 === 9 ? scaled(minute, 3) : minute));
    const prices = live([exchange('a', held)], CLOSE);
    const ask = (fromMs: number, toMs: number) => prices.minutes('BTC', fromMs, toMs);
    const [hourMs, count] = [START_MS + 300 * HOUR_MS, (found: readonly unknown[]) => found.length];
    // Nothing is stored yet, so nothing contradicts them.
    expect(count(await ask(hourMs - 20 * MINUTE_MS, hourMs - MINUTE_MS))).toBe(20);
    await prices.lastTrade('BTC');
    const inside = await ask(hourMs - 20 * MINUTE_MS, hourMs - MINUTE_MS);
    expect(count(inside)).toBe(18);
    for (const { close } of inside) expect(close).toBeLessThan(CLOSE * 1.1);
    expect(count(await ask(hourMs, hourMs + 6 * MINUTE_MS))).toBe(7);
    const doubted = live(
      [
        exchange(
          'a',
          held.map((minute, i) => (i === 66 ? scaled(minute, 3) : minute)),
        ),
      ],
      CLOSE,
    );
    expect(await doubted.minutes('BTC', hourMs, hourMs + 14 * MINUTE_MS)).toEqual([]);
  });

  it('are at most a thousand a call', async () => {
    const held = minutes(CLOSE, 1_500);
    const found = await live([exchange('a', held)]).minutes('BTC', held[0]!.openTimeMs, NOW);
    expect(found.map(({ openTimeMs }) => openTimeMs)).toEqual(held.slice(0, 1_000).map((one) => one.openTimeMs));
  });

  it('are none where no source has any, and an error where one did not answer', async () => {
    const unlisted = exchange('unlisted', 'CC_SOURCE_UNKNOWN_MARKET');
    expect(await live([unlisted, exchange('empty', [])]).minutes('BTC', NOW - HOUR_MS, NOW)).toEqual([]);
    expect(await live([exchange('a')]).minutes('BTC', NOW, NOW + HOUR_MS)).toEqual([]);
    const down = live([unlisted, exchange('down', 'CC_SOURCE_HTTP')]);
    await expect(down.minutes('BTC', NOW - HOUR_MS, NOW)).rejects.toMatchObject({ code: 'CC_SOURCE_UNAVAILABLE' });
  });
});
