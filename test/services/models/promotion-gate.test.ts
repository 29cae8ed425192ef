import { describe, expect, it } from 'vitest';
import type { BandCoverage, PairedResult } from '../../../src/core/promotion.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { ModelComparison } from '../../../src/ml/evaluate/compare-models.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { comparisonSpan, judge, type MeasuredModel } from '../../../src/services/models/promotion-gate.ts';
import { verdictSchema } from '../../../src/storage/model-pointer.ts';

const day = (n: number) => Date.UTC(2024, 0, 1) + n * DAY_MS;

const card = (fitUntil: number, stopUntil: number) => ({
  interval: '1d' as const,
  data: { fitUntilMs: day(fitUntil), stopUntilMs: day(stopUntil) } as ModelCard['data'],
});
const measured = (version: string, fitUntil: number, stopUntil: number, more: Partial<MeasuredModel> = {}) => ({
  version,
  coins: 10,
  measured: card(fitUntil, stopUntil).data,
  byTwin: true,
  ...more,
});

const result = (value: number, low: number, high: number, pValue: number, worsePValue: number): PairedResult => ({
  skillPct: { value, low, high },
  pValue,
  worsePValue,
});
const WON = result(1, 0.5, 1.5, 0.002, 1);
const TIED = result(-0.1, -0.6, 0.4, 0.7, 0.35);
const LOST = result(-1, -1.6, -0.4, 0.004, 0.002);
const RIGHT: BandCoverage = { candidate: [0.5, 0.8, 0.95], serving: [0.5, 0.8, 0.95] };

interface Changes {
  readonly overServing?: PairedResult | null;
  readonly overClimatology?: PairedResult;
  /** At the last horizon of three. */
  readonly last?: Partial<ModelComparison['horizons'][number]>;
  readonly coverage?: BandCoverage;
  readonly periods?: number;
  readonly refit?: ModelComparison['refit'];
}

function comparison(changes: Changes = {}): ModelComparison {
  const { overServing = WON, overClimatology = WON, last = {}, coverage = RIGHT, periods = 150, refit } = changes;
  const horizons = [1, 3, 7].map((steps) => ({ steps, n: 1_000, overServing, overClimatology, coverage }));
  return {
    n: 3_000,
    coins: 10,
    periods,
    overServing,
    overClimatology,
    horizons: horizons.map((one) => (one.steps === 7 ? { ...one, ...last } : one)),
    refit: refit ?? [1, 3, 7].map((steps) => ({ steps, lossAbovePct: -0.5, coverage: coverage.candidate })),
  };
}

const candidate = measured('new', 200, 200);
const serving = measured('old', 199, 199);
const span = { fromMs: day(200), toMs: day(380) };
const facts = { interval: '1d' as const, candidate, serving, span, atMs: day(381) };
const decide = (changes: Changes) => judge({ ...facts, comparison: comparison(changes) });

describe('the span of the comparison', () => {
  it('lies after all that the new model has seen and that the serving one was fitted on', () => {
    expect(comparisonSpan(card(100, 200), card(0, 100), day(380))).toEqual(span);
    expect(comparisonSpan(card(100, 200), card(250, 300), day(380)).fromMs).toBe(day(250));
    expect(comparisonSpan(card(100, 200), null, day(380)).fromMs).toBe(day(200));
  });

  it('lies after all of the stopping period of a serving model that has learnt from it', () => {
    expect(comparisonSpan(card(100, 200), card(300, 300), day(380)).fromMs).toBe(day(300));
  });

  it('looks no further back than a year', () => {
    expect(comparisonSpan(card(100, 200), card(0, 100), day(900)).fromMs).toBe(day(900 - 365));
  });
});

describe('the promotion gate promotes', () => {
  it('what beats both the serving model and climatology, and says by how much', () => {
    const verdict = decide({});
    expect(verdict).toMatchObject({ outcome: 'promoted', decidedBy: 'better', against: 'old', n: 3_000, coins: 10 });
    expect(verdict.reason).toMatch(/better than the serving model, by \+1\.00 % .*climatology by \+1\.00 %/);
  });

  it('what is as good and newer', () => {
    for (const overServing of [TIED, result(0.3, -0.1, 0.7, 0.2, 0.9)]) {
      const verdict = decide({ overServing });
      expect(verdict).toMatchObject({ outcome: 'promoted', decidedBy: 'tie' });
      expect(verdict.reason).toMatch(/not shown to be worse .* so the newer one serves; it beats climatology by/);
    }
  });

  it('what beats climatology where no model serves', () => {
    const verdict = judge({ ...facts, serving: null, comparison: comparison({ overServing: null }) });
    expect(verdict).toMatchObject({ outcome: 'promoted', decidedBy: 'alone', against: null });
    expect(verdict.remarks.join()).toContain('No model served');
  });

  it('what loses at one horizon by no more than three tests may by chance', () => {
    expect(decide({ last: { overServing: result(-1, -1.8, -0.2, 0.009, 0.004) } }).decidedBy).toBe('better');
  });

  it('what misses its coverage by little more than the serving model', () => {
    const coverage = { candidate: [0.475, 0.775, 0.93], serving: [0.485, 0.785, 0.94] };
    expect(decide({ coverage }).outcome).toBe('promoted');
  });
});

