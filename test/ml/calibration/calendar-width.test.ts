import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createWeekdayWidth, weekdayWidthSchema } from '../../../src/ml/calibration/calendar-width.ts';
import { PAIRS, setRatios, type WidthLearner } from '../../../src/ml/calibration/widths.ts';
import { normals } from '../../support/candles.ts';

/** A Monday. */
const START = Date.UTC(2021, 0, 4);
const OUTER = [
  -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661,
];
const NORMAL = Float64Array.from([...OUTER, 0, ...OUTER.toReversed().map((q) => -q)]);
const SATURDAY = 5;
const names = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF'];

/** Teaches some weeks of forecasts at one horizon, of which `times` says how far the outcomes lie. */
function teach(
  learner: WidthLearner<unknown>,
  span: { readonly weeks: number; readonly everyMs: number; readonly fromWeek?: number },
  times: (symbol: string, originMs: number) => number,
  horizon = 0,
): void {
  const normal = normals(3 + (span.fromWeek ?? 0));
  const firstMs = START + (span.fromWeek ?? 0) * 7 * DAY_MS;
  for (let ms = firstMs; ms < firstMs + span.weeks * 7 * DAY_MS; ms += span.everyMs) {
    const ratios = new Float32Array(names.length * PAIRS);
    names.forEach((symbol, i) => {
      setRatios(ratios, i * PAIRS, times(symbol, ms) * normal(), NORMAL);
    });
    learner.learn({ originMs: ms, horizon, symbols: names, ratios });
  }
}

const dayOf = (ms: number) => Math.floor((ms - START) / DAY_MS) % 7;
function factorOf(learner: WidthLearner<unknown>, symbol: string, ms: number, horizon = 0): number {
  const factors = new Float64Array(PAIRS).fill(1);
  learner.apply(factors, ms, symbol, horizon);
  expect(new Set(factors).size).toBe(1);
  return factors[0]!;
}

describe('the width by the day of the week', () => {
  it('follows what each coin does, drawn towards the market, and that towards one', () => {
    const learner = createWeekdayWidth('1d', [1, 3, 7], null);
    // AA rests on Saturdays, the others do not.
    teach(learner, { weeks: 150, everyMs: DAY_MS }, (symbol, ms) =>
      symbol === 'AA' && dayOf(ms) === SATURDAY ? 0.4 : 1,
    );
    const saturday = START + (700 + SATURDAY) * DAY_MS;
    const [own, other] = [factorOf(learner, 'AA', saturday), factorOf(learner, 'BB', saturday)];
    expect(own).toBeGreaterThan(0.45);
    expect(own).toBeLessThan(0.8);
    expect(other).toBeGreaterThan(0.88);
    expect(factorOf(learner, 'NEW', saturday)).toBeLessThan(1);
    expect(factorOf(learner, 'NEW', saturday)).toBeGreaterThan(0.85);
    expect(factorOf(learner, 'AA', saturday + 3 * DAY_MS)).toBeGreaterThan(0.95);
  });

  it('is one before anything is known, and moves little by the first weeks', () => {
    const learner = createWeekdayWidth('1d', [1, 3, 7], null);
    expect(factorOf(learner, 'AA', START)).toBe(1);
    teach(learner, { weeks: 4, everyMs: DAY_MS }, (_, ms) => (dayOf(ms) === SATURDAY ? 0.1 : 1));
    expect(factorOf(learner, 'AA', START + (28 + SATURDAY) * DAY_MS)).toBeGreaterThan(0.85);
  });

  it('leaves a coin alone that is too wide or too narrow every day', () => {
    const learner = createWeekdayWidth('1d', [1], null);
    teach(learner, { weeks: 150, everyMs: DAY_MS }, (symbol) => (symbol === 'AA' ? 2 : 1));
    for (let day = 0; day < 7; day++) {
      expect(Math.abs(factorOf(learner, 'AA', START + (700 + day) * DAY_MS) - 1)).toBeLessThan(0.1);
    }
  });

  it('takes a day that starts between two midnights for its share of both', () => {
    const learner = createWeekdayWidth('1d', [1], null);
    teach(learner, { weeks: 100, everyMs: DAY_MS }, (_, ms) => (dayOf(ms) === SATURDAY ? 0.4 : 1));
    const friday = START + (700 + SATURDAY - 1) * DAY_MS;
    const [from, to] = [factorOf(learner, 'AA', friday), factorOf(learner, 'AA', friday + DAY_MS)];
    expect(factorOf(learner, 'AA', friday + 6 * HOUR_MS)).toBeCloseTo(0.75 * from + 0.25 * to, 10);
    // Such days are not learnt from: each midnight would count 24 times.
    const before = JSON.stringify(learner.state());
    teach(learner, { weeks: 1, everyMs: DAY_MS, fromWeek: 200 }, () => 5, 0);
    expect(JSON.stringify(learner.state())).not.toBe(before);
    const after = JSON.stringify(learner.state());
    learner.learn({
      originMs: friday + HOUR_MS,
      horizon: 0,
      symbols: ['AA'],
      ratios: new Float32Array(PAIRS).fill(9),
    });
    expect(JSON.stringify(learner.state())).toBe(after);
  });

  it('is by the hour for four hours and a day, and not used at other horizons', () => {
    const hours = createWeekdayWidth('1h', [1, 4, 24], null);
    const evening = (ms: number) => (dayOf(ms) === SATURDAY && (ms % DAY_MS) / HOUR_MS === 20 ? 3 : 1);
    for (const horizon of [0, 1, 2]) teach(hours, { weeks: 100, everyMs: HOUR_MS }, (_, ms) => evening(ms), horizon);
    const at = START + (700 + SATURDAY) * DAY_MS + 20 * HOUR_MS;
    expect([0, 1, 2].map((horizon) => factorOf(hours, 'AA', at, horizon) > 1.5)).toEqual([false, true, true]);
    expect(factorOf(hours, 'AA', at, 0)).toBe(1);
    expect(factorOf(hours, 'AA', at + HOUR_MS, 1)).toBeLessThan(1.15);
    const days = createWeekdayWidth('1d', [1, 3, 7], null);
    teach(days, { weeks: 50, everyMs: DAY_MS }, (_, ms) => (dayOf(ms) === SATURDAY ? 3 : 1), 1);
    expect(days.state().slice(1)).toEqual([null, null]);
    expect(factorOf(days, 'AA', START + SATURDAY * DAY_MS, 1)).toBe(1);
  });

  it('goes on from a stored state as if it had never stopped', () => {
    const times = (symbol: string, ms: number) => (symbol === 'BB' && dayOf(ms) > 4 ? 0.5 : 1);
    const whole = createWeekdayWidth('1d', [1, 3], null);
    const first = createWeekdayWidth('1d', [1, 3], null);
    for (const learner of [whole, first]) teach(learner, { weeks: 5, everyMs: DAY_MS }, times);
    const state = first.state();
    const kept = JSON.stringify(state);
    const second = createWeekdayWidth('1d', [1, 3], weekdayWidthSchema.parse(JSON.parse(kept)));
    for (const learner of [whole, second]) teach(learner, { weeks: 5, everyMs: DAY_MS, fromWeek: 5 }, times);
    expect(second.state()).toEqual(whole.state());
    expect(JSON.stringify(state), 'a state given out does not change').toBe(kept);
  });
});
