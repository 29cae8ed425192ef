import { describe, expect, it } from 'vitest';
import {
  approximateStudentTQuantile,
  digamma,
  logGamma,
  normalQuantile,
  studentTCdf,
  studentTLogDensity,
  studentTQuantile,
} from '../../../src/ml/baselines/distributions.ts';
import reference from '../../fixtures/baselines.json' with { type: 'json' };

/** Difference relative to the size of the expected number, or to `least` where that is smaller. */
const relative = (got: number, expected: number, least = 1e-300) =>
  Math.abs(got - expected) / Math.max(Math.abs(expected), least);
const pairs = (rows: readonly (readonly number[])[]) => rows as readonly (readonly [number, number])[];

describe('gamma functions', () => {
  it('agree with SciPy to 1e-13', () => {
    for (const [x, gamma, slope] of reference.gamma as [number, number, number][]) {
      expect(relative(logGamma(x), gamma, 1)).toBeLessThan(1e-13);
      expect(relative(digamma(x), slope, 1)).toBeLessThan(1e-13);
    }
  });

  it('agree with closed forms', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 14);
  });
});

describe('normal quantiles', () => {
  it('agree with SciPy to 1e-13 from the middle to the farthest tail', () => {
    for (const [level, quantile] of pairs(reference.normalQuantiles))
      expect(relative(normalQuantile(level), quantile, 1e-3)).toBeLessThan(1e-13);
  });
});

describe("Student's t", () => {
  it('agrees with the printed tables', () => {
    // Abramowitz & Stegun, table 26.10.
    expect(studentTQuantile(0.975, 5)).toBeCloseTo(2.571, 3);
    expect(studentTQuantile(0.95, 10)).toBeCloseTo(1.812, 3);
    expect(studentTQuantile(0.995, 30)).toBeCloseTo(2.75, 3);
    expect(studentTCdf(2.353, 3)).toBeCloseTo(0.95, 4);
  });

  it.each(reference.studentT)('with $freedom degrees of freedom agrees with SciPy', (expected) => {
    const { freedom } = expected;
    for (const [level, quantile] of pairs(expected.quantiles)) {
      expect(relative(studentTQuantile(level, freedom), quantile, 1e-3)).toBeLessThan(1e-11);
      expect(relative(approximateStudentTQuantile(level, freedom), quantile, 0.1)).toBeLessThan(2e-3);
    }
    for (const [x, density] of pairs(expected.logDensities))
      expect(relative(studentTLogDensity(x, freedom), density, 1)).toBeLessThan(1e-12);
    for (const [x, probability] of pairs(expected.cdf))
      expect(relative(studentTCdf(x, freedom), probability)).toBeLessThan(1e-11);
  });

  it('gives back the level of every quantile, near the middle and far out', () => {
    for (const freedom of [2.05, 3.3, 12, 500])
      for (const level of [1e-9, 1e-4, 0.2, 0.4999, 0.5, 0.5001, 0.93, 0.99999])
        expect(relative(studentTCdf(studentTQuantile(level, freedom), freedom), level)).toBeLessThan(1e-11);
  });
});
