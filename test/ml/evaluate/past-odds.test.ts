import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../src/core/candle.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { type PastOdds, pastOdds } from '../../../src/ml/evaluate/past-odds.ts';
import { oddsReliability } from '../../../src/ml/scoring/odds-reliability.ts';

const SIGMA = 0.006;
/** Long enough for four hundred spans of five days that do not overlap. */
const HOURS = 24 * 2_000;
/** Steps within an hour: a price that moves rarely touches less often than one that moves all the time. */
const STEPS = 24;

/** Hours of a price that moves at random by SIGMA an hour. */
function randomHours(): Map<number, Candle> {
  const random = seededRandom(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const hours = new Map<number, Candle>();
  let price = 100;
  for (let i = 0; i < HOURS; i++) {
    const [open, openTimeMs] = [price, i * HOUR_MS];
    let [high, low] = [open, open];
    for (let step = 0; step < STEPS; step++) {
      price *= Math.exp((SIGMA / Math.sqrt(STEPS)) * normal());
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    hours.set(openTimeMs, { openTimeMs, open, high, low, close: price, volume: 1 });
  }
  return hours;
}

/** Quantiles of a normal distribution, by its inverse found by bisection. */
function normalQuantile(level: number): number {
  const below = (z: number) => {
    let sum = 0;
    for (let k = 0, term = z; k < 120; k++, term *= -(z * z) / (2 * k)) sum += term / (2 * k + 1);
    return 0.5 + sum / Math.sqrt(2 * Math.PI);
  };
  let [low, high] = [-4, 4];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (below(middle) < level) low = middle;
    else high = middle;
  }
  return low;
}

const UNIT = QUANTILE_LEVELS.map(normalQuantile);
const forecasts = [1, 4, 24, 72, 168].map((hours) => ({
  aheadMs: hours * HOUR_MS,
  returns: UNIT.map((z) => z * SIGMA * Math.sqrt(hours)),
}));

describe('odds of the past', () => {
  const hours = randomHours();
  const ask = (originMs: number, spansHours: readonly number[]) =>
    pastOdds({
      originMs,
      forecasts,
      hourAt: (ms) => hours.get(ms),
      spansMs: spansHours.map((span) => span * HOUR_MS),
    });

  it('hold where the forecasts are right, at the horizons and between them', () => {
    const found: PastOdds[] = [];
    for (let hour = 24 * 31; hour < HOURS - 170; hour += 97) found.push(...ask(hour * HOUR_MS, [2, 8, 24, 48, 120]));
    for (const span of [2, 8, 24, 48, 120]) {
      const odds = found.filter(({ spanMs }) => spanMs === span * HOUR_MS);
      const end = oddsReliability(odds.map((one) => one.end))!;
      const touch = oddsReliability(odds.map((one) => one.touch))!;
      expect({ span, gap: end.gap < 0.06 }).toEqual({ span, gap: true });
      // A random walk has no wicks that turn back at once, so the excess of real prices is too much for it.
      expect({ span, gap: touch.gap < 0.09 }).toEqual({ span, gap: true });
      expect(end.againstUsual!.odds).toBeLessThan(end.baseRateBrier);
      expect(Math.abs(end.againstUsual!.odds - end.againstUsual!.usual)).toBeLessThan(0.01);
    }
  });

  it('are not made across a missing hour, beyond the forecasts, or without a month before', () => {
    const originMs = 40 * DAY_MS;
    const gone = new Map(hours);
    gone.delete(originMs + 5 * HOUR_MS);
    const request = { originMs, forecasts, spansMs: [2, 4, 8, 24].map((span) => span * HOUR_MS) };
    const spans = new Set(pastOdds({ ...request, hourAt: (ms) => gone.get(ms) }).map(({ spanMs }) => spanMs / HOUR_MS));
    expect([...spans]).toEqual([2, 4]);
    const short = pastOdds({ ...request, forecasts: forecasts.slice(0, 2), hourAt: (ms) => hours.get(ms) });
    expect(Math.max(...short.map(({ spanMs }) => spanMs))).toBe(4 * HOUR_MS);
    expect(ask(3 * DAY_MS, [2])).toEqual([]);
  });

  it('do not look ahead: what comes after the origin changes the outcome alone', () => {
    const originMs = 100 * DAY_MS;
    const other = new Map([...hours].map(([ms, hour]) => [ms, ms < originMs ? hour : { ...hour, close: 1, low: 1 }]));
    const spansMs = [8 * HOUR_MS];
    const stated = (from: ReadonlyMap<number, Candle>) =>
      pastOdds({ originMs, forecasts, hourAt: (ms) => from.get(ms), spansMs }).map(({ end, touch }) => [
        end.stated,
        touch.stated,
      ]);
    expect(stated(other)).toEqual(stated(hours));
  });
});
