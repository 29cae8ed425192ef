import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../src/core/calibration-state.ts';
import { BANDS, MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { climatologyBaseline } from '../../../src/ml/baselines/climatology.ts';
import { type CalibrationOptions, calibrate } from '../../../src/ml/calibration/calibrate.ts';
import { ConformalShift } from '../../../src/ml/calibration/conformal.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { normals, randomCandles } from '../../support/candles.ts';

const L = QUANTILE_LEVELS.length;
/** Standard normal quantiles at QUANTILE_LEVELS. */
const NORMAL = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661, 0,
];
const SHAPE = [
  ...NORMAL,
  ...NORMAL.slice(0, 10)
    .reverse()
    .map((q) => -q),
];

describe('a conformal shift', () => {
  it('brings bands that are far too narrow to their nominal coverage, and keeps quantiles in order', () => {
    const normal = normals(3);
    const conformal = new ConformalShift(0.02);
    const inside = BANDS.map(() => 0);
    const counted = 4_000;
    for (let i = 0; i < 8_000; i++) {
      const issued = conformal.apply(Float64Array.from(SHAPE, (q) => q * 0.5));
      expect([...issued].every((q, k) => k === 0 || q >= issued[k - 1]!)).toBe(true);
      const outcome = normal();
      if (i >= counted) {
        BANDS.forEach((band, b) => {
          if (outcome >= issued[band.lower]! && outcome <= issued[band.upper]!) inside[b]!++;
        });
      }
      conformal.learn(outcome, issued);
    }
    BANDS.forEach((band, b) => {
      expect(Math.abs(inside[b]! / counted - band.coverage)).toBeLessThan(0.025);
    });
  });

  it('changes nothing before it has learnt', () => {
    expect([...new ConformalShift(0.5).apply(Float64Array.from(SHAPE))]).toEqual(SHAPE);
  });
});

describe('calibration', () => {
  const steps = [1, 3];
  const candles = randomCandles(500, { seed: 8 });
  const coin = buildFeatures({ symbol: 'ETH', columns: toColumns(candles, '1d'), observations: new Map() }, null);
  const rows = Int32Array.from({ length: 300 }, (_, i) => 150 + i);
  const raw = Float64Array.from({ length: rows.length * steps.length * L }, (_, i) => SHAPE[i % L]! * 0.8 + 0.3);
  const plain: CalibrationOptions = { medianShare: 1, climatologyWeight: [], conformalStep: 0 };
  const full: CalibrationOptions = {
    medianShare: 0.4,
    climatologyWeight: [0.1, 0.2],
    conformalStep: 0.01,
  };
  const run = (options: CalibrationOptions, features = coin, at = rows) =>
    calibrate(raw.subarray(0, at.length * steps.length * L), features.series, '1d', steps, at, options).quantiles;
  const scale = (index: number, at: number) => coin.series.sigma[rows[index]!]! * Math.sqrt(steps[at]!);

  it('left plain only turns scaled quantiles into log returns', () => {
    const out = run(plain);
    for (let k = 0; k < L; k++) expect(out[(7 * 2 + 1) * L + k]).toBeCloseTo(raw[k]! * scale(7, 1), 12);
  });

  it('keeps the asked share of the median and moves the curve as a whole', () => {
    const [whole, part] = [run(plain), run({ ...plain, medianShare: 0.4 })];
    const from = (11 * 2 + 0) * L;
    expect(part[from + MEDIAN_INDEX]! / whole[from + MEDIAN_INDEX]!).toBeCloseTo(0.4, 12);
    for (let k = 0; k < L; k++) {
      expect(part[from + k]! - part[from + MEDIAN_INDEX]!).toBeCloseTo(
        whole[from + k]! - whole[from + MEDIAN_INDEX]!,
        12,
      );
    }
  });

  it('keeps another share at each horizon where a list says so', () => {
    const mixed = run({ ...plain, medianShare: [1, 0.4] });
    const [whole, part] = [run(plain), run({ ...plain, medianShare: 0.4 })];
    const horizon = (values: Float64Array, at: number) => values.filter((_, i) => Math.floor(i / L) % 2 === at);
    expect(horizon(mixed, 0)).toEqual(horizon(whole, 0));
    expect(horizon(mixed, 1)).toEqual(horizon(part, 1));
    expect(horizon(part, 0)).not.toEqual(horizon(whole, 0));
  });

  it('averages with climatology by its share', () => {
    const net = run(plain);
    const mixed = run({ ...plain, climatologyWeight: [0.1, 0.2] });
    const usual = climatologyBaseline.forecast(coin, steps, rows);
    for (const i of [0, 40 * L + 3, 41 * L + 20]) {
      const second = Math.floor(i / L) % 2 === 1;
      const c = second ? 0.2 : 0.1;
      expect(mixed[i]).toBeCloseTo((1 - c) * net[i]! + c * usual[i]!, 12);
    }
  });

  it('never looks ahead: a changed future moves no bit before it', () => {
    const changed = candles.map((candle, i) =>
      i >= 400 ? { ...candle, close: candle.close * 3, high: candle.high * 3 } : candle,
    );
    const later = buildFeatures({ symbol: 'ETH', columns: toColumns(changed, '1d'), observations: new Map() }, null);
    const before = (400 - 150) * steps.length * L;
    expect([...run(full, later).subarray(0, before)]).toEqual([...run(full).subarray(0, before)]);
    expect([...run(full, later).subarray(before)]).not.toEqual([...run(full).subarray(before)]);
  });

  it('gives the same when the rows after are left off', () => {
    const some = rows.subarray(0, 120);
    expect([...run(full, coin, some)]).toEqual([...run(full).subarray(0, some.length * steps.length * L)]);
  });

  it('carried on from a stored state gives the same bits as learnt from the beginning', () => {
    const width = steps.length * L;
    const whole = run(full);
    for (const cut of [1, 2, 3, 57, 120, 299]) {
      const first = calibrate(raw, coin.series, '1d', steps, rows.subarray(0, cut), full);
      // As it comes back from the database, and the newest candle forecast once more.
      const stored: unknown = JSON.parse(JSON.stringify(first.state));
      const rest = rows.subarray(cut - 1);
      const again = calibrate(
        raw.subarray((cut - 1) * width),
        coin.series,
        '1d',
        steps,
        rest,
        full,
        stored as CalibrationState,
      );
      expect([...again.quantiles]).toEqual([...whole.subarray((cut - 1) * width)]);
    }
  });

  it('gives no state where nothing is learnt', () => {
    expect(calibrate(raw, coin.series, '1d', steps, rows, plain).state).toBeNull();
    expect(calibrate(raw, coin.series, '1d', steps, rows.subarray(0, 0), full).state).toBeNull();
  });

  it('keeps quantiles in order whatever the shares', () => {
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(
        share,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (c, medianShare, conformalStep) => {
          const out = run({ medianShare, climatologyWeight: [c, c], conformalStep }, coin, rows.subarray(0, 40));
          for (let i = 0; i < out.length; i++)
            if (i % L > 0) expect(out[i]!).toBeGreaterThanOrEqual(out[i - 1]! - 1e-12);
        },
      ),
      { numRuns: 25 },
    );
  });
});
