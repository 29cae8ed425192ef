import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CURVE,
  createExpertShares,
  curveRatios,
  expertStateSchema,
} from '../../../src/ml/calibration/expert-shares.ts';
import { PAIRS } from '../../../src/ml/calibration/widths.ts';
import { normals } from '../../support/candles.ts';

const steps = [1, 3, 7];
/** Standard normal quantiles at QUANTILE_LEVELS. */
const OUTER = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661,
];
const NORMAL = [...OUTER, 0, ...OUTER.toReversed().map((q) => -q)];

/** Ten coins' curves: outcomes are normal, and each forecaster's quantiles are normal ones with a width of its own. */
function curvesOf(model: number, garch: number, har: number, normal: () => number): Float32Array {
  const coins = 10;
  const curves = new Float32Array(coins * CURVE);
  for (let coin = 0; coin < coins; coin++) {
    curves[coin * CURVE] = normal();
    [model, garch, har].forEach((width, i) => {
      curves.set(
        NORMAL.map((quantile) => width * quantile),
        coin * CURVE + 1 + i * NORMAL.length,
      );
    });
  }
  return curves;
}

function learntFrom(moments: number, model: number, garch: number, har: number) {
  const normal = normals(1);
  const shares = createExpertShares('1d', steps);
  for (let i = 0; i < moments; i++) {
    for (const at of steps.keys()) shares.learn(at, curvesOf(model, garch, har, normal));
  }
  return shares;
}

describe('shares of the experts', () => {
  it('are small before anything is learnt, and the model keeps the rest', () => {
    const [garch, har] = createExpertShares('1d', steps).sharesAt(0);
    expect(garch + har).toBeLessThan(0.4);
    expect(garch).toBeGreaterThan(0);
  });

  it('go to the expert that adds something, and to none where both take away', () => {
    const [garch, har] = learntFrom(500, 1.5, 0.9, 1.6).sharesAt(0);
    expect(garch).toBeGreaterThan(0.5);
    expect(har).toBeLessThan(0.05);
    for (const share of learntFrom(500, 1, 1.6, 1.6).sharesAt(0)) expect(share).toBeLessThan(0.02);
  });

  it('move more slowly at longer horizons, whose outcomes overlap', () => {
    const shares = learntFrom(60, 1.5, 1, 1);
    const [short, middle, long] = steps.map((_, at) => shares.sharesAt(at)[0] + shares.sharesAt(at)[1]);
    expect(short).toBeGreaterThan(middle!);
    expect(middle).toBeGreaterThan(long!);
  });

  it('come back when times change, and forget what is years old', () => {
    const shares = learntFrom(1_500, 1, 1.6, 1.6);
    const normal = normals(2);
    for (let i = 0; i < 150; i++) shares.learn(0, curvesOf(1.5, 0.9, 1.6, normal));
    expect(shares.sharesAt(0)[0]).toBeGreaterThan(0.3);
    for (let i = 0; i < 1_500; i++) shares.learn(0, curvesOf(1, 1.6, 1.6, normal));
    expect(shares.sharesAt(0)[0]).toBeLessThan(0.05);
  });

  it('are shares whatever the curves are, and a state goes on to the bit', () => {
    const size = 3 * CURVE;
    const curves = fc.float32Array({ minLength: size, maxLength: size, min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(curves, { minLength: 1, maxLength: 20 }), fc.nat(20), (moments, cut) => {
        const whole = createExpertShares('1d', steps);
        for (const moment of moments) whole.learn(2, moment);
        const first = createExpertShares('1d', steps);
        for (const moment of moments.slice(0, cut)) first.learn(2, moment);
        const state = expertStateSchema.parse(JSON.parse(JSON.stringify(first.state())));
        const rest = createExpertShares('1d', steps, state);
        for (const moment of moments.slice(cut)) rest.learn(2, moment);
        const [garch, har] = whole.sharesAt(2);
        expect(Math.min(garch, har)).toBeGreaterThanOrEqual(0);
        expect(garch + har).toBeLessThanOrEqual(0.9 + 1e-9);
        expect(rest.sharesAt(2)).toEqual([garch, har]);
      }),
    );
  });

  it('give the ratios of the average', () => {
    const curves = curvesOf(1, 2, 4, normals(3));
    const ratios = curveRatios(curves, [0.5, 0.25]);
    // The average of the widths is 0.25 × 1 + 0.5 × 2 + 0.25 × 4.
    for (let coin = 0; coin < 10; coin++) {
      const outcome = Math.abs(curves[coin * CURVE]!);
      expect(ratios[coin * PAIRS]! * 2.25 * Math.abs(NORMAL[0]!)).toBeCloseTo(outcome, 5);
    }
  });
});
