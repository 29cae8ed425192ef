import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it, test } from 'vitest';
import { LANGUAGES, languageOf, supportedLocale } from '../../src/language/languages.ts';
import { MESSAGES, translatorFor } from '../../src/language/translator.ts';

type Ast = ReturnType<IntlMessageFormat['getAst']>;

/** Every message of a language by its key. */
const flat = (language: (typeof LANGUAGES)[number]): [string, string][] =>
  Object.entries(MESSAGES[language]).flatMap(([feature, texts]) =>
    Object.entries(texts).map(([name, text]): [string, string] => [`${feature}.${name}`, text]),
  );

/** Names of the arguments of a message, those inside of plurals too. */
function argumentsOf(text: string): string[] {
  const names = new Set<string>();
  const walk = (ast: Ast): void => {
    for (const element of ast) {
      // 0 is plain text and 7 the number of a plural.
      if (element.type !== 0 && element.type !== 7 && 'value' in element) names.add(element.value);
      if ('options' in element) for (const { value } of Object.values(element.options)) walk(value);
    }
  };
  walk(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst());
  return [...names].sort();
}

describe.each(LANGUAGES)('the texts in %s', (language) => {
  const english = new Map(flat('en'));

  test('are there for every key, not empty, and have the arguments of English', () => {
    const problems = flat(language).flatMap(([key, text]) => {
      if (text.trim() === '') return [`${key} is empty`];
      const [own, wanted] = [argumentsOf(text).join(' '), argumentsOf(english.get(key) ?? '').join(' ')];
      return own === wanted ? [] : [`${key} has the arguments (${own}), not (${wanted})`];
    });
    expect(problems).toEqual([]);
    expect(flat(language).map(([key]) => key)).toEqual([...english.keys()]);
  });

  test('have no sentence left in English', () => {
    if (language === 'en') return;
    const left = flat(language).filter(
      ([key, text]) =>
        text === english.get(key) && (text.replace(/\{[^}]*\}/g, '').match(/\p{L}{2,}/gu) ?? []).length > 2,
    );
    expect(left).toEqual([]);
  });
});

describe('a translator', () => {
  it.each([
    ['en-GB', 'en', 'en-GB'],
    ['es-419', 'es', 'es-419'],
    ['pt-BR', 'pt', 'pt-BR'],
    ['de', 'de', 'de-DE'],
    ['ja', 'en', 'en-US'],
    ['', 'en', 'en-US'],
    ['de-!', 'de', 'de-DE'],
  ])('%j is read as %s and written as in %s', (locale, language, written) => {
    expect(languageOf(locale)).toBe(language);
    expect(supportedLocale(locale)).toBe(written);
    expect(translatorFor(locale)).toBe(translatorFor(written));
  });

  it('chooses plurals, and writes numbers, prices and lists as the locale does', () => {
    const { t, formats } = translatorFor('de');
    expect([t('common.days', { count: 1 }), t('common.days', { count: 3 })]).toEqual(['1 Tag', '3 Tage']);
    expect(formats.count(39_310)).toBe('39.310');
    expect(formats.price(98_123.45)).toBe('98.123\u00a0$');
    expect(formats.price(98_123.45, 'EUR')).toBe('98.123\u00a0€');
    expect(formats.price(0.0321, 'ETH')).toBe('0,032100\u00a0ETH');
    expect(formats.percent(-1.25)).toBe('−1,3\u00a0%');
    expect(formats.change(100, 100.001)).toBe('±0,00\u00a0%');
    expect(formats.list(['BTC', 'ETH', 'SOL'])).toBe('BTC, ETH und SOL');
  });

  it('refuses a text whose value is missing', () => {
    expect(() => translatorFor('en').t('common.under')).toThrow(/value/);
  });
});

it.each(LANGUAGES)('explains in /help the very words of the card: %s', (language) => {
  const { card, help } = MESSAGES[language];
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');
  const named = (text: string) => /^\*\*(.+?)\*\*/.exec(plain(text))![1]!;
  expect(plain(card.likely).startsWith(named(help.ranges))).toBe(true);
  expect(plain(card.coinToss).startsWith(named(help.upOrDown))).toBe(true);
});

it('calls a coin by one word in German and in French', () => {
  const words = (language: 'de' | 'fr') =>
    Object.values(MESSAGES[language])
      .flatMap((texts) => Object.values(texts))
      .join('\n');
  expect(words('de')).not.toMatch(/Münzen?\b/);
  expect(words('fr').replaceAll(/\{coins?\b/g, '')).not.toMatch(/\b(?:coins?|monnaies)\b/);
});
