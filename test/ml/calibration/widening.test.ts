import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../src/core/candle.ts';
import { MEDIAN_INDEX } from '../../../src/core/quantiles.ts';
import { recentShock, SHOCK_RULES, shockFactor, widen } from '../../../src/ml/calibration/widening.ts';
import { outOfRange, type Scaler } from '../../../src/ml/data/scaler.ts';
import { buildFeatures, type CoinFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { randomCandles } from '../../support/candles.ts';

const STEPS = [1, 3, 7];
const LAST = 199;

/** The candles with every price from `row` on multiplied, so that only the move into that row changes. */
function jump(candles: readonly Candle[], row: number, factor: number): Candle[] {
  return candles.map((candle, i) => {
    if (i < row) return candle;
    const { open, high, low, close } = candle;
    const times = (price: number) => price * factor;
    return { ...candle, open: times(open), high: times(high), low: times(low), close: times(close) };
  });
}

function features(options: { own?: [row: number, factor: number]; btc?: [row: number, factor: number] } = {}) {
  const columns = (seed: number, change?: [number, number]) => {
    const candles = randomCandles(LAST + 1, { seed });
    return toColumns(change ? jump(candles, ...change) : candles, '1d');
  };
  const coin = { symbol: 'ETH', columns: columns(4, options.own), observations: new Map() };
  return buildFeatures(coin, columns(5, options.btc));
}

/** A scaler that finds everything in range, except the first `strays` inputs. */
function scaler(coin: CoinFeatures, strays = 0): Scaler {
  const all = (value: number) => coin.contextNames.map(() => value);
  const known = coin.contextNames.map((_, i) => !Number.isNaN(coin.context[LAST * coin.contextNames.length + i]!));
  let left = strays;
  const high = known.map((is) => (is && left-- > 0 ? -1e9 : 1e9));
  return { names: coin.contextNames, mean: all(0), deviation: all(1), low: all(-2e9), high };
}

const flat = () => Float64Array.from({ length: STEPS.length * 21 }, (_, i) => ((i % 21) - 10) / 100 + 0.01);

function widths(coin: CoinFeatures, strays = 0, row = LAST): { factors: number[]; medians: number[] } {
  const final = flat();
  widen(final, coin, scaler(coin, strays), STEPS, Int32Array.of(row));
  const at = (step: number, k: number) => final[step * 21 + k]!;
  return {
    factors: STEPS.map((_, i) => (at(i, 20) - at(i, 0)) / 0.2),
    medians: STEPS.map((_, i) => at(i, MEDIAN_INDEX)),
  };
}

describe('a shock', () => {
  it('is a move of the coin beyond four σ, told with its size, direction and age', () => {
    expect(recentShock(features(), LAST)).toBeNull();
    const shock = recentShock(features({ own: [LAST - 2, 0.7] }), LAST)!;
    expect(shock).toMatchObject({ of: 'coin', fell: true, candlesAgo: 2 });
    expect(shock.sigmas).toBeGreaterThan(4);
    expect(recentShock(features({ own: [LAST, 1.5] }), LAST)).toMatchObject({ fell: false, candlesAgo: 0 });
  });

  it('is one of Bitcoin too, and is forgotten after a week', () => {
    expect(recentShock(features({ btc: [LAST - 1, 0.6] }), LAST)).toMatchObject({ of: 'market', candlesAgo: 1 });
    expect(recentShock(features({ own: [LAST - 7, 0.6] }), LAST)).toBeNull();
  });

  it('is not known before it happens', () => {
    const shaken = features({ own: [LAST, 0.5], btc: [LAST, 0.5] });
    expect(recentShock(shaken, LAST - 1)).toBeNull();
    expect(widths(shaken, 0, LAST - 1).factors).toEqual(widths(features(), 0, LAST - 1).factors);
  });
});

describe('widening', () => {
  it('leaves a forecast in calm times as it is, to the bit', () => {
    const final = flat();
    const coin = features();
    widen(final, coin, scaler(coin), STEPS, Int32Array.of(LAST));
    expect(final).toEqual(flat());
  });

  it('opens bands around an unmoved median, less at three days and not at seven, within its bound', () => {
    const { factors, medians } = widths(features({ own: [LAST, 0.3] }));
    expect(factors[0]).toBeGreaterThan(1.3);
    expect(factors[0]).toBeLessThanOrEqual(1 + SHOCK_RULES['1d'].most + 1e-9);
    expect(factors[0]).toBeGreaterThan(factors[1]!);
    expect(factors[1]).toBeGreaterThan(1.1);
    expect(factors[2]).toBeCloseTo(1, 12);
    for (const median of medians) expect(median).toBeCloseTo(0.01, 12);
  });

  it('fades from candle to candle', () => {
    const after = [0, 1, 2, 4].map((age) => widths(features({ own: [LAST - age, 0.3] })).factors[0]!);
    expect(after).toEqual([...after].sort((a, b) => b - a));
    expect((after[1]! - 1) / (after[0]! - 1)).toBeCloseTo(SHOCK_RULES['1d'].decay, 1);
    expect(after.at(-1)).toBeLessThan(1.05);
  });

  it('averages the extra variance over the candles of the horizon', () => {
    expect(shockFactor(0.3, 0.5, 1)).toBeCloseTo(1.3, 12);
    // Extra variance 0.69 in the first candle, half of it in the second.
    expect(shockFactor(0.3, 0.5, 2) ** 2).toBeCloseTo(1 + (0.69 + 0.345) / 2, 12);
    expect(shockFactor(0, 0.5, 3)).toBe(1);
  });

  it('opens bands by a tenth where three inputs or more lie beyond training, and not on top of a shock', () => {
    const calm = features();
    expect(outOfRange(scaler(calm, 3), calm.context.slice(-calm.contextNames.length))).toHaveLength(3);
    for (const factor of widths(calm, 2).factors) expect(factor).toBeCloseTo(1, 12);
    expect(widths(calm, 3).factors.map((factor) => factor.toFixed(9))).toEqual(
      [1.1, 1.1, 1].map((factor) => factor.toFixed(9)),
    );
    const shaken = features({ own: [LAST, 0.3] });
    const { factors } = widths(shaken, 3);
    expect(factors[0]).toBe(widths(shaken).factors[0]);
    const late = features({ own: [LAST - 5, 0.3] });
    expect(widths(late, 3).factors[0]).toBeCloseTo(1.1, 12);
  });

  it('does nothing to hourly bands but tells their shocks', () => {
    const candles = jump(randomCandles(LAST + 1, { seed: 4, interval: '1h' }), LAST, 0.5);
    const columns = toColumns(candles, '1h');
    const coin = buildFeatures({ symbol: 'BTC', columns, observations: new Map() }, columns);
    expect(recentShock(coin, LAST)).toMatchObject({ fell: true, candlesAgo: 0, widening: 0 });
    const final = flat();
    widen(final, coin, scaler(coin), STEPS, Int32Array.of(LAST));
    expect(final).toEqual(flat());
  });
});
