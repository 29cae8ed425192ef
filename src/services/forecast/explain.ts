import { closeTimeMs } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { AdjustmentCause, Attribution, ForecastExplanation, ForecastReport } from '../../core/forecast.ts';
import { HORIZONS, horizonMs } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import { MEDIAN_INDEX } from '../../core/quantiles.ts';
import type { ExplanationPool } from '../../ml/workers/forecast.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { WidthService } from '../models/widths.ts';
import {
  type CalibrationStore,
  type ForecastMarket,
  forecastCandles,
  forecastTask,
  keptCalibration,
} from './forecast-inputs.ts';
import type { RollingCandleService } from './rolling-candles.ts';

/** Explanations of forecasts. */
export interface ExplanationService {
  /**
   * Attributes a forecast that was just made to its inputs; the parts add up to the report's numbers. Throws `CC_MODEL_MISSING` when its
   * model or candles are no longer served, and as the forecast does.
   */
  explain(report: ForecastReport, asking?: Asking): Promise<ForecastExplanation>;
}

/** What the explanation service is built from. */
export interface ExplanationParts {
  readonly market: ForecastMarket;
  readonly rolling: Pick<RollingCandleService, 'candlesAt'>;
  readonly calibrations: CalibrationStore;
  readonly widths: Pick<WidthService, 'tableFor'>;
  readonly models: Pick<ModelRegistry, 'serving'>;
  readonly pool: ExplanationPool;
  readonly logger: Logger;
}

/** Makes the explanation service: the forecast's own inputs again, attributed in the forecasting thread. */
export function createExplanationService({
  market,
  rolling,
  calibrations,
  widths,
  models,
  pool,
  logger,
}: ExplanationParts): ExplanationService {
  return {
    async explain(report: ForecastReport, asking: Asking = {}): Promise<ForecastExplanation> {
      const { asset } = report;
      // Of two models, the one whose forecast is of the horizon itself.
      const { candlesUntilMs: originMs, horizon: name, model: version } = report.parts.at(-1)!;
      const horizon = HORIZONS[name];
      if (report.model.family === 'climatology') {
        throw new CandlecastError('CC_MODEL_MISSING', 'This is climatology: no model moved it.', {
          remedy: 'A note of the forecast says why no model was used.',
        });
      }
      const model = await models.serving(horizon.interval);
      const { series, btc, endHour } =
        horizon.interval === '1d'
          ? await rolling.candlesAt(asset.symbol, originMs, asking)
          : { ...(await forecastCandles(market, logger, asset.symbol, '1h', asking)), endHour: 0 };
      const own = upTo(series, originMs);
      const newest = own.candles.at(-1);
      const same = newest !== undefined && closeTimeMs(newest, horizon.interval) === originMs;
      if (model.card.version !== version || !same) {
        throw new CandlecastError(
          'CC_MODEL_MISSING',
          'The model or the candles of this forecast are no longer served.',
          {
            remedy: 'Refresh the forecast and ask again.',
            retryable: true,
          },
        );
      }
      const candles = { series: own, btc: btc && upTo(btc, originMs) };
      const known = await keptCalibration(calibrations, logger, asset.symbol, model, endHour);
      const { task } = await forecastTask(market, candles, model, known);
      const table = await widths.tableFor(model, asset.symbol, originMs);
      const made = await pool.explain({ ...task, widths: table, explainSteps: horizon.steps }, asking.signal);
      const { volatility, quantiles, lastPrice, pUp } = report;
      return {
        symbol: asset.symbol,
        horizon: name,
        originMs,
        modelVersion: model.card.version,
        simulated: report.simulated,
        adjustmentCause: adjustmentCause(report, made.width),
        width: asShown(made.width, Math.log(volatility.expected / volatility.usual)),
        median: asShown(made.median, Math.log(quantiles[MEDIAN_INDEX]! / lastPrice)),
        pUp: asShown(made.pUp, pUp),
      };
    },
  };
}

/** The series as it was at the origin, without later candles. */
function upTo(series: MarketSeries, originMs: number): MarketSeries {
  const candles = series.candles.filter((candle) => closeTimeMs(candle, series.interval) <= originMs);
  return { ...series, candles };
}

/** Why the forecast that is shown differs most from the net's. */
function adjustmentCause({ horizon, parts, volatility }: ForecastReport, width: Attribution): AdjustmentCause {
  const both = parts.filter((part) => horizonMs(HORIZONS[part.horizon]) === horizonMs(horizon));
  if (both.length > 1) return 'hours';
  const since = Math.log(volatility.expected / volatility.usual) - width.shown;
  return Math.abs(since) > Math.abs(width.adjustment) ? 'move' : 'margin';
}

/** Changes to the model's distribution after it was made are part of the adjustment. */
function asShown(attribution: Attribution, shown: number): Attribution {
  return { ...attribution, adjustment: attribution.adjustment + shown - attribution.shown, shown };
}
