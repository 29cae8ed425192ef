import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingMax, rollingMean, rollingMedian, SortedWindow } from '../../../src/ml/features/rolling.ts';

const column = fc.array(fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constant(Number.NaN)), {
  maxLength: 60,
});
const trailing = (values: readonly number[], row: number, n: number) =>
  values.slice(Math.max(0, row - n + 1), row + 1).filter((value) => !Number.isNaN(value));

describe('rolling statistics', () => {
  it('give what a plain look over the window gives', () => {
    fc.assert(
      fc.property(column, fc.integer({ min: 1, max: 12 }), (values, n) => {
        const input = Float64Array.from(values);
        const [mean, max, median] = [rollingMean(input, n, 1), rollingMax(input, n), rollingMedian(input, n, 1)];
        values.forEach((_, row) => {
          const window = trailing(values, row, n).sort((a, b) => a - b);
          if (window.length === 0) {
            expect([mean[row], max[row], median[row]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
            return;
          }
          const middle = (window.length - 1) / 2;
          expect(mean[row]).toBeCloseTo(window.reduce((sum, value) => sum + value, 0) / window.length, 9);
          expect(max[row]).toBe(window.at(-1));
          expect(median[row]).toBeCloseTo((window[Math.floor(middle)]! + window[Math.ceil(middle)]!) / 2, 12);
        });
      }),
    );
  });

  it('interpolates quantiles as NumPy does by default', () => {
    const window = new SortedWindow(10);
    for (const value of [4, 1, 3, 2]) window.push(value);
    expect(window.quantile(0.1)).toBeCloseTo(1.3, 12);
    expect(window.quantile(0.9)).toBeCloseTo(3.7, 12);
  });

  it('says nothing below the least count', () => {
    expect(rollingMean(Float64Array.of(1, 2, 3), 3, 3)).toEqual(Float64Array.of(Number.NaN, Number.NaN, 2));
  });
});
