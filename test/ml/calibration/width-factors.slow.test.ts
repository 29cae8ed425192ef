import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { createWidthFactors, type WidthState } from '../../../src/ml/calibration/width-factors.ts';
import { type CoinRatios, learnFromMs, learnInOrder } from '../../../src/ml/calibration/width-stream.ts';
import { PAIRS, scaleWidths, setRatios, widthsOf } from '../../../src/ml/calibration/widths.ts';
import { normals } from '../../support/candles.ts';

const steps = [1, 3];
const START = Date.UTC(2020, 0, 1);
/** Standard normal quantiles at QUANTILE_LEVELS. */
const OUTER = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661,
];
const NORMAL = Float64Array.from([...OUTER, 0, ...OUTER.toReversed().map((q) => -q)]);

/** Coins whose outcomes are normal, `width` times as wide as the forecasts say. */
function coinsOf(days: number, symbols: readonly string[], width: (day: number) => number): CoinRatios[] {
  return symbols.map((symbol, c) => {
    const normal = normals(c + 1);
    const ratios = new Float32Array(days * steps.length * PAIRS);
    for (let i = 0; i < days * steps.length; i++) {
      setRatios(ratios, i * PAIRS, width(Math.floor(i / steps.length)) * normal(), NORMAL);
    }
    return { symbol, originMs: Float64Array.from({ length: days }, (_, day) => START + day * DAY_MS), ratios };
  });
}

/** The state after the span and the factors at every moment in it. */
function learn(coins: readonly CoinRatios[], days: number, from: WidthState | null = null, fromDay = 0) {
  const widths = createWidthFactors('1d', steps, from);
  const factors: number[][] = [];
  learnInOrder(widths, {
    interval: '1d',
    steps,
    coins,
    fromMs: from?.untilMs ?? START + fromDay * DAY_MS,
    toMs: START + days * DAY_MS,
    onMoment: (momentMs) => {
      factors.push(steps.flatMap((_, horizon) => [...widths.factorsAt(momentMs, 'ANY', horizon)]));
    },
  });
  return { state: widths.state(), factors };
}

const names = Array.from({ length: 20 }, (_, i) => `C${String.fromCharCode(65 + i)}`);

