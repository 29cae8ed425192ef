import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { type AlertSight, type AlertState, stepAlerts } from '../../src/services/alerts.ts';

const sight = (changes: Partial<AlertSight> = {}): AlertSight => ({
  nowMs: HOUR_MS,
  price: 100,
  originMs: 0,
  targetMs: DAY_MS,
  pUp: 0.5,
  low: 90,
  high: 110,
  ...changes,
});
const BAND = { bandBreak: true, flipAt: null };
const FLIP = { bandBreak: false, flipAt: 0.6 };

/** Goes through what was seen and says what was told at each. */
function walk(sights: readonly Partial<AlertSight>[], options: typeof BAND | typeof FLIP, allowed = 9): string[] {
  let state: AlertState | null = null;
  return sights.map((changes) => {
    const step: ReturnType<typeof stepAlerts> = stepAlerts(state, sight(changes), options, allowed);
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

  it('begin anew with a new forecast, and end with its target', () => {
    expect(walk([{ price: 111 }, { price: 111, originMs: 5 }, { price: 120, nowMs: DAY_MS }], BAND)).toEqual([
      'above',
      'above',
      '',
    ]);
  });

  it('say nothing without a price, and nothing when they are off', () => {
    expect(walk([{ price: null }, { price: 111 }], BAND)).toEqual(['', 'above']);
    expect(walk(prices(100, 111), FLIP)).toEqual(['', '']);
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
    const first = stepAlerts(null, sight({ price: 111 }), BAND, 9).state;
    expect(first.sent).toBe(1);
    const second = stepAlerts(first, sight({ price: 89 }), BAND, 9).state;
    expect(second.sent).toBe(2);
    expect(stepAlerts(second, sight({ nowMs: DAY_MS + 1, targetMs: 2 * DAY_MS, price: 111 }), BAND, 9).state.sent).toBe(
      1,
    );
  });

  it('is never more than one for each time a price could have left and come back', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 80, max: 120, noNaN: true }), { maxLength: 40 }), (values) => {
        const told = walk(prices(...values), BAND, 99);
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
