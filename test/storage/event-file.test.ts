import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_KINDS } from '../../src/core/market-events.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { createOfficialEventStore, readEventFile } from '../../src/storage/event-file.ts';

const SHIPPED = fileURLToPath(new URL('../../calendar/us-events.json', import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'candlecast-test-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function written(text: string): Promise<string> {
  const path = join(dir, 'own.json');
  await writeFile(path, text);
  return path;
}

const newYork = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'America/New_York',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

describe('the shipped calendar', () => {
  it('has every event on a weekday at its time in New York, summer time included, each once', async () => {
    const events = await readEventFile(SHIPPED);
    const clock = { fomc: '14:00', 'fomc-press': '14:30', cpi: '08:30', payrolls: '08:30' };
    for (const { kind, atMs } of events) {
      expect(newYork.format(atMs), new Date(atMs).toISOString()).toMatch(
        new RegExp(`^(Mon|Tue|Wed|Thu|Fri).*${clock[kind]}$`),
      );
    }
    expect(new Set(events.map(({ kind, atMs }) => `${kind} ${atMs}`)).size).toBe(events.length);
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).sort((a, b) => a - b));
  });

  it('has twelve releases and eight meetings a year, fewer only where one was cancelled', async () => {
    const events = await readEventFile(SHIPPED);
    const count = (kind: string, year: number) =>
      events.filter((event) => event.kind === kind && new Date(event.atMs).getUTCFullYear() === year).length;
    for (let year = 2017; year <= 2026; year++) {
      // The meeting of March 2020 was replaced by unscheduled ones; a shutdown cost two releases in 2025.
      expect(count('fomc', year), `meetings of ${year}`).toBe(year === 2020 ? 7 : 8);
      for (const kind of ['cpi', 'payrolls'])
        expect(count(kind, year), `${kind} of ${year}`).toBe(year === 2025 ? 11 : 12);
    }
    expect(count('fomc', 2027)).toBe(8);
    expect(count('fomc-press', 2018)).toBe(4);
    expect(count('fomc-press', 2019)).toBe(8);
  });

  it('leaves out what was not announced beforehand, and dates what was moved', async () => {
    const events = await readEventFile(SHIPPED);
    const on = (day: string) => events.filter(({ atMs }) => new Date(atMs).toISOString().startsWith(day));
    for (const day of ['2020-03-03', '2020-03-15', '2020-03-18', '2025-10-03', '2025-10-15', '2026-02-06']) {
      expect(on(day), day).toEqual([]);
    }
    const moved = events.filter((event) => event.announcedMs !== undefined);
    expect(moved).toHaveLength(6);
    for (const { atMs, announcedMs } of moved) {
      expect(atMs - announcedMs!).toBeGreaterThan(5 * DAY_MS);
      expect(atMs - announcedMs!).toBeLessThan(40 * DAY_MS);
    }
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(EVENT_KINDS));
  });
});

describe('a file of events', () => {
  it('is read with days and moments of announcement', async () => {
    const path = await written(
      '{"format":1,"events":[{"kind":"cpi","at":"2030-01-02T13:30:00Z","announced":"2029-12-01"},{"kind":"fomc","at":"2030-01-30T19:00:00Z"}]}',
    );
    expect(await readEventFile(path)).toEqual([
      { kind: 'cpi', atMs: Date.parse('2030-01-02T13:30:00Z'), announcedMs: Date.parse('2029-12-01') },
      { kind: 'fomc', atMs: Date.parse('2030-01-30T19:00:00Z') },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['another kind', '{"format":1,"events":[{"kind":"gdp","at":"2030-01-02T13:30:00Z"}]}'],
    ['no moment', '{"format":1,"events":[{"kind":"cpi","at":"2030-01-02"}]}'],
    ['too large', `{"format":1,"events":[]}${' '.repeat(1_100_000)}`],
  ])('is refused where it is %s', async (_, text) => {
    await expect(readEventFile(await written(text))).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('is missed with its name, not with its folder', async () => {
    const missing = readEventFile(join(dir, 'nothing.json'));
    await expect(missing).rejects.toMatchObject({ code: 'CC_FILE', message: expect.stringContaining('nothing.json') });
    await expect(missing).rejects.not.toMatchObject({ message: expect.stringContaining(dir) });
  });
});

describe('what official calendars said', () => {
  it('is kept, and nothing where something else is kept', async () => {
    const values = new Map<string, unknown>();
    const store = createOfficialEventStore({
      get: async (key) => values.get(key),
      set: async (key, value) => values.set(key, JSON.parse(JSON.stringify(value))),
    });
    expect(await store.read()).toEqual({ named: [], removed: [] });
    const kept = {
      named: [{ kind: 'cpi', atMs: 5, announcedMs: 1 }] as const,
      removed: [{ kind: 'fomc', atMs: 7 }] as const,
    };
    await store.write(kept);
    expect(await store.read()).toEqual(kept);
    for (const key of values.keys()) values.set(key, { named: 'other' });
    expect(await store.read()).toEqual({ named: [], removed: [] });
  });
});