describe('the promotion gate keeps', () => {
  it.each<[string, Changes, string, RegExp]>([
    [
      'is worse at one horizon',
      { overServing: TIED, last: { overServing: LOST } },
      'worse',
      /worse than the serving model 7 candles ahead: −1\.00 %.*p = 0\.002, below 0\.003, the limit of 3 tests/,
    ],
    ['does not beat climatology', { overClimatology: TIED }, 'climatology', /does not beat climatology: −0\.10 %/],
    [
      'is worse than climatology at one horizon',
      { last: { overClimatology: LOST } },
      'climatology',
      /worse than climatology 7 candles ahead/,
    ],
    [
      'has bands that are much too narrow',
      { coverage: { candidate: [0.45, 0.76, 0.93], serving: [0.495, 0.795, 0.95] } },
      'coverage',
      /bands miss their nominal coverage by 3\.7 points, the serving model's by 0\.3 .*2\.5 more are allowed/,
    ],
    [
      'has bands that are too wide where those of the serving model are as much too narrow, and more',
      { coverage: { candidate: [0.57, 0.86, 0.96], serving: [0.49, 0.78, 0.94] } },
      'coverage',
      /by 4\.7 points, the serving model's by 1\.3/,
    ],
    ['was measured on too few days', { periods: 111 }, 'too few', /111 days.*112 are needed/],
    [
      'forecasts worse fitted on everything than its twin',
      { refit: [{ steps: 1, lossAbovePct: 1.2, coverage: [0.5, 0.8, 0.95] }] },
      'refit',
      /went wrong: 1 candle ahead its loss is 1\.2 % above/,
    ],
    [
      'gives no numbers fitted on everything',
      { refit: [{ steps: 1, lossAbovePct: Number.NaN, coverage: [0.5, 0.8, 0.95] }] },
      'refit',
      /went wrong/,
    ],
    [
      'has other bands fitted on everything',
      { refit: [{ steps: 3, lossAbovePct: 0, coverage: [0.5, 0.88, 0.95] }] },
      'refit',
      /80 % band holds 88\.0 %, that of the fit without the newest candles 80\.0 %/,
    ],
  ])('what %s, with the reason', (_, changes, decidedBy, reason) => {
    const verdict = decide(changes);
    expect(verdict).toMatchObject({ outcome: 'kept', decidedBy });
    expect(verdict.reason).toMatch(reason);
  });

  it('what could not be measured at all', () => {
    const verdict = judge({ ...facts, comparison: null });
    expect(verdict).toMatchObject({ outcome: 'kept', decidedBy: 'too few', n: 0, fromMs: null });
  });
});

describe('a verdict', () => {
  it('says what was measured: twins, and recipe and data rather than weights', () => {
    const [twins] = decide({}).remarks;
    expect(twins).toMatch(/^Both models were measured by a twin: .* without the candles since 2024-07-19/);
    expect(twins).toContain('the test is of recipe and data');
    const shipped = measured('old', 0, 100, { byTwin: false });
    const other = judge({ ...facts, serving: shipped, comparison: comparison() });
    expect(other.remarks[0]).toMatch(/^The new model was measured by a twin/);
    const itself = { ...candidate, byTwin: false };
    expect(judge({ ...facts, candidate: itself, serving: shipped, comparison: comparison() }).remarks).toEqual([]);
  });

  it('says which model is favoured where the serving one was stopped inside the span', () => {
    const stopped = measured('old', 150, 260, { byTwin: false });
    const verdict = judge({ ...facts, serving: stopped, comparison: comparison() });
    expect(verdict.remarks.at(-1)).toMatch(/2024-09-17.*favours the serving model/);
  });

  it('says that the new model has learnt from fewer coins', () => {
    const broad = measured('old', 199, 199, { coins: 138 });
    const { remarks } = judge({ ...facts, serving: broad, comparison: comparison() });
    expect(remarks.at(-1)).toBe('It has learnt from 10 coins, the serving model from 138; they were compared on 10.');
  });

  it('is kept whole, and one of before is read as it is', () => {
    const verdict = decide({ overServing: TIED });
    expect(verdictSchema.parse(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
    const { decidedBy: _, ...rest } = verdict;
    const before = {
      ...rest,
      overServing: { skillPct: WON.skillPct, pValue: 0.01 },
      horizons: [{ steps: 1, n: 5, overServing: null, overClimatology: null }],
    };
    expect(verdictSchema.parse(before)).toEqual(before);
  });
});
