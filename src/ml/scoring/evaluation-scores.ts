import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { BaselineScores, EvaluationScores, Interval95 } from '../../core/evaluation.ts';
import { BANDS, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { bootstrapInterval, pairedPValue, skillInterval, skillPct, wilsonInterval } from './block-bootstrap.ts';
import type { BaselineSums, ScoreBook } from './score-book.ts';
import { meanScores } from './scores.ts';

/** Periods in one block of the bootstrap: two weeks of days, one week of hours. */
export const BLOCK_PERIODS: Readonly<Record<Interval, number>> = { '1d': 14, '1h': 168 };

const ratio = (a: number, b: number) => (b > 0 ? a / b : 0);
const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

/**
 * Every score that follows from a book; `originMs` is the time of each of its periods, `periodMs` that from one to the next. Blocks of
 * the bootstrap are as long whatever a period is. Zeros and nulls without forecasts.
 */
export function evaluationScores(
  book: ScoreBook,
  interval: Interval,
  originMs: ArrayLike<number>,
  periodMs = INTERVAL_MS[interval],
): EvaluationScores {
  const block = (BLOCK_PERIODS[interval] * INTERVAL_MS[interval]) / periodMs;
  const { model, outcome, count } = book;
  const { n } = model;
  const first = count.findIndex((forecasts) => forecasts > 0);
  const last = count.findLastIndex((forecasts) => forecasts > 0);
  const estimate = (columns: readonly Float64Array[], statistic: (sums: ArrayLike<number>) => number) =>
    n > 0 ? bootstrapInterval(columns, statistic, block) : null;
  const up = ratio(outcome.up, n);
  const errors = (squared: number, absolute: number) => ({
    mse: ratio(squared, n),
    rmse: Math.sqrt(ratio(squared, n)),
    mae: ratio(absolute, n),
  });
  const hits = total(book.hits);
  return {
    n,
    coins: book.symbols.size,
    periods: count.reduce((periods, forecasts) => periods + (forecasts > 0 ? 1 : 0), 0),
    fromMs: n > 0 ? originMs[first]! : null,
    toMs: n > 0 ? originMs[last]! : null,
    pinball: ratio(model.pinball, n),
    baselines: book.baselines.map((sums) => baselineScores(sums, block)),
    median: errors(model.squared, model.absolute),
    noChange: errors(outcome.squared, outcome.absolute),
    direction: {
      accuracy: estimate([book.hits, count], (sums) => sums[0]! / sums[1]!),
      wilson: n > 0 ? wilsonInterval(hits, n) : null,
      up,
      baseRate: Math.max(up, 1 - up),
    },
    brier: {
      score: ratio(total(book.brier), n),
      baseRate: up * (1 - up),
      skillPct: brierSkill(book, estimate),
    },
    coverage: BANDS.map((band, i) => ({
      nominal: band.coverage,
      share: ratio(model.inside[i]!, n),
      meanWidth: ratio(model.width[i]!, n),
    })),
    reliability: QUANTILE_LEVELS.map((level, k) => ({ level, share: ratio(book.below[k]!, n) })),
  };
}

/** Against always saying the share of ups in the very same outcomes, which is more than anybody could have known. */
function brierSkill(
  book: ScoreBook,
  estimate: (columns: readonly Float64Array[], statistic: (sums: ArrayLike<number>) => number) => Interval95 | null,
): Interval95 | null {
  const skill = estimate([book.brier, book.up, book.count], (sums) => {
    const up = sums[1]! / sums[2]!;
    return skillPct(sums[0]! / sums[2]!, up * (1 - up));
  });
  return skill && !Number.isNaN(skill.value) ? skill : null;
}

function baselineScores(sums: BaselineSums, block: number): BaselineScores {
  const { name, n, loss, modelLoss, count } = sums;
  const compared = n > 0 && sums.pinball > 0;
  return {
    name,
    n,
    ...meanScores(sums),
    skillPct: compared ? skillInterval(modelLoss, loss, block) : null,
    pValue: compared ? pairedPValue(modelLoss, loss, count, block) : null,
    width: Array.from(sums.width, (width) => ratio(width, n)),
  };
}
