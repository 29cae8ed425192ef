import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCandleFolder } from '../../../src/cli/candle-folder.ts';
import type { Claim, Leaderboard } from '../../../src/core/calls.ts';
import { closeTimeMs } from '../../../src/core/candle.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createPredictService } from '../../../src/services/predict/predict.ts';
import { createCallScorer } from '../../../src/services/predict/score-calls.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { believableReport } from '../../render/forecast/believable-report.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/ohlcv/1h', import.meta.url));
/** Two hundred days that nothing in here was chosen by: the crash of Luna and that of FTX lie in them. */
const FROM_MS = Date.UTC(2022, 3, 15, 12);
const DAYS = 200;
const guildId = '2';

/** Prices at the ends of hours. */
const closes = new Map<number, number>();

/** Quantiles of a day's move, by the moves of so many days before, as prices around one. */
function past(atMs: number, days: number): number[] {
  const price = closes.get(atMs)!;
  const moves = Array.from({ length: days }, (_, i) => {
    const end = atMs - i * DAY_MS;
    return Math.log(closes.get(end)! / closes.get(end - DAY_MS)!);
  }).sort((a, b) => a - b);
  return QUANTILE_LEVELS.map((level) => {
    const at = level * (days - 1);
    const low = moves[Math.floor(at)]!;
    return price * Math.exp(low + (moves[Math.ceil(at)]! - low) * (at % 1));
  });
}

const bandOf = (quantiles: readonly number[]) => ({ low: quantiles[2]!, high: quantiles[18]! });
const rises = (atMs: number) => closes.get(atMs + DAY_MS)! > closes.get(atMs)!;

/** What each member calls every day. */
const MEMBERS: Readonly<Record<string, (atMs: number) => readonly [number, { low: number; high: number }]>> = {
  tosses: (atMs) => [0.5, bandOf(past(atMs, 120))],
  hopes: (atMs) => [0.6, { low: closes.get(atMs)! * 0.7, high: closes.get(atMs)! * 1.3 }],
  follows: (atMs) => [closes.get(atMs)! > closes.get(atMs - DAY_MS)! ? 0.6 : 0.4, bandOf(past(atMs, 20))],
  // From the future, which no member has: whoever knows it must come out far ahead.
  knows: (atMs) => {
    const price = closes.get(atMs + DAY_MS)!;
    return [rises(atMs) ? 0.99 : 0.01, { low: price * 0.999, high: price * 1.001 }];
  },
};
const BOT_DAYS = 40;
const botUp = (atMs: number) => past(atMs, BOT_DAYS).filter((price) => price > closes.get(atMs)!).length / 21;

/** The interval score as the sum of the pinball losses of its two ends, tens of their weights: another way to the same number. */
function twoEnds({ low, high }: { readonly low: number; readonly high: number }, price: number): number {
  const loss = (level: number, quantile: number) => {
    const over = Math.log(price / quantile);
    return over >= 0 ? level * over : (level - 1) * over;
  };
  return 10 * (loss(0.1, low) + loss(0.9, high));
}

