import { afterEach, describe, expect, it, vi } from 'vitest';
import { pastMoment } from '../../../src/sources/sentiment/feed.ts';

const NOW_MS = Date.UTC(2026, 5, 17, 14);
const NINE = Date.UTC(2026, 5, 17, 9);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the date of an item', () => {
  it.each([
    ['Wed, 17 Jun 2026 09:00:00 GMT', NINE],
    ['Wed, 17 Jun 2026 05:00:00 EDT', NINE],
    ['Wed, 17 Jun 2026 11:00:00 +0200', NINE],
    ['2026-06-17T09:00:00Z', NINE],
    ['2026-06-17T11:00:00.000+02:00', NINE],
    // Without a zone: UTC, wherever this runs.
    ['Wed, 17 Jun 2026 09:00:00', NINE],
    ['2026-06-17T09:00:00', NINE],
    ['2026-06-17 09:00', NINE],
    ['2026-06-17', Date.UTC(2026, 5, 17)],
    ['2026-06-17T14:00:01Z', null],
    ['last week', null],
    ['', null],
    [`${' '.repeat(61)}2026-06-17`, null],
  ])('%s is read the same in any zone', (text, expected) => {
    for (const zone of ['America/New_York', 'Asia/Tokyo', 'UTC']) {
      vi.stubEnv('TZ', zone);
      expect(pastMoment(text, NOW_MS), zone).toBe(expected);
    }
  });
});
