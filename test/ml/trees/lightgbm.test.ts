import { describe, expect, it } from 'vitest';
import { binRows } from '../../../src/ml/trees/binning.ts';
import { boost, directionLoss, scaleLoss } from '../../../src/ml/trees/boost.ts';
import { addForest } from '../../../src/ml/trees/forest.ts';
import { makeReturns, rowsBetween, WHOLE } from './support/samples.ts';

/*
 * LightGBM 4.7.0 on the same rows with the same settings and losses (`pip install lightgbm`, then python3 with):
 *
 * import math, numpy as np, lightgbm as lgb
 * state = 12345
 * def uniform():
 *     global state
 *     state = (state * 1664525 + 1013904223) % 2**32
 *     return (state >> 8) / 2**24
 * noise = lambda: (uniform() + uniform() + uniform() + uniform() - 2) * math.sqrt(3)
 * X, Y, R = [], [], []
 * for _ in range(6000):
 *     x = [2 * uniform() - 1 for _ in range(6)]
 *     log_scale = 0.5 * x[0] + 0.6 * x[1] * x[2]
 *     Y.append(math.exp(log_scale) * (noise() + 1.5 * x[3]))
 *     R.append(log_scale + 0.2 + 0.3 * noise())
 *     X.append(x)
 * X, Y, R = np.float32(X).astype(float), np.float32(Y).astype(float), np.float32(R).astype(float)
 * train, test = slice(0, 4000), slice(4000, 6000)
 * A = np.maximum(np.abs(Y), 1e-3)
 * start = math.log(A[train].mean()); c = R[train].mean() - start
 * def scale(f, d):
 *     e = A[train] * np.exp(-f)
 *     return 1 - e + f + c - R[train], e + 1
 * def direction(f, d):
 *     p = 1 / (1 + np.exp(-f))
 *     return p - (Y[train] > 0), p * (1 - p)
 * rate = (Y[train] > 0).mean(); odds = math.log(rate / (1 - rate))
 * common = dict(num_leaves=15, learning_rate=0.1, min_data_in_leaf=40, lambda_l2=1, max_bin=128, min_data_in_bin=1, verbose=-1, feature_pre_filter=False, num_threads=1)
 * def fit(objective, first):
 *     data = lgb.Dataset(X[train], np.zeros(4000), init_score=np.full(4000, first), params=common)
 *     return first + lgb.train({**common, 'objective': objective}, data, 60).predict(X[test], raw_score=True)
 * f = fit(scale, start)
 * print('scale', (f + A[test] * np.exp(-f) + (f + c - R[test]) ** 2 / 2).mean(), 'start', (start + A[test] * math.exp(-start) + (start + c - R[test]) ** 2 / 2).mean())
 * f = fit(direction, odds); up = Y[test] > 0
 * loss = lambda f: (np.log1p(np.exp(f)) - up * f).mean()
 * print('direction', loss(f), 'start', loss(np.full(2000, odds)))
 * print('first rows', X[0], Y[0], R[0], Y[-1])
 */
const LIGHTGBM = {
  scale: { start: 1.2152106666413007, loss: 1.0985064371613658 },
  direction: { start: 0.6930991799839453, loss: 0.5357894662776971 },
};

const TRAINED = 4000;
const { rows, width, inputs, returns, ranges } = makeReturns(6000, 1.5);
const binned = binRows(inputs, width, rowsBetween(0, TRAINED));
const unseen = inputs.subarray(TRAINED * width);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('beside LightGBM', () => {
  it('stands the same data, number by number', () => {
    expect([...inputs.subarray(0, 2)]).toEqual([Math.fround(-0.95919466), Math.fround(-0.9669044)]);
    expect([returns[0], returns[5999], ranges[0]].map((value) => value!.toFixed(6))).toEqual([
      '0.670486',
      '2.409115',
      '-0.421573',
    ]);
  });

  it('the scale is learnt as well, on rows not seen', () => {
    const loss = scaleLoss(returns.subarray(0, TRAINED), ranges.subarray(0, TRAINED));
    const moves = Float64Array.from(returns, (value) => Math.max(Math.abs(value), 1e-3));
    const centre = mean(Float64Array.from(ranges.subarray(0, TRAINED))) - loss.start;
    const lossOf = (raw: Float64Array) =>
      mean(raw.map((f, i) => f + moves[TRAINED + i]! * Math.exp(-f) + (f + centre - ranges[TRAINED + i]!) ** 2 / 2));
    compare(loss, lossOf, LIGHTGBM.scale);
  });

  it('the direction is learnt as well, on rows not seen', () => {
    const lossOf = (raw: Float64Array) =>
      mean(raw.map((f, i) => Math.log1p(Math.exp(f)) - (returns[TRAINED + i]! > 0 ? f : 0)));
    compare(directionLoss(returns.subarray(0, TRAINED)), lossOf, LIGHTGBM.direction);
  });
});

/** Both start from the same loss; what is gained on it may differ by 2 %, as cuts are values here and midpoints there. */
function compare(
  loss: ReturnType<typeof scaleLoss>,
  lossOf: (raw: Float64Array) => number,
  reference: { readonly start: number; readonly loss: number },
): void {
  const { forest } = boost(binned, loss, WHOLE);
  const unlearnt = lossOf(new Float64Array(rows - TRAINED).fill(loss.start));
  expect(unlearnt).toBeCloseTo(reference.start, 5);
  const gained = unlearnt - lossOf(addForest(forest, unseen, width, rows - TRAINED));
  expect(gained / (reference.start - reference.loss)).toBeGreaterThan(0.98);
  expect(gained / (reference.start - reference.loss)).toBeLessThan(1.02);
}
