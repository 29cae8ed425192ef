import { describe, expect, it } from 'vitest';
import type { PairedResult } from '../../../src/core/promotion.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { ModelComparison } from '../../../src/ml/evaluate/compare-models.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { comparisonSpan, judge } from '../../../src/services/models/promotion-gate.ts';

const day = (n: number) => Date.UTC(2024, 0, 1) + n * DAY_MS;

const card = (version: string, fitUntil: number, stopUntil: number) => ({
  version,
  interval: '1d' as const,
  data: { fitUntilMs: day(fitUntil), stopUntilMs: day(stopUntil) } as ModelCard['data'],
});

const result = (value: number, low: number, high: number, pValue: number): PairedResult => ({
  skillPct: { value, low, high },
  pValue,
});
const WON = result(1, 0.5, 1.5, 0.002);

function comparison(changes: Partial<ModelComparison> = {}): ModelComparison {
  return {
    n: 3_000,
    coins: 10,
    periods: 150,
    overServing: WON,
    overClimatology: WON,
    horizons: [1, 3, 7].map((steps) => ({ steps, n: 1_000, overServing: WON, overClimatology: WON })),
    ...changes,
  };
}

const candidate = card('new', 100, 200);
const serving = card('old', 0, 100);
const span = { fromMs: day(200), toMs: day(380) };
const facts = { card: candidate, serving, span, atMs: day(381) };

describe('the span of the comparison', () => {
  it('lies after all that the new model has seen and that the serving one was fitted on', () => {
    expect(comparisonSpan(candidate, serving, day(380))).toEqual(span);
    expect(comparisonSpan(candidate, card('old', 250, 300), day(380)).fromMs).toBe(day(250));
    expect(comparisonSpan(candidate, null, day(380)).fromMs).toBe(day(200));
  });

  it('lies after all of the stopping period of a serving model that has learnt from it', () => {
    expect(comparisonSpan(candidate, card('old', 300, 300), day(380)).fromMs).toBe(day(300));
  });

  it('looks no further back than a year', () => {
    expect(comparisonSpan(candidate, serving, day(900)).fromMs).toBe(day(900 - 365));
  });
});

describe('the promotion gate', () => {
  it('promotes what beats both the serving model and climatology, and says by how much', () => {
    const verdict = judge({ ...facts, comparison: comparison() });
    expect(verdict).toMatchObject({ outcome: 'promoted', against: 'old', n: 3_000, coins: 10, remarks: [] });
    expect(verdict.reason).toMatch(/serving model by \+1\.00 % .*climatology by \+1\.00 %/);
  });

  it.each([
    [
      'is no better than the serving model',
      { overServing: result(0.3, -0.1, 0.7, 0.2) },
      /serving model beyond chance.*p = 0\.200/,
    ],
    [
      'is clearly worse than the serving model',
      { overServing: result(-1, -2, -0.5, 0.001) },
      /serving model beyond chance/,
    ],
    ['does not beat climatology', { overClimatology: result(0.1, -1, 1, 0.8) }, /climatology beyond chance/],
    [
      'loses at one horizon',
      {
        horizons: [{ steps: 7, n: 9, overServing: result(-1, -2, -0.1, 0.03), overClimatology: WON }],
      },
      /worse than the serving model 7 candles ahead/,
    ],
    ['was measured on too few days', { periods: 111 }, /111 days.*112 are needed/],
  ])('keeps what %s, with the reason', (_, change, reason) => {
    const verdict = judge({ ...facts, comparison: comparison(change as Partial<ModelComparison>) });
    expect(verdict.outcome).toBe('kept');
    expect(verdict.reason).toMatch(reason);
  });

  it('keeps what could not be measured at all', () => {
    expect(judge({ ...facts, comparison: null })).toMatchObject({ outcome: 'kept', n: 0, fromMs: null });
  });

  it('says which model is favoured where the serving one was stopped inside the span', () => {
    const verdict = judge({ ...facts, serving: card('old', 150, 260), comparison: comparison() });
    expect(verdict.remarks).toEqual([expect.stringMatching(/2024-09-17.*favours the serving model/)]);
  });

  it('asks climatology alone where no model serves', () => {
    const verdict = judge({ ...facts, serving: null, comparison: comparison({ overServing: null }) });
    expect(verdict).toMatchObject({ outcome: 'promoted', against: null });
    expect(verdict.remarks[0]).toContain('No model served');
  });
});
