import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeMarkdown } from '../../src/render/format.ts';
import {
  History,
  matchCommands,
  type ParsedNode,
  parseInline,
  parseMarkdown,
  readLine,
  writeLine,
} from './page-modules.ts';

const plainText = (nodes: readonly ParsedNode[]): string =>
  nodes.map((node) => node.text ?? plainText(node.children ?? node.items?.flat() ?? [])).join('');
const types = (text: string): string[] => parseMarkdown(text).map((node) => node.type);

describe('markdown of the page', () => {
  it('reads the marks that replies use', () => {
    expect(types('**a** *b* _c_ __d__ ~~e~~ ||f|| `g`').filter((type) => type !== 'text')).toEqual([
      'strong',
      'em',
      'em',
      'underline',
      'strike',
      'spoiler',
      'code',
    ]);
  });

  it('reads times with and without a style, in seconds', () => {
    expect(parseInline('<t:1795219200:R> <t:1795219200>')).toEqual([
      { type: 'time', timeMs: 1_795_219_200_000, style: 'R' },
      { type: 'text', text: ' ' },
      { type: 'time', timeMs: 1_795_219_200_000, style: 'f' },
    ]);
  });

  it('nests marks and keeps escaped ones as they are', () => {
    expect(parseInline('**a *b* \\*c\\***')).toEqual([
      {
        type: 'strong',
        children: [
          { type: 'text', text: 'a ' },
          { type: 'em', children: [{ type: 'text', text: 'b' }] },
          { type: 'text', text: ' *c*' },
        ],
      },
    ]);
  });

  it('makes links of web addresses only', () => {
    expect(
      parseInline('[site](https://example.org/a) https://example.org/b.').filter((n) => n.type === 'link'),
    ).toMatchObject([{ href: 'https://example.org/a' }, { href: 'https://example.org/b' }]);
    for (const hostile of [
      '[x](javascript:alert(1))',
      '<javascript:alert(1)>',
      '[x](data:text/html,y)',
      '<script>x</script>',
    ]) {
      expect(parseInline(hostile)).toEqual([{ type: 'text', text: hostile }]);
    }
  });

  it('reads lists, quotes, headings, small print and code blocks by lines', () => {
    expect(types('# T\ntext\n- a\n- b\n> q\n> r\n-# small\n```js\n**raw**\n```')).toEqual([
      'heading',
      'text',
      'list',
      'quote',
      'subtext',
      'pre',
    ]);
  });

  it('shows text that was escaped for Discord just as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a*_~`|>#[]()<@-:/\\ htps.1') }), (text) => {
        const shown = plainText(parseInline(escapeMarkdown(text))).replaceAll('\u200b', '');
        expect(shown).toBe(text.trim());
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('loses nothing but marks, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const letters = (value: string) => value.replace(/[^A-Za-z0-9]/g, '');
        const shown = letters(plainText(parseInline(text.replace(/[<[\]h`]/g, ''))));
        expect(shown).toBe(letters(text.replace(/[<[\]h`]/g, '')));
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('stays quick on text made to be slow', () => {
    const before = performance.now();
    for (const unit of ['**', '*a', '`', '[', '__a', '||', '<t:', '\\', '*_']) parseMarkdown(unit.repeat(2_000));
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});

const option = (name: string) => ({ name });
const COMMANDS = [
  { name: 'forecast', description: 'Ranges for a coin', options: [option('symbol'), option('horizon')] },
  { name: 'paper start', description: 'Opens a practice account', options: [] },
  { name: 'status', description: 'How forecast sources are doing', options: [] },
];

describe('typed lines of the page', () => {
  it('reads back the line it writes', () => {
    const values = { symbol: 'Shiba Inu', horizon: '1d' };
    const line = writeLine('forecast', values);
    expect(line).toBe('/forecast symbol:"Shiba Inu" horizon:1d');
    expect(readLine(line, COMMANDS)).toMatchObject({ entry: { name: 'forecast' }, values });
    expect(readLine('/paper start', COMMANDS)).toMatchObject({ entry: { name: 'paper start' }, values: {} });
  });

  it('leaves to the server what cannot be shown as fields', () => {
    for (const line of ['/forecast BTC', '/forecast coin:BTC', '/nosuch', '/forecasts', '/forecast symbol:"BTC']) {
      expect(readLine(line, COMMANDS), line).toBeNull();
    }
  });

  it('finds commands by name, and by description only where no name fits', () => {
    const names = (typed: string) => matchCommands(typed, COMMANDS).map((entry) => entry.name);
    expect(names('')).toEqual(['forecast', 'paper start', 'status']);
    expect(names('FORE')).toEqual(['forecast']);
    expect(names('sta')).toEqual(['status', 'paper start']);
    expect(names('practice')).toEqual(['paper start']);
    expect(names('zzz')).toEqual([]);
  });
});

describe('the history', () => {
  it('goes back to the oldest line and forward to an empty one', () => {
    const history = new History();
    for (const line of ['/a', '/b', '/b']) history.add(line);
    expect([-1, -1, -1].map((step) => history.go(step))).toEqual(['/b', '/a', undefined]);
    expect(history.browsing).toBe(true);
    expect([1, 1, 1].map((step) => history.go(step))).toEqual(['/b', '', undefined]);
    expect(history.browsing).toBe(false);
  });
});
