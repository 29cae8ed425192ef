import { describe, expect, it } from 'vitest';
import { learningSpanText, treeShareText } from '../../src/core/model-info.ts';

const date = (ms: number) => `day ${ms}`;

describe('what a model learnt from, in words', () => {
  it('names the stopping period where it only decided', () => {
    expect(learningSpanText({ fitUntilMs: 3, stopUntilMs: 5 }, date)).toBe(
      'learnt from candles to day 3, stopped on candles to day 5',
    );
    expect(learningSpanText({ fitUntilMs: 3, stopUntilMs: 5, stopFromMs: null }, date)).toBe(
      'learnt from candles to day 3, stopped on candles to day 5',
    );
  });

  it('says from when on candles were learnt from only after they had decided', () => {
    expect(learningSpanText({ fitUntilMs: 5, stopUntilMs: 5, stopFromMs: 3 }, date)).toBe(
      'learnt from candles to day 5, those since day 3 only after they had decided when to stop',
    );
    expect(learningSpanText({ fitUntilMs: 5, stopUntilMs: 5, stopFromMs: 0 }, date)).toContain('those since day 0');
  });

  it('claims no stopping period that it does not know of', () => {
    expect(learningSpanText({ fitUntilMs: 5, stopUntilMs: 5 }, date)).toBe('learnt from candles to day 5');
  });
});

const percent = (fraction: number) => `${100 * fraction} %`;

describe('the share of trees, in words', () => {
  it('is one number where it is the same at every horizon, else one for each', () => {
    expect(treeShareText([0.5, 0.5, 0.5], percent)).toBe(
      'Boosted trees give 50 % of every quantile, the nets the rest',
    );
    expect(treeShareText([0.5, 0.25, 0], percent)).toContain('50 % / 25 % / 0 % of every quantile');
  });

  it('is nothing where there are none', () => {
    for (const shares of [null, undefined, [], [0, 0, 0]]) expect(treeShareText(shares, percent)).toBeNull();
  });
});
