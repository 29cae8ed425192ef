import { describe, expect, it } from 'vitest';
import { isSameReason, parseReason, type Reason, storedReason } from '../../src/core/reason.ts';
import { LANGUAGES } from '../../src/language/languages.ts';
import type { Message, MessageKey } from '../../src/language/message.ts';
import { en } from '../../src/language/messages/en.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { reasonText } from '../../src/render/reason-text.ts';

const VALUES: Message['values'] = {
  permissions: { list: ['Send Messages', 'Embed Links'] },
  status: '502',
  words: 'Bad *form*',
  code: 'CC_TIMEOUT',
  channel: '12',
  why: { key: 'refusals.noAnswer' },
  report: 'daily',
  others: 'yes',
  days: 2,
  id: 'sub00001',
};
const keys = (feature: 'refusals' | 'notices') =>
  Object.keys(en[feature]).map((name) => `${feature}.${name}` as MessageKey);

describe('why a post was not taken', () => {
  it.each(keys('refusals'))('is told in every language: %s', (key) => {
    const texts = LANGUAGES.map((language) => reasonText({ key, values: VALUES }, translatorFor(language)));
    expect(new Set(texts).size).toBe(LANGUAGES.length);
    // It ends a sentence, or stands in the middle of one.
    for (const text of texts) expect(text).toMatch(/[^.\s]$/);
  });

  it.each(keys('notices'))('stands in what the subscriber is told: %s', (key) => {
    for (const language of LANGUAGES) {
      const translator = translatorFor(language);
      const text = reasonText({ key, values: VALUES }, translator);
      expect(text).toContain('<#12>');
      expect(text).toContain(translator.t('refusals.noAnswer'));
      expect(text).toContain('/subscriptions list');
      expect(reasonText({ key, values: { ...VALUES, others: 'no' } }, translator)).not.toContain('/subscriptions list');
    }
  });

  it('shows words of Discord and those that an earlier version stored as they are', () => {
    const english = translatorFor('en');
    expect(reasonText({ key: 'refusals.refusedSaying', values: VALUES }, english)).toContain('Bad \\*form\\*');
    expect(reasonText('I lack Send *Messages*', translatorFor('de'))).toBe('I lack Send \\*Messages\\*');
  });

  it('is only said to be a refusal where a newer version stored what this one has no words for', () => {
    const unknown = parseReason('{"key":"refusals.ofTheFuture"}');
    expect(reasonText(unknown, translatorFor('fr'))).toBe(translatorFor('fr').t('refusals.refused'));
    const bare = parseReason('{"key":"refusals.lacking"}');
    expect(reasonText(bare, translatorFor('en'))).toBe('it was refused');
  });

  it('comes back from the database as it went, and is the same where its values are', () => {
    const lacking = (...list: string[]): Reason => ({ key: 'refusals.lacking', values: { permissions: { list } } });
    for (const reason of [lacking('Send Messages'), 'I lack Send Messages', '{"key":"', '{}']) {
      expect(parseReason(storedReason(reason))).toEqual(reason);
    }
    expect(parseReason(null)).toBeNull();
    expect(isSameReason(lacking('a'), lacking('a'))).toBe(true);
    expect(isSameReason(lacking('a'), lacking('b'))).toBe(false);
    expect(isSameReason(null, lacking('a'))).toBe(false);
    expect(isSameReason(null, null)).toBe(true);
  });
});
