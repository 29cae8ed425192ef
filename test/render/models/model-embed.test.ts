import { describe, expect, it } from 'vitest';
import type { DriftStatus, FamilyComparison, ServedModel } from '../../../src/core/model-info.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import * as embeds from '../../../src/render/models/model-embed.ts';
import { believableComparison, believableServed } from './believable-models.ts';

const english = translatorFor('en-US');
const modelReply = (served: readonly ServedModel[], drifts: readonly DriftStatus[] = [], isOwner = true) =>
  embeds.modelReply(served, drifts, english, 'details', isOwner);
const comparisonReply = (comparisons: readonly FamilyComparison[]) =>
  embeds.comparisonReply(comparisons, english, 'details', true);
const textOf = (reply: { embeds: readonly object[] }) => JSON.stringify(reply.embeds).replaceAll('\u00a0', ' ');

describe('the reply of /model', () => {
  it('shows version, data, members, calibration and skill, and says where no model serves', () => {
    const reply = modelReply(believableServed);
    const text = textOf(reply);
    expect(limitProblems(reply)).toEqual([]);
    for (const part of [
      '1d-20260101-abcdef',
      '3 cnn-lstm nets of 12,771 parameters',
      '130,000 windows of 138 coins',
      '40.0 % of the median kept, 20.0 % / 30.0 % / 50.0 % climatology',
      '**3d** +2.4 % (+1.6 to +3.3);',
      'There is no model for 1h candles.',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('begins with a sentence for each model, shows the rest behind a button, and tells problems to owners alone', () => {
    const brief = embeds.modelReply(believableServed, [], english, 'brief', false);
    expect(brief.embeds[0]!.description!.replaceAll('\u00a0', ' ').split('\n')).toEqual([
      '⚠️ There is no hourly model now.',
      expect.stringMatching(/^Daily model, 1 day ahead: .*on data it had not seen\.$/),
    ]);
    expect(brief.embeds[0]!.fields).toBeUndefined();
    expect(brief.components[0]!.components).toMatchObject([{ label: 'Details', custom_id: 'model:details:served' }]);
    expect(embeds.parseModelPress('details:served')).toEqual({ view: 'details', topic: 'served' });
    for (const rest of ['', 'details', 'all:served', 'details:served:x']) {
      expect(() => embeds.parseModelPress(rest)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
    }
    const told = (isOwner: boolean) => textOf(modelReply(believableServed, [], isOwner));
    expect(told(true)).toContain('There is no model for 1h candles.');
    expect(told(false)).not.toContain('There is no model for 1h candles.');
  });

  it('keeps to the limits in every language and view', () => {
    for (const locale of LANGUAGES) {
      for (const view of ['brief', 'details'] as const) {
        const translator = translatorFor(locale);
        expect(limitProblems(embeds.modelReply(believableServed, [], translator, view, true))).toEqual([]);
        const three = [believableComparison, { ...believableComparison, interval: '1h' as const }];
        for (const comparisons of [[], [believableComparison], three]) {
          expect(limitProblems(embeds.comparisonReply(comparisons, translator, view, true))).toEqual([]);
        }
      }
    }
  });

  it('names the share of the median by horizon where it differs', () => {
    const daily = believableServed[1]!;
    const reply = modelReply([{ ...daily, model: { ...daily.model!, medianShares: [1, 0.7, 0.4] } }]);
    expect(textOf(reply)).toContain('100 % / 70.0 % / 40.0 % of the median kept');
  });

  it('says how much of the quantiles is trees, where there are any', () => {
    const daily = believableServed[1]!;
    const text = textOf(modelReply([{ ...daily, model: { ...daily.model!, treeShares: [0.5, 0.5, 0.5] } }]));
    expect(text).toContain('Boosted trees give 50.0 % of every quantile, the nets the rest');
    expect(textOf(modelReply(believableServed))).not.toContain('trees');
  });

  it('says where the newest period was learnt from too, and where it only decided', () => {
    const daily = believableServed[1]!;
    const { fitUntilMs, stopUntilMs } = daily.model!;
    const at = (ms: number) => `<t:${ms / 1000}:D>`;
    expect(textOf(modelReply(believableServed))).toContain(
      `learnt from candles to ${at(fitUntilMs)}, stopped on candles to ${at(stopUntilMs)}`,
    );
    const again = { ...daily.model!, fitUntilMs: stopUntilMs, stopFromMs: fitUntilMs };
    const text = textOf(modelReply([{ ...daily, model: again }]));
    expect(text).toContain(
      `learnt from candles to ${at(stopUntilMs)}, those since ${at(fitUntilMs)} only after they had decided when to stop`,
    );
    expect(text).not.toContain('stopped on');
  });

  it('says that an interval around zero is no measurable edge', () => {
    expect(textOf(modelReply(believableServed))).toContain('**7d** +2.4 % (−0.3 to +3.3), no measurable edge');
  });

  it('does not claim an evaluation that there is not', () => {
    const [, daily] = believableServed;
    const text = textOf(modelReply([{ ...daily!, model: { ...daily!.model!, evaluation: null } }]));
    expect(text).toContain('It has not been evaluated.');
    expect(text).not.toContain('Skill over climatology');
  });
});

describe('the reply of /model compare:true', () => {
  it('shows every family at every horizon with its errors beside no change, direction beside its base rate, size and time', () => {
    const reply = comparisonReply([believableComparison]);
    const text = textOf(reply);
    expect(limitProblems(reply)).toEqual([]);
    for (const { family } of believableComparison.families) expect(text.split(`**${family}** skill`)).toHaveLength(4);
    for (const part of [
      'MAE 3.00 % (no change 3.01 %), RMSE 5.00 % (5.00 %), MSE 2.50e-3 (2.50e-3)',
      'direction 51.1 % (49.0 % to 53.0 %); base rate 52.0 %',
      '**gru** 12,447 parameters, 306,432 windows in 61 s (40 s of processor time)',
      '3 nets of each, same seeds',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('stays within one message with a comparison for each interval', () => {
    const reply = comparisonReply([{ ...believableComparison, interval: '1h' }, believableComparison]);
    expect(reply.embeds).toHaveLength(2);
    expect(limitProblems(reply)).toEqual([]);
  });

  it('begins with which kind came closest, and how many are within chance of it', () => {
    const brief = embeds.comparisonReply([believableComparison], english, 'brief', false);
    expect(brief.embeds[0]!.description).toMatch(/^Days, 1 day ahead: of \d kinds, \*\*[\w-]+\*\* came closest; .*\.$/);
    expect(brief.components[0]!.components).toMatchObject([{ custom_id: 'model:details:compare' }]);
  });

  it('says how to make a comparison when there is none, to owners alone', () => {
    expect(textOf(comparisonReply([]))).toContain('npm run train -- --compare');
    expect(textOf(embeds.comparisonReply([], english, 'brief', false))).not.toContain('npm');
  });
});
