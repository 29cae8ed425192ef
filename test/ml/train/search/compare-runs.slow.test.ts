import { describe, expect, it } from 'vitest';
import { compareRuns, type SeedPair, verdictText } from '../../../../src/ml/train/search/report.ts';
import { fakeLosses } from './fake-search.ts';

/** Pairs of runs whose skill over climatology is 1 % and 1 + `edge` %. */
function pairs(edge: number, run: number, count = 5, seedSpread = 0.15): SeedPair[] {
  return Array.from({ length: count }, (_, i) => ({
    seed: i,
    reference: fakeLosses(1, run * 100 + 2 * i, seedSpread),
    challenger: fakeLosses(1 + edge, run * 100 + 2 * i + 1, seedSpread),
  }));
}
const compare = (edge: number, run: number, count?: number, spread?: number) =>
  compareRuns(pairs(edge, run, count, spread), 14);

describe('whether a difference is more than seed noise', () => {
  it('is denied nearly always where nothing differs', () => {
    const verdicts = Array.from({ length: 300 }, (_, i) => compare(0, i + 1).verdict);
    const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
    // A 95 % interval is wrong in 15 of 300, half of them each way; 26 would be more than chance.
    expect(count('better') + count('worse')).toBeLessThan(26);
    expect(count('better')).toBeLessThan(16);
    expect(count('undecided')).toBe(0);
  }, 180_000);

  it('is said where one is clearly better, and clearly worse', () => {
    for (let run = 1; run <= 20; run++) {
      expect(compare(1, run).verdict).toBe('better');
      expect(compare(-1, run).verdict).toBe('worse');
    }
  });

  it('finds the true difference within its interval, and its parts behave: more seeds help, a wider spread hurts', () => {
    const few = compare(1, 3, 4);
    const many = compare(1, 3, 12);
    for (const { low, high } of [few, many]) {
      expect(low).toBeLessThan(1);
      expect(high).toBeGreaterThan(1);
    }
    expect(many.high - many.low).toBeLessThan(few.high - few.low);
    expect(compare(1, 3, 5, 1).seedError).toBeGreaterThan(2 * compare(1, 3, 5, 0.05).seedError);
  });

  it('counts a lucky stretch of time as luck, however much the seeds agree', () => {
    // All the gain lies in one fortnight.
    const fortnight: SeedPair[] = pairs(0, 1, 5, 0).map(({ seed, reference }) => ({
      seed,
      reference,
      challenger: {
        ...reference,
        model: reference.model.map((losses) =>
          losses.map((loss, day) => (day >= 100 && day < 114 ? 0.8 * loss : loss)),
        ),
      },
    }));
    const report = compareRuns(fortnight, 14);
    expect(report.difference).toBeGreaterThan(0.5);
    expect(report.seedError).toBeLessThan(0.05);
    expect(report).toMatchObject({ verdict: 'noise', beyondSeeds: true });
    expect(verdictText(4, report)).toMatch(/another stretch of time may turn round/);
  });

  it('agrees with arithmetic by hand', () => {
    const flat = (loss: number) => ({
      model: [new Array<number>(28).fill(loss)],
      climatology: [new Array<number>(28).fill(1)],
    });
    const by = (losses: readonly [number, number][]) =>
      compareRuns(
        losses.map(([a, b], seed) => ({ seed, reference: flat(a), challenger: flat(b) })),
        14,
      );
    // Skills 1, 2, 3 against 2, 4, 6: differences 1, 2, 3; mean 2, standard error 1/√3, t(2) = 4.3027.
    const report = by([
      [0.99, 0.98],
      [0.98, 0.96],
      [0.97, 0.94],
    ]);
    expect(report.reference).toBeCloseTo(2, 10);
    expect(report.challenger).toBeCloseTo(4, 10);
    expect(report.difference).toBeCloseTo(2, 10);
    expect(report.seedError).toBeCloseTo(1 / Math.sqrt(3), 10);
    expect(report.timeError).toBeCloseTo(0, 10);
    expect(report.low).toBeCloseTo(2 - 4.3026527 / Math.sqrt(3), 6);
    expect(report.verdict).toBe('noise');
    // Differences 2.9, 3, 3.1 are another matter.
    expect(
      by([
        [0.99, 0.961],
        [0.98, 0.95],
        [0.97, 0.939],
      ]).verdict,
    ).toBe('better');
  });

  it('is left open with fewer than three seeds', () => {
    const report = compare(3, 1, 2);
    expect(report.verdict).toBe('undecided');
    expect(verdictText(4, report)).toContain('keep the default');
  });

  it('is put into plain words', () => {
    expect(verdictText(4, compare(1, 1))).toMatch(
      /^Trial 4 is better than the default by \+[\d.]+ points .*more than seed noise/,
    );
    expect(verdictText(4, compare(-1, 1))).toMatch(/worse .* luck\. Keep the default\.$/);
    expect(verdictText(4, compare(0, 1))).toMatch(/is not more than seed noise, .*: keep the default\.$/);
    expect(verdictText(4, null)).toContain('diverged');
  });
});
