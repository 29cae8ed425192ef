import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { crashSpells, isAfterCrash, volatilityRegimes } from '../../../src/ml/evaluate/regimes.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';

const flat = (closes: readonly number[], interval: '1d' | '1h', startMs = 0) =>
  toColumns(
    closes.map((close, i) => ({
      openTimeMs: startMs + i * (interval === '1d' ? DAY_MS : HOUR_MS),
      open: close,
      high: close,
      low: close,
      close,
      volume: 1,
    })),
    interval,
  );

describe('weeks after crashes', () => {
  it('begin with the close of a day on which Bitcoin fell by 7 % and end seven days later', () => {
    const spells = crashSpells(flat([100, 100, 93, 93, 87, 87, 87, 87, 87], '1d'));
    // The fall of row 2 is 7 %; that of row 4 is 6.5 % and none.
    expect(spells).toEqual([{ fromMs: 3 * DAY_MS, toMs: 10 * DAY_MS }]);
    expect(isAfterCrash(spells, 3 * DAY_MS)).toBe(true);
    expect(isAfterCrash(spells, 3 * DAY_MS - 1)).toBe(false);
    expect(isAfterCrash(spells, 10 * DAY_MS)).toBe(false);
  });

  it('run together where another crash comes within them', () => {
    const closes = [100, 90, 90, 90, 80, ...Array.from({ length: 20 }, () => 80), 70];
    expect(crashSpells(flat(closes, '1d'))).toEqual([
      { fromMs: 2 * DAY_MS, toMs: 12 * DAY_MS },
      { fromMs: 26 * DAY_MS, toMs: 33 * DAY_MS },
    ]);
  });

  it('look at 24 hours of hourly candles', () => {
    // One per cent an hour for eight hours: after the eighth it is 7.7 %, until the first falls out of the day.
    const closes = Array.from({ length: 60 }, (_, i) => 100 * 0.99 ** Math.min(Math.max(i - 29, 0), 8));
    const [spell, ...others] = crashSpells(flat(closes, '1h'));
    expect(others).toEqual([]);
    expect(spell!.fromMs).toBe(38 * HOUR_MS);
  });
});

describe('calm and volatile origins', () => {
  const sigma = Float64Array.from({ length: 400 }, (_, i) => 1 + ((i * 37) % 100) / 100);

  it('are told by the rank of σ among the coin’s own past', () => {
    const regimes = volatilityRegimes(sigma, '1d');
    const share = (kind: number) => regimes.slice(100).filter((regime) => regime === kind).length / 300;
    expect(share(1)).toBeCloseTo(0.5, 1);
    expect(share(2)).toBeCloseTo(0.05, 1);
    expect(regimes.slice(0, 89).every((regime) => regime === 0)).toBe(true);
  });

  it('do not depend on what σ does later', () => {
    const later = sigma.map((value, i) => (i >= 300 ? value * 50 : value));
    expect(volatilityRegimes(later, '1d').slice(0, 300)).toEqual(volatilityRegimes(sigma, '1d').slice(0, 300));
  });
});
