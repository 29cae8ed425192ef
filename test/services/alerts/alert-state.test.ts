import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { type AlertObservation, type AlertState, stepAlerts } from '../../../src/services/alerts/alert-state.ts';

/** What is seen, in short: a price without a moment is of now. */
interface Seen {
  readonly nowMs?: number;
  readonly price?: number | null;
  readonly atMs?: number;
  readonly originMs?: number;
  readonly targetMs?: number;
  readonly pUp?: number;
  readonly basis?: string;
  readonly low?: number;
  readonly high?: number;
}

const observation = (seen: Seen = {}): AlertObservation => {
  const { nowMs = HOUR_MS, price = 100, originMs = 0, pUp = 0.5, basis = '', low = 90, high = 110 } = seen;
  const { atMs = nowMs, targetMs = originMs + DAY_MS } = seen;
  const band = { originMs, targetMs, low, high };
  return { nowMs, basis, pUp, band, price: price === null ? null : { value: price, atMs } };
};
const BAND = { bandBreak: true, flipAt: null };
const FLIP = { bandBreak: false, flipAt: 0.6 };

/** Goes through what was seen and says what was told at each. */
function walk(sights: readonly Seen[], options: typeof BAND | typeof FLIP, allowed = 9): string[] {
  let state: AlertState | null = null;
  return sights.map((changes) => {
    const step: ReturnType<typeof stepAlerts> = stepAlerts(state, observation(changes), options, allowed);
    state = step.state;
    return step.events.map((event) => (event.kind === 'band' ? event.side : event.lean)).join();
  });
}
const prices = (...values: number[]) => values.map((price) => ({ price }));
const odds = (...values: number[]) => values.map((pUp) => ({ pUp }));

describe('alerts of the band', () => {
  it('tell once when the price leaves it, and again only after it was well inside', () => {
    expect(walk(prices(100, 111, 115, 109.5, 111, 107, 111), BAND)).toEqual(['', 'above', '', '', '', '', 'above']);
  });

  it('tell of both sides', () => {
    expect(walk(prices(100, 111, 89, 100, 89), BAND)).toEqual(['', 'above', 'below', '', 'below']);
  });

  it('say nothing of where the price stands when it is first seen', () => {
    expect(walk(prices(111, 112, 100, 111), BAND)).toEqual(['', '', '', 'above']);
  });

  it('watch one forecast to its target while newer ones begin at the price of every close, and then the next', () => {
    const hourly = (hour: number, price: number) => ({
      nowMs: hour * HOUR_MS,
      originMs: hour * HOUR_MS,
      price,
      low: price - 10,
      high: price + 10,
    });
    const day = Array.from({ length: 24 }, (_, hour) => hourly(hour, 100 + hour));
    // The first to be seen went from 90 to 110 and is left at 111; the one of its target goes on from 134.
    const told = walk([...day, hourly(24, 124), hourly(25, 134), hourly(26, 135)], BAND);
    expect(told.flatMap((side, hour) => (side === '' ? [] : [hour]))).toEqual([11, 26]);
  });

  it('tell also at the target itself, and of a horizon of one hour', () => {
    const hour = (n: number, price: number) => ({
      nowMs: n * HOUR_MS,
      originMs: n * HOUR_MS,
      targetMs: (n + 1) * HOUR_MS,
      price,
      low: price - 10,
      high: price + 10,
    });
    expect(walk([hour(0, 100), hour(1, 105), hour(2, 116), hour(3, 100)], BAND)).toEqual(['', '', 'above', 'below']);
  });

  it('end with the target where no newer forecast is there', () => {
    expect(walk([{ price: 100 }, { price: 120, nowMs: DAY_MS + 1 }], BAND)).toEqual(['', '']);
    expect(walk([{ price: 100 }, { price: 120, nowMs: DAY_MS }], BAND)).toEqual(['', 'above']);
  });

  it('go by no price from before the forecast', () => {
    expect(
      walk(
        [
          { price: 100, originMs: 5 },
          { price: 111, atMs: 4, originMs: 5 },
        ],
        BAND,
      ),
    ).toEqual(['', '']);
  });

  it('say nothing without a price, and nothing when they are off', () => {
    expect(walk([{ price: null }, { price: 111 }], BAND)).toEqual(['', 'above']);
    expect(walk(prices(100, 111), FLIP)).toEqual(['', '']);
  });

  it('begin anew when something else is asked for', () => {
    const other = { basis: 'other' };
    expect(walk([{}, { price: 111, ...other }, { price: 100, ...other }, { price: 111, ...other }], BAND)).toEqual([
      '',
      '',
      '',
      'above',
    ]);
    expect(walk([{}, { pUp: 0.7, ...other }], FLIP)).toEqual(['', '']);
  });
});

describe('alerts of the odds', () => {
  it('tell when they cross the threshold, and again only after they fell clearly below it', () => {
    expect(walk(odds(0.5, 0.61, 0.59, 0.61, 0.55, 0.62), FLIP)).toEqual(['', 'up', '', '', '', 'up']);
    expect(walk(odds(0.5, 0.39, 0.61), FLIP)).toEqual(['', 'down', 'up']);
  });

  it('say nothing of where the odds stand when they are first seen', () => {
    expect(walk(odds(0.7, 0.7, 0.5, 0.7), FLIP)).toEqual(['', '', '', 'up']);
  });

  it('do not flicker at a threshold of one half', () => {
    const half = { bandBreak: false, flipAt: 0.5 };
    expect(walk(odds(0.51, 0.499, 0.501, 0.49, 0.46, 0.51, 0.54), half)).toEqual(['', '', '', '', 'down', '', 'up']);
  });
});

describe('the number of alerts', () => {
  it('never exceeds what is allowed, and what was not said then is not said later', () => {
    expect(walk(prices(100, 111, 111), BAND, 0)).toEqual(['', '', '']);
  });

  it('is counted by UTC day', () => {
    const seen = stepAlerts(null, observation(), BAND, 9).state;
    const first = stepAlerts(seen, observation({ price: 111 }), BAND, 9).state;
    expect(first.sent).toBe(1);
    const second = stepAlerts(first, observation({ price: 89 }), BAND, 9).state;
    expect(second.sent).toBe(2);
    expect(stepAlerts(second, observation({ nowMs: DAY_MS, price: 111 }), BAND, 9).state).toMatchObject({
      day: 1,
      sent: 1,
    });
  });

  it('is never more than one for each time a price could have left and come back', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 80, max: 120, noNaN: true }), { maxLength: 40 }), (values) => {
        const told = walk(prices(100, ...values), BAND, 99).slice(1);
        // Between two alerts of the same side the price was inside by the margin, or on the other side.
        let last = '';
        for (const [i, side] of told.entries()) {
          if (values[i]! < 108 && last === 'above') last = '';
          if (values[i]! > 92 && last === 'below') last = '';
          if (side === '') continue;
          expect(side).not.toBe(last);
          expect(side === 'above' ? values[i]! > 110 : values[i]! < 90).toBe(true);
          last = side;
        }
      }),
    );
  });
});
