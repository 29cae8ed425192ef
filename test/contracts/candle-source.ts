import { describe, expect, it } from 'vitest';
import {
  type Candle,
  findCandleProblem,
  INTERVAL_MS,
  INTERVALS,
  type Interval,
  lastFinalOpenMs,
} from '../../src/core/candle.ts';
import type { CandleSource } from '../../src/sources/source.ts';
import { fetching } from '../support/market-candles.ts';

/** A source over holdings the test knows. */
export interface CandleSourceUnderTest {
  /** Lists BTC and not NOPE; holds its candles of the last ten slots, the open one included where the source could. */
  readonly source: CandleSource;
  readonly nowMs: number;
  /** What it holds of BTC; null where candles are put together from other numbers. */
  readonly truth: ((interval: Interval) => readonly Candle[]) | null;
}

/** What every market source promises, whatever it speaks; `make` is called once per test. */
export function candleSourceContract(name: string, make: () => Promise<CandleSourceUnderTest>): void {
  const start = async () => {
    const made = await make();
    return { ...made, source: fetching(made.source, () => made.nowMs) };
  };
  describe(`${name} as a candle source`, () => {
    it.each(INTERVALS)('returns exactly the final %s candles of the request', async (interval) => {
      const { source, nowMs, truth } = await start();
      const toMs = lastFinalOpenMs(nowMs, interval) - INTERVAL_MS[interval];
      const fromMs = toMs - 4 * INTERVAL_MS[interval];
      const candles = await source.fetchCandles({ symbol: 'BTC', interval, fromMs, toMs });
      expect(candles.map((candle) => candle.openTimeMs)).toEqual(
        Array.from({ length: 5 }, (_, i) => fromMs + i * INTERVAL_MS[interval]),
      );
      expect(findCandleProblem(candles, { interval, nowMs, fromMs, toMs })).toBeNull();
      if (!truth) return;
      expect(candles).toEqual(truth(interval).filter((c) => c.openTimeMs >= fromMs && c.openTimeMs <= toMs));
    });

    it.each(INTERVALS)('ends at the newest final %s candle when asked for more', async (interval) => {
      const { source, nowMs } = await start();
      const newest = lastFinalOpenMs(nowMs, interval);
      const candles = await source.fetchCandles({
        symbol: 'BTC',
        interval,
        fromMs: newest - INTERVAL_MS[interval],
        toMs: newest + 5 * INTERVAL_MS[interval],
      });
      expect(candles.map((candle) => candle.openTimeMs)).toEqual([newest - INTERVAL_MS[interval], newest]);
    });

    it('has nothing of the future', async () => {
      const { source, nowMs } = await start();
      const fromMs = lastFinalOpenMs(nowMs, '1d') + 3 * INTERVAL_MS['1d'];
      expect(await source.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs, toMs: fromMs })).toEqual([]);
    });

    it.each(['NOPE', 'btc', '../BTC', 'BTC/../X', ''])('says that it does not list %j', async (symbol) => {
      const { source, nowMs } = await start();
      const newest = lastFinalOpenMs(nowMs, '1d');
      await expect(source.fetchCandles({ symbol, interval: '1d', fromMs: newest, toMs: newest })).rejects.toMatchObject(
        { code: 'CC_SOURCE_UNKNOWN_MARKET' },
      );
    });

    it('stops when the caller no longer wants the answer', async () => {
      const { source, nowMs } = await start();
      const newest = lastFinalOpenMs(nowMs, '1d');
      const reason = new Error('left');
      const signal = AbortSignal.abort(reason);
      await expect(
        source.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: newest, toMs: newest, signal }),
      ).rejects.toBe(reason);
    });
  });
}
