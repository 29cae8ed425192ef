import type { CalibrationState } from '../../core/calibration-state.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { garchBaseline } from '../baselines/garch.ts';
import { harBaseline } from '../baselines/har.ts';
import {
  type AverageExperts,
  type Calibrated,
  calibrate,
  medianShareAt,
  outcomeCurves,
  outcomeRatios,
} from '../calibration/calibrate.ts';
import { CURVE, EXPERTS } from '../calibration/expert-shares.ts';
import { SHOCK_ROWS, widen } from '../calibration/widening.ts';
import { PAIRS, sharesOf, type WidthTable, widthsOf } from '../calibration/widths.ts';
import { applyScaler } from '../data/scaler.ts';
import { createPredictor } from '../engine/predictor.ts';
import type { Engine } from '../engine/types.ts';
import { type CoinFeatures, stepNames, windowUsable } from '../features/build.ts';
import { type CandleColumns, rowOpenMs } from '../features/columns.ts';
import { applySentimentScaler, pickSentiment } from '../features/sentiment-features.ts';
import type { ModelCard } from '../model/card.ts';
import { createEnsemblePredictor, type Ensemble, type EnsemblePredictor } from './ensemble.ts';
import type { RollingForecaster } from './rolling-forecaster.ts';

/** A trained ensemble with the parts of its card that turn its outputs into final forecasts: input scaling and calibration. */
export interface CalibratedModel extends Ensemble {
  readonly card: Pick<ModelCard, 'interval' | 'steps' | 'scaler' | 'sentiment' | 'calibration'>;
}

/** The ensemble's quantiles of single rows of one coin by row: steps × levels in units of σ √steps. */
export type EnsembleCache = Map<number, Float64Array>;

/** Predicts the final quantiles of a model: the one path that replies, the card's record and `npm run evaluate` share. */
export interface QuantileForecaster {
  /** Horizons in candles, as on the card. */
  readonly steps: readonly number[];
  /**
   * Predicts calibrated log-return quantiles at several origins.
   *
   * @param coin Unscaled inputs of one coin, one row a candle.
   * @param rows Origin rows, ascending. A forecast at a row uses rows up to it.
   * @param cache Ensemble quantiles of the same coin's rows that are known already; receives the new ones.
   * @param widths The coin's width factors and the shares of experts; without them factors are one and shares zero.
   * @param warmUpRows Rows before the first origin from which on calibration learns; by default all.
   * @returns rows × steps × QUANTILE_LEVELS; NaN where no window is usable.
   * @throws `CC_MODEL_DAMAGED` when the ensemble's output is not a number.
   */
  predictQuantiles(
    coin: CoinFeatures,
    rows: Int32Array,
    cache?: EnsembleCache,
    widths?: WidthTable | null,
    warmUpRows?: number,
  ): Float64Array;
  /** Whether experts are averaged with the model, so that it has outcome curves instead of ratios. */
  readonly hasExperts: boolean;
  /**
   * Says how the forecasts at several origins came out before any width factor: rows × steps × PAIRS as `outcomeRatios` has it, or rows × steps ×
   * CURVE as `outcomeCurves` has it where there are experts; NaN where no window is usable too. Outcomes are read from `close`, one a row. Throws as
   * `predictQuantiles`.
   */
  outcomes(coin: CoinFeatures, rows: Int32Array, close: Float64Array, cache?: EnsembleCache): Float32Array;
  /**
   * Predicts calibrated log-return quantiles at one origin row, whose window must be usable. Calibration continues from `state`;
   * without one, or with one that does not lie within these candles before the row, it runs over all rows from the first.
   * Throws as `predictQuantiles`.
   */
  predictLatest(
    coin: CoinFeatures,
    row: number,
    state: CalibrationState | null,
    widths?: WidthTable | null,
  ): LatestQuantiles;
  /**
   * Predicts log-return quantiles at one origin row without conformal calibration, climatology or widening, but with the share of the median that
   * calibration keeps: steps × levels. Throws as `predictQuantiles`.
   */
  predictUncalibrated(coin: CoinFeatures, row: number): Float64Array;
}

/** Quantiles at one origin, and the calibration state to continue from at the next candle. */
export interface LatestQuantiles {
  /** steps × levels, log returns. */
  readonly quantiles: Float64Array;
  readonly state: CalibrationState | null;
}

