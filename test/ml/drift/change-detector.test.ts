import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { ChangeDetector } from '../../../src/ml/drift/monitor.ts';

const LIMIT = 0.23;

/** Share of runs of `length` draws whose evidence reaches `threshold`. */
function crossings(runs: number, length: number, threshold: number, draw: (random: () => number, i: number) => number) {
  const random = seededRandom(11);
  let crossed = 0;
  for (let run = 0; run < runs; run++) {
    const detector = new ChangeDetector({ limit: LIMIT, lowest: 0, unit: 1 });
    for (let i = 0; i < length; i++) {
      if (detector.add(draw(random, i), i) < threshold) continue;
      crossed++;
      break;
    }
  }
  return crossed / runs;
}

describe('the change detector', () => {
  // The worst the promise allows: a mean exactly at the limit.
  it.each([
    ['coins that all do the same', (random: () => number) => (random() < LIMIT ? 1 : 0)],
    ['coins that have nothing in common', (random: () => number) => 2 * LIMIT * random()],
    [
      'days that are wild for weeks and calm for weeks, with the same mean',
      (random: () => number, i: number) => (i % 60 < 30 ? LIMIT : random() < LIMIT ? 1 : 0),
    ],
  ])('keeps its rate of false alarms with %s', (_, draw) => {
    expect(crossings(1_500, 365, 365 / 0.05, draw)).toBeLessThanOrEqual(0.05);
    // The bound is one of this detector and no accident: a lower threshold is crossed more often.
    expect(crossings(300, 365, 40, draw)).toBeGreaterThan(0.05);
  });

  it('finds a change soon, whenever it comes, and about when it came', () => {
    const random = seededRandom(5);
    const delays: number[] = [];
    const dates: number[] = [];
    for (let run = 0; run < 60; run++) {
      const detector = new ChangeDetector({ limit: LIMIT, lowest: 0, unit: 1 });
      for (let i = 0; i < 1_500; i++) {
        const share = i < 500 ? 0.18 : 0.4;
        if (detector.add(random() < share ? 1 : 0, i) < 365 / 0.05) continue;
        delays.push(i - 500);
        dates.push(detector.sinceMs);
        break;
      }
    }
    delays.sort((a, b) => a - b);
    dates.sort((a, b) => a - b);
    expect(delays).toHaveLength(60);
    expect(delays[0]).toBeGreaterThan(0);
    expect(delays[30]).toBeLessThan(120);
    expect(Math.abs(dates[30]! - 500)).toBeLessThan(40);
  });
});
