import { BANDS, MEDIAN_INDEX, probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { addScore, emptySums, type ForecasterSums, mergeSums } from './scores.ts';

/** What one baseline adds: its sums and, by period, its losses and the model's on the very same forecasts. */
export interface BaselineSums extends ForecasterSums {
  readonly name: string;
  readonly loss: Float64Array;
  readonly modelLoss: Float64Array;
  readonly count: Float64Array;
}

/**
 * Sums from which every score of a set of forecasts at one horizon follows. A period is a moment at which origins lie; books over
 * the same periods and baselines add up. Plain data, so that it travels between threads.
 */
export interface ScoreBook {
  readonly periods: number;
  readonly symbols: Set<string>;
  readonly model: ForecasterSums;
  readonly baselines: readonly BaselineSums[];
  /** Sums of outcomes: of |y|, y², and how many were above zero. */
  readonly outcome: { absolute: number; squared: number; up: number };
  /** Outcomes at or below each quantile. */
  readonly below: Float64Array;
  /** By period: forecasts, loss, outcomes above zero, medians on the right side, squared errors of P(up), outcomes inside each band. */
  readonly count: Float64Array;
  readonly loss: Float64Array;
  readonly up: Float64Array;
  readonly hits: Float64Array;
  readonly brier: Float64Array;
  readonly inside: readonly Float64Array[];
}

/** An empty book. */
export function createScoreBook(periods: number, baselines: readonly string[]): ScoreBook {
  const column = () => new Float64Array(periods);
  return {
    periods,
    symbols: new Set(),
    model: emptySums(),
    baselines: baselines.map((name) => ({
      name,
      ...emptySums(),
      loss: column(),
      modelLoss: column(),
      count: column(),
    })),
    outcome: { absolute: 0, squared: 0, up: 0 },
    below: new Float64Array(QUANTILE_LEVELS.length),
    count: column(),
    loss: column(),
    up: column(),
    hits: column(),
    brier: column(),
    inside: BANDS.map(column),
  };
}

/** One scored forecast: log-return quantiles at QUANTILE_LEVELS of the model and, in the book's order, of each baseline. */
export interface ScoredForecast {
  readonly symbol: string;
  readonly period: number;
  readonly outcome: number;
  readonly model: ArrayLike<number>;
  /** NaN where a baseline makes no forecast. */
  readonly baselines: readonly ArrayLike<number>[];
}

/** Takes one forecast in. */
export function addForecast(book: ScoreBook, { symbol, period, outcome, model, baselines }: ScoredForecast): void {
  const loss = addScore(book.model, outcome, model);
  const up = outcome > 0 ? 1 : 0;
  book.symbols.add(symbol);
  book.outcome.absolute += Math.abs(outcome);
  book.outcome.squared += outcome * outcome;
  book.outcome.up += up;
  for (let k = 0; k < QUANTILE_LEVELS.length; k++) if (outcome <= model[k]!) book.below[k]!++;
  book.count[period]!++;
  book.loss[period]! += loss;
  book.up[period]! += up;
  if (outcome > 0 === model[MEDIAN_INDEX]! > 0) book.hits[period]!++;
  book.brier[period]! += (probabilityAbove(model, 0) - up) ** 2;
  BANDS.forEach((band, i) => {
    if (outcome >= model[band.lower]! && outcome <= model[band.upper]!) book.inside[i]![period]!++;
  });
  book.baselines.forEach((sums, b) => {
    const quantiles = baselines[b]!;
    if (Number.isNaN(quantiles[0]!)) return;
    sums.loss[period]! += addScore(sums, outcome, quantiles);
    sums.modelLoss[period]! += loss;
    sums.count[period]!++;
  });
}

/** Where the periods of a book lie among those of another: its first one, and how many of them make one of its own. */
export interface PeriodPlace {
  readonly first: number;
  readonly every: number;
}

const SAME_PERIODS: PeriodPlace = { first: 0, every: 1 };

/** Adds a book of the same baselines to another, over the same periods or over some of them. */
export function mergeScoreBook(into: ScoreBook, from: ScoreBook, { first, every } = SAME_PERIODS): void {
  const addColumn = (target: Float64Array, added: Float64Array) => {
    for (let i = 0; i < added.length; i++) target[first + i * every]! += added[i]!;
  };
  for (const symbol of from.symbols) into.symbols.add(symbol);
  mergeSums(into.model, from.model);
  into.outcome.absolute += from.outcome.absolute;
  into.outcome.squared += from.outcome.squared;
  into.outcome.up += from.outcome.up;
  addColumn(into.below, from.below);
  for (const name of ['count', 'loss', 'up', 'hits', 'brier'] as const) addColumn(into[name], from[name]);
  into.inside.forEach((column, i) => {
    addColumn(column, from.inside[i]!);
  });
  into.baselines.forEach((sums, b) => {
    const other = from.baselines[b]!;
    mergeSums(sums, other);
    for (const name of ['loss', 'modelLoss', 'count'] as const) addColumn(sums[name], other[name]);
  });
}