const LEVELS = QUANTILE_LEVELS.length;
/** Windows passed to the ensemble at once; bounds the memory of the copies made here. */
const CHUNK = 256;

/** Creates a quantile forecaster of a model. Throws as `createPredictor` does. */
export function createQuantileForecaster(
  model: CalibratedModel,
  makePredictor: Engine['createPredictor'] = createPredictor,
): QuantileForecaster {
  const predictor = createEnsemblePredictor(model, makePredictor);
  const { interval, steps, calibration, scaler } = model.card;
  const { window } = model.spec;
  const width = steps.length * LEVELS;

  /** The ensemble's quantiles of the rows, rows × steps × levels; rows that are not in the cache are predicted and put into it. */
  function ensembleQuantiles(coin: CoinFeatures, rows: Int32Array, cache: EnsembleCache): Float64Array {
    const missing = rows.filter((row) => !cache.has(row));
    predictIntoCache(predictor, model, coin, missing, cache);
    const quantiles = new Float64Array(rows.length * width);
    rows.forEach((row, index) => {
      quantiles.set(cache.get(row)!, index * width);
    });
    return quantiles;
  }

  const experts = EXPERTS_OF[interval];

  /** Final quantiles of the rows before the widening, calibrated from a state on. */
  function calibrated(
    coin: CoinFeatures,
    rows: Int32Array,
    cache: EnsembleCache,
    from: CalibrationState | null,
    widths: WidthTable | null,
  ): Calibrated {
    const average = widths && experts && averageExperts(experts, coin, steps, rows, widths);
    const factors = widths && widthsOf(widths);
    const raw = ensembleQuantiles(coin, rows, cache);
    return calibrate(raw, coin.series, interval, steps, rows, calibration, from, factors, average);
  }

  return {
    steps,
    hasExperts: experts !== null,
    predictQuantiles(coin, rows, cache = new Map(), widths = null, warmUpRows = Number.POSITIVE_INFINITY) {
      const out = new Float64Array(rows.length * width).fill(Number.NaN);
      const usable = rows.filter((row) => windowUsable(coin, row, window));
      // Conformal calibration learns from every earlier forecast, so those are made too.
      const firstRow = (usable[0] ?? 0) - warmUpRows;
      const learns = calibration.conformalStep > 0;
      const needed = learns ? usableUpTo(coin, usable.at(-1) ?? -1, window).filter((row) => row >= firstRow) : usable;
      const final = calibrated(coin, needed, cache, null, widths).quantiles;
      let at = 0;
      rows.forEach((row, index) => {
        while (at < needed.length && needed[at]! < row) at++;
        if (needed[at] === row) out.set(final.subarray(at * width, (at + 1) * width), index * width);
      });
      // After calibration, which therefore learns from the model's own bands and does not undo the widening.
      widen(out, coin, scaler, steps, rows);
      return out;
    },
    outcomes(coin, rows, close, cache = new Map()) {
      const usable = rows.filter((row) => windowUsable(coin, row, window));
      const predicted = ensembleQuantiles(coin, usable, cache);
      const asked = [predicted, coin.series, interval, steps, usable, calibration, close] as const;
      const found = experts
        ? outcomeCurves(
            ...asked,
            experts.map((expert) => expert.forecast(coin, steps, usable)),
          )
        : outcomeRatios(...asked);
      const size = steps.length * (experts ? CURVE : PAIRS);
      const out = new Float32Array(rows.length * size).fill(Number.NaN);
      let at = 0;
      rows.forEach((row, index) => {
        if (usable[at] !== row) return;
        out.set(found.subarray(at * size, (at + 1) * size), index * size);
        at++;
      });
      return out;
    },
    predictLatest(coin, row, state, widths = null) {
      const { columns } = coin.series;
      const carried = carriedState(columns, row, state);
      const origin = Int32Array.of(row);
      const upTo = calibration.conformalStep > 0 ? usableUpTo(coin, row, window) : origin;
      const needed = carried ? upTo.filter((one) => rowOpenMs(columns, one) > carried.untilMs) : upTo;
      const { quantiles: all, state: next } = calibrated(coin, needed, new Map(), carried, widths);
      const quantiles = all.slice(-width);
      widen(quantiles, coin, scaler, steps, origin);
      return { quantiles, state: next };
    },
    predictUncalibrated(coin, row) {
      const predicted = ensembleQuantiles(coin, Int32Array.of(row), new Map());
      return predicted.map((value, i) => {
        const at = Math.floor(i / LEVELS);
        const median = predicted[at * LEVELS + MEDIAN_INDEX]!;
        const scale = coin.series.sigma[row]! * Math.sqrt(steps[at]!);
        return (value - (1 - medianShareAt(calibration.medianShare, at)) * median) * scale;
      });
    },
  };
}

