import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelOf, scoreHeadline, scoreOf } from '../../src/sentiment/score.ts';
import { NEWS } from './news-sentences.ts';
import { SENTENCES } from './sentences.ts';

const sign = { '+': 1, '-': -1, '0': 0 } as const;
const cases = Object.entries({ ...SENTENCES, ...NEWS }).flatMap(([group, text]) =>
  text
    .trim()
    .split('\n')
    .map((line) => ({ group, want: sign[line[0] as keyof typeof sign], text: line.slice(2) })),
);

describe('the headline scorer', () => {
  it.each(cases)('reads $group: $text', ({ text, want }) => {
    const { label, score, terms } = scoreHeadline(text);
    expect(
      label,
      `${score.toFixed(2)} from ${terms.map((term) => `${term.text} ${term.weight.toFixed(1)}`).join(', ')}`,
    ).toBe(want);
  });

  it('says more of a larger move, and of one that is called sharp', () => {
    expect(scoreOf('Bitcoin rises 40%')).toBeGreaterThan(scoreOf('Bitcoin rises 1%'));
    expect(scoreOf('Bitcoin sharply falls')).toBeLessThan(scoreOf('Bitcoin falls'));
    expect(scoreOf('Bitcoin slightly falls')).toBeGreaterThan(scoreOf('Bitcoin falls'));
  });

  it('says less in a question, behind "could", and in a digest of several news', () => {
    expect(Math.abs(scoreOf('Bitcoin crashes?'))).toBeLessThan(Math.abs(scoreOf('Bitcoin crashes')));
    expect(scoreOf('Bitcoin could rally')).toBeLessThan(scoreOf('Bitcoin will rally'));
    expect(scoreOf('Bitcoin rallies + More News')).toBeLessThan(scoreOf('Bitcoin rallies'));
  });

  it('explains itself: the words stand where it says, with what moved and what was negated', () => {
    const text = 'Gas fees fall 20%, but no crash is expected';
    const { terms } = scoreHeadline(text);
    expect(terms.map((term) => [term.text, term.why])).toEqual([
      ['fall', 'direction'],
      ['crash', 'negated'],
    ]);
    for (const term of terms) expect(text.slice(term.start, term.end)).toBe(term.text);
    expect(terms.every((term) => term.weight > 0)).toBe(true);
    expect(scoreHeadline('ETH -6.3% today').terms[0]).toMatchObject({ text: '-6.3%', why: 'number' });
  });

  it('knows nothing of what has no words, and reads the first 1,000 characters only', () => {
    for (const text of ['', ' ', '\n\t', '🤷', '‏', '\u0000\u0007', '???', '...', "'", '$', '%', '-'])
      expect(scoreHeadline(text)).toEqual({ score: 0, label: 0, terms: [] });
    const long = `${'table '.repeat(170)}crash`;
    expect(scoreOf(long)).toBe(0);
    expect(scoreOf(`crash ${long.repeat(1_000)}`)).toBe(scoreOf('crash'));
  });

  it('gives the class of a score, neutral in the middle', () => {
    expect([-1, -0.5, 0, 0.1, 0.5, 1].map(labelOf)).toEqual([-1, -1, 0, 0, 1, 1]);
  });
});

const GOOD = ['bullish', 'excellent', 'promising', 'profitable', 'successful', 'undervalued', 'optimistic', 'secure'];
const BAD = ['bearish', 'terrible', 'fraudulent', 'worthless', 'dangerous', 'bankrupt', 'overvalued', 'illegal'];
const NEUTRAL = ['table', 'window', 'october', 'kitchen', 'seventeen', 'carpet', 'geography', 'bottle', 'violin'];
const pieces = fc.oneof(
  fc.constantFrom(...GOOD, ...BAD, ...NEUTRAL),
  fc.constantFrom(
    'not',
    'no',
    'but',
    'despite',
    'if',
    'very',
    'slightly',
    'fees',
    'fall',
    'rise',
    'up',
    'down',
    'prevents',
  ),
  fc.constantFrom('12%', '-3%', '+4%', '$40M', '1,000', '9'.repeat(400), '?', '.', ',', ':', '"', '+', '-', '🚀', '💩'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.array(pieces, { maxLength: 60 }).map((words) => words.join(' ')),
);

describe('whatever is written', () => {
  it('the score is a number within −1 and 1, the same on both ways, with its own class', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const score = scoreOf(text);
        expect(score).toBeGreaterThanOrEqual(-1);
        expect(score).toBeLessThanOrEqual(1);
        const told = scoreHeadline(text);
        expect(told.score).toBe(score);
        expect(told.label).toBe(labelOf(score));
      }),
      { numRuns: 1_000 },
    );
  });

  it('the words it names lie in the text, in order, have finite weights, and add up to the sign of the score', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { score, terms } = scoreHeadline(text);
        let from = 0;
        for (const term of terms) {
          expect(term.start).toBeGreaterThanOrEqual(from);
          expect(term.end).toBeGreaterThan(term.start);
          expect(text.slice(term.start, term.end)).toBe(term.text);
          expect(Number.isFinite(term.weight)).toBe(true);
          from = term.end;
        }
        expect(from).toBeLessThanOrEqual(text.length);
        expect(Math.sign(terms.reduce((sum, term) => sum + term.weight, 0))).toBe(Math.sign(score));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a text scores the same whatever was scored before it', () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        const alone = scoreOf(text);
        scoreOf(other);
        expect(scoreOf(text)).toBe(alone);
      }),
    );
  });

  it('neutral words say nothing, in any order', () => {
    const words = fc.shuffledSubarray(NEUTRAL);
    fc.assert(
      fc.property(words, words, fc.constantFrom(...GOOD, ...BAD), (before, after, word) => {
        expect(scoreOf([...before, ...after].join(' '))).toBe(0);
        expect(scoreOf([...before, word, ...after].join(' '))).toBe(scoreOf(word));
      }),
    );
  });

  it('"not" turns the sign of a word', () => {
    const negation = fc.constantFrom('not', 'never', "isn't", 'no longer', 'far from');
    const subject = fc.constantFrom('', 'The table is ', 'Seventeen windows are ');
    fc.assert(
      fc.property(subject, negation, fc.constantFrom(...GOOD, ...BAD), (before, not, word) => {
        const plain = scoreOf(`${before}${word}`);
        expect(plain).not.toBe(0);
        expect(Math.sign(scoreOf(`${before}${not} ${word}`))).toBe(-Math.sign(plain));
      }),
    );
  });
});
