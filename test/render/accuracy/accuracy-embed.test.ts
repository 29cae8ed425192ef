import { describe, expect, it } from 'vitest';
import type { HorizonAccuracy, LiveAccuracy } from '../../../src/core/accuracy.ts';
import { CHOICES } from '../../../src/core/horizon.ts';
import type { RecordHead, RecordPart } from '../../../src/core/record.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import {
  accuracyReply,
  accuracySentences,
  parseAccuracyPress,
  recordPartReply,
} from '../../../src/render/accuracy/accuracy-embed.ts';
import { directionVerdict, edgeVerdict } from '../../../src/render/accuracy/accuracy-fields.ts';
import type { View } from '../../../src/render/details.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { replyText } from '../../../src/render/text.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';
import { believableAccuracy, believableCall, believableHorizon, believableLive } from './believable-accuracy.ts';

const PNG = Uint8Array.of(0x89, 0x50);
const HEAD = { forecasts: 12_345, digits: '3f2a9c0d11e84b7755aa' };
const english = translatorFor('en-US');
const reply = (
  report = believableAccuracy(),
  view: View = 'details',
  png: Uint8Array | null = PNG,
  head: RecordHead | null = HEAD,
) => accuracyReply(report, png, head, english, { view, query: {} });
const text = (report = believableAccuracy()) => replyText(reply(report), ORIGIN_MS).replace(/\s+/g, ' ');
const sentences = (horizon: HorizonAccuracy) =>
  accuracySentences(horizon, 60, english).join(' ').replaceAll('\u00a0', ' ').trim();
const few = (n: number) => {
  const known = believableHorizon('1d');
  const none = { low: null, high: null };
  const scores = known.scores!;
  return believableHorizon('1d', {
    n,
    periods: n,
    enough: false,
    scores:
      n === 0
        ? null
        : {
            ...scores,
            direction: { ...scores.direction, ...none },
            skillPct: { value: 3, ...none },
            coverage: scores.coverage.map((band) => ({ ...band, ...none })),
          },
  });
};

