import { describe, expect, it } from 'vitest';
import { DEFAULT_SYMBOLS } from '../../src/core/asset.ts';
import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { DOUBT_HISTORY, doubtAbout, marketMoveOf } from '../../src/core/price-doubt.ts';
import { PriceModel } from '../../src/sources/simulated/price-model.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** Candles of the simulated market, all of them sound, that are doubted when each coin has one source and the others' moves are known. */
function falseAlarms(seed: number, interval: Interval, count: number): { candles: number; alarms: string[] } {
  const model = new PriceModel(seed);
  const step = INTERVAL_MS[interval];
  const before = DOUBT_HISTORY[interval];
  const endMs = START_MS + (before + count) * step;
  const coins = DEFAULT_SYMBOLS.map((symbol) => {
    const candles: readonly Candle[] = model.series(symbol)!.candles(interval, START_MS, endMs - step, endMs);
    return { symbol, candles };
  });
  const alarms: string[] = [];
  let candles = 0;
  for (let at = before; at < before + count; at++) {
    const moves = coins.map((coin) => Math.log(coin.candles[at]!.close / coin.candles[at - 1]!.close));
    for (const [place, coin] of coins.entries()) {
      const candle = coin.candles[at]!;
      const market = marketMoveOf(moves.toSpliced(place, 1), interval);
      const doubt = doubtAbout(candle, coin.candles.slice(at - before, at), interval, market);
      if (doubt) alarms.push(`${coin.symbol} ${new Date(candle.openTimeMs).toISOString()} ${doubt.kind}`);
      candles++;
    }
  }
  return { candles, alarms };
}

describe('sound candles of thirty simulated coins are seldom doubted', () => {
  it('7 to 18 of 108,000 hours were, by seed', () => {
    const { candles, alarms } = falseAlarms(1, '1h', 3_600);
    expect(candles).toBe(108_000);
    expect(alarms.length, alarms.join(', ')).toBeLessThanOrEqual(22);
  });

  it('no day was', () => {
    const { candles, alarms } = falseAlarms(2, '1d', 900);
    expect(candles).toBe(27_000);
    expect(alarms).toEqual([]);
  });
});
