import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { climatologyBaseline, visitClimatology } from '../../../src/ml/baselines/climatology.ts';
import { normalQuantile } from '../../../src/ml/baselines/distributions.ts';
import { ewmaBaseline, randomWalkBaseline } from '../../../src/ml/baselines/random-walk.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { prepareSeries } from '../../../src/ml/features/prepared-series.ts';
import { randomCandles } from '../../support/candles.ts';

const LEVELS = QUANTILE_LEVELS.length;
const columns = toColumns(randomCandles(600, { seed: 9 }), '1d');
const none = new Float32Array(0);
const coin = { symbol: 'ETH', series: prepareSeries(columns), steps: none, contextNames: [], context: none };

/** Quantile of a plain sorted copy, type 7. */
function quantile(values: number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = level * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low);
}

/** The last 365 returns over three days that are complete at row 500, each divided by `scale` of the row it began at. */
function past(scale: (row: number) => number): number[] {
  const out: number[] = [];
  for (let row = 500 - 364; row <= 500; row++)
    out.push(Math.log(columns.close[row]! / columns.close[row - 3]!) / scale(row - 3));
  return out;
}

describe('random walk', () => {
  it('is normal with the volatility of the last 365 returns times the root of the horizon', () => {
    const squares = coin.series.returns.subarray(500 - 364, 501).reduce((sum, value) => sum + value * value, 0);
    const quantiles = randomWalkBaseline.forecast(coin, [7], Int32Array.of(500));
    QUANTILE_LEVELS.forEach((level, k) => {
      expect(quantiles[k]).toBeCloseTo(normalQuantile(level) * Math.sqrt((7 * squares) / 365), 12);
    });
  });
});

describe('climatology', () => {
  it('is the distribution of the last 365 returns that were complete at the origin', () => {
    const quantiles = climatologyBaseline.forecast(coin, [1, 3], Int32Array.of(500));
    QUANTILE_LEVELS.forEach((level, k) => {
      expect(quantiles[LEVELS + k]).toBeCloseTo(
        quantile(
          past(() => 1),
          level,
        ),
        12,
      );
    });
  });

  it('is unknown with fewer than twenty returns', () => {
    const quantiles = climatologyBaseline.forecast(coin, [1], Int32Array.of(19, 20));
    expect(quantiles[0]).toBeNaN();
    expect(quantiles[LEVELS]).not.toBeNaN();
  });

  it('visits the wanted rows with the same numbers', () => {
    const seen: number[] = [];
    visitClimatology(
      columns.close,
      '1d',
      3,
      (row) => row === 10 || row === 500,
      (row, quantiles) => seen.push(row, ...quantiles),
    );
    const quantiles = climatologyBaseline.forecast(coin, [3], Int32Array.of(10, 500));
    expect(seen).toEqual([10, ...quantiles.subarray(0, LEVELS), 500, ...quantiles.subarray(LEVELS)]);
  });
});

describe('EWMA baseline', () => {
  it('is the distribution of the last 365 scaled returns times the volatility at the origin', () => {
    const { sigma } = coin.series;
    const quantiles = ewmaBaseline.forecast(coin, [3], Int32Array.of(500));
    QUANTILE_LEVELS.forEach((level, k) => {
      expect(quantiles[k]).toBeCloseTo(
        quantile(
          past((row) => sigma[row]!),
          level,
        ) * sigma[500]!,
        12,
      );
    });
  });
});
