import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { callListReply, callReply, leaderboardReply } from '../../../src/render/predict/predict-embed.ts';
import { createPredictService } from '../../../src/services/predict/predict.ts';
import { createCallScorer } from '../../../src/services/predict/score-calls.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';

const maker = { guildId: '2', userId: '1100000000000000030' };
const up = { sort: 'direction', pUp: 0.6 } as const;
let storage: Storage;
let nowMs = ORIGIN_MS;
beforeEach(async () => {
  nowMs = ORIGIN_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

const service = (changes: Partial<ForecastReport> = {}, clockIsRight = true) =>
  createPredictService({
    calls: storage.calls,
    forecast: {
      forecast: async ({ symbol, horizon }) => ({
        ...believableReport({ symbol, horizon, originMs: nowMs, price: 100 }),
        ...changes,
      }),
    },
    clockIsRight: () => clockIsRight,
    now: () => nowMs,
  });
/** A market whose minutes all close at one price, or that has none. */
const scorer = (close: number | null) =>
  createCallScorer({
    calls: storage.calls,
    market: {
      series: async () => {
        throw new Error('no hours');
      },
    },
    prices: {
      minutes: async (_symbol: string, _fromMs: number, toMs: number) =>
        close === null
          ? []
          : [
              {
                openTimeMs: toMs,
                open: close,
                high: close,
                low: close,
                close,
                volume: 1,
                source: 'binance',
                fetchedAtMs: toMs,
              },
            ],
    } as never,
    clockIsRight: () => true,
    logger: silentLogger,
    now: () => nowMs,
  });
const { signal } = new AbortController();

describe('calls', () => {
  it('count from their own moment, beside what the bot says then, and are refused without a believed fresh price', async () => {
    nowMs += 17_123;
    const call = await service().call(maker, { symbol: 'BTC', horizon: '3d', claim: up });
    expect(call).toMatchObject({ originMs: nowMs, targetMs: nowMs + 3 * DAY_MS, lastPrice: 100, claim: up });
    expect(call.bot.low).toBeLessThan(call.bot.high);
    const other = { symbol: 'ETH', horizon: '1d', claim: up };
    const old = { price: { kind: 'close', atMs: nowMs - 6 * MINUTE_MS, source: 'x' } } as const;
    await expect(service(old).call(maker, other)).rejects.toMatchObject({ code: 'CC_CALL_REFUSED' });
    const doubted = { symbol: 'ETH', kind: 'jump', price: 5, previousPrice: 1, source: 's', other: null };
    await expect(service({ unconfirmed: doubted as never }).call(maker, other)).rejects.toMatchObject({
      code: 'CC_PRICE_UNCONFIRMED',
    });
    await expect(service({}, false).call(maker, other)).rejects.toMatchObject({ code: 'CC_CLOCK_WRONG' });
    for (const claim of [
      { sort: 'range', low: 110, high: 90 },
      { sort: 'range', low: 1, high: 90 },
    ] as const)
      await expect(service().call(maker, { ...other, claim })).rejects.toMatchObject({ code: 'CC_CALL_REFUSED' });
    await expect(service().call(maker, { ...other, horizon: '4h' })).rejects.toMatchObject({ code: 'CC_CALL_REFUSED' });
    expect(await service().list(maker)).toHaveLength(1);
  });

  it('are scored once their minute is over, wait for a late price, and are void after two weeks', async () => {
    await service().call(maker, { symbol: 'BTC', horizon: '1d', claim: up });
    await service().call(maker, { symbol: 'ETH', horizon: '3d', claim: up });
    expect(await scorer(104).scoreCalls(signal)).toEqual({ scored: 0, voided: 0, waiting: 0 });
    nowMs += DAY_MS + MINUTE_MS;
    expect(await scorer(null).scoreCalls(signal)).toEqual({ scored: 0, voided: 0, waiting: 1 });
    expect(await scorer(104).scoreCalls(signal)).toEqual({ scored: 1, voided: 0, waiting: 0 });
    nowMs += 17 * DAY_MS;
    expect(await scorer(null).scoreCalls(signal)).toEqual({ scored: 0, voided: 1, waiting: 0 });
    const [eth, btc] = await service().list(maker);
    expect(btc!.end).toMatchObject({ kind: 'outcome', scores: { actualPrice: 104, source: 'binance 1m', toss: 0.25 } });
    expect(btc!.end?.kind === 'outcome' && btc!.end.scores.score).toBeCloseTo(0.16);
    expect(eth!.end).toEqual({ kind: 'void', reason: 'no-price' });
    expect(await storage.ledger.verify()).toMatchObject({ heads: { calls: { number: 4 } }, problem: null });
    for (const locale of LANGUAGES) {
      expect(limitProblems(callListReply([eth!, btc!], locale))).toEqual([]);
      expect(limitProblems(callReply(btc!.call, locale))).toEqual([]);
    }
  });

  it('are ranked by month of their target, and nobody is who has few', async () => {
    await service().call(maker, { symbol: 'BTC', horizon: '1d', claim: up });
    nowMs += DAY_MS + MINUTE_MS;
    await scorer(104).scoreCalls(signal);
    const board = await service().leaderboard('2', '2026-11');
    expect(board.direction).toEqual([{ userId: maker.userId, calls: 1, againstBot: null, againstToss: null }]);
    expect((await service().leaderboard('2', '2026-12')).direction).toEqual([]);
    expect((await service().leaderboard('9', null)).direction).toEqual([]);
    await expect(service().leaderboard('2', 'May')).rejects.toMatchObject({ code: 'CC_USAGE' });
    expect(leaderboardReply(board, 'en').embeds[0]!.description).toMatch(/^Too few calls to tell who is better/);
    const skill = { value: 5, low: 1, high: 9 };
    const many = Array.from({ length: 30 }, (_, i) => ({
      userId: String(1100000000000000000n + BigInt(i)),
      calls: 40,
      againstBot: skill,
      againstToss: skill,
    }));
    for (const locale of LANGUAGES)
      expect(limitProblems(leaderboardReply({ month: '2026-11', direction: many, range: many }, locale))).toEqual([]);
  });
});
