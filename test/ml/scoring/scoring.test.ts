import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationOf, pinballLoss, probabilityAbove, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { skillInterval } from '../../../src/ml/scoring/block-bootstrap.ts';
import { addScore, emptySums, meanPinball, meanScores } from '../../../src/ml/scoring/scores.ts';
import { normals } from '../../support/candles.ts';

/** Standard normal quantiles at QUANTILE_LEVELS. */
const NORMAL = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661, 0,
  0.125661, 0.253347, 0.38532, 0.524401, 0.67449, 0.841621, 1.036433, 1.281552, 1.644854, 1.959964,
];

describe('scores', () => {
  it('gives the textbook pinball loss on both sides', () => {
    expect(pinballLoss(3, 1, 0.9)).toBeCloseTo(1.8, 12);
    expect(pinballLoss(1, 3, 0.9)).toBeCloseTo(0.2, 12);
  });

  it('comes near the known pinball loss of a normal forecast of a normal outcome', () => {
    const normal = normals(4);
    let sum = 0;
    for (let i = 0; i < 40_000; i++) sum += meanPinball(normal(), NORMAL);
    // Expected pinball loss of the true normal quantile at level t is its density there; the mean over the 19 levels:
    const density = NORMAL.slice(1, 20).map((q) => Math.exp((-q * q) / 2) / Math.sqrt(2 * Math.PI));
    expect(sum / 40_000).toBeCloseTo(density.reduce((a, b) => a + b, 0) / 19, 2);
  });

  it('counts coverage of the bands', () => {
    const sums = emptySums();
    for (const outcome of [0, 0.7, 1.3, 2.5]) addScore(sums, outcome, NORMAL);
    expect(meanScores(sums).coverage).toEqual([0.25, 0.5, 0.75]);
  });

  it('reads P(up) off the quantiles', () => {
    expect(probabilityAbove(NORMAL, 0)).toBeCloseTo(0.5, 12);
    expect(probabilityAbove(NORMAL, 1)).toBeCloseTo(0.1587, 2);
    expect(probabilityAbove(NORMAL, -50)).toBeLessThanOrEqual(1);
    expect(probabilityAbove(NORMAL, 50)).toBeGreaterThanOrEqual(0);
  });

  it('never gives a P(up) outside 0 … 1 and never lets it rise with the threshold', () => {
    const ascending = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: QUANTILE_LEVELS.length,
      maxLength: QUANTILE_LEVELS.length,
    });
    fc.assert(
      fc.property(
        ascending,
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, at, more) => {
          const quantiles = values.sort((a, b) => a - b);
          const near = probabilityAbove(quantiles, at);
          const far = probabilityAbove(quantiles, at + more);
          expect(near).toBeGreaterThanOrEqual(0);
          expect(near).toBeLessThanOrEqual(1);
          expect(far).toBeLessThanOrEqual(near + 1e-12);
        },
      ),
    );
  });

  it('measures the deviation of a distribution by its quantiles', () => {
    expect(deviationOf(NORMAL)).toBeGreaterThan(0.93);
    expect(deviationOf(NORMAL)).toBeLessThan(1.01);
    expect(deviationOf(NORMAL.map((q) => 5 + 3 * q))).toBeCloseTo(3 * deviationOf(NORMAL), 9);
  });
});

describe('block bootstrap', () => {
  it('holds the true skill in about 95 of 100 samples of dependent losses', () => {
    let held = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const normal = normals(seed);
      let state = 0;
      const baseline = Float64Array.from({ length: 400 }, () => {
        state = 0.7 * state + normal() * 0.2;
        return Math.exp(state);
      });
      const model = baseline.map((loss) => loss * (0.98 + 0.05 * normal()));
      const { low, high } = skillInterval(model, baseline, 14, 300, seed);
      if (low <= 2 && high >= 2) held++;
    }
    expect(held).toBeGreaterThanOrEqual(88);
    expect(held).toBeLessThanOrEqual(100);
  });

  it('is the same for the same seed', () => {
    const losses = Float64Array.from({ length: 100 }, (_, i) => 1 + Math.sin(i));
    expect(
      skillInterval(
        losses,
        losses.map((v) => v + 0.1),
        7,
      ),
    ).toEqual(
      skillInterval(
        losses,
        losses.map((v) => v + 0.1),
        7,
      ),
    );
  });
});
