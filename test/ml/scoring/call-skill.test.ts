import { describe, expect, it } from 'vitest';
import { brierScore, intervalScore } from '../../../src/core/calls.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { callSkill } from '../../../src/ml/scoring/call-skill.ts';
import { scoreForecast } from '../../../src/ml/scoring/ledger-score.ts';

describe('scores of calls', () => {
  it.each([90, 100, 111])('are those of the record for a chance of a rise, at %d', (actualPrice) => {
    const quantiles = QUANTILE_LEVELS.map((level) => 100 * Math.exp(0.1 * (level - 0.5)));
    const row = { sequence: 1, lastPrice: 100, quantiles, climatology: null, pUp: 0.63 };
    const { brier } = scoreForecast(row, { actualPrice, source: 's', scoredAtMs: 0, revision: 0 });
    expect(brierScore(0.63, 100, actualPrice)).toBe(brier);
  });

  it('are least, on average, for whoever says what they believe', () => {
    const chance = (said: number, truth: number) =>
      truth * brierScore(said, 100, 101) + (1 - truth) * brierScore(said, 100, 99);
    for (const truth of [0.2, 0.5, 0.77]) {
      for (const said of [0.01, 0.3, 0.6, 0.99]) {
        if (said !== truth) expect(chance(said, truth)).toBeGreaterThan(chance(truth, truth));
      }
    }
    // Log returns uniform on −1 … 1: the honest range is −0.8 … 0.8.
    const outcomes = Array.from({ length: 2_001 }, (_, i) => Math.exp((i - 1_000) / 1_000));
    const mean = (half: number) =>
      outcomes.reduce((sum, price) => sum + intervalScore({ low: Math.exp(-half), high: Math.exp(half) }, price), 0);
    for (const half of [0.3, 0.6, 0.95, 1.5]) expect(mean(half)).toBeGreaterThan(mean(0.8));
  });
});

describe('skill of calls', () => {
  const random = seededRandom(5);
  const tosser = (days: number) =>
    Array.from({ length: days * 2 }, (_, i) => {
      const originMs = Math.floor(i / 2) * DAY_MS;
      const said = random() < 0.5 ? 0.7 : 0.3;
      return {
        originMs,
        targetMs: originMs + DAY_MS,
        loss: brierScore(said, 100, random() < 0.5 ? 101 : 99),
        baseline: 0.25,
      };
    });

  it('of somebody who tosses a coin has an interval that holds the true value about 19 times in 20', () => {
    // Calling 70 % for a coin costs 0.29 instead of 0.25: a skill of −16 %.
    const intervals = Array.from({ length: 300 }, () => callSkill(tosser(30))!);
    const held = intervals.filter(({ low, high }) => low <= -16 && high >= -16).length / intervals.length;
    expect(held).toBeGreaterThan(0.9);
    expect(held).toBeLessThan(0.99);
  });

  it('is told from nothing when it is there, and not told of few calls or spans', () => {
    const good = tosser(60).map((one, i) => ({ ...one, loss: i % 3 === 0 ? 0.3 : 0.1 }));
    expect(callSkill(good)!.low).toBeGreaterThan(0);
    expect(callSkill(good.slice(0, 19))).toBeNull();
    expect(callSkill(good.map((one) => ({ ...one, originMs: 0, targetMs: DAY_MS })))).toBeNull();
    expect(callSkill([])).toBeNull();
  });
});
