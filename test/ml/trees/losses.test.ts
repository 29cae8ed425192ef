import { describe, expect, it } from 'vitest';
import { directionLoss, scaleLoss } from '../../../src/ml/trees/boost.ts';
import { makeReturns } from './support/samples.ts';

const { returns, ranges } = makeReturns(200, 0.5);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function slopes(loss: (raw: number, row: number) => number, raw: Float64Array) {
  const step = 1e-4;
  return Array.from(raw, (f, row) => {
    const [below, at, above] = [loss(f - step, row), loss(f, row), loss(f + step, row)];
    return { first: (above - below) / (2 * step), second: (above - 2 * at + below) / step ** 2 };
  });
}

describe('the losses', () => {
  it('of the scale have the derivatives of the Gamma likelihood and half the squared error of the range', () => {
    const { start, derivatives } = scaleLoss(returns, ranges);
    const moves = Array.from(returns, (value) => Math.max(Math.abs(value), 1e-3));
    const centre = mean(ranges) - start;
    const raw = Float64Array.from(returns, (_, i) => start + Math.sin(i));
    const gradient = new Float64Array(200);
    const hessian = new Float64Array(200);
    derivatives(raw, gradient, hessian);
    slopes((f, i) => f + moves[i]! * Math.exp(-f) + 0.5 * (f + centre - ranges[i]!) ** 2, raw).forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope.first, 5);
      // The squared error's second derivative is one, the likelihood's is the share.
      expect(hessian[i]).toBeCloseTo(slope.second, 5);
    });
  });

  it('of the scale start from the log of the mean move, where their gradients cancel', () => {
    const { start, derivatives } = scaleLoss(returns, ranges);
    expect(start).toBeCloseTo(Math.log(mean(returns.map(Math.abs))), 3);
    const gradient = new Float64Array(200);
    derivatives(new Float64Array(200).fill(start), gradient, new Float64Array(200));
    expect(mean(gradient)).toBeCloseTo(0, 8);
  });

  it('of a price that never moves stay finite', () => {
    const { start, derivatives } = scaleLoss(new Float32Array(3), new Float32Array(3));
    const gradient = new Float64Array(3);
    derivatives(new Float64Array(3).fill(start), gradient, new Float64Array(3));
    expect(start).toBeCloseTo(Math.log(1e-3), 10);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('of the direction have the derivatives of the logistic loss', () => {
    const { derivatives } = directionLoss(returns);
    const raw = Float64Array.from(returns, (_, i) => 2 * Math.sin(i));
    const gradient = new Float64Array(200);
    const hessian = new Float64Array(200);
    derivatives(raw, gradient, hessian);
    slopes((f, i) => Math.log1p(Math.exp(f)) - (returns[i]! > 0 ? f : 0), raw).forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope.first, 6);
      expect(hessian[i]).toBeCloseTo(slope.second, 5);
    });
  });

  it('of the direction start from the log-odds of the base rate, finite even when all rise', () => {
    expect(directionLoss(Float64Array.of(1, 2, 0, -1, 3)).start).toBeCloseTo(Math.log(3 / 2), 12);
    expect(directionLoss(Float32Array.of(1, 2)).start).toBeCloseTo(Math.log(3), 12);
    expect(directionLoss(Float32Array.of(-1, 0)).start).toBeCloseTo(-Math.log(3), 12);
  });

  it('refuse targets that are no numbers, are none or do not belong together', () => {
    const shape = expect.objectContaining({ code: 'CC_ENGINE_SHAPE' });
    expect(() => scaleLoss(Float32Array.of(1, Number.NaN), Float32Array.of(1, 2))).toThrow(shape);
    expect(() => scaleLoss(Float32Array.of(1, 2), Float32Array.of(1, Number.NEGATIVE_INFINITY))).toThrow(shape);
    expect(() => scaleLoss(Float32Array.of(1, 2), Float32Array.of(1))).toThrow(shape);
    expect(() => directionLoss(new Float32Array())).toThrow(shape);
  });
});
