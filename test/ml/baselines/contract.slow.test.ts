import { describe, expect, it } from 'vitest';
import type { Candle, Interval } from '../../../src/core/candle.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { BASELINES } from '../../../src/ml/baselines/registry.ts';
import type { CoinFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { prepareSeries } from '../../../src/ml/features/prepared-series.ts';
import { garchProcess, volatileCandles } from '../../support/volatile-candles.ts';

const LEVELS = QUANTILE_LEVELS.length;
const STEPS: Readonly<Record<Interval, readonly number[]>> = { '1d': [1, 3, 7], '1h': [1, 4, 24] };

function coinOf(candles: readonly Candle[], interval: Interval): CoinFeatures {
  const series = prepareSeries(toColumns(candles, interval));
  const none = new Float32Array(0);
  return { symbol: 'ETH', series, steps: none, contextNames: [], context: none };
}

const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);
const bits = (values: Float64Array) => Buffer.from(values.slice().buffer).toString('base64');

describe.each(['1d', '1h'] as const)('baselines on %s candles', (interval) => {
  const steps = STEPS[interval];
  // Long enough for several refits and, on days, for a search that begins afresh.
  const count = interval === '1d' ? 800 : 1_000;
  // Two rows after a refit: a fit that took targets from beyond its row would see the change.
  const planted = interval === '1d' ? 722 : 842;
  const candles = volatileCandles(count, { seed: 21, interval, process: garchProcess(3e-5, 0.1, 0.87), freedom: 5 });
  const coin = coinOf(candles, interval);
  const rows = range(planted - 90, count);
  const width = steps.length * LEVELS;

  describe.each(BASELINES.map((baseline) => [baseline.name, baseline] as const))('%s', (_, baseline) => {
    const forecasts = baseline.forecast(coin, steps, rows);

    it('gives every level of every horizon, in order', () => {
      expect(forecasts.length).toBe(rows.length * width);
      for (let i = 0; i < forecasts.length; i++) {
        expect(Number.isFinite(forecasts[i]!)).toBe(true);
        if (i % LEVELS > 0) expect(forecasts[i]!).toBeGreaterThanOrEqual(forecasts[i - 1]!);
      }
    });

    it('does not depend on the unit of the price', () => {
      const times = (factor: number) =>
        coinOf(
          candles.map(({ open, high, low, close, ...rest }) => ({
            ...rest,
            open: open * factor,
            high: high * factor,
            low: low * factor,
            close: close * factor,
          })),
          interval,
        );
      expect(bits(baseline.forecast(times(1024), steps, rows))).toBe(bits(forecasts));
      const pennies = baseline.forecast(times(1e-5), steps, rows);
      pennies.forEach((value, i) => {
        expect(Math.abs(value - forecasts[i]!)).toBeLessThan(1e-6);
      });
    });

    it('no bit before a changed future moves, and the change arrives', () => {
      const changed = candles.map((candle, i) =>
        i < planted ? candle : { ...candle, high: candle.high * 3, low: candle.low * 0.5, close: candle.close * 2 },
      );
      const after = baseline.forecast(coinOf(changed, interval), steps, rows);
      const known = (planted - rows[0]!) * width;
      expect(bits(after.subarray(0, known))).toBe(bits(forecasts.subarray(0, known)));
      expect(bits(after.subarray(known))).not.toBe(bits(forecasts.subarray(known)));
    });

    it('no bit moves when the future is cut off', () => {
      const cut = baseline.forecast(coinOf(candles.slice(0, planted), interval), steps, range(rows[0]!, planted));
      expect(bits(cut)).toBe(bits(forecasts.subarray(0, cut.length)));
    });

    it('gives the same for a row whichever other rows and horizons are asked for', () => {
      const alone = baseline.forecast(coin, steps, Int32Array.of(count - 1));
      expect(bits(alone)).toBe(bits(forecasts.subarray(-width)));
      const sparse = baseline.forecast(
        coin,
        [steps[2]!, steps[1]!],
        rows.filter((_, i) => i % 40 === 0),
      );
      for (let i = 0; i * 40 < rows.length; i++) {
        const at = i * 40 * width;
        const far = forecasts.subarray(at + 2 * LEVELS, at + 3 * LEVELS);
        const near = forecasts.subarray(at + LEVELS, at + 2 * LEVELS);
        expect(bits(sparse.subarray(i * 2 * LEVELS, (i * 2 + 1) * LEVELS))).toBe(bits(far));
        expect(bits(sparse.subarray((i * 2 + 1) * LEVELS, (i * 2 + 2) * LEVELS))).toBe(bits(near));
      }
    });

    it('gives nothing for a gap and goes on after it', () => {
      const gappy = baseline.forecast(
        coinOf(
          candles.filter((_, i) => i < planted || i >= planted + 3),
          interval,
        ),
        steps,
        rows,
      );
      rows.forEach((row, i) => {
        const gap = row >= planted && row < planted + 3;
        const values = gappy.subarray(i * width, (i + 1) * width);
        expect(values.every(gap ? Number.isNaN : Number.isFinite)).toBe(true);
      });
    });

    it('gives nothing for a history that is too short, and no error', () => {
      const short = baseline.forecast(coinOf(candles.slice(0, 15), interval), steps, range(0, 15));
      expect(short.length).toBe(15 * width);
      expect(short.every(Number.isNaN)).toBe(true);
      expect(baseline.forecast(coinOf([], interval), steps, new Int32Array(0)).length).toBe(0);
    });

    it('keeps its head where a price does not move', () => {
      const pegged = candles.map((candle) => ({ ...candle, open: 1, high: 1, low: 1, close: 1 }));
      baseline.forecast(coinOf(pegged, interval), steps, rows).forEach((value) => {
        expect(Math.abs(value)).toBeLessThan(1e-3);
      });
    });
  });

  it('the random walk has the last price as its median, to the bit', () => {
    const walk = BASELINES.find(({ name }) => name === 'random walk')!.forecast(coin, steps, rows);
    for (let i = MEDIAN_INDEX; i < walk.length; i += LEVELS) expect(walk[i]).toBe(0);
  });
});

it('every baseline has a name of its own', () => {
  expect(new Set(BASELINES.map(({ name }) => name)).size).toBe(BASELINES.length);
});
