import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseFeedDate } from '../../../src/sources/sentiment/feed-date.ts';
import { builtUrl } from '../../../src/workers/worker-channel.ts';

const NINE = Date.UTC(2026, 5, 17, 9);
const DAY = Date.UTC(2026, 5, 17);

const READ: readonly (readonly [string, number])[] = [
  ['Wed, 17 Jun 2026 09:00:00 GMT', NINE],
  ['Wed, 17 Jun 26 09:00 UT', NINE],
  ['17 Jun 2026 09:00:00 UTC', NINE],
  ['Wed, 17 Jun 2026 09:00:00 Z', NINE],
  ['Wed, 17 Jun 2026 04:00:00 EST', NINE],
  ['Wed, 17 Jun 2026 05:00:00 EDT', NINE],
  ['Wed, 17 Jun 2026 03:00:00 CST', NINE],
  ['Wed, 17 Jun 2026 04:00:00 CDT', NINE],
  ['Wed, 17 Jun 2026 02:00:00 MST', NINE],
  ['Wed, 17 Jun 2026 03:00:00 MDT', NINE],
  ['Wed, 17 Jun 2026 01:00:00 PST', NINE],
  ['Wed, 17 Jun 2026 02:00:00 PDT', NINE],
  ['Wed, 17 Jun 2026 10:00:00 BST', NINE],
  ['Wed, 17 Jun 2026 10:00:00 CET', NINE],
  ['Wed, 17 Jun 2026 11:00:00 CEST', NINE],
  ['Wed, 17 Jun 2026 18:00:00 JST', NINE],
  ['Wed, 17 Jun 2026 11:00:00 +0200', NINE],
  ['Wed, 17 Jun 2026 11:00:00 +02:00', NINE],
  ['Wednesday, 17 June 2026 09:00:00', NINE],
  ['mer, 17 giu 2026 09:00:00 GMT', NINE],
  ['Wed, 17 Jun 2026', DAY],
  ['17-Jun-2026 09:00', NINE],
  ['Wednesday, 17-Jun-26 09:00:00 GMT', NINE],
  ['Wed Jun 17 2026 09:00:00 GMT+0000 (Coordinated Universal Time)', NINE],
  ['Wed Jun 17 2026 11:00:00 GMT+0200', NINE],
  ['Wed Jun 17 09:00:00 2026', NINE],
  ['Wed Jun 17 09:00:00 GMT 2026', NINE],
  ['Jun 17, 2026 9:00 AM', NINE],
  ['June 17, 2026', DAY],
  ['June 17, 2026 9:00 pm', NINE + 43_200_000],
  ['2026-06-17T09:00:00Z', NINE],
  ['2026-06-17t09:00:00.123456z', NINE + 123],
  ['2026-06-17T11:00:00.5+02:00', NINE + 500],
  ['2026-06-17T09:00:00+00', NINE],
  ['2026-06-17 09:00', NINE],
  ['2026-06-17 11:00:00 +0200', NINE],
  ['2026-06-17T09:00:00', NINE],
  ['20260617T090000Z', NINE],
  ['2026/06/17 09:00', NINE],
  ['2026-06-17', DAY],
  ['2026-06-17T24:00:00Z', DAY + 86_400_000],
  ['17.06.2026 09:00', NINE],
  ['6/17/2026 9:00:00 AM', NINE],
  ['6/17/2026 12:30:00 AM', DAY + 1_800_000],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  // As programs write them: Go, Java's zoned times, offsets of one digit, a real minus.
  ['2026-06-17 11:00:00.5 +0200 CEST m=+0.012', NINE + 500],
  ['2026-06-17 09:00:00 +0000 UTC', NINE],
  ['2026-06-17T11:00:00+02:00[Europe/Berlin]', NINE],
  ['Wed, 17 Jun 2026 11:00:00 GMT+2', NINE],
  ['2026-06-17T11:00:00+2:00', NINE],
  ['Wed, 17 Jun 2026 04:00:00 \u22120500', NINE],
  ['2026-6-17 9:00', NINE],
  ['2026.06.17 09:00', NINE],
  // As people write them.
  ['Wed, June 17, 2026 at 9:00 AM', NINE],
  ['June 17, 2026 | 5:00 AM EDT', NINE],
  ['17. Juni 2026, 09:00 Uhr', NINE],
  ['17 juin 2026 à 9h00', NINE],
  ['17 juillet 2026', Date.UTC(2026, 6, 17)],
  ['17 de junio de 2026 a las 09:00', NINE],
  ['17 de março de 2026', Date.UTC(2026, 2, 17)],
  ['2026年6月17日 09:00', NINE],
  ['Ср, 17 июн 2026 12:00:00 +0300', NINE],
  // "mar" is a day of the week in Italian, Spanish and French, and a month in English.
  ['mar, 16 giu 2026 09:00:00 GMT', NINE - 86_400_000],
  ['mar., 17 mars 2026', Date.UTC(2026, 2, 17)],
  ['Mar 17, 2026', Date.UTC(2026, 2, 17)],
  ['Wed, 17 Jun 2026 17:00:00 AWST', NINE],
  ['Wed, 17 Jun 2026 06:00:00 BRT', NINE],
];

