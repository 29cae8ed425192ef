import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { climatology } from '../../../src/ml/baselines/climatology.ts';
import { ewmaQuantiles } from '../../../src/ml/baselines/ewma.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { prepareSeries } from '../../../src/ml/features/step-features.ts';
import { randomCandles } from '../../support/candles.ts';

const columns = toColumns(randomCandles(600, { seed: 9 }), '1d');

/** Quantile of a plain sorted copy, type 7. */
function quantile(values: number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = level * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low);
}

describe('climatology', () => {
  it('is the distribution of the last 365 returns that were complete at the origin', () => {
    const returns: number[] = [];
    for (let row = 500 - 364; row <= 500; row++) returns.push(Math.log(columns.close[row]! / columns.close[row - 3]!));
    climatology(
      columns.close,
      '1d',
      3,
      (row) => row === 500,
      (_, quantiles) => {
        QUANTILE_LEVELS.forEach((level, k) => {
          expect(quantiles[k]).toBeCloseTo(quantile(returns, level), 12);
        });
      },
    );
    expect.assertions(QUANTILE_LEVELS.length);
  });

  it('is unknown with fewer than twenty returns', () => {
    const seen: number[] = [];
    climatology(
      columns.close,
      '1d',
      1,
      (row) => row === 19 || row === 20,
      (_, quantiles) => seen.push(quantiles[0]!),
    );
    expect(seen[0]).toBeNaN();
    expect(seen[1]).not.toBeNaN();
  });
});

describe('EWMA baseline', () => {
  it('widens with the volatility at the origin', () => {
    const series = prepareSeries(columns);
    const widths = new Map<number, number>();
    ewmaQuantiles(
      series,
      '1d',
      1,
      (row) => row > 400,
      (row, q) => widths.set(row, q[18]! - q[2]!),
    );
    const rows = [...widths.keys()];
    const calm = rows.reduce((a, b) => (series.sigma[a]! < series.sigma[b]! ? a : b));
    const wild = rows.reduce((a, b) => (series.sigma[a]! > series.sigma[b]! ? a : b));
    expect(widths.get(wild)! / widths.get(calm)!).toBeGreaterThan(1.3);
  });
});
