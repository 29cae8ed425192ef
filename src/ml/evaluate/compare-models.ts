import type { Interval } from '../../core/candle.ts';
import type { BandCoverage, PairedResult, PromotionVerdict } from '../../core/promotion.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import type { CoinHistory } from '../data/coin-history.ts';
import { createModelForecaster, MEASURING_WARM_UP, type QuantileForecaster } from '../forecast/quantile-forecaster.ts';
import { pairedPValue, skillInterval, worsePValue } from '../scoring/block-bootstrap.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import { createScoreBook, mergeScoreBook, type ScoreBook } from '../scoring/score-book.ts';
import { meanScores } from '../scoring/scores.ts';
import { type EvaluationSetting, evaluateCoin, periodCount } from './evaluate-coin.ts';
import type { EvaluationSpan } from './forecast-origins.ts';

/** Settings of a comparison of two models; those shared with `npm run evaluate` have the same meaning. */
export type ComparisonSetting = Pick<EvaluationSetting, 'interval' | 'steps' | 'fromMs' | 'toMs' | 'btc' | 'window'>;

/** The model that serves, and the new one fitted on everything where a twin is compared, as baselines. */
const SERVING = 'serving';
const REFIT = 'refit';

/** The models of a comparison. */
export interface ComparedModels<Model> {
  readonly candidate: Model;
  readonly serving: Model | null;
  /** The candidate fitted on everything, where `candidate` is its twin. */
  readonly refit: Model | null;
}

/** One coin forecast by the models and climatology at the same origins: a book for each horizon. */
export function compareOnCoin(
  history: CoinHistory,
  setting: ComparisonSetting,
  { candidate, serving, refit }: ComparedModels<QuantileForecaster>,
): ScoreBook[] {
  const made = (model: QuantileForecaster) =>
    createModelForecaster(model, { warmUpRows: MEASURING_WARM_UP[setting.interval] });
  const others = [
    ...(serving ? [{ ...made(serving), name: SERVING }] : []),
    ...(refit ? [{ ...made(refit), name: REFIT }] : []),
  ];
  const { horizons } = evaluateCoin(history, { ...setting, crashes: [], lines: false }, made(candidate), [
    ...others,
    climatologyBaseline,
  ]);
  return horizons.map((books) => books.all);
}

/** How the model fitted on everything scored where its twin was measured, at one horizon. */
export interface RefitScores {
  readonly steps: number;
  /** By how much its loss is above that of the twin, per cent; below zero where it has learnt from the span. */
  readonly lossAbovePct: number;
  readonly coverage: readonly number[];
}

/** The result of a comparison of two models. */
export interface ModelComparison
  extends Pick<PromotionVerdict, 'n' | 'coins' | 'periods' | 'overServing' | 'overClimatology' | 'horizons'> {
  /** Null where no twin was compared. */
  readonly refit: readonly RefitScores[] | null;
}

/** Adds up coins' books; null until there is one. */
export function addBooks(sum: readonly ScoreBook[] | null, books: readonly ScoreBook[], span: EvaluationSpan) {
  const names = books[0]?.baselines.map((one) => one.name) ?? [];
  const all = sum ?? books.map(() => createScoreBook(periodCount(span), names));
  books.forEach((book, at) => {
    mergeScoreBook(all[at]!, book);
  });
  return all;
}

/**
 * Paired block-bootstrap comparisons with the serving model and with climatology, at each horizon and over all of them. Over all, a
 * horizon's losses count in units of climatology's mean loss there, so that each weighs the same.
 */
export function compareBooks(
  books: readonly ScoreBook[],
  steps: readonly number[],
  interval: Interval,
): ModelComparison {
  const block = BLOCK_PERIODS[interval];
  const scale = (book: ScoreBook) => {
    const climatology = book.baselines.find((one) => one.name === climatologyBaseline.name);
    return climatology && climatology.pinball > 0 ? climatology.n / climatology.pinball : 0;
  };
  const result = (list: readonly ScoreBook[], name: string): PairedResult | null => {
    const periods = list[0]?.periods ?? 0;
    const [model, other, counts] = [0, 0, 0].map(() => new Float64Array(periods)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    let n = 0;
    for (const book of list) {
      const sums = book.baselines.find((one) => one.name === name);
      if (!sums) return null;
      const weight = scale(book);
      n += sums.n;
      for (let i = 0; i < periods; i++) {
        model[i]! += weight * sums.modelLoss[i]!;
        other[i]! += weight * sums.loss[i]!;
        counts[i]! += sums.count[i]!;
      }
    }
    if (n === 0) return null;
    return {
      skillPct: skillInterval(model, other, block),
      pValue: pairedPValue(model, other, counts, block),
      worsePValue: worsePValue(model, other, counts, block),
    };
  };
  const refitScores = (book: ScoreBook, at: number): RefitScores[] => {
    const sums = book.baselines.find((one) => one.name === REFIT);
    const twin = sums ? sums.modelLoss.reduce((sum, loss) => sum + loss, 0) : 0;
    if (!sums || twin <= 0) return [];
    const { coverage } = meanScores(sums);
    return [{ steps: steps[at]!, lossAbovePct: 100 * (sums.pinball / twin - 1), coverage }];
  };
  const refit = books.flatMap(refitScores);
  const coverage = (book: ScoreBook): BandCoverage => {
    const serving = book.baselines.find((one) => one.name === SERVING);
    return { candidate: meanScores(book.model).coverage, serving: serving ? meanScores(serving).coverage : null };
  };
  const both = (list: readonly ScoreBook[]) => ({
    overServing: result(list, SERVING),
    overClimatology: result(list, climatologyBaseline.name),
  });
  const counted = Math.max(0, ...books.map((book) => book.count.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0)));
  return {
    n: books.reduce((sum, book) => sum + book.model.n, 0),
    coins: new Set(books.flatMap((book) => [...book.symbols])).size,
    periods: counted,
    ...both(books),
    horizons: books.map((book, at) => ({
      steps: steps[at]!,
      n: book.model.n,
      ...both([book]),
      coverage: coverage(book),
    })),
    refit: refit.length > 0 ? refit : null,
  };
}
