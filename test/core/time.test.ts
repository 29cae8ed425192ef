import { describe, expect, it } from 'vitest';
import { utcDay, utcIso, utcMonth, utcTime } from '../../src/core/time.ts';

describe('moments in UTC', () => {
  const ms = Date.UTC(2024, 0, 31, 4, 5, 6);

  it('writes the day, the month and the time of day', () => {
    expect([utcDay(ms), utcMonth(ms), utcTime(ms)]).toEqual(['2024-01-31', '2024-01', '04:05']);
  });

  it('writes ISO 8601 to the second, and to the millisecond only where there are some', () => {
    expect([utcIso(ms), utcIso(ms + 7)]).toEqual(['2024-01-31T04:05:06Z', '2024-01-31T04:05:06.007Z']);
  });

  it('refuses what is no time', () => {
    for (const write of [utcDay, utcMonth, utcTime, utcIso]) expect(() => write(Number.NaN)).toThrow(RangeError);
  });
});
