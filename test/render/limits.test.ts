import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, embedLength, fitEmbed, LIMITS, limitProblems, packLines } from '../../src/render/limits.ts';

const long = (most: number) =>
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\\', '*', '😀', '<t:1795219200:f>'), maxLength: most });

describe('clip', () => {
  test('leaves a text that fits alone and ends a longer one in an ellipsis', () => {
    expect([clip('abcd', 4), clip('abcde', 4)]).toEqual(['abcd', 'abc…']);
  });

  test('cuts neither an emoji nor an escape nor a time in half', () => {
    expect(clip('ab😀cd', 4)).toBe('ab…');
    expect(clip('ab\\*cd', 4)).toBe('ab…');
    expect(clip('at <t:1795219200:f> or so', 12)).toBe('at …');
  });

  test('never exceeds the limit', () => {
    fc.assert(
      fc.property(long(300), fc.integer({ min: 1, max: 200 }), (text, limit) => {
        expect(clip(text, limit).length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe('packLines', () => {
  test('loses no line and keeps every value within the limit', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i} ${'x'.repeat(i)}`);
    const values = packLines(lines);
    expect(values.join('\n')).toBe(lines.join('\n'));
    expect(Math.max(...values.map((value) => value.length))).toBeLessThanOrEqual(LIMITS.fieldValue);
    expect(values.length).toBeGreaterThan(1);
  });
});

describe('fitEmbed', () => {
  test('brings any embed within every limit', () => {
    const field = fc.record({ name: long(400), value: long(1500) });
    const embed = fc.record({
      title: fc.string({ minLength: 1, maxLength: 400 }).map((text) => `t${text}`),
      description: long(5000).map((text) => `d${text}`),
      fields: fc.array(field, { maxLength: 30 }),
      footer: fc.record({ text: long(2500).map((text) => `f${text}`) }),
    });
    fc.assert(
      fc.property(embed, (wild) => {
        const fitted = fitEmbed(wild);
        expect(limitProblems({ embeds: [fitted], files: [], components: [] })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('shortens the last fields first', () => {
    const fields = Array.from({ length: 8 }, (_, i) => ({ name: `n${i}`, value: String(i).repeat(1000) }));
    const fitted = fitEmbed({ fields });
    expect(fitted.fields?.[0]?.value).toHaveLength(1000);
    expect(fitted.fields?.at(-1)?.value.length).toBeLessThan(10);
    expect(embedLength(fitted)).toBeLessThanOrEqual(LIMITS.embedTotal);
  });
});

describe('limitProblems', () => {
  test('finds what Discord would refuse', () => {
    const problems = limitProblems({
      content: 'x'.repeat(2001),
      embeds: Array.from({ length: 11 }, () => ({ title: 'x'.repeat(257), description: ' ' })),
      files: [],
      components: [
        {
          type: 1,
          components: [
            { type: 2, style: 2, custom_id: 'same', label: 'a' },
            { type: 2, style: 2, custom_id: 'same', label: '' },
          ],
        },
      ],
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        'content: 2001 > 2000',
        'embeds: 11 > 10',
        'title: 257 > 256',
        'description: empty',
        'button label: empty',
        'custom ids: not unique',
      ]),
    );
  });
});
