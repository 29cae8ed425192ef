import { describe, expect, it } from 'vitest';
import { bootstrapInterval, pairedPValue, wilsonInterval } from '../../../src/ml/scoring/block-bootstrap.ts';
import { normals } from '../../support/candles.ts';

/** Losses of two forecasters over `n` periods whose difference is autocorrelated noise around `edge`. */
function losses(seed: number, edge: number, n = 400) {
  const normal = normals(seed);
  let noise = 0;
  const baseline = Float64Array.from({ length: n }, () => 1 + 0.2 * Math.abs(normal()));
  const model = baseline.map((loss) => {
    noise = 0.6 * noise + normal() * 0.05;
    return loss - edge + noise;
  });
  return { model, baseline, counts: new Float64Array(n).fill(1) };
}
const pOf = (seed: number, edge: number) => {
  const { model, baseline, counts } = losses(seed, edge);
  return pairedPValue(model, baseline, counts, 14, 300, seed);
};

describe('the paired block bootstrap', () => {
  it('says p below 0.05 in about five of a hundred samples where nothing differs, and is spread evenly', () => {
    const values = Array.from({ length: 200 }, (_, i) => pOf(i + 1, 0));
    const below = (p: number) => values.filter((value) => value < p).length / values.length;
    expect(below(0.05)).toBeLessThan(0.13);
    expect(below(0.05)).toBeGreaterThan(0.005);
    expect(below(0.25)).toBeGreaterThan(0.15);
    expect(below(0.25)).toBeLessThan(0.4);
    expect(below(0.5)).toBeGreaterThan(0.38);
    expect(below(0.5)).toBeLessThan(0.65);
  });

  it('says a small p where one is clearly better, whichever it is', () => {
    expect(pOf(1, 0.05)).toBeLessThan(0.01);
    expect(pOf(1, -0.05)).toBeLessThan(0.01);
  });

  it('is never zero, and one where the losses are the same', () => {
    const { baseline, counts } = losses(1, 0);
    expect(pairedPValue(baseline, baseline, counts, 14)).toBe(1);
    expect(
      pairedPValue(
        baseline.map((loss) => loss / 2),
        baseline,
        counts,
        14,
        99,
      ),
    ).toBe(0.01);
  });

  it('minds that periods hold different numbers of forecasts', () => {
    // The same loss difference for each forecast, many on some days: nothing to doubt.
    const counts = Float64Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 50 : 1));
    const baseline = counts.map((count) => count * 2);
    const model = counts.map((count) => count * 1.9);
    expect(pairedPValue(model, baseline, counts, 7, 199)).toBe(1 / 200);
  });
});

describe('intervals', () => {
  it('of a ratio that is the same in every block has no width', () => {
    const counts = Float64Array.from({ length: 50 }, (_, i) => 1 + (i % 3));
    const { value, low, high } = bootstrapInterval(
      [counts.map((count) => count / 2), counts],
      (sums) => sums[0]! / sums[1]!,
      7,
    );
    expect([value, low, high]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)]);
  });

  it('of a share are Wilson’s', () => {
    // Published example: 10 of 20 gives 0.299 … 0.701; 0 of 10 gives 0 … 0.278.
    expect(wilsonInterval(10, 20)).toEqual({
      value: 0.5,
      low: expect.closeTo(0.2993, 4),
      high: expect.closeTo(0.7007, 4),
    });
    expect(wilsonInterval(0, 10)).toEqual({ value: 0, low: expect.closeTo(0, 9), high: expect.closeTo(0.2775, 4) });
  });
});
