import { describe, expect, it } from 'vitest';
import type { ScheduledEvent } from '../../../src/core/market-events.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createEventCalendar, type OfficialEvents } from '../../../src/services/forecast/event-calendar.ts';

const NOW = Date.parse('2026-11-30T06:00:00Z');
const cpi = (day: string): ScheduledEvent => ({ kind: 'cpi', atMs: Date.parse(`${day}T13:30:00Z`) });
const fomc = (day: string): ScheduledEvent => ({ kind: 'fomc', atMs: Date.parse(`${day}T19:00:00Z`) });
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const FILE = [cpi('2026-11-10'), cpi('2026-12-10'), fomc('2026-12-09'), fomc('2027-01-27')];

function calendarOf(
  read: (() => Promise<readonly ScheduledEvent[]>)[],
  start: OfficialEvents = { named: [], removed: [] },
) {
  const clock = { ms: NOW };
  const kept: OfficialEvents[] = [];
  const calendar = createEventCalendar({
    file: FILE,
    official: start,
    publishers: read.map((fetchEvents, i) => ({ name: `publisher ${i + 1}`, fetchEvents })),
    keep: async (official) => void kept.push(JSON.parse(JSON.stringify(official))),
    now: () => clock.ms,
    logger: silent,
  });
  const days = () =>
    calendar.schedule().events.map(({ kind, atMs }) => `${kind} ${new Date(atMs).toISOString().slice(0, 10)}`);
  return { calendar, clock, kept, days, refresh: () => calendar.refresh(new AbortController().signal) };
}

describe('the calendar of events', () => {
  it('corrects what is to come of the kinds that were read, up to the last event read', async () => {
    const { refresh, days, kept, calendar } = calendarOf([async () => [cpi('2026-12-18'), cpi('2027-01-13')]]);
    const before = calendar.schedule();
    expect(await refresh()).toEqual({ publishers: [{ name: 'publisher 1', events: 2, problem: null }], changed: 2 });
    expect(days()).toEqual([
      'cpi 2026-11-10',
      'fomc 2026-12-09',
      'cpi 2026-12-18',
      'cpi 2027-01-13',
      'fomc 2027-01-27',
    ]);
    expect(calendar.schedule()).not.toBe(before);
    expect(kept).toHaveLength(1);
    // Nobody could know the new date before it was read.
    expect(calendar.schedule().within(NOW - HOUR_MS, 30 * DAY_MS)?.kind).toBe('fomc');
    expect(calendar.schedule().within(cpi('2026-12-18').atMs - HOUR_MS, 4 * HOUR_MS)).toMatchObject({
      announcedMs: NOW,
    });
  });

  it('stays as it is where everything was known, so that nothing is stored twice', async () => {
    const { refresh, calendar, kept } = calendarOf([async () => [cpi('2026-12-10')]]);
    const before = calendar.schedule();
    expect((await refresh()).changed).toBe(0);
    expect((await refresh()).changed).toBe(0);
    expect(calendar.schedule()).toBe(before);
    expect(kept).toHaveLength(1);
  });

  it('remembers after a restart what was moved, also once the dates have passed', async () => {
    const first = calendarOf([async () => [cpi('2026-12-18'), cpi('2027-01-13')]]);
    await first.refresh();
    const again = calendarOf([async () => [cpi('2027-01-13'), cpi('2027-02-10')]], first.kept[0]);
    again.clock.ms = Date.parse('2026-12-20T06:00:00Z');
    expect(again.days()).not.toContain('cpi 2026-12-10');
    await again.refresh();
    expect(again.days()).toContain('cpi 2026-12-18');
    expect(again.days()).not.toContain('cpi 2026-12-10');
    expect(again.days()).toContain('cpi 2027-02-10');
  });

  it('takes a date back that a calendar names again', async () => {
    let said = [cpi('2026-12-18')];
    const { refresh, days } = calendarOf([async () => said]);
    await refresh();
    said = [cpi('2026-12-10')];
    await refresh();
    expect(days()).toContain('cpi 2026-12-10');
    // The other one lies after the last that was read, about which nothing is known.
    said = [cpi('2026-12-10'), cpi('2027-01-13')];
    await refresh();
    expect(days()).not.toContain('cpi 2026-12-18');
  });

  it('changes nothing by a publisher that cannot be read, and says why', async () => {
    const { refresh, days, kept } = calendarOf([
      async () => Promise.reject(new Error('secret body')),
      async () => [fomc('2026-12-09'), fomc('2027-01-27'), fomc('2027-03-17')],
    ]);
    const { publishers } = await refresh();
    expect(publishers[0]).toMatchObject({ name: 'publisher 1', events: 0, problem: expect.any(String) });
    expect(publishers[0]!.problem).not.toContain('secret');
    expect(days()).toEqual([
      'cpi 2026-11-10',
      'fomc 2026-12-09',
      'cpi 2026-12-10',
      'fomc 2027-01-27',
      'fomc 2027-03-17',
    ]);
    expect(kept).toHaveLength(1);
  });
});
