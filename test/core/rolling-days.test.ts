import { describe, expect, it } from 'vitest';
import { type Candle, rollingDays } from '../../src/core/candle.ts';
import { flagCandles } from '../../src/core/candle-quality.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { START_MS, walk } from '../support/candles.ts';

const HOURS = walk(24 * 10, '1h');
/** The candles without those that open so many hours after the first. */
const without = (...missing: readonly number[]) => HOURS.filter((_, i) => !missing.includes(i));
/** Open times in hours after the first candle. */
const opensOf = (days: readonly Candle[]) => days.map(({ openTimeMs }) => (openTimeMs - START_MS) / HOUR_MS);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('rollingDays', () => {
  it.each([0, 7, 19])('joins the 24 hours up to %i o’clock', (endHour) => {
    const days = rollingDays(HOURS, endHour);
    expect(opensOf(days)).toEqual(range(0, endHour === 0 ? 10 : 9).map((i) => endHour + 24 * i));
    for (const day of days) {
      const own = HOURS.filter(
        ({ openTimeMs }) => openTimeMs >= day.openTimeMs && openTimeMs < day.openTimeMs + DAY_MS,
      );
      expect(own).toHaveLength(24);
      expect(day).toEqual({
        openTimeMs: own[0]!.openTimeMs,
        open: own[0]!.open,
        high: Math.max(...own.map(({ high }) => high)),
        low: Math.min(...own.map(({ low }) => low)),
        close: own[23]!.close,
        volume: own.reduce((sum, { volume }) => sum + volume, 0),
      });
    }
  });

  it('takes the first day in where the candles begin up to four hours after it did', () => {
    expect(opensOf(rollingDays(HOURS, 20))[0]).toBe(-4);
    expect(opensOf(rollingDays(HOURS, 19))[0]).toBe(19);
  });

  it('leaves out a day with fewer than twenty hours, and one without its last hour', () => {
    expect(opensOf(rollingDays(without(25, 26, 30, 40), 0))).toContain(24);
    expect(opensOf(rollingDays(without(25, 26, 30, 40, 41), 0))).toEqual([0, ...range(2, 10).map((i) => 24 * i)]);
    expect(opensOf(rollingDays(without(47), 0))).not.toContain(24);
    // The same hours are missing from the days that end at 12, of which none has lost five, nor its last.
    expect(opensOf(rollingDays(without(25, 26, 30, 40, 41), 12))).toEqual(range(0, 9).map((i) => 12 + 24 * i));
  });

  it('opens at the first hour there is where the very first is missing', () => {
    const [, second] = rollingDays(without(24, 25), 0);
    expect(second).toMatchObject({ openTimeMs: START_MS + DAY_MS, open: HOURS[26]!.open, close: HOURS[47]!.close });
  });

  it('reads nothing after the end of a day, whatever happens then', () => {
    for (const endHour of range(0, 24)) {
      const cutMs = START_MS + (5 * 24 + endHour) * HOUR_MS;
      const changed = HOURS.map((one) => (one.openTimeMs < cutMs ? one : { ...one, high: 1e6, close: 9e5, low: 1e-3 }));
      const until = (days: readonly Candle[]) => days.filter(({ openTimeMs }) => openTimeMs + DAY_MS <= cutMs);
      const whole = until(rollingDays(HOURS, endHour));
      expect(whole.length).toBeGreaterThan(3);
      expect(until(rollingDays(changed, endHour))).toEqual(whole);
      expect(
        rollingDays(
          HOURS.filter(({ openTimeMs }) => openTimeMs < cutMs),
          endHour,
        ),
      ).toEqual(whole);
    }
  });

  it('makes no day of hours that have not ended one', () => {
    expect(rollingDays([], 0)).toEqual([]);
    expect(rollingDays(HOURS.slice(0, 23), 0)).toEqual([]);
  });

  it('gives days that are judged as daily candles are, with neighbours a day apart', () => {
    const spiked = walk(24 * 40, '1h').map((one, i) => (i === 24 * 30 + 3 ? { ...one, high: one.high * 50 } : one));
    const flags = flagCandles(rollingDays(spiked, 9), '1d');
    const flagged = flags.filter(({ flag }) => flag !== null);
    expect(flagged.map(({ openTimeMs, flag }) => [(openTimeMs - START_MS) / HOUR_MS, flag])).toEqual([
      [24 * 29 + 9, 'glitch'],
    ]);
  });
});
