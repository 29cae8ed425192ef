import type { CalibrationState } from '../../core/calibration-state.ts';
import { CandlecastError } from '../../core/errors.ts';
import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { calibrate, medianShareAt } from '../calibration/calibrate.ts';
import { widen } from '../calibration/widening.ts';
import { applyScaler } from '../data/scaler.ts';
import { createPredictor } from '../engine/predictor.ts';
import type { Engine } from '../engine/types.ts';
import { type CoinFeatures, stepNames, windowUsable } from '../features/build.ts';
import { rowOpenMs } from '../features/columns.ts';
import { applySentimentScaler, pickSentiment } from '../features/sentiment-features.ts';
import type { ModelCard } from '../model/card.ts';
import { createEnsemblePredictor, type Ensemble, type EnsemblePredictor } from './ensemble.ts';
import type { RollingForecaster } from './rolling-forecaster.ts';

/** What final forecasts are made from: the ensemble, the scaling of their inputs, and how its quantiles are calibrated. */
export interface DistributionModel extends Ensemble {
  readonly card: Pick<ModelCard, 'interval' | 'steps' | 'scaler' | 'sentiment' | 'calibration'>;
}

/** Ensemble quantiles of single rows of one coin, in units of σ √steps, kept so that no row is computed twice. */
export type RawForecasts = Map<number, Float64Array>;

/** Makes the final distributions of a model: the one path that serving, the card's record and `npm run evaluate` share. */
export interface DistributionMaker {
  readonly steps: readonly number[];
  /**
   * Log-return quantiles at QUANTILE_LEVELS for ascending rows: rows × steps × levels, NaN where no window is usable. What
   * is made for a row rests on rows up to it. `known` holds raw forecasts of the same coin's rows and receives new ones.
   * Throws `CC_MODEL_DAMAGED` when the ensemble's answer is not a number.
   */
  quantiles(coin: CoinFeatures, rows: Int32Array, known?: RawForecasts): Float64Array;
  /**
   * The same for one row, whose window must be usable, going on from what calibration had learnt before; what it has learnt now is
   * given back, to be kept. Without a state, or with one that these candles cannot carry on, calibration learns from all of them.
   */
  newest(coin: CoinFeatures, row: number, state: CalibrationState | null): NewestDistribution;
  /** What the ensemble says at one row before calibration, its median as far as that keeps it: steps × levels, log returns. */
  raw(coin: CoinFeatures, row: number): Float64Array;
}

/** The distribution at one row with the state to go on from at the next. */
export interface NewestDistribution {
  /** steps × levels, log returns. */
  readonly quantiles: Float64Array;
  readonly state: CalibrationState | null;
}

const LEVELS = QUANTILE_LEVELS.length;
/** Windows handed to the net at once: what fits its memory is decided there, this bounds the copies made here. */
const CHUNK = 256;

/** Makes a maker. Throws as `createPredictor` does. */
export function createDistributionMaker(
  model: DistributionModel,
  makePredictor: Engine['createPredictor'] = createPredictor,
): DistributionMaker {
  const predictor = createEnsemblePredictor(model, makePredictor);
  const { interval, steps, calibration, scaler } = model.card;
  const { window } = model.spec;
  const width = steps.length * LEVELS;
  return {
    steps,
    quantiles(coin, rows, known = new Map()) {
      const out = new Float64Array(rows.length * width).fill(Number.NaN);
      const usable = rows.filter((row) => windowUsable(coin, row, window));
      // Calibration learns from every forecast before, so those are made too.
      const needed = calibration.conformalStep > 0 ? usableUpTo(coin, usable.at(-1) ?? -1, window) : usable;
      predictMissing(
        predictor,
        model,
        coin,
        needed.filter((row) => !known.has(row)),
        known,
      );
      const raw = new Float64Array(needed.length * width);
      needed.forEach((row, index) => {
        raw.set(known.get(row)!, index * width);
      });
      const final = calibrate(raw, coin.series, interval, steps, needed, calibration).quantiles;
      let at = 0;
      rows.forEach((row, index) => {
        while (at < needed.length && needed[at]! < row) at++;
        if (needed[at] === row) out.set(final.subarray(at * width, (at + 1) * width), index * width);
      });
      // Outside calibration, which so learns from the model's own bands and does not take the widening back.
      widen(out, coin, scaler, steps, rows);
      return out;
    },
    newest(coin, row, state) {
      const { columns } = coin.series;
      // Stored for a candle these do not reach back to, or for a later one: the state belongs to another stretch of history.
      const carried =
        state && state.untilMs >= rowOpenMs(columns, 0) && state.untilMs < rowOpenMs(columns, row) ? state : null;
      const here = Int32Array.of(row);
      const upTo = calibration.conformalStep > 0 ? usableUpTo(coin, row, window) : here;
      const needed = carried ? upTo.filter((one) => rowOpenMs(columns, one) > carried.untilMs) : upTo;
      const raw = new Float64Array(needed.length * width);
      const known: RawForecasts = new Map();
      predictMissing(predictor, model, coin, needed, known);
      needed.forEach((one, index) => {
        raw.set(known.get(one)!, index * width);
      });
      const calibrated = calibrate(raw, coin.series, interval, steps, needed, calibration, carried);
      const quantiles = calibrated.quantiles.slice(-width);
      widen(quantiles, coin, scaler, steps, here);
      return { quantiles, state: calibrated.state };
    },
    raw(coin, row) {
      const known: RawForecasts = new Map();
      predictMissing(predictor, model, coin, Int32Array.of(row), known);
      const scaled = known.get(row)!;
      return scaled.map((value, i) => {
        const at = Math.floor(i / LEVELS);
        const median = scaled[at * LEVELS + MEDIAN_INDEX]!;
        const scale = coin.series.sigma[row]! * Math.sqrt(steps[at]!);
        return (value - (1 - medianShareAt(calibration.medianShare, at)) * median) * scale;
      });
    },
  };
}

