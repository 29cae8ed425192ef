import type { CalibrationState } from '../../core/calibration-state.ts';
import { CandlecastError } from '../../core/errors.ts';
import { deviationOf, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline, visitClimatology } from '../baselines/climatology.ts';
import { recentShock, type Shock } from '../calibration/widening.ts';
import type { WidthTable } from '../calibration/widths.ts';
import { isFar, outOfRange } from '../data/scaler.ts';
import type { Engine } from '../engine/types.ts';
import { buildFeatures, type CoinFeatures, type CoinInput, minimumCandles, windowUsable } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { sentimentKnown } from '../features/sentiment-features.ts';
import type { LoadedModel } from '../model/model-file.ts';
import {
  type CalibratedModel,
  createQuantileForecaster,
  firstRowRead,
  type QuantileForecaster,
  scaledSentiment,
} from './quantile-forecaster.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** What a model says about one coin at one horizon, as log returns from the last close. */
export interface HorizonDistribution {
  readonly steps: number;
  /** Log-return quantiles at QUANTILE_LEVELS, ascending. */
  readonly quantiles: readonly number[];
  /** Standard deviations of the log return: forecast, and of the trailing climatology (NaN with too little history). */
  readonly expectedVolatility: number;
  readonly usualVolatility: number;
  /** Climatology's log-return quantiles at QUANTILE_LEVELS from the same origin; null with too little history. */
  readonly climatology: readonly number[] | null;
  /** How much of what moved this forecast was sentiment (see `sentimentShares`), 0 … 1; null where none went in. */
  readonly sentimentShare?: number | null;
}

/** A forecast for every horizon of the model. */
export interface CoinForecast {
  readonly horizons: readonly HorizonDistribution[];
  /** Names of inputs beyond what training saw, where they are so many that the bands were opened. */
  readonly outOfRange: readonly string[];
  /** The shock in the last candles that widens the bands most, or null. */
  readonly shock: Shock | null;
  /** Gaps inside the window. */
  readonly windowGaps: number;
  /** Whether Bitcoin's candles were there for the whole window's end. */
  readonly marketContext: boolean;
  /** Candles with a price in the history that was given. */
  readonly candles: number;
  /** The calibration state to continue from at the next candle; null where calibration is off. */
  readonly calibration: CalibrationState | null;
}

/** Forecasts with one loaded model. */
export interface Forecaster {
  readonly model: LoadedModel;
  /**
   * Forecasts from the last row of the columns. Throws `CC_HISTORY_TOO_SHORT` when the history is too short or its last
   * window has too many gaps. `calibration` is what an earlier forecast of the coin gave back; without it all candles are gone through.
   * `widths` are the coin's width factors; without them all are one.
   */
  forecast(
    coin: CoinInput,
    btc: CandleColumns | null,
    calibration?: CalibrationState | null,
    widths?: WidthTable | null,
  ): CoinForecast;
}

