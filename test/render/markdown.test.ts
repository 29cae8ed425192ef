import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeMarkdown, stripMarkdown } from '../../src/render/markdown.ts';

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
