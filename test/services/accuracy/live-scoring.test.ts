import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourcedCandle } from '../../../src/core/candle.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { UnissuedForecast } from '../../../src/core/ledger.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createScorer } from '../../../src/services/accuracy/score-matured.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../../support/candles.ts';
import { unissued } from '../../support/ledger.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const never = new AbortController().signal;
/** Ten days of hours of one coin that moves half a per cent an hour. */
const HOURS = sourced(walk(600, '1h', 3)).map((candle) => ({
  ...candle,
  low: candle.low * 0.99,
  high: candle.high * 1.01,
}));
const BASE = START_MS + 300 * HOUR_MS;
let nowMs: number;
let storage: Storage;
let hours: readonly SourcedCandle[];
let minutes: readonly SourcedCandle[];
let unconfirmed: MarketSeries['unconfirmed'];
/** Thrown by the sources of minutes while set. */
let down: Error | null;
let asked: { symbol: string; fromMs: number; toMs: number }[];
let told: string[];

const hourAt = (timeMs: number) => HOURS[Math.floor((timeMs - START_MS) / HOUR_MS)]!;
/** A minute that closes at a moment, at a price within its hour's range. */
function minuteUntil(closeMs: number, price = hourAt(closeMs - 1).close): SourcedCandle {
  const openTimeMs = closeMs - MINUTE_MS;
  return {
    openTimeMs,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: 1,
    source: 'binance',
    fetchedAtMs: 0,
    flag: null,
  };
}

beforeEach(async () => {
  nowMs = BASE;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  [hours, minutes, unconfirmed, down, asked, told] = [HOURS, [], null, null, [], []];
});
afterEach(() => storage.close());

