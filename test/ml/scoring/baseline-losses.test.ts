import { describe, expect, it } from 'vitest';
import type { SourcedCandle } from '../../../src/core/candle.ts';
import { QUANTILE_LEVELS, SCORED_INDICES } from '../../../src/core/quantiles.ts';
import { normalQuantile } from '../../../src/ml/baselines/distributions.ts';
import { toHistory } from '../../../src/ml/data/coin-history.ts';
import { baselineLosses, lookBackRows } from '../../../src/ml/scoring/baseline-losses.ts';
import { sourced, walk } from '../../support/candles.ts';

const losses = (candles: readonly SourcedCandle[], rows: readonly number[], steps = 3, outcome = 0.04) =>
  baselineLosses(toHistory('BTC', candles, '1d'), [
    { steps, rows: Int32Array.from(rows), returns: new Float64Array(rows.length).fill(outcome) },
  ])[0]!;

describe('the losses of EWMA and the random walk', () => {
  const candles = sourced(walk(700));

  it('are those of a normal distribution as wide as the past year, for the random walk', () => {
    const row = 500;
    const moves = candles
      .slice(row - 365, row + 1)
      .map(({ close }, i, all) => (i === 0 ? 0 : Math.log(close / all[i - 1]!.close)))
      .slice(1);
    const deviation = Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0) / moves.length) * Math.sqrt(3);
    const mean =
      SCORED_INDICES.reduce((sum, k) => {
        const difference = 0.04 - normalQuantile(QUANTILE_LEVELS[k]!) * deviation;
        return sum + Math.max(difference * QUANTILE_LEVELS[k]!, difference * (QUANTILE_LEVELS[k]! - 1));
      }, 0) / SCORED_INDICES.length;
    expect(losses(candles, [row]).randomWalk[0]).toBeCloseTo(mean, 12);
  });

  it('rest on nothing after the origin', () => {
    const rows = [450, 460, 470];
    const known = losses(candles, rows);
    const changed = candles.map((candle, i) =>
      i > 470 ? { ...candle, close: candle.close * 7, high: candle.high * 9 } : candle,
    );
    expect(losses(changed, rows)).toEqual(known);
    expect(losses(candles.slice(0, 471), rows)).toEqual(known);
    const later = candles.map((candle, i) =>
      i > 460 ? { ...candle, close: candle.close * 7, high: candle.high * 9 } : candle,
    );
    expect(losses(later, rows).ewma.slice(0, 2)).toEqual(known.ewma.slice(0, 2));
    expect(losses(later, rows).ewma[2]).not.toBe(known.ewma[2]);
  });

  it('do not know of a flag that a later candle put on the origin', () => {
    const flagged = candles.map((candle, i) => (i === 500 ? { ...candle, flag: 'glitch' as const } : candle));
    expect(losses(flagged, [500])).toEqual(losses(candles, [500]));
    expect(losses(flagged, [502]).ewma[0]).not.toBe(losses(candles, [502]).ewma[0]);
  });

  it('need no more candles than are looked back on', () => {
    const cut = candles.slice(699 - lookBackRows('1d', 3));
    const [whole, part] = [losses(candles, [699]), losses(cut, [cut.length - 1])];
    expect(part.randomWalk[0]).toBeCloseTo(whole.randomWalk[0]!, 12);
    expect(part.ewma[0]).toBeCloseTo(whole.ewma[0]!, 5);
  });

  it('are missing where candles are, and take rows in any order, and twice', () => {
    const gap = candles.filter((_, i) => i !== 600);
    const found = losses(gap, [650, 600, -3, 5, 9_000, 650]);
    expect([...found.ewma].map(Number.isNaN)).toEqual([false, true, true, true, true, false]);
    expect(found.ewma[5]).toBe(found.ewma[0]);
  });
});
