import { describe, expect, it } from 'vitest';
import { buildFeatures, minimumCandles, WINDOW, windowUsable } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { STEP_FEATURES } from '../../../src/ml/features/step-features.ts';
import { randomCandles } from '../../support/candles.ts';

const candles = randomCandles(200, { seed: 5 });
const without = (...missing: number[]) => candles.filter((_, i) => !missing.includes(i));
const build = (list: typeof candles) =>
  buildFeatures({ symbol: 'ETH', columns: toColumns(list, '1d'), observations: new Map() }, null);
const present = STEP_FEATURES.indexOf('present');

describe('gaps', () => {
  it('keeps a missing candle as a masked row of zeros', () => {
    const { steps, series } = build(without(120, 121));
    expect(series.columns.rows).toBe(200);
    expect(Array.from(steps.subarray(120 * 8, 122 * 8))).toEqual(new Array(16).fill(0));
    expect(steps[119 * 8 + present]).toBe(1);
    expect(steps[122 * 8 + present]).toBe(1);
  });

  it('divides the return across a gap by the root of the candles it spans', () => {
    const { series } = build(without(120, 121));
    const whole = Math.log(candles[122]!.close / candles[119]!.close);
    expect(series.returns[122]).toBeCloseTo(whole / Math.sqrt(3), 12);
  });

  it('treats a flagged candle as missing, but not the newest', () => {
    const flagged = candles.map((candle, i) => ({
      ...candle,
      flag: i === 150 || i === 199 ? ('glitch' as const) : null,
    }));
    const { columns } = build(flagged).series;
    expect(columns.close[150]).toBeNaN();
    expect(columns.close[199]).toBe(candles[199]!.close);
  });

  it('uses no window that ends in a gap, has more than ten, or comes too early', () => {
    const holes = Array.from({ length: 11 }, (_, i) => 140 + i);
    expect(windowUsable(build(candles), 160, WINDOW)).toBe(true);
    expect(windowUsable(build(without(160)), 160, WINDOW)).toBe(false);
    expect(windowUsable(build(without(...holes)), 160, WINDOW)).toBe(false);
    expect(windowUsable(build(without(...holes.slice(1))), 160, WINDOW)).toBe(true);
    expect(windowUsable(build(candles), minimumCandles(WINDOW) - 2, WINDOW)).toBe(false);
    expect(windowUsable(build(candles), minimumCandles(WINDOW) - 1, WINDOW)).toBe(true);
  });

  it('masks the market inputs without Bitcoin', () => {
    const { steps, context, contextNames } = build(candles);
    expect(steps[199 * 8 + STEP_FEATURES.indexOf('btcPresent')]).toBe(0);
    expect(context[199 * contextNames.length + contextNames.indexOf('btcKnown')]).toBe(0);
  });
});
