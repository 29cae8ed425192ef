import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { evaluationScores } from '../../../src/ml/scoring/evaluation-scores.ts';
import { addForecast, createScoreBook, mergeScoreBook, type ScoreBook } from '../../../src/ml/scoring/score-book.ts';
import { normals } from '../../support/candles.ts';

/** Quantiles that are level − 0.5, moved up: uniform between −0.5 and 0.5. */
const uniform = (centre = 0, width = 1) => QUANTILE_LEVELS.map((level) => centre + width * (level - 0.5));
const nothing = QUANTILE_LEVELS.map(() => Number.NaN);
const originMs = Float64Array.from({ length: 4 }, (_, i) => i * 86_400_000);

/** Two forecasts of A and one of B; the baseline is silent about B. */
function small(): ScoreBook {
  const book = createScoreBook(4, ['flat']);
  addForecast(book, { symbol: 'A', period: 1, outcome: 0.1, model: uniform(), baselines: [uniform(0, 2)] });
  addForecast(book, { symbol: 'A', period: 2, outcome: -0.4, model: uniform(0.1), baselines: [uniform(0, 2)] });
  addForecast(book, { symbol: 'B', period: 2, outcome: 0.46, model: uniform(), baselines: [nothing] });
  return book;
}

describe('scores of three forecasts, by hand', () => {
  const scores = evaluationScores(small(), '1d', originMs);

  it('counts forecasts, coins and periods, and names the dates', () => {
    expect(scores).toMatchObject({ n: 3, coins: 2, periods: 2, fromMs: 86_400_000, toMs: 2 * 86_400_000 });
  });

  it('takes the errors of the median beside those of no change', () => {
    // Errors 0.1, −0.5 and 0.46; outcomes 0.1, −0.4 and 0.46.
    expect(scores.median.mae).toBeCloseTo((0.1 + 0.5 + 0.46) / 3, 12);
    expect(scores.median.mse).toBeCloseTo((0.01 + 0.25 + 0.2116) / 3, 12);
    expect(scores.median.rmse).toBeCloseTo(Math.sqrt(0.4716 / 3), 12);
    expect(scores.noChange.mae).toBeCloseTo(0.96 / 3, 12);
    expect(scores.noChange.mse).toBeCloseTo((0.01 + 0.16 + 0.2116) / 3, 12);
  });

  it('takes the pinball loss over the levels 5 % to 95 %', () => {
    // Outcome 0.1 with quantiles τ − 0.5: levels below 0.6 lose τ (0.6 − τ), those above (1 − τ) (τ − 0.6).
    let first = 0;
    for (let i = 1; i <= 19; i++) first += i < 12 ? (i / 20) * ((12 - i) / 20) : (1 - i / 20) * ((i - 12) / 20);
    const one = createScoreBook(4, []);
    addForecast(one, { symbol: 'A', period: 0, outcome: 0.1, model: uniform(), baselines: [] });
    expect(evaluationScores(one, '1d', originMs).pinball).toBeCloseTo(first / 19, 12);
  });

  it('reads P(up) for the Brier score, and holds it against the share of ups', () => {
    // P(up) is 0.5, 0.6 and 0.5; what happened up, down, up.
    expect(scores.brier.score).toBeCloseTo((0.25 + 0.36 + 0.25) / 3, 12);
    expect(scores.brier.baseRate).toBeCloseTo((2 / 3) * (1 / 3), 12);
    expect(scores.brier.skillPct!.value).toBeCloseTo(100 * (1 - 0.86 / 3 / (2 / 9)), 9);
  });

  it('counts directions against the commoner side', () => {
    // Medians 0, 0.1 and 0 count as not above zero, above, not above: none is right.
    expect(scores.direction.accuracy!.value).toBe(0);
    expect(scores.direction.up).toBeCloseTo(2 / 3, 12);
    expect(scores.direction.baseRate).toBeCloseTo(2 / 3, 12);
  });

  it('counts coverage, widths and the share below each quantile', () => {
    // 0.1 lies inside all bands of ±0.25, ±0.4, ±0.475; −0.4 outside −0.3 … 0.5; −0.4 and 0.46 inside the widest.
    expect(scores.coverage.map(({ share }) => share)).toEqual([1 / 3, 1 / 3, 2 / 3]);
    expect(scores.coverage.map(({ meanWidth }) => meanWidth)).toEqual([
      expect.closeTo(0.5, 12),
      expect.closeTo(0.8, 12),
      expect.closeTo(0.95, 12),
    ]);
    const shareAt = (level: number) => scores.reliability.find((point) => point.level === level)!.share;
    expect([shareAt(0.05), shareAt(0.5), shareAt(0.65), shareAt(0.95), shareAt(0.975)]).toEqual(
      [1, 1, 2, 2, 3].map((count) => count / 3),
    );
  });

  it('compares with a baseline on what both forecast', () => {
    const [flat] = scores.baselines;
    expect(flat).toMatchObject({ name: 'flat', n: 2 });
    expect(flat!.mae).toBeCloseTo((0.1 + 0.4) / 2, 12);
    expect(flat!.width[1]).toBeCloseTo(1.6, 12);
    expect(flat!.coverage).toEqual([1, 1, 1]);
    const own = createScoreBook(4, ['flat']);
    addForecast(own, { symbol: 'A', period: 1, outcome: 0.1, model: uniform(), baselines: [uniform(0, 2)] });
    addForecast(own, { symbol: 'A', period: 2, outcome: -0.4, model: uniform(0.1), baselines: [uniform(0, 2)] });
    const both = evaluationScores(own, '1d', originMs);
    expect(flat!.skillPct!.value).toBeCloseTo(100 * (1 - both.pinball / flat!.pinball), 9);
  });

  it('is the same when books are added up', () => {
    const [left, right] = [createScoreBook(4, ['flat']), createScoreBook(4, ['flat'])];
    addForecast(left, { symbol: 'A', period: 1, outcome: 0.1, model: uniform(), baselines: [uniform(0, 2)] });
    addForecast(left, { symbol: 'A', period: 2, outcome: -0.4, model: uniform(0.1), baselines: [uniform(0, 2)] });
    addForecast(right, { symbol: 'B', period: 2, outcome: 0.46, model: uniform(), baselines: [nothing] });
    mergeScoreBook(left, right);
    expect(evaluationScores(left, '1d', originMs)).toEqual(scores);
  });

  it('is all zeros and nulls without a forecast', () => {
    const empty = evaluationScores(createScoreBook(4, ['flat']), '1d', originMs);
    expect(empty).toMatchObject({ n: 0, coins: 0, fromMs: null, pinball: 0, direction: { accuracy: null } });
    expect(empty.baselines[0]).toMatchObject({ n: 0, skillPct: null, pValue: null });
    expect(JSON.stringify(empty)).not.toContain('NaN');
  });
});

describe('calibrated forecasts', () => {
  it('hold what their bands promise', () => {
    const normal = normals(3);
    const levels = [
      -1.959964, -1.644854, -1.281552, -1.036433, -0.841621, -0.67449, -0.524401, -0.38532, -0.253347, -0.125661,
    ];
    const standard = [...levels, 0, ...levels.map((q) => -q).reverse()];
    const book = createScoreBook(4, []);
    for (let i = 0; i < 20_000; i++) {
      addForecast(book, { symbol: 'A', period: i % 4, outcome: normal(), model: standard, baselines: [] });
    }
    const { coverage, reliability, brier } = evaluationScores(book, '1d', originMs);
    for (const { nominal, share } of coverage) expect(Math.abs(share - nominal)).toBeLessThan(0.012);
    for (const { level, share } of reliability) expect(Math.abs(share - level)).toBeLessThan(0.012);
    expect(brier.score).toBeCloseTo(0.25, 9);
  });
});
