import { beforeEach, describe, expect, it } from 'vitest';
import { type ClockCheck, clockDifferenceText, createClockCheck } from '../../src/core/clock-check.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';

const START = Date.UTC(2026, 10, 29, 12);
/** The true time, what the machine's clock adds to it, and whether the machine sleeps. */
let trueMs: number;
let aheadMs: number;
let sleptMs: number;
let check: ClockCheck;

beforeEach(() => {
  trueMs = START;
  aheadMs = 0;
  sleptMs = 0;
  const now = () => trueMs + aheadMs;
  check = createClockCheck({ now, monotonic: () => trueMs - START - sleptMs });
});

const header = (ms: number) => new Date(ms).toUTCString();

/** An answer of a host whose clock is off by so much, after a round trip. */
function answer(host: string, { offMs = 0, tripMs = 200, age = undefined as unknown } = {}): void {
  const heard = check.begin();
  trueMs += tripMs / 2;
  const date = header(trueMs + offMs);
  trueMs += tripMs / 2;
  heard(host, { date, age });
}

describe('the clock of the machine', () => {
  it('is not known to be right or wrong before a host has answered, nor by a header that tells nothing', () => {
    const heard = check.begin();
    heard('a', { date: 'yesterday' });
    heard('b', { date: undefined });
    heard('c', { date: header(START + DAY_MS), age: '3600' });
    answer('slow', { offMs: DAY_MS, tripMs: 20_000 });
    expect(check.status()).toEqual({ state: 'unknown', aheadMs: 0, hosts: [] });
    expect(check.checked()).toBe(trueMs);
    expect(check.nowAt('a')).toBe(trueMs);
  });

  it('is right within the second of the header and the round trip', () => {
    for (const at of [0, 1, 499, 999]) {
      trueMs = START + at;
      for (const tripMs of [10, 2_000, 9_000]) answer('a', { tripMs });
      expect(check.status()).toEqual({ state: 'right', aheadMs: 0, hosts: ['a'] });
      expect(Math.abs(check.nowAt('a') - trueMs)).toBeLessThanOrEqual(5_000);
    }
  });

  it.each([
    ['ahead', 8_000, 'off'],
    ['behind', -8_000, 'off'],
    ['ahead', 3 * MINUTE_MS, 'wrong'],
    ['behind', -3 * MINUTE_MS, 'wrong'],
    ['ahead', 365 * DAY_MS, 'wrong'],
  ] as const)('that is %s by %d ms is %s', (_way, by, state) => {
    aheadMs = by;
    answer('a');
    answer('b');
    const status = check.status();
    expect(status.state).toBe(state);
    expect(Math.abs(status.aheadMs - by)).toBeLessThan(1_300);
    // Never a moment that has not come by either clock.
    expect(check.checked()).toBeLessThanOrEqual(Math.min(trueMs, trueMs + by) + 1_300);
    expect(Math.abs(check.nowAt('b') - trueMs)).toBeLessThan(700);
  });

  it('is not called wrong by one host among several, nor by one answer of the only one', () => {
    answer('a', { offMs: HOUR_MS });
    expect(check.status().state).toBe('off');
    answer('b');
    answer('c');
    expect(check.status()).toMatchObject({ state: 'right', aheadMs: 0 });
    answer('a', { offMs: HOUR_MS });
    answer('a', { offMs: HOUR_MS });
    expect(check.status().state).toBe('right');
  });

  it('is called wrong by the only host that answers once it has said so three times', () => {
    aheadMs = 10 * MINUTE_MS;
    for (let i = 0; i < 2; i++) answer('a');
    expect(check.status().state).toBe('off');
    answer('a');
    expect(check.status().state).toBe('wrong');
  });

  it('is not called wrong by two hosts that contradict each other', () => {
    answer('a', { offMs: HOUR_MS });
    answer('b', { offMs: -HOUR_MS });
    expect(check.status()).toMatchObject({ state: 'right', aheadMs: 0 });
  });

  it('is compared anew once it was set, or the machine has slept', () => {
    aheadMs = 5 * MINUTE_MS;
    answer('a');
    answer('b');
    expect(check.status().state).toBe('wrong');
    aheadMs = 0;
    expect(check.status().state).toBe('unknown');
    answer('a');
    answer('b');
    expect(check.status().state).toBe('right');
    trueMs += 30 * DAY_MS;
    sleptMs += 30 * DAY_MS;
    expect(check.status().state).toBe('unknown');
  });

  it('tells nothing by an answer during which it was set', () => {
    const heard = check.begin();
    aheadMs = HOUR_MS;
    heard('a', { date: header(trueMs) });
    expect(check.status().state).toBe('unknown');
  });

  it('is told in words that a person reads at a glance', () => {
    const words = [8_400, -90_000, 185_000, -3 * HOUR_MS, 365 * DAY_MS].map((ms) =>
      clockDifferenceText({ aheadMs: ms }),
    );
    expect(words).toEqual(['8 s ahead', '90 s behind', '3 min ahead', '3 hours behind', '365 days ahead']);
  });
});
