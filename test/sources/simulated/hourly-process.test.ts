import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANCHOR_HOUR, STEPS_PER_HOUR } from '../../../src/sources/simulated/grid.ts';
import { blockOf, HourlyProcess } from '../../../src/sources/simulated/hourly-process.ts';

const shape = { name: 'TEST', annualVolatility: 0.5, jumpsPerYear: 20, jumpDays: 2, reversion: 0 };

function pathOf(process: HourlyProcess, hour: number): number[] {
  const path = new Float64Array(STEPS_PER_HOUR);
  process.path(hour, path);
  return [...path];
}

describe('HourlyProcess', () => {
  it('gives the same levels and paths whatever was asked before', () => {
    const reference = new HourlyProcess(5, shape);
    reference.level(20_000);
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 5 }), (hours) => {
        const asked = new HourlyProcess(5, shape);
        for (const hour of hours) {
          expect(pathOf(asked, hour)).toEqual(pathOf(reference, hour));
          expect(asked.level(hour)).toBe(reference.level(hour));
          expect(asked.volatility(hour)).toBe(reference.volatility(hour));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('does not change what is past when later hours are asked for', () => {
    const process = new HourlyProcess(5, shape);
    const before = Array.from({ length: 500 }, (_, hour) => process.level(hour));
    process.level(ANCHOR_HOUR + 10_000);
    expect(Array.from({ length: 500 }, (_, hour) => process.level(hour))).toEqual(before);
  });

  it('differs by seed and by name', () => {
    const level = new HourlyProcess(5, shape).level(100);
    expect(new HourlyProcess(6, shape).level(100)).not.toBe(level);
    expect(new HourlyProcess(5, { ...shape, name: 'OTHER' }).level(100)).not.toBe(level);
  });

  it('walks inside each hour from the level before it to its own', () => {
    const process = new HourlyProcess(9, shape);
    let largest = 0;
    const jumpSteps = new Set<number>();
    for (let hour = 0; hour < 3_000; hour++) {
      const path = pathOf(process, hour);
      expect(path.at(-1)).toBe(process.level(hour));
      const steps = path.map((level, k) => level - (k > 0 ? path[k - 1]! : process.level(hour - 1)));
      largest = Math.max(largest, ...steps.map(Math.abs));
      steps.forEach((step, k) => {
        if (Math.abs(step) > 6 * process.volatility(hour)) jumpSteps.add(k);
      });
    }
    // A step is a small part of a day's move except where a jump falls into it.
    expect(largest).toBeGreaterThan(0.02);
    expect(largest).toBeLessThan(0.3);
    expect(jumpSteps.size).toBeGreaterThan(2);
  });

  it('spreads an hour evenly over its steps on average', () => {
    const process = new HourlyProcess(3, { ...shape, jumpsPerYear: 0 });
    const squares = new Array<number>(STEPS_PER_HOUR).fill(0);
    const hours = 4_000;
    for (let hour = 0; hour < hours; hour++) {
      const path = pathOf(process, hour);
      const scale = process.volatility(hour) ** 2;
      path.forEach((level, k) => {
        squares[k]! += (level - (k > 0 ? path[k - 1]! : process.level(hour - 1))) ** 2 / scale / hours;
      });
    }
    for (const square of squares) expect(square * STEPS_PER_HOUR).toBeCloseTo(1, 0);
    expect(squares.reduce((sum, square) => sum + square, 0)).toBeCloseTo(1, 0);
  });

  it('goes on without a seam from block to block, before and after the anchor', () => {
    const process = new HourlyProcess(21, { ...shape, jumpsPerYear: 0 });
    let seams = 0;
    for (let hour = 0; hour < ANCHOR_HOUR + 20_000; hour++) {
      if (blockOf(hour) === blockOf(hour - 1)) continue;
      seams++;
      expect(Math.abs(process.level(hour) - process.level(hour - 1))).toBeLessThan(8 * process.volatility(hour));
    }
    expect(seams).toBeGreaterThan(6);
    expect(process.level(ANCHOR_HOUR)).toBe(0);
  });

  it('returns to zero where it is told to', () => {
    const process = new HourlyProcess(3, { ...shape, annualVolatility: 0.008, jumpsPerYear: 0, reversion: 0.08 });
    const levels = Array.from({ length: 20_000 }, (_, hour) => Math.abs(process.level(hour)));
    expect(Math.max(...levels)).toBeLessThan(0.01);
  });
});
