import { describe, expect, it } from 'vitest';
import { leastSquares, minimise } from '../../../src/ml/baselines/optimisation.ts';
import { normals } from '../../support/candles.ts';

describe('BFGS', () => {
  it('follows the curved valley of Rosenbrock to its end', () => {
    const found = minimise(
      (x, gradient) => {
        const [a, b] = [x[0]!, x[1]!];
        gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
        gradient[1] = 200 * (b - a * a);
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
      },
      Float64Array.of(-1.2, 1),
    );
    expect(found.converged).toBe(true);
    expect(found.x[0]).toBeCloseTo(1, 4);
    expect(found.x[1]).toBeCloseTo(1, 4);
  });

  it('steps back from where the function is not a number', () => {
    const found = minimise((x, gradient) => {
      gradient[0] = 1 - 1 / x[0]!;
      return x[0]! - Math.log(x[0]!);
    }, Float64Array.of(3));
    expect(found.converged).toBe(true);
    expect(found.x[0]).toBeCloseTo(1, 4);
  });

  it('says so when there is nothing to find', () => {
    const nothing = minimise(() => Number.NaN, Float64Array.of(1));
    const endless = minimise((x, gradient) => {
      gradient[0] = -1;
      return -x[0]!;
    }, Float64Array.of(1));
    expect([nothing.converged, endless.converged]).toEqual([false, false]);
  });
});

describe('least squares', () => {
  it('finds the coefficients that made the targets', () => {
    const normal = normals(5);
    const inputs = Float64Array.from({ length: 300 }, () => 4 + normal());
    const targets = Float64Array.from(
      { length: 100 },
      (_, i) => 7 - 2 * inputs[i * 3]! + 0.5 * inputs[i * 3 + 1]! + 3 * inputs[i * 3 + 2]!,
    );
    const expected = [7, -2, 0.5, 3];
    leastSquares(inputs, targets, 3).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 9);
    });
  });

  it('shares a slope between columns that are the same', () => {
    const normal = normals(6);
    const column = Float64Array.from({ length: 80 }, normal);
    const inputs = Float64Array.from({ length: 160 }, (_, i) => column[i >> 1]!);
    const [intercept, first, second] = leastSquares(
      inputs,
      column.map((value) => 1 + 2 * value),
      2,
    );
    expect(intercept).toBeCloseTo(1, 4);
    expect(first).toBeCloseTo(1, 4);
    expect(second).toBeCloseTo(1, 4);
  });

  it('gives the mean where no column moves', () => {
    expect(leastSquares(new Float64Array(10).fill(3), Float64Array.of(1, 2, 3, 4, 5), 2)).toEqual(
      Float64Array.of(3, 0, 0),
    );
  });
});