const REFUSED = [
  '',
  'yesterday',
  'last week',
  '17',
  '2026',
  '2026-06',
  '1781686800',
  '2026-02-30T10:00:00Z',
  '2026-02-31',
  '2025-02-29',
  '2026-13-01',
  '2026-00-10',
  '31 Jun 2026 09:00:00 GMT',
  '31.06.2026',
  '6/31/2026',
  '2026-06-17T25:00:00Z',
  '2026-06-17T24:01:00Z',
  '2026-06-17T09:60:00Z',
  '2026-06-17T09:00:61Z',
  '2026-06-17T09:00:00+25:00',
  'Wed, 17 Jun 2026 09:00:00 XYZ',
  '17 Foo 2026',
  '6/17/2026 13:00 PM',
  'Marble 17, 2026',
  '17 jui 2026',
  '2026-06-17T09:00:00[Europe/Berlin]',
  '2026年13月1日',
  '2026-06-17T',
  'Wed, 17 Jun',
  '0000-01-01',
  `${' '.repeat(101)}2026-06-17`,
];

describe('a date of a feed', () => {
  it.each(READ)('%s is read', (text, expected) => {
    expect(parseFeedDate(text)).toBe(expected);
  });

  it.each(['de', 'en', 'es', 'fr', 'id', 'it', 'nb', 'nl', 'pl', 'pt', 'ru', 'sv', 'tr', 'uk'])(
    'is read in %s, every month',
    (language) => {
      for (const month of ['long', 'short'] as const) {
        const format = new Intl.DateTimeFormat(language, { timeZone: 'UTC', day: 'numeric', month, year: 'numeric' });
        for (let at = 0; at < 12; at++) {
          const ms = Date.UTC(2026, at, 17);
          const part = (type: string) => format.formatToParts(ms).find((one) => one.type === type)!.value;
          expect(parseFeedDate(`17 ${part('month')} 2026`), part('month')).toBe(ms);
        }
      }
    },
  );

  it.each(REFUSED)('%j is refused', (text) => {
    expect(parseFeedDate(text)).toBeNull();
  });

  it.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])('means the same in %s', (zone) => {
    const url = builtUrl(
      './feed-date.js',
      new URL('../../../src/sources/sentiment/feed-date.ts', import.meta.url).href,
    );
    const program = `const { parseFeedDate } = await import(${JSON.stringify(url.href)});
      console.log(JSON.stringify([new Date(0).getTimezoneOffset(), ...JSON.parse(process.argv[1]).map(parseFeedDate)]));`;
    const texts = [...READ.map(([text]) => text), ...REFUSED];
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(texts)], {
      env: { TZ: zone },
      encoding: 'utf8',
    });
    const [offset, ...moments] = JSON.parse(output) as (number | null)[];
    expect(offset).not.toBe(0);
    expect(moments).toEqual([...READ.map(([, ms]) => ms), ...REFUSED.map(() => null)]);
  });
});
