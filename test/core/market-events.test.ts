import { describe, expect, it } from 'vitest';
import { createEventSchedule, endingText, NO_EVENTS, type ScheduledEvent } from '../../src/core/market-events.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';

const at = (text: string) => Date.parse(text);
const cpi: ScheduledEvent = { kind: 'cpi', atMs: at('2024-06-12T12:30:00Z') };
const statement: ScheduledEvent = { kind: 'fomc', atMs: at('2024-06-12T18:00:00Z') };
const press: ScheduledEvent = { kind: 'fomc-press', atMs: at('2024-06-12T18:30:00Z') };
const moved: ScheduledEvent = {
  kind: 'payrolls',
  atMs: at('2025-11-20T13:30:00Z'),
  announcedMs: at('2025-11-14T00:00:00Z'),
};
const schedule = createEventSchedule([press, moved, statement, cpi]);

describe('a schedule of events', () => {
  it('holds an event from the moment at which it lies ahead to the moment itself', () => {
    expect(schedule.within(at('2024-06-12T12:00:00Z'), HOUR_MS)).toBe(cpi);
    expect(schedule.within(at('2024-06-12T12:10:00Z'), HOUR_MS)).toBe(cpi);
    expect(schedule.within(at('2024-06-12T12:30:00Z'), HOUR_MS)).toBe(cpi);
    expect(schedule.within(at('2024-06-12T12:31:00Z'), HOUR_MS)).toBeNull();
    expect(schedule.within(at('2024-06-12T11:30:00Z'), HOUR_MS)).toBeNull();
    expect(schedule.within(at('2024-06-12T11:30:00Z'), HOUR_MS + 1)).toBe(cpi);
  });

  it('names the one that counts first where a span holds several', () => {
    expect(schedule.within(at('2024-06-12T18:00:00Z'), HOUR_MS)).toBe(statement);
    expect(schedule.within(at('2024-06-12T18:01:00Z'), HOUR_MS)).toBe(press);
    expect(schedule.within(at('2024-06-12T00:00:00Z'), 24 * HOUR_MS)).toBe(statement);
  });

  it('holds a press conference while it goes on', () => {
    expect(schedule.within(at('2024-06-12T19:00:00Z'), HOUR_MS)).toBe(press);
    expect(schedule.within(at('2024-06-12T19:29:00Z'), HOUR_MS)).toBe(press);
    expect(schedule.within(at('2024-06-12T19:30:00Z'), HOUR_MS)).toBeNull();
  });

  it('looks for some kinds only', () => {
    expect(schedule.within(at('2024-06-12T12:00:00Z'), 12 * HOUR_MS, ['cpi', 'fomc-press'])).toBe(cpi);
    expect(schedule.within(at('2024-06-12T12:00:00Z'), HOUR_MS, ['payrolls'])).toBeNull();
  });

  it('does not know a date before it was announced', () => {
    const asked = at('2025-11-13T23:00:00Z');
    expect(schedule.within(asked, 10 * 24 * HOUR_MS)).toBeNull();
    expect(schedule.within(at('2025-11-14T00:00:00Z'), 10 * 24 * HOUR_MS)).toBe(moved);
  });

  it('is empty where nothing is scheduled', () => {
    expect(NO_EVENTS.within(cpi.atMs - MINUTE_MS, HOUR_MS)).toBeNull();
  });
});

describe('the end of what is known', () => {
  it('is said of each kind whose last event is less than 45 days ahead, once a release may be missing', () => {
    expect(endingText(schedule, at('2024-04-01T00:00:00Z'))).toBeNull();
    expect(endingText(schedule, at('2024-06-01T00:00:00Z'))).toBe(
      'no Federal Reserve statement is known after 2024-06-12, no US inflation figures are known after 2024-06-12',
    );
    expect(endingText(schedule, at('2026-01-01T00:00:00Z'))).toContain('no US jobs figures are known after 2025-11-20');
    expect(endingText(NO_EVENTS, at('2026-01-01T00:00:00Z'))).toBeNull();
  });

  it('says of dates that are only expected that nobody has announced them', () => {
    const expected = { kind: 'payrolls', atMs: at('2026-02-06T13:30:00Z'), expected: true } as const;
    const text = endingText(createEventSchedule([moved, expected]), at('2026-01-01T00:00:00Z'));
    expect(text).toBe('no US jobs figures are known after 2025-11-20 (expected on their usual days)');
  });
});
