import type { CalibrationState } from '../../core/calibration-state.ts';
import { CandlecastError } from '../../core/errors.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { recentShock, type Shock } from '../calibration/shock.ts';
import { isFar, outOfRange } from '../data/scaler.ts';
import type { Engine } from '../engine/types.ts';
import { buildFeatures, type CoinInput, minimumCandles, windowUsable } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import type { LoadedModel } from '../model/model-codec.ts';
import { createDistributionMaker } from './distribution.ts';
import { sentimentShares } from './sentiment-share.ts';

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
  /** How much of what moved this forecast was sentiment (see sentiment-share.ts), 0 … 1; null where none went in. */
  readonly sentimentShare?: number | null;
}

/** A forecast for every horizon of the model. */
export interface CoinForecast {
  readonly horizons: readonly HorizonDistribution[];
  /** Names of inputs beyond what training saw, where they are so many that the bands were opened. */
  readonly outOfRange: readonly string[];
  /** What shook the market in the last candles, if anything did. */
  readonly shock: Shock | null;
  /** Gaps inside the window. */
  readonly windowGaps: number;
  /** Whether Bitcoin's candles were there for the whole window's end. */
  readonly marketContext: boolean;
  /** Candles with a price in the history that was given. */
  readonly candles: number;
  /** What calibration has learnt, to go on from at the next candle; null where it learns nothing. */
  readonly calibration: CalibrationState | null;
}

/** Forecasts with one loaded model. */
export interface Forecaster {
  readonly model: LoadedModel;
  /**
   * Forecasts from the last row of the columns. Throws `CC_HISTORY_TOO_SHORT` when the history is too short or its last
   * window has too many gaps. `calibration` is what an earlier forecast of the coin gave back; without it all candles are gone through.
   */
  forecast(coin: CoinInput, btc: CandleColumns | null, calibration?: CalibrationState | null): CoinForecast;
}

/** Standard deviation of the distribution with the given quantiles: piecewise linear between the levels, flat tails. */
export function deviationOf(quantiles: ArrayLike<number>): number {
  let mean = 0;
  let square = 0;
  const add = (weight: number, a: number, b: number) => {
    mean += (weight * (a + b)) / 2;
    square += (weight * (a * a + a * b + b * b)) / 3;
  };
  const last = QUANTILE_LEVELS.length - 1;
  for (let k = 0; k < last; k++) add(QUANTILE_LEVELS[k + 1]! - QUANTILE_LEVELS[k]!, quantiles[k]!, quantiles[k + 1]!);
  add(QUANTILE_LEVELS[0]!, quantiles[0]!, quantiles[0]!);
  add(1 - QUANTILE_LEVELS[last]!, quantiles[last]!, quantiles[last]!);
  return Math.sqrt(Math.max(square - mean * mean, 0));
}

/** Makes a forecaster from the last row of a coin's candles; the distribution is `createDistributionMaker`'s. */
export function createForecaster(model: LoadedModel, makePredictor?: Engine['createPredictor']): Forecaster {
  const maker = createDistributionMaker(model, makePredictor);
  const { card } = model;
  const { window } = model.spec;
  const need = minimumCandles(window);
  return {
    model,
    forecast(coin, btc, calibration = null) {
      const features = buildFeatures(coin, btc);
      const row = coin.columns.rows - 1;
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
      const { quantiles: final, state } = maker.newest(features, row, calibration);
      const usual = climatologyBaseline.forecast(features, card.steps, here);
      const shares = sentimentShares(model, maker, features, row, usual);
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
