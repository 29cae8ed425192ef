import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fillHistogram,
  fillWords,
  HISTOGRAM_SPARE,
  layoutFor,
  MAX_ROWS,
  packedCount,
  packedHessian,
  packingFor,
  subtractHistogram,
} from '../../../src/ml/trees/histogram.ts';
import { congruential, rowsBetween } from './support/samples.ts';

describe('histograms', () => {
  it('count exactly and keep hessians to their rounding, for any size and number of them', () => {
    const size = fc.oneof(fc.double({ min: 0, max: 1000, noNaN: true }), fc.double({ min: 0, max: 1e-9, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(size, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0, 1000, MAX_ROWS - 300),
        (list, more) => {
          const largest = Math.max(...list);
          const packing = packingFor(list.length + more, largest);
          const packed = list.reduce((sum, value) => sum + packing.unit + Math.round(value * packing.scale), 0);
          expect(packedCount(packed, packing)).toBe(list.length);
          const sum = list.reduce((total, value) => total + value, 0);
          expect(Math.abs(packedHessian(packed, packing) - sum)).toBeLessThanOrEqual(
            list.length * (0.5 / packing.scale) * 1.001,
          );
        },
      ),
    );
  });

  it('hold the largest sum there can be without rounding', () => {
    for (const rows of [1, 1000, 125_000, MAX_ROWS]) {
      const packing = packingFor(rows, 30);
      const one = packing.unit + Math.round(30 * packing.scale);
      expect(rows * one).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
      expect(packedCount(rows * one, packing)).toBe(rows);
      expect(packedHessian(rows * one, packing)).toBe(rows * 30);
      // One part in two thousand of the largest hessian, or finer.
      expect(30 * packing.scale).toBeGreaterThanOrEqual(1024);
    }
  });

  it.each([1, 3, 4, 5, 11])('of %i columns add up what falls into each bin, and a sibling is what is left', (width) => {
    const uniform = congruential(width);
    const rows = 200;
    const bins = Array.from({ length: 12 }, () => Uint8Array.from({ length: rows }, () => Math.floor(uniform() * 256)));
    const layout = layoutFor(
      Int32Array.from({ length: width }, (_, i) => i + 1),
      () => 256,
    );
    const chosen = rowsBetween(0, rows).filter((row) => row % 3 !== 0);
    const words = Array.from({ length: Math.ceil(width / 4) }, () => new Uint32Array(chosen.length));
    fillWords(words, layout, bins, chosen, chosen.length);
    const gradients = Float64Array.from(chosen, () => Math.round(uniform() * 100));
    const fill = (order: Int32Array, from: number, to: number) => {
      const pairs = Float64Array.from([...order.subarray(from, to)].flatMap((place) => [gradients[place]!, 1]));
      const histogram = new Float64Array(layout.length + HISTOGRAM_SPARE).fill(99);
      fillHistogram(histogram, layout, words, order, from, to, pairs);
      return histogram.slice(0, layout.length);
    };
    const order = rowsBetween(0, chosen.length).reverse();
    const expected = new Float64Array(layout.length);
    for (const place of order.subarray(0, 50)) {
      for (let i = 0; i < width; i++) {
        const at = 512 * i + 2 * bins[i + 1]![chosen[place]!]!;
        expected[at]! += gradients[place]!;
        expected[at + 1]! += 1;
      }
    }
    const part = fill(order, 0, 50);
    expect(part).toEqual(expected);
    const whole = fill(order, 0, chosen.length);
    subtractHistogram(whole, part, layout.length);
    expect(whole).toEqual(fill(order, 50, chosen.length));
  });
});
