import { describe, expect, it } from 'vitest';
import type { RecordPart } from '../../../src/core/record.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { recordPartReply } from '../../../src/render/accuracy/record-part-reply.ts';
import { limitProblems } from '../../../src/render/limits.ts';

const part = (overrides: Partial<RecordPart> = {}): RecordPart => ({
  name: 'record-BTC.jsonl.gz',
  data: Uint8Array.of(1),
  verifier: Uint8Array.of(2),
  symbols: ['BTC'],
  ofServer: false,
  days: 60,
  forecasts: 1_234,
  scored: 1_200,
  cutBeforeMs: null,
  simulated: false,
  ...overrides,
});
const shown = (overrides: Partial<RecordPart> = {}) =>
  recordPartReply(part(overrides), null, translatorFor('en-US')).embeds[0]!;

describe('the reply with a part of the record', () => {
  it('says what the file holds, and what was left out', () => {
    expect(shown().description).toContain('**1,234 forecasts** of BTC');
    expect(shown().description).not.toContain('left out:');
    expect(shown({ cutBeforeMs: 1_700_000_000_000 }).description).toContain(
      'More do not fit into one message: those from before <t:1700000000:f> are left out.',
    );
    expect(shown({ forecasts: 0, scored: 0 }).description).toMatch(
      /^No forecast of BTC was recorded in the last 60 days/,
    );
  });

  it('says of a simulated market that it is one', () => {
    expect(shown({ simulated: true })).toMatchObject({
      title: 'SIMULATED: Record of BTC as a file',
      description: expect.stringContaining('these prices are made up'),
    });
  });

  it('fits into a message with as many coins as a server may have', () => {
    const symbols = Array.from({ length: 500 }, (_, i) => `VERYLONG_COIN_${i}`);
    const head = { forecasts: 4_000_000, digits: '3f2a9c0d11e84b7755aa' };
    for (const locale of LANGUAGES) {
      const whole = part({ symbols, ofServer: true, cutBeforeMs: 1 });
      const reply = recordPartReply(whole, head, translatorFor(locale));
      expect(limitProblems(reply)).toEqual([]);
      expect(reply.embeds[0]!.description).toContain('488');
    }
  });
});