function score() {
  return createScorer({
    ledger: storage.ledger,
    outcomes: storage.outcomes,
    candles: storage.candles,
    market: {
      series: async ({ symbol, interval }) => {
        expect(interval).toBe('1h');
        const candles = hours.filter(({ openTimeMs }) => openTimeMs + HOUR_MS <= nowMs);
        return {
          symbol,
          interval,
          candles,
          unconfirmed,
          gaps: [],
          source: 'binance',
          fetchedAtMs: nowMs,
          failures: [],
        };
      },
    },
    prices: {
      minutes: async (symbol, fromMs, toMs) => {
        asked.push({ symbol, fromMs, toMs });
        if (down) throw down;
        return minutes.filter(
          ({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs <= toMs && openTimeMs + MINUTE_MS <= nowMs,
        );
      },
    },
    logger: { ...silentLogger, warn: (_facts, message) => told.push(message) },
    now: () => nowMs,
  })(never);
}

/** Records a forecast from a moment, one hour ahead unless another horizon is named. */
async function ask(originMs: number, more: Partial<UnissuedForecast> = {}) {
  nowMs = originMs;
  const forecast = unissued({ horizon: '1h', originMs, lastPrice: hourAt(originMs).close, ...more });
  expect(await storage.ledger.append([forecast], 'asked')).toEqual(['appended']);
}
const outcomes = async () => [...(await storage.outcomes.recent(0))].sort((a, b) => a.sequence - b.sequence);

describe('a forecast that counts from the moment it was asked for', () => {
  it('is scored by the minute that closes nearest to its target, once that is over', async () => {
    const target = BASE + 40_000 + HOUR_MS;
    await ask(BASE + 40_000);
    minutes = [-1, 0, 1, 2].map((i) =>
      minuteUntil(BASE + HOUR_MS + i * MINUTE_MS, hourAt(target).open * (1 + i / 1_000)),
    );
    for (const atMs of [target - 1, target, BASE + HOUR_MS + MINUTE_MS + 4_999]) {
      nowMs = atMs;
      expect(await score()).toMatchObject({ scored: 0 });
    }
    expect(asked).toEqual([]);
    nowMs = BASE + HOUR_MS + MINUTE_MS + 5_000;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 0 });
    expect(await outcomes()).toMatchObject([
      { sequence: 1, revision: 0, actualPrice: minutes[2]!.close, source: 'binance 1m' },
    ]);
    // Nothing corrects a minute, whatever becomes of its hour.
    await storage.candles.upsert('BTC', '1h', [{ ...hourAt(target), close: hourAt(target).close * 1.005 }]);
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 0 });
  });

  it('is scored by the last trade before it where nobody traded at its target', async () => {
    await ask(BASE + MINUTE_MS);
    minutes = [minuteUntil(BASE + HOUR_MS + MINUTE_MS - 15 * MINUTE_MS), minuteUntil(BASE + HOUR_MS + 5 * MINUTE_MS)];
    nowMs = BASE + HOUR_MS + 10 * MINUTE_MS;
    expect(await score()).toMatchObject({ scored: 1 });
    expect(await outcomes()).toMatchObject([{ actualPrice: minutes[0]!.close, source: 'binance 1m' }]);
  });

  it('is scored with all others of its coin from one request', async () => {
    for (let i = 0; i < 30; i++) await ask(BASE + i * MINUTE_MS + 1_000);
    await ask(BASE + 30 * MINUTE_MS, { symbol: 'ETH' });
    minutes = Array.from({ length: 121 }, (_, i) => minuteUntil(BASE + i * MINUTE_MS));
    nowMs = BASE + 2 * HOUR_MS;
    expect(await score()).toEqual({ scored: 31, revised: 0, waiting: 0 });
    expect(asked.map(({ symbol }) => symbol).sort()).toEqual(['BTC', 'ETH']);
    for (const { fromMs, toMs } of asked) expect(toMs - fromMs).toBeLessThan(1_000 * MINUTE_MS);
  });

  it('asks for a backlog of days in a few requests at a time, the oldest first', async () => {
    for (let i = 0; i < 6; i++) await ask(BASE + i * 20 * HOUR_MS);
    minutes = Array.from({ length: 6 }, (_, i) => minuteUntil(BASE + HOUR_MS + i * 20 * HOUR_MS));
    nowMs = BASE + 110 * HOUR_MS;
    expect(await score()).toEqual({ scored: 4, revised: 0, waiting: 2 });
    expect(asked).toHaveLength(4);
    expect(await score()).toEqual({ scored: 2, revised: 0, waiting: 0 });
    expect((await outcomes()).every(({ source }) => source === 'binance 1m')).toBe(true);
  });

  it('is scored by the nearest hour where no source has the minute, and says so', async () => {
    const [early, late] = [BASE + 10 * MINUTE_MS, BASE + 31 * MINUTE_MS];
    await ask(early);
    await ask(late);
    nowMs = late + HOUR_MS + MINUTE_MS;
    // The second one's nearest hour is not over.
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 1 });
    nowMs = BASE + 2 * HOUR_MS;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 0 });
    expect(await outcomes()).toMatchObject([
      { actualPrice: hourAt(BASE).close, source: 'binance 1h' },
      { actualPrice: hourAt(BASE + HOUR_MS).close, source: 'binance 1h' },
    ]);
  });

  it('is scored again when the hour that it was scored by is corrected', async () => {
    await ask(BASE + 10 * MINUTE_MS, { horizon: '1d' });
    nowMs = BASE + 25 * HOUR_MS;
    expect(await score()).toMatchObject({ scored: 1 });
    const used = hourAt(BASE + 23 * HOUR_MS);
    const corrected = { ...used, close: used.close * 1.004 };
    await storage.candles.upsert('BTC', '1h', [{ ...corrected, source: 'kraken' }]);
    expect(await score()).toMatchObject({ revised: 0 });
    await storage.candles.upsert('BTC', '1h', [{ ...corrected, fetchedAtMs: nowMs }]);
    expect(await score()).toMatchObject({ revised: 1 });
    expect(await outcomes()).toMatchObject([{ revision: 1, actualPrice: corrected.close, source: 'binance 1h' }]);
    expect(await score()).toMatchObject({ revised: 0 });
  });

  it('waits six hours for sources that are down, then takes the hour', async () => {
    await ask(BASE + 10 * MINUTE_MS);
    down = new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.', { retryable: true });
    nowMs = BASE + 7 * HOUR_MS;
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 1 });
    nowMs = BASE + 7 * HOUR_MS + 11 * MINUTE_MS;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 0 });
    expect(await outcomes()).toMatchObject([{ source: 'binance 1h' }]);
  });

  it('is never scored where it was made from the price of another coin, and that is told once', async () => {
    await ask(BASE + 10 * MINUTE_MS, { lastPrice: hourAt(BASE).close / 1_000 });
    await ask(BASE + 11 * MINUTE_MS);
    minutes = Array.from({ length: 121 }, (_, i) => minuteUntil(BASE + i * MINUTE_MS));
    nowMs = BASE + 2 * HOUR_MS;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 1 });
    expect(await outcomes()).toMatchObject([{ sequence: 2 }]);
    expect(told).toEqual(["forecasts were made from another coin's price and are not scored"]);
  });

  it('is not scored by a minute that does not fit its hour', async () => {
    await ask(BASE + 50 * MINUTE_MS);
    const target = BASE + 50 * MINUTE_MS + HOUR_MS;
    minutes = [minuteUntil(target, 10 * hourAt(target).close)];
    nowMs = target + MINUTE_MS;
    // While the hour goes on, a jump that large may be real.
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 1 });
    nowMs = BASE + 2 * HOUR_MS;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 0 });
    expect(await outcomes()).toMatchObject([{ actualPrice: hourAt(target).close, source: 'binance 1h' }]);
  });

  it('is scored by a crash that its hour bears out', async () => {
    await ask(BASE + 50 * MINUTE_MS);
    const target = BASE + 50 * MINUTE_MS + HOUR_MS;
    const crashed = hourAt(target).close * 0.5;
    minutes = [minuteUntil(target, crashed)];
    nowMs = target + MINUTE_MS;
    expect(await score()).toMatchObject({ scored: 0 });
    hours = HOURS.map((hour) => (hour === hourAt(target) ? { ...hour, low: crashed * 0.99 } : hour));
    nowMs = BASE + 2 * HOUR_MS;
    expect(await score()).toMatchObject({ scored: 1 });
    expect(await outcomes()).toMatchObject([{ actualPrice: crashed, source: 'binance 1m' }]);
  });

  it('waits while the newest price of its coin is not believed', async () => {
    await ask(BASE + 10 * MINUTE_MS);
    minutes = [minuteUntil(BASE + 10 * MINUTE_MS + HOUR_MS)];
    unconfirmed = unconfirmedPrice('BTC', '1h', BASE + HOUR_MS);
    nowMs = BASE + 3 * HOUR_MS;
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 1 });
    unconfirmed = null;
    expect(await score()).toMatchObject({ scored: 1 });
  });

  it('is scored by its minute also where no source has hours of the coin', async () => {
    await ask(BASE + 10 * MINUTE_MS);
    minutes = [minuteUntil(BASE + 10 * MINUTE_MS + HOUR_MS)];
    hours = [];
    nowMs = BASE + 3 * HOUR_MS;
    expect(await score()).toEqual({ scored: 1, revised: 0, waiting: 0 });
    expect(await outcomes()).toMatchObject([{ actualPrice: minutes[0]!.close, source: 'binance 1m' }]);
  });

  it('is given up after two weeks without any price', async () => {
    await ask(BASE + 10 * MINUTE_MS);
    hours = [];
    nowMs = BASE + 14 * 24 * HOUR_MS;
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 1 });
    nowMs = BASE + (14 * 24 + 2) * HOUR_MS;
    expect(await score()).toEqual({ scored: 0, revised: 0, waiting: 0 });
  });
});