/** The state, where calibration can go on from it; one from before the first candle, or from a later one than the row, belongs to another part of the history. */
function carriedState(columns: CandleColumns, row: number, state: CalibrationState | null): CalibrationState | null {
  return state && state.untilMs >= rowOpenMs(columns, 0) && state.untilMs < rowOpenMs(columns, row) ? state : null;
}

/** First row of the features that `predictLatest` reads at a row. */
export function firstRowRead(
  { card, spec }: Pick<CalibratedModel, 'card' | 'spec'>,
  columns: CandleColumns,
  row: number,
  state: CalibrationState | null,
): number {
  const carried = carriedState(columns, row, state);
  if (card.calibration.conformalStep > 0 && !carried) return 0;
  const first = carried ? Math.floor((carried.untilMs - columns.startMs) / INTERVAL_MS[columns.interval]) + 1 : row;
  return Math.max(0, Math.min(first - spec.window, row - SHOCK_ROWS) + 1);
}

/**
 * What is averaged with a model, in the order of its shares. Only of days: at hours they took nothing but next to no share (docs/recipe.md).
 */
const EXPERTS_OF: Readonly<Record<Interval, readonly RollingForecaster[] | null>> = {
  '1d': [garchBaseline, harBaseline],
  '1h': null,
};

/** A smaller sum of shares is not worth the forecasts. */
const LEAST_SHARE = 1e-3;

/** Averages the experts' quantiles with those of the rows (ascending) by the table's shares; null where it has none. */
function averageExperts(
  experts: readonly RollingForecaster[],
  coin: CoinFeatures,
  steps: readonly number[],
  rows: Int32Array,
  table: WidthTable,
): AverageExperts | null {
  const sharesAt = sharesOf(table, EXPERTS);
  if (!sharesAt) return null;
  const { columns } = coin.series;
  const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[columns.interval];
  const sumAt = (row: number) =>
    Math.max(...steps.map((_, at) => Array.from(sharesAt(originOf(row), at) ?? []).reduce((sum, one) => sum + one, 0)));
  const averaged = rows.filter((row) => sumAt(row) >= LEAST_SHARE);
  if (averaged.length === 0) return null;
  const place = new Map(Array.from(averaged, (row, i) => [row, i]));
  const forecasts = experts.map((expert) => expert.forecast(coin, steps, averaged));
  return (row, at, scale, quantiles) => {
    const index = place.get(row);
    if (index === undefined) return;
    const shares = sharesAt(originOf(row), at)!;
    const first = (index * steps.length + at) * LEVELS;
    for (let k = 0; k < LEVELS; k++) {
      let moved = 0;
      // An expert with too little history leaves its share to the model.
      forecasts.forEach((values, expert) => {
        const value = values[first + k]! / scale;
        if (!Number.isNaN(value)) moved += shares[expert]! * (value - quantiles[k]!);
      });
      quantiles[k]! += moved;
    }
  };
}

/** Rows up to `last` at which a window may end, ascending. */
function usableUpTo(coin: CoinFeatures, last: number, window: number): Int32Array {
  return Int32Array.from({ length: last + 1 }, (_, row) => row).filter((row) => windowUsable(coin, row, window));
}

/** Returns the scaled sentiment inputs of some rows; undefined where the model takes none or the coin has none. */
export function scaledSentiment(
  card: Pick<ModelCard, 'sentiment'>,
  { sentiment }: CoinFeatures,
  rows: Int32Array,
): Float32Array | undefined {
  return card.sentiment && sentiment
    ? applySentimentScaler(card.sentiment, pickSentiment(sentiment, card.sentiment.names, rows))
    : undefined;
}

