import { describe, expect, it } from 'vitest';
import { addOdds } from '../../../src/core/odds-record.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { oddsReliability, reliabilityOfDays, sumOdds } from '../../../src/ml/scoring/odds-reliability.ts';

const cases = (days: number, each: number, stated: number, hitEvery: number) =>
  Array.from({ length: days * each }, (_, i) => ({
    originMs: Math.floor(i / each) * DAY_MS,
    stated,
    happened: i % hitEvery === 0,
  }));

describe('oddsReliability', () => {
  it('has nothing to say without a case', () => {
    expect(oddsReliability([])).toBeNull();
  });

  it('compares what was said with what happened, step by step', () => {
    const found = oddsReliability([...cases(50, 4, 0.25, 4), ...cases(50, 4, 0.75, 2)])!;
    expect(found.steps.map(({ n, stated, happened }) => [n, stated, happened.value])).toEqual([
      [200, 0.25, 0.25],
      [200, 0.75, 0.5],
    ]);
    expect(found).toMatchObject({ n: 400, days: 50, intervals: 'blocks' });
    expect(found.gap).toBeCloseTo(0.125);
    expect(found.againstUsual).toBeNull();
    expect(found.baseRateBrier).toBeCloseTo(0.375 * 0.625);
  });

  it('takes whole days together where there are enough, and single answers where not', () => {
    // Every answer of a day comes out the same, so there are as many facts as days.
    const whole = Array.from({ length: 60 * 20 }, (_, i) => {
      const day = Math.floor(i / 20);
      return { originMs: day * DAY_MS, stated: 0.5, happened: day % 3 === 0 };
    });
    const blocks = oddsReliability(whole)!;
    const few = oddsReliability(whole.filter(({ originMs }) => originMs < 20 * DAY_MS))!;
    expect(blocks.intervals).toBe('blocks');
    expect(few.intervals).toBe('single');
    for (const { steps } of [blocks, few]) {
      const [{ happened }] = steps as [(typeof steps)[number]];
      expect(happened.low).toBeLessThan(happened.value);
      expect(happened.high).toBeGreaterThan(happened.value);
    }
  });

  it('keeps certainty in the last step', () => {
    expect(oddsReliability(cases(2, 1, 1, 1))!.steps[0]!.n).toBe(2);
    expect(oddsReliability(cases(2, 1, 0, 1))!.steps[0]!.stated).toBe(0);
  });

  it('scores odds beside the usual ones, and knows whether they are better', () => {
    const better = cases(60, 8, 0.25, 4).map((one) => ({ ...one, usual: 0.5 }));
    const { againstUsual } = oddsReliability([...better, ...cases(60, 2, 0.9, 1)])!;
    expect(againstUsual).toMatchObject({ n: 480, usual: 0.25 });
    expect(againstUsual!.odds).toBeCloseTo(0.1875);
    expect(againstUsual!.skillPct!.value).toBeCloseTo(25);
    expect(againstUsual!.skillPct!.low).toBeGreaterThan(0);
    expect(oddsReliability(better.slice(0, 8 * 20))!.againstUsual!.skillPct).toBeNull();
  });

  it('says the same from sums of days, whatever their order and parts', () => {
    const all = [...cases(60, 4, 0.25, 4), ...cases(60, 4, 0.75, 2)].map((one) => ({ ...one, usual: 0.4 }));
    const days = [...new Set(all.map(({ originMs }) => originMs))].reverse();
    const of = (dayMs: number) => all.filter(({ originMs }) => originMs === dayMs);
    const parts = days.flatMap((dayMs) => [
      { dayMs, sums: sumOdds(of(dayMs).slice(0, 3), 1) },
      { dayMs, sums: sumOdds(of(dayMs).slice(3)) },
    ]);
    expect(reliabilityOfDays(parts)).toEqual(oddsReliability(all));
    const whole = addOdds(parts.map(({ sums }) => sums));
    expect(whole.steps).toEqual(sumOdds(all).steps);
    expect(whole.unscored).toBe(60);
  });
});
