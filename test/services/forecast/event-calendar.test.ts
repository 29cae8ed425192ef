import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ScheduledEvent } from '../../../src/core/market-events.ts';
import { DAY_MS, HOUR_MS, utcDay } from '../../../src/core/time.ts';
import {
  createEventCalendar,
  type OfficialEvents,
  payrollsDayMs,
} from '../../../src/services/forecast/event-calendar.ts';
import { createOfficialEventStore, readEventFile } from '../../../src/storage/event-file.ts';

const NOW = Date.parse('2026-11-30T06:00:00Z');
const cpi = (day: string): ScheduledEvent => ({ kind: 'cpi', atMs: Date.parse(`${day}T13:30:00Z`) });
const fomc = (day: string): ScheduledEvent => ({ kind: 'fomc', atMs: Date.parse(`${day}T19:00:00Z`) });
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const FILE = [cpi('2026-11-10'), cpi('2026-12-10'), fomc('2026-12-09'), fomc('2027-01-27')];

function calendarOf(
  read: (() => Promise<readonly ScheduledEvent[]>)[],
  start: OfficialEvents = { named: [], removed: [] },
  file: readonly ScheduledEvent[] = FILE,
) {
  const clock = { ms: NOW };
  const kept: OfficialEvents[] = [];
  const calendar = createEventCalendar({
    file,
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

describe('payrolls after the last known ones', () => {
  const payrolls = (day: string, utc = '13:30'): ScheduledEvent => ({
    kind: 'payrolls',
    atMs: Date.parse(`${day}T${utc}:00Z`),
  });
  const LAST = [payrolls('2026-11-06'), payrolls('2026-12-04')];
  const offline = async () => Promise.reject(new Error('offline'));
  const expectedDays = ({ calendar }: ReturnType<typeof calendarOf>) =>
    calendar.schedule().events.flatMap(({ atMs, expected }) => (expected ? [new Date(atMs).toISOString()] : []));

  it('are expected by the rule for a year ahead, at 08:30 in New York, and marked so', () => {
    const days = expectedDays(calendarOf([offline], undefined, LAST));
    expect(days.slice(0, 4)).toEqual([
      '2027-01-08T13:30:00.000Z',
      '2027-02-05T13:30:00.000Z',
      '2027-03-05T13:30:00.000Z',
      '2027-04-02T12:30:00.000Z',
    ]);
    expect(days).toHaveLength(12);
  });

  it('are not where a file of the owner is all there is', () => {
    expect(expectedDays(calendarOf([], undefined, LAST))).toEqual([]);
  });

  it('give way to what the official calendar names', async () => {
    const found = calendarOf([async () => [payrolls('2027-01-08'), payrolls('2027-02-12')]], undefined, LAST);
    await found.refresh();
    expect(found.days()).not.toContain('payrolls 2027-02-05');
    expect(expectedDays(found)[0]).toBe('2027-03-05T13:30:00.000Z');
    expect(found.calendar.schedule().within(payrolls('2027-01-08').atMs - HOUR_MS, 2 * HOUR_MS)).toEqual({
      ...payrolls('2027-01-08'),
      announcedMs: NOW,
    });
  });

  it('stay in the past as forecasts took them, also after a restart, and go on without a network', async () => {
    const first = calendarOf([offline], undefined, LAST);
    first.clock.ms = Date.parse('2027-03-20T06:00:00Z');
    await first.refresh();
    expect(expectedDays(first).at(-1)).toBe('2028-04-07T12:30:00.000Z');
    const kept = new Map<string, unknown>([['official-events', first.kept[0]]]);
    const store = createOfficialEventStore({ get: async (key) => kept.get(key), set: async () => undefined });
    const again = calendarOf([async () => [payrolls('2027-04-09', '12:30')]], await store.read(), LAST);
    again.clock.ms = first.clock.ms;
    await again.refresh();
    expect(expectedDays(again).slice(0, 4)).toEqual([
      '2027-01-08T13:30:00.000Z',
      '2027-02-05T13:30:00.000Z',
      '2027-03-05T13:30:00.000Z',
      '2027-05-07T12:30:00.000Z',
    ]);
  });

  it('came when the rule says since 2017, but for three that shutdowns had moved', async () => {
    const path = fileURLToPath(new URL('../../../calendar/us-events.json', import.meta.url));
    const known = (await readEventFile(path)).filter(({ kind }) => kind === 'payrolls');
    const missed = known.filter(({ atMs }) => {
      const date = new Date(atMs);
      return utcDay(payrollsDayMs(date.getUTCFullYear(), date.getUTCMonth())) !== utcDay(atMs);
    });
    expect(known).toHaveLength(119);
    expect(missed.map(({ atMs }) => utcDay(atMs))).toEqual(['2025-11-20', '2025-12-16', '2026-02-11']);
    expect(missed.every(({ announcedMs }) => announcedMs !== undefined)).toBe(true);
  });
});
