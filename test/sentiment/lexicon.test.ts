import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inflect } from '../../src/sentiment/inflect.ts';
import { WORDS } from '../../src/sentiment/lexicon.ts';
import { createTokens, MONEY, PERCENT, SIGNED, tokenize } from '../../src/sentiment/tokenize.ts';

const folder = fileURLToPath(new URL('../../src/sentiment/lexicon/', import.meta.url));
const texts = readdirSync(folder).flatMap((file) =>
  [...readFileSync(`${folder}${file}`, 'utf8').matchAll(/= `\n([^`]*)`;/g)].map(([, text]) => ({ file, text: text! })),
);
const lines = texts.flatMap(({ file, text }) =>
  text
    .trim()
    .replaceAll('\n  ', ' ')
    .split('\n')
    .map((line) => ({
      file,
      head: line.slice(0, line.indexOf(':')),
      items: line.slice(line.indexOf(':') + 1).split(','),
    })),
);
/** What a line gives its words: a word may have one weight, one direction, one role and so on. */
const aspect = (head: string) => {
  const [name = ''] = head.split(' ');
  if (/^[+-]?\d/.test(name)) return 'weight';
  if (/^(up|down|high|low|level|particle)$/.test(name)) return 'direction';
  return /^(good|bad)$/.test(name) ? 'object' : /^(undo|amp)$/.test(name) ? name : 'role';
};

describe('the lexicon', () => {
  it('has lines of known heads only', () => {
    const known =
      /^([+-]?\d(\.\d+)?|(up|down) \d(\.\d+)?( tr)?|(high|low) \d\.\d+|(level|particle) -?\d\.\d+|(good|bad) \d(\.\d+)? noun|undo (1|0\.\d)|asset 0\.9|use 0\.55|(neg|less|absence|fail) -0\.\d|amp -?\d(\.\d+)?|(hedge|ask|despite|digest) \d(\.\d+)?|but|clause|of|in|skip)( =)?$/;
    expect(lines.filter(({ head }) => !known.test(head)).map(({ file, head }) => `${file}: ${head}`)).toEqual([]);
  });

  it('says one thing of a word: no two weights, directions or roles', () => {
    const seen = new Map<string, string>();
    const twice = lines.flatMap(({ head, items }) =>
      items.flatMap((item) => {
        const key = `${aspect(head)} of "${item.replace(/ =$/, '').trim()}"`;
        const before = seen.get(key);
        seen.set(key, head);
        return before === undefined ? [] : [`${key}: ${before} and ${head}`];
      }),
    );
    expect(twice).toEqual([]);
  });

  it('holds thousands of words, in all their forms, over the base of AFINN', () => {
    expect(lines.flatMap(({ items }) => items).length).toBeGreaterThan(3_000);
    for (const form of ['plunge', 'plunges', 'plunged', 'plunging', 'fell', 'hodlers', 'abhorrent', '🚀'])
      expect(WORDS.get(form)?.term, form).not.toBeNull();
    expect(WORDS.get('fell')!.lemma).toBe(WORDS.get('fall')!.lemma);
  });
});

describe('inflect', () => {
  it.each([
    ['soar', 'soars soared soaring'],
    ['plunge', 'plunges plunged plunging'],
    ['drop', 'drops dropped dropping'],
    ['rally', 'rallies rallied rallying'],
    ['crash', 'crashes crashed crashing'],
    ['rise', 'rises rose risen rising'],
    ['fee', 'fees'],
    ['50', ''],
  ])('gives the forms of %s', (word, forms) => {
    expect(inflect(word).join(' ')).toBe(forms);
  });
});

describe('tokenize', () => {
  const read = (text: string) => {
    const tokens = createTokens();
    tokenize(text, tokens);
    return Array.from({ length: tokens.count }, (_, i) => ({
      word: tokens.words[i],
      text: text.slice(tokens.starts[i], tokens.ends[i]),
      value: tokens.values[i],
      marks: tokens.marks[i],
      gap: tokens.breaks[i],
      asked: tokens.questions[i] === 1,
    }));
  };
  const words = (text: string) => read(text).map(({ word }) => word);

  it('splits at hyphens, drops the possessive, keeps contractions and single emoji', () => {
    expect(words('All-time high: Bitcoin’s bulls don’t sleep 🚀🚀')).toEqual([
      ...['all', 'time', 'high', 'bitcoin', 'bulls', "don't", 'sleep', '🚀', '🚀'],
    ]);
  });

  it('reads numbers with unit, currency and sign', () => {
    expect(read('-12.5% $40M USD 1,000 10x €3bn 5-7').map(({ word, value, marks }) => [word, value, marks])).toEqual([
      ['#', -12.5, PERCENT + SIGNED],
      ['$', 40e6, MONEY],
      ['usd', Number.NaN, 0],
      ['$', 1000, MONEY],
      ['10x', Number.NaN, 0],
      ['$', 3e9, MONEY],
      ['#', 5, 0],
      ['#', 7, 0],
    ]);
    expect(read('5constructor').map(({ word }) => word)).toEqual(['5constructor']);
    expect(read('9'.repeat(900))[0]!.word).toBe('#');
  });

  it('notes commas, ends of sentences and what is asked, but no end in U.S. or 3.5', () => {
    expect(read('Up, or down? The U.S. gains 3.5').map(({ gap }) => gap)).toEqual([0, 1, 0, 2, 0, 0, 0, 0]);
    expect(read('Up, or down? No.').map(({ asked }) => asked)).toEqual([false, false, true, false]);
  });
});