/** Makes a forecaster from the last row of a coin's candles; the distribution is `createQuantileForecaster`'s. */
export function createForecaster(model: LoadedModel, makePredictor?: Engine['createPredictor']): Forecaster {
  const forecaster = createQuantileForecaster(model, makePredictor);
  const { card } = model;
  const { window } = model.spec;
  const need = minimumCandles(window);
  return {
    model,
    forecast(coin, btc, calibration = null, widths = null) {
      const row = coin.columns.rows - 1;
      const features = buildFeatures(coin, btc, firstRowRead(model, coin.columns, row, calibration));
      const candles = coin.columns.close.reduce((count, close) => count + (Number.isNaN(close) ? 0 : 1), 0);
      if (!windowUsable(features, row, window)) {
        throw new CandlecastError(
          'CC_HISTORY_TOO_SHORT',
          candles < need
            ? `${coin.symbol} has ${candles} candles of ${card.interval}; ${need} are needed.`
            : `Too many of the last ${window} candles of ${coin.symbol} are missing or not to be trusted.`,
          { context: { have: candles, need } },
        );
      }
      const here = Int32Array.of(row);
      const { quantiles: final, state } = forecaster.predictLatest(features, row, calibration, widths);
      const usual = climatologyBaseline.forecast(features, card.steps, here);
      const shares = sentimentShares(model, forecaster, features, row, usual);
      const horizons = card.steps.map((steps, at): HorizonDistribution => {
        const part = (values: Float64Array) => Array.from(values.subarray(at * LEVELS, (at + 1) * LEVELS));
        const quantiles = part(final);
        const past = part(usual);
        return {
          steps,
          quantiles,
          expectedVolatility: deviationOf(quantiles),
          usualVolatility: deviationOf(past),
          climatology: past.some(Number.isNaN) ? null : past,
          sentimentShare: shares[at]!,
        };
      });
      let windowGaps = 0;
      for (let i = row - window + 1; i <= row; i++) if (Number.isNaN(coin.columns.close[i]!)) windowGaps++;
      const rawContext = features.context.slice(row * features.contextNames.length);
      const outside = outOfRange(card.scaler, rawContext);
      const known = features.contextNames.indexOf('btcKnown');
      return {
        horizons,
        outOfRange: isFar(outside) ? outside : [],
        shock: recentShock(features, row),
        windowGaps,
        marketContext: rawContext[known] === 1,
        candles,
        calibration: state,
      };
    },
  };
}

/** Mean distance between two quantile curves. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>, at: number): number {
  let sum = 0;
  for (let k = at * LEVELS; k < (at + 1) * LEVELS; k++) sum += Math.abs(a[k]! - b[k]!);
  return sum / LEVELS;
}

/**
 * How much of what moved the forecast at one row was sentiment, at each horizon: d(with, without) ÷ (d(with, without) + d(without, usual)), where d
 * is the mean distance between quantile curves, *with* and *without* are what the ensemble says with all of the row's inputs and with
 * sentiment masked, and *usual* (steps × levels) is climatology. 0: it moved nothing; 1: nothing else did. Two passes of one window, so
 * it costs next to nothing; null where the model takes no sentiment in, none is known at the row, or there is no climatology.
 */
export function sentimentShares(
  { card }: Pick<CalibratedModel, 'card'>,
  forecaster: QuantileForecaster,
  coin: CoinFeatures,
  row: number,
  climatology: ArrayLike<number>,
): (number | null)[] {
  const inputs = scaledSentiment(card, coin, Int32Array.of(row));
  if (!inputs || !sentimentKnown(inputs, 0, inputs.length)) return card.steps.map(() => null);
  const withSentiment = forecaster.predictUncalibrated(coin, row);
  const withoutSentiment = forecaster.predictUncalibrated({ ...coin, sentiment: null }, row);
  return card.steps.map((_, at) => {
    const own = distance(withSentiment, withoutSentiment, at);
    const share = own / (own + distance(withoutSentiment, climatology, at));
    return Number.isFinite(share) ? share : null;
  });
}

/**
 * What stands in where no net should be asked: the coin's own log returns of the trailing year (or 1,440 hours) at each
 * horizon, from the last row. Null where a horizon has fewer than twenty of them.
 */
export function climatologyForecast(columns: CandleColumns, steps: readonly number[]): HorizonDistribution[] | null {
  const last = columns.rows - 1;
  const horizons = steps.map((ahead): HorizonDistribution => {
    let quantiles = [Number.NaN];
    visitClimatology(
      columns.close,
      columns.interval,
      ahead,
      (row) => row === last,
      (_, usual) => {
        quantiles = Array.from(usual);
      },
    );
    const volatility = deviationOf(quantiles);
    return {
      steps: ahead,
      quantiles,
      expectedVolatility: volatility,
      usualVolatility: volatility,
      climatology: quantiles,
    };
  });
  return horizons.some(({ quantiles }) => Number.isNaN(quantiles[0])) ? null : horizons;
}
