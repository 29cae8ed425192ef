import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binRows } from '../../../src/ml/trees/binning.ts';
import { type BoostOptions, boost } from '../../../src/ml/trees/boost.ts';
import { addForest, type Forest, LEAF } from '../../../src/ml/trees/forest.ts';
import { congruential, noiseOf, rowsBetween, squaredLoss, WHOLE } from './support/samples.ts';

const ONE_SPLIT: BoostOptions = { ...WHOLE, rounds: 1, leaves: 2, learningRate: 1, minimumRows: 1, l2: 0 };

/** Leaf that each row ends in, for every tree. */
function leavesOf({ roots, feature, number, right, width }: Forest, inputs: Float32Array): number[][] {
  return Array.from(roots, (root) =>
    Array.from({ length: inputs.length / width }, (_, row) => {
      let node = root;
      while (feature[node] !== LEAF) {
        node = inputs[row * width + feature[node]!]! <= number[node]! ? node + 1 : right[node]!;
      }
      return node;
    }),
  );
}

describe('boosting', () => {
  it('finds the split and the leaf values that one finds by hand', () => {
    const inputs = Float32Array.of(5, 1, 5, 2, 5, 3, 5, 4);
    const { forest, raw } = boost(binRows(inputs, 2, rowsBetween(0, 4)), squaredLoss([1, 2, 6, 9]), {
      ...ONE_SPLIT,
      l2: 1,
      learningRate: 0.5,
    });
    // Gains with λ = 1: cut at 1 → 1/2 + 17²/4 − 18²/5, at 2 → 3²/3 + 15²/3 − …, at 3 → 9²/4 + 9²/2 − …
    expect([...forest.feature]).toEqual([1, LEAF, LEAF]);
    expect(forest.number[0]).toBe(2);
    // −G/(H + λ) · learningRate
    expect(forest.number[1]).toBeCloseTo((3 / 3) * 0.5, 6);
    expect(forest.number[2]).toBeCloseTo((15 / 3) * 0.5, 6);
    expect([...raw]).toEqual([0.5, 0.5, 2.5, 2.5]);
  });

  it('takes a Newton step from the second derivatives', () => {
    const hessians = [0.5, 0.25, 2, 1];
    const gradients = [1, 1, -3, -2];
    const loss = {
      start: 0.125,
      derivatives(_: Float64Array, gradient: Float64Array, hessian: Float64Array) {
        gradient.set(gradients);
        hessian.set(hessians);
      },
    };
    const { raw } = boost(binRows(Float32Array.of(1, 2, 3, 4), 1, rowsBetween(0, 4)), loss, ONE_SPLIT);
    expect(raw[0]).toBeCloseTo(0.125 - 2 / 0.75, 6);
    expect(raw[3]).toBeCloseTo(0.125 + 5 / 3, 6);
  });

  it('chooses the split of largest gain among all columns and cuts, within the limits', () => {
    const small = fc.integer({ min: -4, max: 4 });
    const row = fc.tuple(small, small, small, fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 8 }));
    const data = fc.array(row, { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(data, fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1, 10), (rows, minimumRows, l2) => {
        const width = 3;
        const inputs = Float32Array.from(rows.flatMap((one) => one.slice(0, width)));
        const loss = {
          start: 0,
          derivatives(_: Float64Array, gradient: Float64Array, hessian: Float64Array) {
            rows.forEach((one, i) => {
              gradient[i] = one[3];
              hessian[i] = one[4] / 4;
            });
          },
        };
        const score = (list: typeof rows) => {
          const g = list.reduce((sum, one) => sum + one[3], 0);
          return g ** 2 / (list.reduce((sum, one) => sum + one[4] / 4, 0) + l2);
        };
        const gainOf = (column: number, cut: number) => {
          const left = rows.filter((one) => one[column]! <= cut);
          const right = rows.filter((one) => one[column]! > cut);
          if (Math.min(left.length, right.length) < minimumRows) return Number.NEGATIVE_INFINITY;
          return score(left) + score(right) - score(rows);
        };
        const gains = rows.flatMap((one) => [0, 1, 2].map((column) => gainOf(column, one[column]!)));
        const best = Math.max(...gains);
        const options = { ...ONE_SPLIT, minimumRows, l2 };
        const { forest } = boost(binRows(inputs, width, rowsBetween(0, rows.length)), loss, options);
        if (best < 1e-9) expect(forest.feature[0]).toBe(LEAF);
        else expect(gainOf(forest.feature[0]!, forest.number[0]!)).toBeCloseTo(best, 6);
      }),
      { numRuns: 500 },
    );
  });

  it('splits the leaf that gains most first', () => {
    // Left half: a step of 2. Right half: a step of 20.
    const targets = [0, 2, 100, 120];
    const { raw } = boost(binRows(Float32Array.of(1, 2, 3, 4), 1, rowsBetween(0, 4)), squaredLoss(targets), {
      ...ONE_SPLIT,
      leaves: 3,
    });
    expect([...raw]).toEqual([1, 1, 100, 120]);
  });

  it('leaves no leaf with fewer rows than told, and no tree with more leaves', () => {
    const uniform = congruential(8);
    const rows = 500;
    const inputs = Float32Array.from({ length: rows * 4 }, () => uniform());
    const targets = Float64Array.from({ length: rows }, () => uniform() ** 8);
    const { forest } = boost(binRows(inputs, 4, rowsBetween(0, rows)), squaredLoss(targets), {
      ...WHOLE,
      rounds: 10,
      minimumRows: 23,
      leaves: 9,
    });
    const perTree = leavesOf(forest, inputs).map((leaves) => {
      const counts = new Map<number, number>();
      for (const leaf of leaves) counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
      return [...counts.values()];
    });
    expect(Math.min(...perTree.flat())).toBeGreaterThanOrEqual(23);
    expect(Math.max(...perTree.map((counts) => counts.length))).toBe(9);
  });

  it('moves all rows by one value where nothing can be told apart', () => {
    const { forest, raw } = boost(
      binRows(Float32Array.of(3, 3, 3), 1, rowsBetween(0, 3)),
      squaredLoss([1, 2, 6]),
      ONE_SPLIT,
    );
    expect([...forest.feature]).toEqual([LEAF]);
    expect([...raw]).toEqual([3, 3, 3]);
  });

  it('gives the same bits for the same seed, and others for another', () => {
    const uniform = congruential(3);
    const rows = 800;
    const inputs = Float32Array.from({ length: rows * 7 }, () => uniform());
    const targets = Float64Array.from({ length: rows }, () => uniform());
    const binned = binRows(inputs, 7, rowsBetween(0, rows));
    const options = { ...WHOLE, rounds: 20, columnShare: 0.5, rowShare: 0.5, minimumRows: 5 };
    const first = boost(binned, squaredLoss(targets), options);
    expect(boost(binned, squaredLoss(targets), options)).toEqual(first);
    expect(boost(binned, squaredLoss(targets), { ...options, seed: 2 }).raw).not.toEqual(first.raw);
  });

  it('updates the rows that were not drawn as well', () => {
    const rows = 400;
    const inputs = Float32Array.from({ length: rows }, (_, i) => i % 20);
    const targets = Float64Array.from(inputs, (value) => (value < 10 ? -1 : 1));
    const options = { ...WHOLE, rowShare: 0.3, minimumRows: 3, rounds: 100 };
    const { raw } = boost(binRows(inputs, 1, rowsBetween(0, rows)), squaredLoss(targets), options);
    targets.forEach((target, i) => {
      expect(raw[i]).toBeCloseTo(target, 1);
    });
  });

  it('splits a tree only on the columns drawn for it', () => {
    const uniform = congruential(4);
    const rows = 300;
    const inputs = Float32Array.from({ length: rows * 8 }, () => uniform());
    const targets = Float64Array.from({ length: rows }, () => uniform());
    const options = { ...WHOLE, columnShare: 0.25, minimumRows: 5, rounds: 30 };
    const { forest } = boost(binRows(inputs, 8, rowsBetween(0, rows)), squaredLoss(targets), options);
    const used = Array.from(forest.roots, (root, tree) => {
      const nodes = forest.feature.slice(root, forest.roots[tree + 1] ?? forest.feature.length);
      return new Set(nodes.filter((feature) => feature !== LEAF));
    });
    expect(Math.max(...used.map((columns) => columns.size))).toBe(2);
    expect(new Set(used.flatMap((columns) => [...columns])).size).toBe(8);
  });

  it('learns an interaction that no single column shows', () => {
    const uniform = congruential(11);
    const noise = noiseOf(uniform);
    const rows = 6000;
    const inputs = Float32Array.from({ length: rows * 4 }, () => 2 * uniform() - 1);
    const truth = Float64Array.from({ length: rows }, (_, i) =>
      inputs[4 * i]! > 0 === inputs[4 * i + 1]! > 0.2 ? 1 : -1,
    );
    const targets = truth.map((value) => value + 0.5 * noise());
    const { forest } = boost(binRows(inputs, 4, rowsBetween(0, 4000)), squaredLoss(targets), WHOLE);
    const raw = addForest(forest, inputs.subarray(4000 * 4), 4, 2000);
    const error = raw.reduce((sum, value, i) => sum + (value - truth[4000 + i]!) ** 2, 0) / 2000;
    // Guessing the mean errs by 1; noise of variance 1/4 cannot be learnt away wholly.
    expect(error).toBeLessThan(0.05);
  });

  it('predicts the same when a column is stretched by an increasing function', () => {
    const uniform = congruential(6);
    const rows = 900;
    const inputs = Float32Array.from({ length: rows * 3 }, () => Math.round(uniform() * 200) / 16);
    const stretched = inputs.map((value, i) => (i % 3 === 1 ? value ** 3 - 40 : value));
    const targets = Float64Array.from({ length: rows }, (_, i) => Math.sin(inputs[3 * i + 1]!) + inputs[3 * i]!);
    const predict = (values: Float32Array) => {
      const { forest } = boost(binRows(values, 3, rowsBetween(0, 600), 32), squaredLoss(targets), WHOLE);
      return addForest(forest, values, 3, rows);
    };
    expect(predict(stretched)).toEqual(predict(inputs));
  });

  it('reports every round and stops when it is cancelled', () => {
    const binned = binRows(Float32Array.of(1, 2, 3), 1, rowsBetween(0, 3));
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const seen: number[] = [];
    const onRound = (done: number) => {
      seen.push(done);
      if (done === 3) Atomics.store(cancel, 0, 1);
    };
    expect(() => boost(binned, squaredLoss([1, 2, 3]), WHOLE, onRound, cancel)).toThrow(
      expect.objectContaining({ code: 'CC_TRAINING_CANCELLED' }),
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it('says when the derivatives are no longer numbers', () => {
    const binned = binRows(Float32Array.of(1, 2, 3), 1, rowsBetween(0, 3));
    expect(() => boost(binned, squaredLoss([1, Number.NaN, 3]), WHOLE)).toThrow(
      expect.objectContaining({ code: 'CC_TRAINING_DIVERGED' }),
    );
  });

  it.each([
    { rounds: 0 },
    { leaves: 1 },
    { minimumRows: 0 },
    { learningRate: 0 },
    { columnShare: 1.5 },
    { rowShare: Number.NaN },
    { l2: -1 },
  ])('refuses %o', (wrong) => {
    const binned = binRows(Float32Array.of(1, 2, 3), 1, rowsBetween(0, 3));
    expect(() => boost(binned, squaredLoss([1, 2, 3]), { ...WHOLE, ...wrong })).toThrow(
      expect.objectContaining({ code: 'CC_ENGINE_SHAPE' }),
    );
  });
});
