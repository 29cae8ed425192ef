import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import {
  escapeMarkdown,
  formatChange,
  formatDuration,
  formatPercent,
  formatPrice,
  formatProbability,
  formatUtc,
  priceFormatter,
  stripMarkdown,
  timestamp,
} from '../../src/render/format.ts';

/** The number that a written price stands for. */
const read = (text: string): number => Number(text.replace(/[$,]/g, '').replace('\u2212', '-'));

describe('prices', () => {
  test.each([
    [100_000, '$100,000'],
    [98_123.45, '$98,123'],
    [3456.7, '$3,456.70'],
    [145.318, '$145.32'],
    [12.3451, '$12.345'],
    [2.1345, '$2.1345'],
    [0.24612, '$0.24612'],
    [0.00001, '$0.000010000'],
    [0.000012345, '$0.000012345'],
    [0, '$0'],
  ])('writes %d as %s', (price, text) => {
    expect(formatPrice(price)).toBe(text);
  });

  test('keeps the decimals of the reference, so that the prices of one reply line up', () => {
    const price = priceFormatter(10_050);
    expect([price(9_950.4), price(10_149.6)]).toEqual(['$9,950', '$10,150']);
  });

  test('keeps digits of a price far below the reference', () => {
    expect(read(priceFormatter(98_000)(0.0123))).toBeCloseTo(0.0123, 4);
  });

  test('never loses more than half a per cent, at any scale', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -14, max: 20, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (power, off) => {
          const price = 10 ** power;
          const text = priceFormatter(price * 10 ** off)(price);
          expect(Math.abs(read(text) / price - 1)).toBeLessThan(0.005);
          expect(text.length).toBeLessThan(30);
        },
      ),
    );
  });

  test('says unknown rather than NaN', () => {
    expect([formatPrice(Number.NaN), formatPercent(Number.POSITIVE_INFINITY), formatChange(0, 1)]).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});

describe('percentages', () => {
  test.each([
    [100, 101.6, '+1.6\u00a0%'],
    [100, 97.5, '\u22122.5\u00a0%'],
    [100, 100.04, '+0.04\u00a0%'],
    [100, 100, '±0.0\u00a0%'],
    [100, 350, '+250\u00a0%'],
  ])('writes the change from %d to %d as %s', (from, to, text) => {
    expect(formatChange(from, to)).toBe(text);
  });

  test('gives no sign to a percentage that rounds to nothing', () => {
    expect(formatPercent(-0.001)).toBe('0.00\u00a0%');
  });

  test('never claims certainty', () => {
    expect([formatProbability(0.001), formatProbability(0.52), formatProbability(1)]).toEqual([
      'under 1\u00a0%',
      '52\u00a0%',
      'over 99\u00a0%',
    ]);
  });
});

describe('times', () => {
  test.each([
    [20_000, 'under a minute'],
    [MINUTE_MS, '1 minute'],
    [59.7 * MINUTE_MS, '1 hour'],
    [5 * HOUR_MS, '5 hours'],
    [23.8 * HOUR_MS, '1 day'],
    [-20 * DAY_MS, '20 days'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('writes moments in Discord markup and in UTC', () => {
    const at = Date.UTC(2026, 10, 21, 14, 5, 59, 999);
    expect(timestamp(at, 'f')).toBe(`<t:${Date.UTC(2026, 10, 21, 14, 5, 59) / 1000}:f>`);
    expect(formatUtc(at)).toBe('2026-11-21 14:05 UTC');
    expect(formatUtc(Number.NaN)).toBe('unknown time');
  });
});

test.each([
  ['**bold**', '\\*\\*bold\\*\\*'],
  ['<@123> hi', '\\<@\u200b123\\> hi'],
  ['@everyone', '@\u200beveryone'],
  ['[click](https://evil.example)', '\\[click\\]\\(https\\://evil.example\\)'],
  ['# heading', '\\# heading'],
  ['- item', '\\- item'],
  ['two\nlines', 'two lines'],
  ['Wrapped Bitcoin (Portal)', 'Wrapped Bitcoin (Portal)'],
  ['gpj.\u202eexe', 'gpj.exe'],
])('escapes %j', (text, escaped) => {
  expect(escapeMarkdown(text)).toBe(escaped);
});

test('leaves no mention, no link and no markup that Discord would act on', () => {
  const tricky = fc.string({
    unit: fc.constantFrom(
      '*',
      '_',
      '`',
      '|',
      '~',
      '<',
      '>',
      '@',
      '#',
      '[',
      ']',
      '(',
      ')',
      ':',
      '/',
      '\\',
      'a',
      '1',
      ' ',
      '\n',
    ),
  });
  fc.assert(
    fc.property(tricky, (text) => {
      const escaped = escapeMarkdown(text);
      expect(escaped).not.toMatch(/\n|@(?!\u200b)|(?<!\\):\/\//);
      const unescaped = escaped.replace(/\\[\s\S]/g, '');
      expect(unescaped).not.toMatch(/[*_`|~<>#[\]\\]/);
    }),
  );
});

test('comes back as it was for the terminal', () => {
  const text = 'Coin_with *stars* [and] `ticks` (x) - <3 | y';
  expect(stripMarkdown(escapeMarkdown(text))).toBe(text);
});

test('takes the markup of our own replies away', () => {
  expect(stripMarkdown('**80 %** of `x`')).toBe('80 % of x');
});
