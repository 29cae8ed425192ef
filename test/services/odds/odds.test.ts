import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { levelOdds } from '../../../src/core/odds.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createOddsService } from '../../../src/services/odds/odds.ts';
import { createOddsRecordService } from '../../../src/services/odds/odds-record.ts';
import { createOddsScorer } from '../../../src/services/odds/score-odds.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';

const { signal } = new AbortController();
let storage: Storage;
let nowMs = ORIGIN_MS;
/** The highest price of each minute and hour from the question on, by which levels are touched. */
let highs: (timeMs: number) => number;
let minutesDown: boolean;
/** An hour that is flagged as a fault of its source. */
let spike: { readonly openTimeMs: number; readonly high: number } | null;
beforeEach(async () => {
  [nowMs, highs, minutesDown, spike] = [ORIGIN_MS + 17_123, () => 100, false, null];
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

const record = () =>
  createOddsRecordService({
    oddsSums: storage.oddsSums,
    assets: { resolve: (symbol) => ({ symbol, name: symbol }) as never },
    simulated: () => false,
    now: () => nowMs,
  });

function ask(
  level: number,
  spanMs = DAY_MS,
  {
    report = {},
    clockIsRight = true,
    isShownAgain = false,
    symbol = 'BTC',
  }: {
    report?: Partial<ForecastReport>;
    clockIsRight?: boolean;
    isShownAgain?: boolean;
    symbol?: string;
  } = {},
) {
  return createOddsService({
    forecast: {
      forecast: async ({ horizon }) => ({
        ...believableReport({ symbol, horizon, originMs: nowMs, price: 100 }),
        ...report,
      }),
    },
    askedOdds: storage.askedOdds,
    record: record(),
    clockIsRight: () => clockIsRight,
    logger: silentLogger,
    now: () => nowMs,
  }).odds({ symbol, direction: 'above', level, by: (fromMs) => fromMs + spanMs, isShownAgain });
}

const candleAt = (openTimeMs: number, high: number) => {
  const prices = { open: 100, high, low: 99, close: 100, volume: 1 };
  return { openTimeMs, ...prices, source: 'binance', fetchedAtMs: openTimeMs, flag: null };
};
/** Hours of the market up to now, and the scoring by them. */
async function score(missingHour: number | null = null, close = 100) {
  const firstMs = Math.floor(ORIGIN_MS / HOUR_MS) * HOUR_MS;
  const minutesOf = (fromMs: number, toMs: number) =>
    Array.from({ length: (toMs - fromMs) / MINUTE_MS + 1 }, (_, i) => fromMs + i * MINUTE_MS);
  const hours = Array.from({ length: Math.floor((nowMs - firstMs) / HOUR_MS) }, (_, i) => firstMs + i * HOUR_MS)
    .filter((_, i) => i !== missingHour)
    .map((openMs) => candleAt(openMs, Math.max(...minutesOf(openMs, openMs + HOUR_MS - MINUTE_MS).map(highs))));
  const flagged = hours.map((hour) =>
    hour.openTimeMs === spike?.openTimeMs ? { ...hour, high: spike.high, flag: 'glitch' as const } : hour,
  );
  await storage.candles.upsert('BTC', '1h', flagged);
  return createOddsScorer({
    askedOdds: storage.askedOdds,
    oddsSums: storage.oddsSums,
    candles: storage.candles,
    market: { series: async () => Promise.reject(new CandlecastError('CC_SOURCE_UNAVAILABLE', 'no hours')) },
    prices: {
      minutes: async (_symbol, fromMs, toMs) => {
        if (minutesDown && fromMs < ORIGIN_MS + HOUR_MS) throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'down');
        return minutesOf(fromMs, toMs).map((openMs) => ({ ...candleAt(openMs, highs(openMs)), close }));
      },
    },
    clockIsRight: () => true,
    logger: silentLogger,
    now: () => nowMs,
  }).scoreOdds(signal);
}
const recorded = () => storage.askedOdds.ofCoin('BTC', 0, Number.MAX_SAFE_INTEGER);

describe('asked odds', () => {
  it('are recorded as they are shown, with the forecast they stand on and the usual moves’ odds', async () => {
    const answer = await ask(101, 9 * HOUR_MS);
    const [{ odds }] = (await recorded()) as [Awaited<ReturnType<typeof recorded>>[number]];
    expect(odds).toMatchObject({ level: 101, originMs: nowMs, targetMs: nowMs + 9 * HOUR_MS, lastPrice: 100 });
    expect([odds.above, odds.touch]).toEqual([answer.above, answer.touch]);
    expect([odds.horizon, odds.model]).toEqual(['1d', answer.forecast.model.version]);
    // Of the usual moves: half of the way in the square root of time is half of the way in width.
    const { climatology, targetMs } = answer.forecast;
    const end = levelOdds(
      { originMs: nowMs, lastPrice: 100, fan: [{ timeMs: targetMs, quantiles: climatology! }] },
      climatology![17]!,
      targetMs,
    );
    const share = Math.sqrt((9 * HOUR_MS) / (targetMs - nowMs));
    await ask(100 * (climatology![17]! / 100) ** share, 9 * HOUR_MS);
    expect((await recorded())[1]!.odds.usual!.above).toBeCloseTo(end.above, 6);
    expect(answer.record).toMatchObject({ days: 60, fixed: { end: { reliability: null, enough: false } } });
  });

  it('are not recorded again for their details, from an old or doubted price, or by a wrong clock', async () => {
    await ask(101, DAY_MS, { isShownAgain: true });
    await ask(102, DAY_MS, { clockIsRight: false });
    const old = { kind: 'close', atMs: nowMs - 6 * MINUTE_MS, source: 'x' } as const;
    await ask(103, DAY_MS, { report: { price: old } });
    await ask(104, DAY_MS, { report: { unconfirmed: { symbol: 'BTC' } as never } });
    await ask(105, DAY_MS, { report: { originMs: nowMs - 6 * MINUTE_MS } });
    expect(await recorded()).toEqual([]);
  });

  it('are shown also where they cannot be written down', async () => {
    await storage.close();
    const answer = await ask(101);
    expect(answer.above).toBeGreaterThan(0);
    expect(answer.record).toBeNull();
    storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  });

  it('are scored an hour after their moment, by its price and the highs between', async () => {
    const askedMs = nowMs;
    await ask(101);
    await ask(150);
    highs = (timeMs) => (timeMs === Math.floor((askedMs + 7 * HOUR_MS) / MINUTE_MS) * MINUTE_MS ? 103 : 100);
    nowMs = askedMs + DAY_MS + HOUR_MS - 1;
    expect(await score()).toMatchObject({ scored: 0, waiting: 0 });
    nowMs += MINUTE_MS;
    expect(await score()).toEqual({ scored: 2, voided: 0, waiting: 0, counted: 1 });
    expect((await recorded()).map(({ end }) => end)).toMatchObject([
      { kind: 'outcome', actualPrice: 100, touched: true },
      { kind: 'outcome', actualPrice: 100, touched: false },
    ]);
    expect(await score()).toEqual({ scored: 0, voided: 0, waiting: 0, counted: 0 });
    const { asked } = await record().report({ symbol: 'BTC', days: 7 });
    expect(asked.end.reliability).toMatchObject({ n: 2 });
    expect(asked.touch.reliability!.steps.reduce((sum, { n, happened }) => sum + n * happened.value, 0)).toBe(1);
  });

  it('do not count what was touched before the question or after the moment', async () => {
    const askedMs = nowMs + 30 * MINUTE_MS;
    nowMs = askedMs;
    await ask(101, 5 * HOUR_MS);
    // Minutes before the question and after the moment, in the hours of both.
    highs = (timeMs) => (timeMs < askedMs - MINUTE_MS || timeMs > askedMs + 5 * HOUR_MS ? 110 : 100);
    nowMs = askedMs + 7 * HOUR_MS;
    await score();
    expect((await recorded())[0]!.end).toMatchObject({ touched: false });
  });

  it('wait for minutes, and are not scored for the touch where they or an hour never come', async () => {
    const askedMs = nowMs;
    await ask(101, 5 * HOUR_MS);
    highs = (timeMs) => (timeMs < askedMs ? 110 : 100);
    minutesDown = true;
    nowMs = askedMs + 6 * HOUR_MS + MINUTE_MS;
    expect(await score()).toMatchObject({ scored: 0, waiting: 1 });
    nowMs = askedMs + 12 * HOUR_MS;
    expect(await score()).toMatchObject({ scored: 1, waiting: 0 });
    expect((await recorded())[0]!.end).toMatchObject({ kind: 'outcome', touched: null });
    const { asked } = await record().report({ symbol: 'BTC' });
    expect(asked.touch).toMatchObject({ reliability: null, unscored: 1 });
    expect(asked.end.reliability!.n).toBe(1);
  });

  it('are not scored for the touch across a missing hour, unless another shows it', async () => {
    const askedMs = nowMs;
    await ask(101);
    await ask(102);
    highs = (timeMs) => (Math.floor((timeMs - askedMs) / HOUR_MS) === 3 ? 101.5 : 100);
    nowMs = askedMs + DAY_MS + HOUR_MS;
    await score(9);
    expect((await recorded()).map(({ end }) => end)).toMatchObject([{ touched: true }, { touched: null }]);
  });

  it('are not scored by a spike that everything around it takes back', async () => {
    const askedMs = nowMs;
    await ask(101);
    await ask(150);
    highs = (timeMs) => (Math.floor((timeMs - askedMs) / HOUR_MS) === 3 ? 101.5 : 100);
    nowMs = askedMs + DAY_MS + HOUR_MS;
    const spikeMs = Math.floor(askedMs / HOUR_MS) * HOUR_MS + 8 * HOUR_MS;
    spike = { openTimeMs: spikeMs, high: 1_000 };
    await score();
    expect((await recorded()).map(({ end }) => end)).toMatchObject([{ touched: true }, { touched: null }]);
  });

  it('are void where no price comes within two weeks', async () => {
    await ask(101, DAY_MS, { symbol: 'ETH' });
    nowMs += DAY_MS + 13 * DAY_MS;
    const stopped = createOddsScorer({
      askedOdds: storage.askedOdds,
      oddsSums: storage.oddsSums,
      candles: storage.candles,
      market: { series: async () => Promise.reject(new CandlecastError('CC_SOURCE_UNAVAILABLE', 'no hours')) },
      prices: { minutes: async () => [] },
      clockIsRight: () => true,
      logger: silentLogger,
      now: () => nowMs,
    });
    expect(await stopped.scoreOdds(signal)).toMatchObject({ voided: 0, waiting: 1 });
    nowMs += 2 * DAY_MS;
    expect(await stopped.scoreOdds(signal)).toMatchObject({ voided: 1, waiting: 0 });
    expect((await record().report({ days: 60 })).asked.end).toMatchObject({ reliability: null, unscored: 1 });
  });
});

describe('the question of /odds', () => {
  it('is of the shortest forecast that reaches so far, and refused outside of an hour and seven days', async () => {
    for (const [hours, horizon] of [
      [1, '1h'],
      [5, '1d'],
      [25, '3d'],
      [168, '7d'],
    ] as const)
      expect((await ask(101, hours * HOUR_MS)).forecast.horizon.name).toBe(horizon);
    await expect(ask(101, 50 * MINUTE_MS)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(ask(101, 7 * DAY_MS + HOUR_MS)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(ask(0)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });
});
