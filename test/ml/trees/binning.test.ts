import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binRows, takeRows } from '../../../src/ml/trees/binning.ts';
import { congruential, rowsBetween } from './support/samples.ts';

describe('binning', () => {
  it('gives every value of a column with few of them a bin of its own, and equal values the same', () => {
    const binned = binRows(Float32Array.of(3, 1, 2, 1, 3, 2.5), 1, rowsBetween(0, 6));
    expect([...binned.cuts[0]!]).toEqual([1, 2, 2.5]);
    expect([...binned.columns[0]!]).toEqual([3, 0, 1, 0, 3, 2]);
  });

  it('gives a constant column one bin', () => {
    const binned = binRows(Float32Array.of(7, 1, 7, 2, 7, 3), 2, rowsBetween(0, 3));
    expect(binned.cuts.map((cuts) => cuts.length)).toEqual([0, 2]);
    expect([...binned.columns[0]!]).toEqual([0, 0, 0]);
  });

  it('takes only the given rows, in their order', () => {
    const binned = binRows(Float32Array.of(9, 5, 6, 9), 1, Int32Array.of(2, 1));
    expect(binned.rows).toBe(2);
    expect([...binned.columns[0]!]).toEqual([1, 0]);
  });

  it('says "bin ≤ b" exactly when "value ≤ cut b", within the number of bins', () => {
    const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), fc.integer({ min: 2, max: 12 }), (list, most) => {
        const values = Float32Array.from(list);
        const { cuts, columns } = binRows(values, 1, rowsBetween(0, values.length), most);
        const points = cuts[0]!;
        expect(points.length).toBeLessThan(most);
        points.forEach((cut, bin) => {
          if (bin > 0) expect(cut).toBeGreaterThan(points[bin - 1]!);
          values.forEach((value, row) => {
            expect(columns[0]![row]! <= bin).toBe(value <= cut);
          });
        });
      }),
    );
  });

  it('fills bins evenly, and keeps the detail of a column that is mostly zero', () => {
    const uniform = congruential(5);
    const rows = 20_000;
    const values = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 || uniform() < 0.1 ? uniform() : 0));
    const { columns } = binRows(values, 2, rowsBetween(0, rows), 64);
    const sizes = columns.map((column) => {
      const counts = new Array<number>(64).fill(0);
      for (const bin of column) counts[bin]!++;
      return counts.sort((a, b) => a - b);
    });
    expect(sizes[0]![0]).toBeGreaterThan(0.8 * (rows / 64));
    expect(sizes[0]![63]).toBeLessThan(1.2 * (rows / 64));
    expect(sizes[1]![63]).toBeGreaterThan(0.88 * rows);
    expect(sizes[1]![0]).toBeGreaterThan(0.7 * ((0.1 * rows) / 63));
    expect(sizes[1]![62]).toBeLessThan(1.3 * ((0.1 * rows) / 63));
  });

  it('reads cuts off a part of very many rows and bins all of them', () => {
    const rows = 120_000;
    const values = Float32Array.from({ length: rows }, (_, i) => (i * 7919) % rows);
    const { cuts, columns } = binRows(values, 1, rowsBetween(0, rows), 100);
    expect(cuts[0]!.length).toBe(99);
    const counts = new Array<number>(100).fill(0);
    for (const bin of columns[0]!) counts[bin]!++;
    expect(Math.min(...counts)).toBeGreaterThan(1100);
    expect(Math.max(...counts)).toBeLessThan(1300);
  });

  it('can leave rows out afterwards', () => {
    const binned = binRows(Float32Array.of(1, 2, 3, 4), 1, rowsBetween(0, 4));
    const taken = takeRows(binned, Int32Array.of(3, 1));
    expect([...taken.columns[0]!]).toEqual([3, 1]);
    expect(taken.cuts).toBe(binned.cuts);
    expect(() => takeRows(binned, Int32Array.of(4))).toThrow(expect.objectContaining({ code: 'CC_ENGINE_SHAPE' }));
  });

  it.each([
    ['a number that is not finite', Float32Array.of(1, Number.NaN), 1, Int32Array.of(0, 1), 8],
    ['infinity', Float32Array.of(1, Number.POSITIVE_INFINITY), 1, Int32Array.of(0, 1), 8],
    ['half a row', Float32Array.of(1, 2, 3), 2, Int32Array.of(0), 8],
    ['a row that is not there', Float32Array.of(1, 2), 1, Int32Array.of(2), 8],
    ['no rows', Float32Array.of(1, 2), 1, new Int32Array(), 8],
    ['no columns', Float32Array.of(1, 2), 0, Int32Array.of(0), 8],
    ['more bins than a byte holds', Float32Array.of(1, 2), 1, Int32Array.of(0), 257],
  ])('refuses %s', (_, inputs, width, rows, bins) => {
    expect(() => binRows(inputs, width, rows, bins)).toThrow(expect.objectContaining({ code: 'CC_ENGINE_SHAPE' }));
  });

  it('does not mind what stands in rows that are not asked for', () => {
    expect(binRows(Float32Array.of(1, Number.NaN, 2), 1, Int32Array.of(0, 2)).rows).toBe(2);
  });
});
