import { describe, expect, it } from 'vitest';
import { HORIZONS, horizonName } from '../../src/core/horizon.ts';

describe('horizonName', () => {
  it('names every horizon by its candles and how many of them', () => {
    for (const { name, interval, steps } of Object.values(HORIZONS)) expect(horizonName(interval, steps)).toBe(name);
  });

  it('writes out a horizon that has no name', () => {
    expect(horizonName('1d', 4)).toBe('4 × 1d');
  });
});
