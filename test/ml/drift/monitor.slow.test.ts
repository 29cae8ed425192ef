import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { createDriftMonitor, FALSE_ALARMS_PER_YEAR, type HorizonExpectation } from '../../../src/ml/drift/monitor.ts';
import { emptyPeriod, withForecast } from '../../../src/ml/drift/scored-period.ts';
import { simulatedDays } from './simulated-market.ts';

const EXPECTED: HorizonExpectation[] = [{ steps: 1, coverage80: 0.8, skillLowPct: 1 }];

/** Day of the first alarm, or null, and what was found. */
function firstAlarm(seed: number, days: number, width: (day: number) => number, expected = EXPECTED) {
  const monitor = createDriftMonitor('1d', expected);
  let day = 0;
  for (const period of simulatedDays(seed, days, width)) {
    monitor.add(period);
    const { state, findings } = monitor.read();
    if (state === 'alarm') return { day, findings };
    day++;
  }
  return null;
}
const years = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('the drift monitor', () => {
  it('raises false alarms no more often than it says', () => {
    const alarms = years(60).filter((seed) => firstAlarm(seed, 365, () => 1) !== null).length;
    // The bound is for a year; what is seen is far below it, since it holds for any market.
    expect(alarms / 60).toBeLessThanOrEqual(FALSE_ALARMS_PER_YEAR);
  });

  it('finds bands 30 % too narrow within 120 days in nine markets of ten, and says since when', () => {
    const found = years(40).map((seed) => firstAlarm(seed, 320, (day) => (day < 200 ? 1 : 0.7)));
    const inTime = found.filter((one) => one !== null && one.day >= 200);
    expect(inTime.length).toBeGreaterThanOrEqual(36);
    const signs = inTime.flatMap((one) => one!.findings.map(({ sign }) => sign));
    expect(signs.filter((sign) => sign === 'bands-too-wide')).toEqual([]);
    const since = inTime.map((one) => one!.findings[0]!.sinceMs / DAY_MS).sort((a, b) => a - b);
    expect(Math.abs(since[Math.floor(since.length / 2)]! - 200)).toBeLessThan(30);
  });

  it('finds bands half as wide again within a year', () => {
    const found = years(20).filter((seed) => firstAlarm(seed, 365, () => 1.5) !== null);
    expect(found.length).toBeGreaterThanOrEqual(18);
  });

  it('finds a loss above its record although the bands hold as many as they should', () => {
    const monitor = createDriftMonitor('1d', EXPECTED);
    // The tails are in place; between them every quantile sits at one end, which only the loss can see.
    for (const right of simulatedDays(3, 500, () => 1)) {
      monitor.add({ ...right, modelLoss: right.climatologyLoss + 0.3 * right.largestDifference });
    }
    const { state, findings } = monitor.read();
    expect(state).toBe('alarm');
    expect(findings.map(({ sign }) => sign)).toEqual(['loss-too-high']);
  });

  it('counts coins that move together as one observation', () => {
    const one = createDriftMonitor('1d', EXPECTED);
    const hundred = createDriftMonitor('1d', EXPECTED);
    for (const day of simulatedDays(4, 120, () => 0.9)) {
      const repeated = { ...day };
      for (const name of [
        'n',
        'inside80',
        'modelLoss',
        'climatologyLoss',
        'largestDifference',
        'expectedLoss',
      ] as const) {
        repeated[name] = 100 * day[name];
      }
      one.add(day);
      hundred.add(repeated);
    }
    expect(hundred.read().findings).toEqual(one.read().findings);
    expect(hundred.read().horizons[0]!.n).toBe(100 * one.read().horizons[0]!.n);
  });

  it('tests only forecasts whose predecessor’s outcome was known, and shows all of them', () => {
    const monitor = createDriftMonitor('1d', [{ steps: 7, coverage80: null, skillLowPct: 0 }]);
    // Every seventh outcome misses; the rest hold. Tested daily that would be far too little to alarm.
    for (let day = 0; day < 700; day++) {
      const inside80 = day % 7 === 0 ? 0 : 1;
      monitor.add({
        ...emptyPeriod(day * DAY_MS, 7),
        n: 1,
        inside80,
        modelLoss: 1,
        climatologyLoss: 1,
        largestDifference: 1,
      });
    }
    const { state, horizons } = monitor.read();
    expect(state).toBe('alarm');
    expect(horizons[0]).toMatchObject({ n: 700, periods: 700, name: '7d', expectedCoverage80: null });
    expect(horizons[0]!.coverage80).toBeCloseTo(6 / 7, 9);
  });

  it('says nothing before anything is scored, and nothing of horizons it does not follow', () => {
    const monitor = createDriftMonitor('1d', EXPECTED);
    expect(monitor.read()).toMatchObject({ state: 'unknown', findings: [] });
    const quantiles = Array.from({ length: 21 }, (_, k) => (k - 10) / 100);
    monitor.add(withForecast(emptyPeriod(0, 3), { outcome: 0, model: quantiles, climatology: quantiles }));
    expect(monitor.read().state).toBe('unknown');
  });
});

describe('a scored period', () => {
  it('knows beforehand by how much the losses may differ', () => {
    const wide = Array.from({ length: 21 }, (_, k) => (k - 10) / 50);
    const narrow = wide.map((value) => value / 2 + 0.01);
    for (const outcome of [-3, -0.1, -0.02, 0, 0.013, 0.5]) {
      const period = withForecast(emptyPeriod(0, 1), { outcome, model: narrow, climatology: wide });
      expect(Math.abs(period.modelLoss - period.climatologyLoss)).toBeLessThanOrEqual(period.largestDifference);
    }
  });
});
