import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LedgerEntry, NO_HASH } from '../../../src/core/ledger.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { scoreForecast } from '../../../src/ml/scoring/ledger-score.ts';
import { spread, unissued } from '../../support/ledger.ts';

const entryOf = (overrides: Parameters<typeof unissued>[0] = {}): LedgerEntry => ({
  ...unissued(overrides),
  issuedAtMs: 0,
  sequence: 7,
  cause: 'scheduled',
  hash: NO_HASH,
});
const score = (entry: LedgerEntry, actualPrice: number) =>
  scoreForecast(entry, { actualPrice, source: 'binance', scoredAtMs: 1, revision: 0 });

const prices = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const sigmas = fc.double({ min: 1e-3, max: 0.5, noNaN: true });
const moves = fc.double({ min: -2, max: 2, noNaN: true });

describe('the score of a forecast', () => {
  it('follows from row and price by the formulas of docs/ledger.md', () => {
    fc.assert(
      fc.property(prices, sigmas, moves, (price, sigma, move) => {
        const entry = entryOf({ lastPrice: price, quantiles: spread(price, sigma, 0.01), sigma });
        const actual = price * Math.exp(move * sigma);
        const found = score(entry, actual);
        const y = Math.log(actual / price);
        const loss = (quantiles: readonly number[]) => {
          let sum = 0;
          for (let k = 1; k <= 19; k++) {
            const difference = y - Math.log(quantiles[k]! / price);
            sum += Math.max(QUANTILE_LEVELS[k]! * difference, (QUANTILE_LEVELS[k]! - 1) * difference);
          }
          return sum / 19;
        };
        expect(found.logReturn).toBeCloseTo(y, 12);
        expect(found.pinball).toBeCloseTo(loss(entry.quantiles), 12);
        expect(found.climatologyPinball).toBeCloseTo(loss(entry.climatology!), 12);
        expect(found.absoluteError).toBeCloseTo(Math.abs(y - Math.log(entry.quantiles[10]! / price)), 12);
        expect(found.brier).toBeCloseTo((entry.pUp - (y > 0 ? 1 : 0)) ** 2, 12);
        expect(found.directionHit).toBe(actual > price === entry.quantiles[10]! > price);
      }),
    );
  });

  it('names the narrowest band that held, edges included, and a level that agrees with it', () => {
    const entry = entryOf();
    const q = entry.quantiles;
    const band = (price: number) => score(entry, price).band;
    expect([q[0]!, q[2]!, q[5]!, q[10]!, q[15]!, q[18]!, q[20]!].map(band)).toEqual([95, 80, 50, 50, 50, 80, 95]);
    expect(band(q[0]! * 0.999999)).toBeNull();
    expect(band(q[20]! * 1.000001)).toBeNull();
    fc.assert(
      fc.property(moves, moves, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map(
          (move) => score(entry, 100 * Math.exp(move * 0.1)).level,
        );
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(high!);
      }),
    );
    expect(score(entry, q[10]!).level).toBeCloseTo(0.5, 9);
    expect(score(entry, q[2]!).level).toBeCloseTo(0.1, 9);
  });

  it('is the same whatever the unit of the price', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), moves, (unit, move) => {
        const one = entryOf();
        const scale = (list: readonly number[]) => list.map((price) => price * unit);
        const other = {
          ...one,
          lastPrice: 100 * unit,
          quantiles: scale(one.quantiles),
          climatology: scale(one.climatology!),
        };
        const [a, b] = [score(one, 100 * Math.exp(move * 0.05)), score(other, 100 * unit * Math.exp(move * 0.05))];
        expect(b.pinball).toBeCloseTo(a.pinball, 10);
        expect(b.naiveScale).toBeCloseTo(a.naiveScale!, 10);
      }),
    );
  });

  it('has as its scale the mean absolute move of climatology, which for a normal one is σ √(2/π)', () => {
    const normal = (level: number) => {
      // Bisection on the logistic-free definition: the integral of the density up to z.
      let [low, high] = [-8, 8];
      const cdf = (z: number) => {
        let sum = 0;
        for (let i = 0; i < 4_000; i++) sum += Math.exp(-((-8 + ((z + 8) * (i + 0.5)) / 4_000) ** 2) / 2);
        return (sum * (z + 8)) / 4_000 / Math.sqrt(2 * Math.PI);
      };
      for (let i = 0; i < 40; i++) {
        const middle = (low + high) / 2;
        if (cdf(middle) < level) low = middle;
        else high = middle;
      }
      return low;
    };
    const climatology = QUANTILE_LEVELS.map((level) => 100 * Math.exp(0.03 * normal(level)));
    const { naiveScale } = score(entryOf({ climatology }), 101);
    // Flat tails beyond 2.5 and 97.5 % take two per cent away.
    expect(naiveScale! / (0.03 * Math.sqrt(2 / Math.PI))).toBeGreaterThan(0.97);
    expect(naiveScale! / (0.03 * Math.sqrt(2 / Math.PI))).toBeLessThan(1.0);
  });

  it('leaves out what climatology is needed for where there was none', () => {
    expect(score(entryOf({ climatology: null }), 101)).toMatchObject({ climatologyPinball: null, naiveScale: null });
    const still = QUANTILE_LEVELS.map(() => 100);
    expect(score(entryOf({ climatology: still }), 101)).toMatchObject({ naiveScale: null });
  });
});