function usableUpTo(coin: CoinFeatures, last: number, window: number): Int32Array {
  return Int32Array.from({ length: last + 1 }, (_, row) => row).filter((row) => windowUsable(coin, row, window));
}

/** The scaled sentiment of some rows; undefined where the model takes none in or nothing is known of the coin. */
export function scaledSentiment(
  card: Pick<ModelCard, 'sentiment'>,
  { sentiment }: CoinFeatures,
  rows: Int32Array,
): Float32Array | undefined {
  return card.sentiment && sentiment ? applySentimentScaler(card.sentiment, pickSentiment(sentiment, rows)) : undefined;
}

/** Forecasts the given rows with the ensemble and puts what it says into `known`. */
function predictMissing(
  predictor: EnsemblePredictor,
  { card, spec }: DistributionModel,
  coin: CoinFeatures,
  rows: Int32Array,
  known: RawForecasts,
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
    const answer = predictor.predict(part.length, steps, context, sentiment);
    if (!answer.every(Number.isFinite)) {
      throw new CandlecastError('CC_MODEL_DAMAGED', 'The model gave a forecast that is not a number.');
    }
    part.forEach((row, i) => {
      known.set(row, answer.slice(i * width, (i + 1) * width));
    });
  }
}

/**
 * The served model as a rolling forecaster: its final distributions, from the same path as a reply's. The raw forecasts of a
 * coin's past rows are kept until the next coin, so a call on the same coin cut at a row computes that row only.
 */
export function createModelForecaster(maker: DistributionMaker): RollingForecaster {
  const known: RawForecasts = new Map();
  let coinKnown = '';
  return {
    name: 'model',
    forecast(coin, steps, rows) {
      const { interval, startMs } = coin.series.columns;
      const key = `${coin.symbol} ${interval} ${startMs}`;
      if (key !== coinKnown) known.clear();
      coinKnown = key;
      const newest = coin.series.columns.rows - 1;
      // The newest row of a cut series may hold what the whole one has as a gap.
      known.delete(newest);
      const all = maker.quantiles(coin, rows, known);
      const levels = all.length / Math.max(rows.length * maker.steps.length, 1);
      const out = new Float64Array(rows.length * steps.length * levels);
      steps.forEach((ahead, at) => {
        const from = maker.steps.indexOf(ahead);
        for (let i = 0; i < rows.length; i++) {
          const source = (i * maker.steps.length + from) * levels;
          out.set(all.subarray(source, source + levels), (i * steps.length + at) * levels);
        }
      });
      return out;
    },
  };
}

/** The same model with all sentiment masked: what it would have said with every feed down. */
export function createMaskedForecaster(maker: DistributionMaker): RollingForecaster {
  const model = createModelForecaster(maker);
  return {
    name: 'without sentiment',
    forecast: (coin, steps, rows) => model.forecast({ ...coin, sentiment: null }, steps, rows),
  };
}
