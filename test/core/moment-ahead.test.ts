import { describe, expect, it } from 'vitest';
import { parseMomentAhead, splitSpan } from '../../src/core/moment-ahead.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';

const NOW_MS = Date.UTC(2026, 10, 30, 17, 40);
const ahead = (text: string, zone = 'UTC') => parseMomentAhead(text, NOW_MS, zone) - NOW_MS;

describe('parseMomentAhead', () => {
  it.each([
    ['6h', 6 * HOUR_MS],
    ['2d', 2 * DAY_MS],
    ['90m', 90 * MINUTE_MS],
    ['1.5 days', 1.5 * DAY_MS],
    ['1d12h', 1.5 * DAY_MS],
    ['1 day 6 hours', 30 * HOUR_MS],
    ['1w', 7 * DAY_MS],
    ['in 3 hours', 3 * HOUR_MS],
    ['tomorrow', DAY_MS],
    ['in 3 Tagen', 3 * DAY_MS],
    ['mañana', DAY_MS],
    ['la semaine prochaine', 7 * DAY_MS],
    ['18:00', 20 * MINUTE_MS],
    ['17:00', 23 * HOUR_MS + 20 * MINUTE_MS],
    ['6pm', 20 * MINUTE_MS],
    ['2026-12-01', 6 * HOUR_MS + 20 * MINUTE_MS],
    ['2026-12-01 18:00', DAY_MS + 20 * MINUTE_MS],
    ['friday', 3 * DAY_MS + 6 * HOUR_MS + 20 * MINUTE_MS],
    ['next Friday at 6pm', 4 * DAY_MS + 20 * MINUTE_MS],
    ['monday', 6 * DAY_MS + 6 * HOUR_MS + 20 * MINUTE_MS],
    ['Freitag um 18 Uhr', 4 * DAY_MS + 20 * MINUTE_MS],
    ['vendredi à 18h30', 4 * DAY_MS + 50 * MINUTE_MS],
    ['sábado a las 18:00', 5 * DAY_MS + 20 * MINUTE_MS],
    ['terça-feira 18:00', DAY_MS + 20 * MINUTE_MS],
    ['tomorrow 18:00', DAY_MS + 20 * MINUTE_MS],
    ['today 23:00', 5 * HOUR_MS + 20 * MINUTE_MS],
    ['aujourd’hui à 18h', 20 * MINUTE_MS],
    ['at 6 pm', 20 * MINUTE_MS],
    ['2026-12-01T18:00Z', DAY_MS + 20 * MINUTE_MS],
    ['2026-12-01 18:00 UTC', DAY_MS + 20 * MINUTE_MS],
  ])('reads %s', (text, expected) => {
    expect(ahead(text)).toBe(expected);
  });

  it('reads times by the clock of the zone, unless UTC is written', () => {
    expect(ahead('19:00', 'Europe/Berlin')).toBe(20 * MINUTE_MS);
    expect(ahead('2026-12-01 00:00', 'America/New_York')).toBe(11 * HOUR_MS + 20 * MINUTE_MS);
    expect(ahead('18:00 UTC', 'Asia/Tokyo')).toBe(20 * MINUTE_MS);
  });

  it.each([
    '',
    'soon',
    '2026-13-40',
    '25:00',
    '6x',
    '2026-12-01 nonsense',
    '1h2',
    'friday nonsense',
    'friday 25:00',
    'yesterday',
  ])('refuses %s', (text) => {
    expect(() => ahead(text)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
  });
});

describe('splitSpan', () => {
  it.each([
    ['BTC 2h', { rest: 'BTC', span: '2h' }],
    ['1d BTC', { rest: 'BTC', span: '1d' }],
    ['shiba inu in 3 days', { rest: 'shiba inu', span: 'in 3 days' }],
    ['BTC next week', { rest: 'BTC', span: 'next week' }],
    ['1000 pepe', null],
    ['W', null],
    ['2h', null],
    ['the graph', null],
  ])('%s', (text, split) => {
    expect(splitSpan(text)).toEqual(split);
  });
});