describe('the reply of /accuracy', () => {
  it('says in plain sentences how ranges held and whether direction and error beat chance, and shows nothing else at first', () => {
    const { embeds, components } = reply(believableAccuracy(), 'brief');
    expect(embeds[0]!.description!.replaceAll('\u00a0', ' ').split('\n')).toEqual([
      'In the last 60 days the bot’s 8-in-10 ranges for 1 day ahead held 79 % of the time.',
      'Simply repeating the past would have done as well.',
      'Up or down: no better than a coin toss.',
    ]);
    expect(embeds[0]).toMatchObject({
      image: { url: 'attachment://accuracy.png' },
      footer: { text: 'Not investment advice · Record 12345 · 3f2a9c0d11e84b7755aa' },
    });
    expect(embeds[0]!.fields).toBeUndefined();
    expect(components[0]!.components).toMatchObject([
      { label: 'Details', custom_id: 'acc:details:-:-:-:' },
      { label: 'Odds', custom_id: 'acc:odds:-:-:-:' },
    ]);
    expect(reply().components[0]!.components).toMatchObject([
      { label: 'Less', custom_id: 'acc:brief:-:-:-:' },
      { label: 'Odds' },
    ]);
  });

  it('keeps what was asked in its button, and shows everything where that does not fit', () => {
    const query = { symbol: 'BTC', horizon: '7d', days: 90, model: '7d:2026-11' } as const;
    const asked = accuracyReply(believableAccuracy(), PNG, HEAD, english, { view: 'brief', query });
    const [button] = asked.components[0]!.components;
    const { custom_id: customId } = button as { custom_id: string };
    expect(parseAccuracyPress(customId.slice('acc:'.length))).toEqual({ query, page: 'forecasts', view: 'details' });
    const long = { view: 'brief', query: { model: 'm'.repeat(100) } } as const;
    const whole = accuracyReply(believableAccuracy(), PNG, HEAD, english, long);
    expect(whole.components).toEqual([]);
    expect(whole.embeds[0]!.fields!.length).toBeGreaterThan(5);
    for (const rest of ['', 'all:-:-:-:', 'details:btc:-:-:', 'details:-:2d:-:', 'details:-:-:x:', 'details']) {
      expect(() => parseAccuracyPress(rest)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
    }
  });

  it('says first that many forecasts are missing', () => {
    const many = believableHorizon('1d', { missing: 165, expected: 1_650 });
    expect(sentences(many)).toContain('⚠️ 165 of 1,650 forecasts were never made; Details says why.');
    expect(sentences(believableHorizon('1d'))).not.toContain('never made');
  });

  it('puts n and a baseline beside every figure', () => {
    const shown = text();
    expect(shown).toContain('RMSE 2.98 % (no change 2.96 %), MAE 2.28 % (no change 2.26 %)');
    expect(shown).toContain('MASE 0.91, where 1 is the coin’s usual move over 1 day');
    expect(shown).toContain('49 % (48 to 53): no better than chance the commoner side: 52 % n = 1,590');
    expect(shown).toContain('error −1.6 % (−3.1 to +0.2): no measurable edge n = 1,590');
    expect(shown).toContain('80 % held 79 % (75 to 83)');
    expect(shown).toContain('Brier score 0.2508 (always saying the share of rises: 0.2496), n = 1,590');
    expect(shown).toContain('said 54 %: rose 51 % (46 to 57), n = 822');
    for (const name of ['1h', '4h', '1 day (hourly model)', '1 day (daily model)', '3d', '7d']) {
      expect(shown).toContain(`${name} 80 % range held 79 % (75 to 83)`);
    }
  });

  it('keeps what people asked for and what was posted apart, and says how it is counted', () => {
    const some = text();
    expect(some).toContain('Asked for and posted: counted apart');
    expect(some).toContain('only the first in each hour counts');
    for (const choice of CHOICES) expect(some).toContain(`${choice} 50 % held 47 %, 80 % held 79 % (75 to 83)`);
    const one = text(believableAccuracy({ live: [believableLive('1d')], horizons: [believableHorizon('1d')] }));
    expect(one).toContain('1d 50 % held 47 % (43 to 51), 80 % held 79 % (75 to 83), 95 % held 96 % (94 to 97)');
    expect(one).toContain('direction 49 % (48 to 53): no better than chance, the commoner side 52 %');
    expect(one).toContain('against repeating the past: error −1.1 % (−3.6 to +1.4): no measurable edge');
    expect(one).toContain(
      'n = 412 of 17 coins on 51 days; 9 waiting; 0 could not be scored; 803 asked for and 120 posted in all',
    );
  });

  it('says that nothing was asked for or posted, or that it is too early or too little to judge', () => {
    const none = { asked: 0, posted: 0, n: 0, coins: 0, days: 0, waiting: 0, scores: null, enough: false };
    const of = (...live: LiveAccuracy[]) => text(believableAccuracy({ live }));
    expect(of(believableLive('1d', none))).toContain('None in these days.');
    expect(of(believableLive('1d', { ...none, asked: 2, waiting: 1 }))).toContain(
      'nothing due yet; 1 waiting; 2 asked for and 0 posted in all',
    );
    const { scores } = believableLive('1d');
    const nothing = { low: null, high: null };
    const little = {
      ...scores!,
      direction: { ...scores!.direction, ...nothing },
      skillPct: { value: 2, ...nothing },
      coverage: scores!.coverage.map((band) => ({ ...band, ...nothing })),
    };
    const few = of(believableLive('1d', { n: 1, coins: 1, days: 1, enough: false, scores: little, unscored: 1 }));
    expect(few).toContain('error −2.0 %: too few cases to tell from chance');
    expect(few).toContain('n = 1 of 1 coin on 1 day (few); 9 waiting; 1 could not be scored');
  });

  it('counts what is not in the figures: missing with the reasons, waiting, revised, and what people asked for', () => {
    expect(text()).toContain(
      '30 are still waiting for the outcome. 12 of 1,650 due are missing and never filled in: • 9 while the bot was down or could not write • 3 because a price was not confirmed',
    );
    expect(text()).toContain(
      '2 were scored again after a price was corrected. 41 more were asked for from the same closes and are kept out.',
    );
  });

  it('shows what was said last time, the best and the worst call, and the head of the record', () => {
    const shown = text();
    expect(shown).toContain(
      'What the bot said last time BTC 2026-11-19 00:00 UTC at $98,123, for 2026-11-20 00:00 UTC',
    );
    expect(shown).toContain('It became $99,301 (+1.2 %), inside the 50 % range.');
    expect(shown).toContain('It became $80,000 (−18.5 %), outside the 95 % range.');
    expect(shown).toContain('Not investment advice · Record 12345 · 3f2a9c0d11e84b7755aa');
  });

  it('shows the best and the worst call also of one moment, but not one call as both', () => {
    const best = believableCall({ symbol: 'BTC' });
    const of = (worst: typeof best) => text(believableAccuracy({ symbol: null, best, worst }));
    expect(of(believableCall({ symbol: 'ETH' }))).toContain('Worst call');
    expect(of(believableCall({ symbol: 'BTC' }))).not.toContain('Best call');
  });

  it('says one of a kind in the singular', () => {
    const one = believableHorizon('1d', {
      n: 1,
      coins: 1,
      waiting: 1,
      missing: 1,
      missedFor: {},
      onDemand: 1,
      revised: 1,
    });
    const shown = text(believableAccuracy({ horizons: [one] }));
    expect(shown).toContain('1 more was asked for from the same closes and is kept out.');
    expect(shown).toContain('1 of 1,650 due are missing and never filled in: • 1 while the bot was down');
  });

  it('says that cases are few, without intervals, and shows the card’s evaluation by its name', () => {
    const shown = text(believableAccuracy({ horizons: [few(5)], live: [] }));
    expect(shown).toContain(
      'Only 5 forecasts for 1 day ahead came due in the last 60 days: too few to say how good they are. Of these, the 8-in-10 range held 79 %.',
    );
    expect(shown).toContain(
      'On past data, not live, the model’s error was 1.6 % lower than that of simply repeating the past',
    );
    expect(shown).not.toMatch(/held 79 % \(/);
    expect(text(believableAccuracy({ horizons: [few(1)] }))).toContain('Only 1 forecast for 1 day ahead came due');
  });

  it('says that nothing has come due yet instead of showing zeros', () => {
    const empty = believableAccuracy({ horizons: [few(0)], best: null, worst: null, last: null, past: [] });
    const shown = replyText(reply(empty, 'details', PNG, null), ORIGIN_MS).replace(/\s+/g, ' ');
    expect(shown).toContain(
      'No forecast for 1 day ahead has come due in the last 60 days. 30 are still waiting for the outcome.',
    );
    expect(shown).not.toContain('RMSE');
    expect(shown).not.toContain('Record');
  });

  it('says SIMULATED in title, words and the chart’s description', () => {
    const { embeds, files } = reply(believableAccuracy({ simulated: true }), 'brief');
    expect(embeds[0]!.title).toMatch(/^SIMULATED: /);
    expect(embeds[0]!.description).toContain('made up');
    expect(files[0]!.description).toMatch(/^SIMULATED/);
  });

  it('keeps to Discord’s limits and cannot be broken by a name', () => {
    const hostile = believableAccuracy({
      symbol: 'BTC',
      name: `**[x](http://x)** @everyone ${'x'.repeat(200)}`,
      model: 'm'.repeat(60),
    });
    for (const report of [hostile, believableAccuracy(), believableAccuracy({ horizons: [few(3)] })]) {
      for (const locale of LANGUAGES) {
        for (const view of ['brief', 'details'] as const) {
          const shown = accuracyReply(report, PNG, HEAD, translatorFor(locale), { view, query: {} });
          expect(limitProblems(shown)).toEqual([]);
        }
      }
    }
    expect(reply(hostile, 'details', null, null).embeds[0]!.title).not.toContain('@everyone');
    expect(text(believableAccuracy())).toContain('What is in it, 1 day');
  });

  it('says so when the chart is missing', () => {
    expect(reply(believableAccuracy(), 'brief', null).embeds[0]!.description).toContain('The chart could not be drawn');
  });
});

describe('verdicts', () => {
  it('follow the interval, not the value', () => {
    const scores = believableHorizon('1d').scores!;
    expect(directionVerdict({ ...scores.direction, value: 0.56, low: 0.53, high: 0.6 })).toBe(
      'accuracy.directionBetter',
    );
    expect(directionVerdict({ ...scores.direction, value: 0.44, low: 0.4, high: 0.51 })).toBe(
      'accuracy.directionWorse',
    );
    expect(edgeVerdict({ value: 2, low: 0.1, high: 4 })).toBe('accuracy.edgeYes');
    expect(edgeVerdict({ value: -2, low: -4, high: -0.1 })).toBe('accuracy.edgeWorse');
    expect(edgeVerdict({ value: 2, low: 0, high: 4 })).toBe('accuracy.edgeNo');
    expect(edgeVerdict({ value: 9, low: null, high: null })).toBe('accuracy.tooFew');
    const of = (low: number, value: number, high: number) =>
      sentences(believableHorizon('7d', { scores: { ...scores, skillPct: { value, low, high } } }));
    expect(of(0.2, 2, 3)).toContain('It was 2.0 % closer than simply repeating the past.');
    expect(of(-2, -1.2, 0.4)).toContain('Simply repeating the past would have done as well.');
    expect(of(-2, -1.2, -0.4)).toContain('Simply repeating the past would have been 1.2 % closer.');
  });
});

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
