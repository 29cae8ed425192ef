import { describe, expect, it } from 'vitest';
import { HORIZONS } from '../../../src/core/horizon.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { sinceClose } from '../../../src/ml/forecast/from-now.ts';

/** Standard normal quantiles at the levels 0.025, 0.05, 0.1, 0.15 … 0.5. */
const NORMAL = [1.959964, 1.644854, 1.281552, 1.036433, 0.841621, 0.67449, 0.524401, 0.38532, 0.253347, 0.125661, 0];
const Z = QUANTILE_LEVELS.map((_, k) => (k <= MEDIAN_INDEX ? -NORMAL[k]! : NORMAL[20 - k]!));
const MEDIAN = 0.001;
const HOURLY = 0.004;
/** Quantiles of a normal return over so many hours, 0.4 % an hour. */
const normal = (hours: number) => Z.map((z) => MEDIAN + HOURLY * Math.sqrt(hours) * z);
const factorOf = (after: readonly number[], before: readonly number[]) =>
  (after[20]! - after[0]!) / (before[20]! - before[0]!);

describe('a forecast between two closes', () => {
  const one = normal(1);

  it('stays as it is at the close, and after a move just as large as expected', () => {
    expect(sinceClose(one, 0, 0, HORIZONS['1h'])).toEqual(one);
    for (const minutes of [1, 15, 30, 60]) {
      const move = HOURLY * Math.sqrt(minutes / 60);
      for (const sign of [1, -1]) {
        sinceClose(one, sign * move, minutes, HORIZONS['1h']).forEach((value, k) => {
          expect(value).toBeCloseTo(one[k]!, 7);
        });
      }
    }
  });

  it('is wider after a large move, up to a limit, and narrower after a small one; its median stays', () => {
    const carried = (moves: number, minutes = 60) =>
      sinceClose(one, moves * HOURLY * Math.sqrt(minutes / 60), minutes, HORIZONS['1h']);
    expect(factorOf(carried(4), one)).toBeCloseTo(Math.sqrt(1 + 0.05 * 15), 5);
    expect(factorOf(carried(-4), one)).toBeCloseTo(Math.sqrt(1 + 0.05 * 15), 5);
    expect(factorOf(carried(0), one)).toBeCloseTo(Math.sqrt(0.95), 5);
    expect(factorOf(carried(50), one)).toBeCloseTo(Math.sqrt(1 + 0.05 * 24), 5);
    expect(factorOf(carried(4, 15), one)).toBeGreaterThan(1);
    expect(factorOf(carried(4, 15), one)).toBeLessThan(factorOf(carried(4, 30), one));
    for (const moves of [0, 4, 50]) {
      const said = carried(moves);
      expect(said[MEDIAN_INDEX]).toBeCloseTo(MEDIAN, 15);
      expect([...said].sort((a, b) => a - b)).toEqual(said);
    }
  });

  it('weighs the move of several hours as that of one', () => {
    const before = normal(24);
    const carried = sinceClose(before, 3 * HOURLY * Math.sqrt(12), 12 * 60, HORIZONS['1d']);
    expect(factorOf(carried, before)).toBeCloseTo(Math.sqrt(1.4), 5);
  });

  it('measures the move by what the forecast itself expects of those minutes, and weighs an hour less for days', () => {
    const hours = { '1h': 1, '4h': 4, '24h': 24, '1d': 24, '3d': 72 } as const;
    for (const name of ['1h', '4h', '24h', '1d', '3d'] as const) {
      const before = normal(hours[name]);
      const weight = hours[name] < 24 ? 0.05 : 0.05 / 3;
      expect(factorOf(sinceClose(before, 3 * HOURLY, 60, HORIZONS[name]), before)).toBeCloseTo(
        Math.sqrt(1 + 8 * weight),
        5,
      );
    }
    const week = normal(168);
    expect(sinceClose(week, 10 * HOURLY, 60, HORIZONS['7d'])).toEqual(week);
  });

  it('leaves alone what has no width, and what is not known', () => {
    const still = Z.map(() => 0);
    expect(sinceClose(still, 0.01, 30, HORIZONS['1h'])).toEqual(still);
    expect(sinceClose(one, Number.NaN, 30, HORIZONS['1h'])).toEqual(one);
    expect(sinceClose(one, 0.01, -5, HORIZONS['1h'])).toEqual(one);
  });
});
