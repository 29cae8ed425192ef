import { describe, expect, it } from 'vitest';
import { deviationOf, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import type { HorizonDistribution } from '../../../src/ml/forecast/forecaster.ts';
import { combineDays, combineQuantiles, HOURS_SHARE } from '../../../src/ml/forecast/from-now.ts';

/** Quantiles at QUANTILE_LEVELS of a uniform distribution. */
const uniform = (centre: number, width: number) => QUANTILE_LEVELS.map((level) => centre + width * (level - 0.5));

function distribution(steps: number, centre: number, width: number, others: Partial<HorizonDistribution> = {}) {
  const quantiles = uniform(centre, width);
  const climatology = uniform(0, 2 * width);
  return {
    steps,
    quantiles,
    expectedVolatility: deviationOf(quantiles),
    usualVolatility: deviationOf(climatology),
    climatology,
    sentimentShare: null,
    ...others,
  };
}

describe('one day of two models', () => {
  const hours = distribution(24, 0.02, 0.1);
  const days = distribution(1, -0.01, 0.2);
  const both = combineDays(hours, days);

  it('averages the quantiles level by level', () => {
    const expected = uniform(
      0.02 * HOURS_SHARE - 0.01 * (1 - HOURS_SHARE),
      0.1 * HOURS_SHARE + 0.2 * (1 - HOURS_SHARE),
    );
    both.quantiles.forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 12);
    });
    expect(both.steps).toBe(1);
    expect(both.expectedVolatility).toBe(deviationOf(both.quantiles));
    expect(both.expectedVolatility).toBeGreaterThan(hours.expectedVolatility);
    expect(both.expectedVolatility).toBeLessThan(days.expectedVolatility);
  });

  it('is one model alone at a share of 0 and of 1, and the same where both agree', () => {
    expect(combineQuantiles(hours.quantiles, days.quantiles, 0)).toEqual(days.quantiles);
    expect(combineQuantiles(hours.quantiles, days.quantiles, 1)).toEqual(hours.quantiles);
    combineDays(hours, { ...hours, steps: 1 }).quantiles.forEach((value, k) => {
      expect(value).toBeCloseTo(hours.quantiles[k]!, 15);
    });
  });

  it('takes what is usual from the days, and from the hours where the days do not know', () => {
    expect(both.climatology).toEqual(days.climatology);
    expect(both.usualVolatility).toBe(days.usualVolatility);
    const short = combineDays(hours, { ...days, climatology: null, usualVolatility: Number.NaN });
    expect(short.climatology).toEqual(hours.climatology);
    expect(short.usualVolatility).toBe(hours.usualVolatility);
  });

  it('averages the share of sentiment, which is unknown only where neither took any in', () => {
    const share = (ofHours: number | null, ofDays: number | null) =>
      combineDays({ ...hours, sentimentShare: ofHours }, { ...days, sentimentShare: ofDays }).sentimentShare;
    expect(share(null, null)).toBeNull();
    expect(share(0.4, 0.4)).toBeCloseTo(0.4, 15);
    expect(share(0.4, null)).toBeCloseTo(0.4 * HOURS_SHARE, 15);
    expect(share(null, 0.4)).toBeCloseTo(0.4 * (1 - HOURS_SHARE), 15);
  });
});
