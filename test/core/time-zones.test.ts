import { describe, expect, it, test } from 'vitest';
import { clockIn } from '../../src/core/local-time.ts';
import { COMMON_NAMES } from '../../src/core/time-zone-names.ts';
import { parseTimeZone, searchTimeZones, timeZoneLabel } from '../../src/core/time-zones.ts';

const SUMMER_MS = Date.parse('2026-07-01T12:00:00Z');
const zones = (text: string) => searchTimeZones(text, SUMMER_MS, 25).map((suggestion) => suggestion.zone);

describe('a typed time zone', () => {
  test.each([
    ['Europe/London', 'Europe/London'],
    ['europe/london', 'Europe/London'],
    ['London', 'Europe/London'],
    ['new york', 'America/New_York'],
    ['EST', 'America/New_York'],
    ['utc', 'UTC'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['US/Eastern', 'America/New_York'],
    ['UTC+2', 'Etc/GMT-2'],
    ['-3', 'Etc/GMT+3'],
    ['gmt+0', 'UTC'],
    ['UTC+5:30', 'Asia/Kolkata'],
    ['+0545', 'Asia/Kathmandu'],
    ['gmt -9:30', 'Pacific/Marquesas'],
    ['Nepal', 'Asia/Kathmandu'],
    ['Newfoundland', 'America/St_Johns'],
  ])('%s is %s', (text, zone) => {
    expect(parseTimeZone(text)).toBe(zone);
  });

  test.each(['Londn', 'Mars/Base', '', '+15', 'UTC+5:17', '__proto__', 'constructor'])('%j is refused', (text) => {
    expect(() => parseTimeZone(text)).toThrow(expect.objectContaining({ code: 'CC_UNKNOWN_TIME_ZONE' }));
  });
});

it.each([-570, 210, 270, 330, 345, 390, 525, 570])(
  '%i minutes from UTC are those of a zone without summer time',
  (minutes) => {
    const sign = minutes < 0 ? '-' : '+';
    const text = `${sign}${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${Math.abs(minutes) % 60}`;
    const zone = parseTimeZone(`UTC${text}`);
    for (const at of ['2026-01-01T00:00:00Z', SUMMER_MS])
      expect(clockIn(zone, new Date(at).getTime()).offset).toBe(text);
  },
);

describe('suggestions', () => {
  test('begin with the best match and say what the clock shows there', () => {
    expect(searchTimeZones('lond', SUMMER_MS, 1)).toEqual([
      { zone: 'Europe/London', label: 'Europe/London (UTC+01:00, now 13:00)' },
    ]);
    expect(zones('EST')[0]).toBe('America/New_York');
    expect(zones('kolk')[0]).toBe('Asia/Kolkata');
    expect(zones('')).toContain('UTC');
  });

  test('are found by the present distance from UTC', () => {
    expect(zones('UTC+5:30')).toEqual(expect.arrayContaining(['Asia/Kolkata']));
    expect(zones('+5:45')).toContain('Asia/Kathmandu');
    // In July London is an hour ahead.
    expect(zones('+1')).toContain('Europe/London');
    expect(zones('+0')).not.toContain('Europe/London');
  });

  test('are never more than asked for, and none for nonsense', () => {
    expect(zones('a').length).toBe(25);
    expect(zones('zzzz')).toEqual([]);
  });
});

describe('a zone as it is shown', () => {
  test.each([
    ['UTC+2', 'UTC+2'],
    ['UTC-3', 'UTC\u22123'],
    ['Europe/Berlin', 'Europe/Berlin'],
    ['UTC', 'UTC'],
  ])('%s is shown as %s', (typed, shown) => {
    expect(timeZoneLabel(parseTimeZone(typed))).toBe(shown);
  });
});

describe('names of cities and countries', () => {
  it.each([
    ['São Paulo', 'America/Sao_Paulo'],
    ['sao paulo', 'America/Sao_Paulo'],
    ['Brasília', 'America/Sao_Paulo'],
    ['Bogotá', 'America/Bogota'],
    ['Ciudad de México', 'America/Mexico_City'],
    ['Mexiko-Stadt', 'America/Mexico_City'],
    ['Zürich', 'Europe/Zurich'],
    ['Wien', 'Europe/Vienna'],
    ['München', 'Europe/Berlin'],
    ['Muenchen', 'Europe/Berlin'],
    ['Londres', 'Europe/London'],
    ['Genève', 'Europe/Zurich'],
    ['Straße', null],
  ])('%s', (typed, zone) => {
    if (zone === null) expect(() => parseTimeZone(typed)).toThrow(/no time zone/);
    else expect(parseTimeZone(typed)).toBe(zone);
  });

  it('are each of one zone, which there is', () => {
    for (const [name, zone] of COMMON_NAMES) expect(parseTimeZone(name), name).toBe(zone);
  });

  it('are suggested from their beginning on', () => {
    expect(searchTimeZones('münch', Date.UTC(2026, 11, 1), 5).map(({ zone }) => zone)).toContain('Europe/Berlin');
  });
});
