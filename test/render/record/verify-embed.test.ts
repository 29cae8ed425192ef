import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { verifyReply } from '../../../src/render/record/verify-embed.ts';
import { replyText } from '../../../src/render/text.ts';
import { ENGLISH } from '../../support/english.ts';
import { believableCheck } from './believable-check.ts';

const words = (check = believableCheck()) => replyText(verifyReply(check, ENGLISH), check.nowMs).replace(/\s+/g, ' ');
const description = (check = believableCheck()) => verifyReply(check, ENGLISH).embeds[0]!.description!;

it('says first whether the record bears it out, then what was said, when, and what came of it', () => {
  expect(description()).toBe(
    '✅ **This forecast was written down before the outcome was known**, and nothing about it was changed since.',
  );
  const shown = words();
  expect(shown).toContain('Forecast 812: BTC, 1 day ahead');
  expect(shown).toContain('1 day before its moment');
  expect(shown).toContain('It came to $99,301 (+1.2 %), inside the 50 % range (binance)');
  expect(shown).toContain('up to checkpoint 161');
});

it('tells an open forecast, one that waits for its score, a later part that was not followed and a record that is not kept', () => {
  const { entry } = believableCheck().forecasts[0]!;
  const open = believableCheck({ forecasts: [{ entry, outcome: null }], nowMs: entry.issuedAtMs + 1_000 });
  expect(description(open)).toContain('before the outcome is known');
  expect(words(open)).toContain('Still open: it comes due');
  expect(words(believableCheck({ forecasts: [{ entry, outcome: null }], nowMs: entry.targetMs + DAY_MS }))).toContain(
    'and is not scored yet',
  );
  const { chain } = believableCheck();
  expect(words(believableCheck({ chain: { ...chain, isComplete: false } }))).toContain('; there are later ones.');
  expect(description(believableCheck({ chain: { ...chain, upTo: null, isComplete: false } }))).toMatch(/^⚠️/);
  expect(description(believableCheck({ isKept: false }))).toContain('this record ends with the program');
});

it('says what contradicts', () => {
  const { chain, message } = believableCheck();
  const broken = believableCheck({ chain: { ...chain, problem: 'forecast 812 has been changed' } });
  expect(description(broken)).toBe('❌ **The record does not bear this out.** Forecast 812 has been changed.');
  const changed = believableCheck({ message: { ...message!, problem: 'The record was changed.' } });
  expect(description(changed)).toBe('❌ **The record does not bear this out.** The record was changed.');
});

it('keeps Discord’s limits with ten forecasts and the longest names', () => {
  const [one] = believableCheck().forecasts;
  const many = Array.from({ length: 10 }, (_, i) => ({
    ...one!,
    entry: { ...one!.entry, sequence: 4_000_000_000 + i, model: '_'.repeat(120), source: '*'.repeat(60) },
  }));
  const reply = verifyReply(believableCheck({ forecasts: many }), ENGLISH);
  for (const locale of LANGUAGES) {
    const shown = verifyReply(believableCheck({ forecasts: many }), translatorFor(locale));
    expect(limitProblems(shown)).toEqual([]);
  }
  expect(reply.embeds[0]!.fields).toHaveLength(11);
});

it('is written in the reader’s language, without operator’s advice', () => {
  const german = replyText(verifyReply(believableCheck(), translatorFor('de')), 0);
  expect(german).toContain('wurde aufgeschrieben, bevor der Ausgang bekannt war');
  expect(words()).not.toContain('npm');
});