describe.skipIf(!existsSync(folder))('calls over candles of 2022', () => {
  let board: Leaderboard;
  const moments = Array.from({ length: DAYS }, (_, i) => FROM_MS + i * DAY_MS);

  beforeAll(async () => {
    const { series } = await readCandleFolder(folder, '1h', () => Date.UTC(2024, 0, 1), new Set(['BTC']));
    for (const candle of series[0]!.candles) closes.set(closeTimeMs(candle, '1h'), candle.close);
    let nowMs = FROM_MS;
    const storage = await openStorage('sqlite::memory:', { now: () => nowMs });
    const service = createPredictService({
      calls: storage.calls,
      forecast: {
        forecast: async ({ symbol, horizon }) => ({
          ...believableReport({ symbol, horizon, originMs: nowMs, price: closes.get(nowMs)! }),
          quantiles: past(nowMs, BOT_DAYS),
          climatology: past(nowMs, 120),
          pUp: botUp(nowMs),
        }),
      },
      clockIsRight: () => true,
      now: () => nowMs,
    });
    const minutes = async (_symbol: string, fromMs: number, toMs: number) => {
      const found = [];
      for (let endMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; endMs <= toMs + MINUTE_MS; endMs += HOUR_MS) {
        const close = closes.get(endMs);
        const prices = close && { open: close, high: close, low: close, close };
        if (prices)
          found.push({ openTimeMs: endMs - MINUTE_MS, ...prices, volume: 1, source: 'binance', fetchedAtMs: endMs });
      }
      return found;
    };
    const scorer = createCallScorer({
      calls: storage.calls,
      market: { series: () => Promise.reject(new Error('no hours')) },
      prices: { minutes } as never,
      clockIsRight: () => true,
      logger: silentLogger,
      now: () => nowMs,
    });
    for (const atMs of moments) {
      nowMs = atMs;
      for (const [userId, callOf] of Object.entries(MEMBERS)) {
        const [pUp, range] = callOf(atMs);
        const claims: readonly Claim[] = [
          { sort: 'direction', pUp },
          { sort: 'range', ...range },
        ];
        for (const claim of claims) await service.call({ guildId, userId }, { symbol: 'BTC', horizon: '1d', claim });
      }
      nowMs = atMs + DAY_MS + MINUTE_MS;
      await scorer.scoreCalls(new AbortController().signal);
    }
    board = await service.leaderboard(guildId, null);
    expect((await storage.ledger.verify()).problem).toBeNull();
    await storage.close();
  }, 300_000);

  const skill = (loss: (atMs: number) => number, baseline: (atMs: number) => number) => {
    const sum = (of: (atMs: number) => number) => moments.reduce((total, atMs) => total + of(atMs), 0);
    return 100 * (1 - sum(loss) / sum(baseline));
  };

  it.each(Object.keys(MEMBERS))('of a direction score by the squared distance to what happened: %s', (member) => {
    const brier = (pUp: number, atMs: number) => (rises(atMs) ? 1 - pUp : pUp) ** 2;
    const own = (atMs: number) => brier(MEMBERS[member]!(atMs)[0], atMs);
    const found = board.direction.find(({ userId }) => userId === member)!;
    expect(found.calls).toBe(DAYS);
    expect(found.againstBot!.value).toBeCloseTo(
      skill(own, (atMs) => brier(botUp(atMs), atMs)),
      6,
    );
    expect(found.againstToss!.value).toBeCloseTo(
      skill(own, () => 0.25),
      6,
    );
  });

  it.each(Object.keys(MEMBERS))(
    'of a range score by width and what it was missed by, in usual widths: %s',
    (member) => {
      const score = (range: { readonly low: number; readonly high: number }, atMs: number) => {
        const usual = bandOf(past(atMs, 120));
        return twoEnds(range, closes.get(atMs + DAY_MS)!) / Math.log(usual.high / usual.low);
      };
      const own = (atMs: number) => score(MEMBERS[member]!(atMs)[1], atMs);
      const found = board.range.find(({ userId }) => userId === member)!;
      expect(found.calls).toBe(DAYS);
      expect(found.againstBot!.value).toBeCloseTo(
        skill(own, (atMs) => score(bandOf(past(atMs, BOT_DAYS)), atMs)),
        6,
      );
      expect(found.againstToss!.value).toBeCloseTo(
        skill(own, (atMs) => score(bandOf(past(atMs, 120)), atMs)),
        6,
      );
    },
  );

  it('give nothing to who calls a coin toss or the usual range, much to who knows the future, and no sure skill to habits', () => {
    const of = (table: 'direction' | 'range', member: string) => board[table].find(({ userId }) => userId === member)!;
    for (const table of ['direction', 'range'] as const) {
      expect(of(table, 'tosses').againstToss!.value).toBeCloseTo(0, 9);
      expect(of(table, 'knows').againstToss!.low).toBeGreaterThan(90);
      expect(board[table][0]!.userId).toBe('knows');
    }
    for (const member of ['hopes', 'follows']) {
      const { low, high } = of('direction', member).againstToss!;
      expect(low).toBeLessThan(0);
      expect(high - low).toBeGreaterThan(1);
    }
    // Thirty per cent to each side hold always, and are far too wide.
    expect(of('range', 'hopes').againstToss!.high).toBeLessThan(0);
  });
});