/** Predicts the given rows with the ensemble and puts their quantiles into the cache. */
function predictIntoCache(
  predictor: EnsemblePredictor,
  { card, spec }: CalibratedModel,
  coin: CoinFeatures,
  rows: Int32Array,
  cache: EnsembleCache,
): void {
  const features = stepNames.length;
  const span = spec.window * features;
  const names = coin.contextNames.length;
  const width = card.steps.length * LEVELS;
  for (let from = 0; from < rows.length; from += CHUNK) {
    const part = rows.subarray(from, from + CHUNK);
    const steps = new Float32Array(part.length * span);
    const context = new Float32Array(part.length * names);
    part.forEach((row, i) => {
      steps.set(coin.steps.subarray((row - spec.window + 1) * features, (row + 1) * features), i * span);
      context.set(coin.context.subarray(row * names, (row + 1) * names), i * names);
    });
    applyScaler(card.scaler, context);
    const sentiment = scaledSentiment(card, coin, part);
    const predicted = predictor.predict(part.length, steps, context, sentiment);
    if (!predicted.every(Number.isFinite)) {
      throw new CandlecastError('CC_MODEL_DAMAGED', 'The model gave a forecast that is not a number.');
    }
    part.forEach((row, i) => {
      cache.set(row, predicted.slice(i * width, (i + 1) * width));
    });
  }
}

/**
 * Candles before a span from which on calibration learns where a model is measured after its training: half a year of days, a month of hours. Forecasting all
 * earlier ones takes as long again, for a difference in skill of up to 0.1 points (docs/performance.md).
 */
export const MEASURING_WARM_UP: Readonly<Record<Interval, number>> = { '1d': 180, '1h': 720 };

/** How a model's forecasts of coins become final, and what of them is known before. */
export interface ModelForecasterOptions {
  /** Width factors of a coin; without them all are one. */
  readonly widths?: (symbol: string) => WidthTable | null | undefined;
  /** The ensemble's quantiles of the first coin that is asked for. */
  readonly known?: EnsembleCache;
  /** As `predictQuantiles` has it. */
  readonly warmUpRows?: number;
}

/**
 * Makes a quantile forecaster a rolling one, so that it is scored like a baseline. The ensemble's quantiles of a coin's rows are cached
 * until the next coin, so a call on the same coin cut at a row predicts that row only.
 */
export function createModelForecaster(
  forecaster: QuantileForecaster,
  { widths, known = new Map(), warmUpRows }: ModelForecasterOptions = {},
): RollingForecaster {
  const cache: EnsembleCache = known;
  let cachedCoin: string | null = known.size > 0 ? null : '';
  return {
    name: 'model',
    forecast(coin, steps, rows) {
      const { interval, startMs } = coin.series.columns;
      const key = `${coin.symbol} ${interval} ${startMs}`;
      if (cachedCoin !== null && key !== cachedCoin) cache.clear();
      cachedCoin = key;
      const table = widths?.(coin.symbol);
      const newest = coin.series.columns.rows - 1;
      // The newest candle of a cut series may be a gap in the whole one.
      cache.delete(newest);
      const all = forecaster.predictQuantiles(coin, rows, cache, table, warmUpRows);
      const levels = all.length / Math.max(rows.length * forecaster.steps.length, 1);
      const out = new Float64Array(rows.length * steps.length * levels);
      steps.forEach((ahead, at) => {
        const from = forecaster.steps.indexOf(ahead);
        for (let i = 0; i < rows.length; i++) {
          const source = (i * forecaster.steps.length + from) * levels;
          out.set(all.subarray(source, source + levels), (i * steps.length + at) * levels);
        }
      });
      return out;
    },
  };
}

/** The same model with all sentiment masked: its forecasts when every feed is down. */
export function createMaskedForecaster(
  forecaster: QuantileForecaster,
  options: Omit<ModelForecasterOptions, 'known'> = {},
): RollingForecaster {
  const model = createModelForecaster(forecaster, options);
  return {
    name: 'without sentiment',
    forecast: (coin, steps, rows) => model.forecast({ ...coin, sentiment: null }, steps, rows),
  };
}