describe('width factors of the whole market', () => {
  it('widen bands that are too narrow to what outcomes show, and narrow those that are too wide', () => {
    for (const width of [1.25, 0.8]) {
      const { state } = learn(
        coinsOf(1_500, names, () => width),
        1_500,
      );
      for (const factors of state.market) {
        for (const factor of factors) expect(Math.abs(factor / width - 1)).toBeLessThan(0.12);
      }
    }
  });

  it('stay within bounds whatever comes', () => {
    const { state } = learn(
      coinsOf(2_000, names, (day) => (day < 1_000 ? 50 : 0.001)),
      1_000,
    );
    expect(Math.max(...state.market.flat())).toBe(2);
    const narrow = learn(
      coinsOf(2_000, names, () => 0.001),
      2_000,
    );
    expect(Math.min(...narrow.state.market.flat())).toBe(0.5);
  });

  it('do not look ahead: an outcome changes nothing before it was complete', () => {
    const days = 60;
    const coins = coinsOf(days, names, () => 1);
    const origin = 30;
    const changed = coins.map((coin) => ({ ...coin, ratios: coin.ratios.slice() }));
    for (const { ratios } of changed) {
      for (let horizon = 0; horizon < steps.length; horizon++) {
        const at = (origin * steps.length + horizon) * PAIRS;
        ratios.fill(99, at, at + PAIRS);
      }
    }
    const [before, after] = [learn(coins, days).factors, learn(changed, days).factors];
    steps.forEach((ahead, horizon) => {
      const part = (factors: number[][], day: number) => factors[day]!.slice(horizon * PAIRS, (horizon + 1) * PAIRS);
      for (let day = 0; day < origin + ahead; day++) expect(part(after, day)).toEqual(part(before, day));
      expect(part(after, origin + ahead)).not.toEqual(part(before, origin + ahead));
    });
  });

  it('do not depend on the order of coins, nor on where a run was split and resumed', () => {
    const days = 90;
    const coins = coinsOf(days, names, (day) => 1 + day / 100);
    const whole = learn(coins, days);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(coins, { minLength: coins.length }),
        fc.integer({ min: 0, max: days }),
        (shuffled, at) => {
          const first = learn(shuffled, at);
          const stored: WidthState = JSON.parse(JSON.stringify(first.state));
          const second = learn(shuffled, days, stored);
          expect(second.state).toEqual(whole.state);
          // The moment of the split is the last of the one and the first of the other.
          expect([...first.factors, ...second.factors.slice(1)]).toEqual(whole.factors);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('move less after a moment with few coins', () => {
    const moved = (coins: number) =>
      1 -
      learn(
        coinsOf(1, names.slice(0, coins), () => 0.001),
        1,
      ).state.market[0]![0]!;
    expect(moved(1)).toBeGreaterThan(0);
    expect(moved(1)).toBeLessThan(moved(5));
    expect(moved(5)).toBeLessThan(moved(20));
  });

  it('of hours move with those of the other horizons too, by half as much where there are three', () => {
    const widths = createWidthFactors('1h', [1, 4, 24]);
    const ratios = new Float32Array(names.length * PAIRS).fill(9);
    widths.learn({ originMs: START, horizon: 0, symbols: names, ratios });
    const [hour, four, day] = widths.state().market;
    for (let pair = 0; pair < PAIRS; pair++) {
      expect(hour![pair]! - 1).toBeGreaterThan(0);
      expect(four![pair]! - 1).toBeCloseTo((hour![pair]! - 1) / 2, 12);
      expect(day![pair]! - 1).toBeCloseTo((hour![pair]! - 1) / 2, 12);
    }
  });

  it('leave out forecasts whose outcome is not known', () => {
    const coins = coinsOf(30, names, () => 1);
    const gap = { ...coins[0]!, symbol: 'GAP', ratios: new Float32Array(coins[0]!.ratios.length).fill(Number.NaN) };
    expect(learn([...coins, gap], 30).state).toEqual(learn(coins, 30).state);
  });

  it('refuse a state of other horizons', () => {
    expect(() => createWidthFactors('1d', [1], learn([], 1).state)).toThrow(RangeError);
  });
});

describe('scaling', () => {
  const ascending = fc
    .array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: NORMAL.length, maxLength: NORMAL.length })
    .map((values) => Float64Array.from(values).sort());
  const factors = fc.array(fc.float({ min: 0.5, max: 2, noNaN: true }), { minLength: PAIRS, maxLength: PAIRS });

  it('keeps quantiles in order and the median where it is', () => {
    fc.assert(
      fc.property(ascending, factors, (quantiles, by) => {
        const scaled = quantiles.slice();
        scaleWidths(scaled, by);
        expect(scaled[MEDIAN_INDEX]).toBe(quantiles[MEDIAN_INDEX]);
        expect(scaled.every((q, k) => k === 0 || q >= scaled[k - 1]!)).toBe(true);
      }),
    );
  });

  it('puts an outcome inside a band exactly when its ratio is at most the factor', () => {
    fc.assert(
      fc.property(
        fc.float({ min: -4, max: 4, noNaN: true }),
        fc.float({ min: 0.5, max: 2, noNaN: true }),
        (y, factor) => {
          const ratios = new Float32Array(PAIRS);
          setRatios(ratios, 0, y, NORMAL);
          const scaled = NORMAL.slice();
          scaleWidths(scaled, new Float64Array(PAIRS).fill(factor));
          for (let pair = 0; pair < PAIRS; pair++) {
            // Ratios are rounded to 24 bits.
            if (Math.abs(ratios[pair]! - factor) < 1e-6) continue;
            const inside = y >= scaled[pair]! && y <= scaled[QUANTILE_LEVELS.length - 1 - pair]!;
            expect(ratios[pair]! <= factor).toBe(inside);
          }
        },
      ),
    );
  });
});

describe('a table of widths', () => {
  it('gives the entry that was the newest at the origin, and none before the first', () => {
    const factors = Float32Array.from({ length: 3 * steps.length * PAIRS }, (_, i) => i);
    const at = widthsOf({ fromMs: Float64Array.of(10, 20, 40), factors });
    expect(at(9, 0)).toBeNull();
    expect(at(10, 0)![0]).toBe(0);
    expect(at(39, 1)![0]).toBe(30);
    expect(at(99, 0)![0]).toBe(40);
    expect(at(15, 0)![0]).toBe(0);
    expect(widthsOf({ fromMs: new Float64Array(), factors: new Float32Array() })(10, 0)).toBeNull();
  });
});

describe('where learning begins', () => {
  const data = { stopUntilMs: START };
  it('is where the state on the card ends, unless it looks ahead', () => {
    const widths = { untilMs: START };
    expect(learnFromMs('1d', { data, widths }, START + DAY_MS)).toBe(START);
    expect(learnFromMs('1d', { data, widths }, START - DAY_MS)).toBe(START - 366 * DAY_MS);
  });
  it('is a year before the end of its data without one', () => {
    expect(learnFromMs('1d', { data }, START + 700 * DAY_MS)).toBe(START - 365 * DAY_MS);
  });
});
