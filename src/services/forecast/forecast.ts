import { LRUCache } from 'lru-cache';
import type { Asset } from '../../core/asset.ts';
import { closeTimeMs, INTERVAL_MS } from '../../core/candle.ts';
import { seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { type Horizon, type HorizonName, parseHorizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import { probabilityAbove } from '../../core/quantiles.ts';
import type { Clock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { minimumCandles } from '../../ml/features/build.ts';
import { toColumns } from '../../ml/features/columns.ts';
import { type CoinForecast, climatologyForecast } from '../../ml/forecast/forecaster.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ForecastPool } from '../../ml/workers/forecast.ts';
import type { ModelShelf, ServingModel } from '../models/models.ts';
import { climatologyReason } from './fallback.ts';
import { fanPoints } from './fan.ts';
import {
  type CalibrationStore,
  type ForecastMarket,
  forecastCandles,
  forecastTask,
  keptCalibration,
  type MissingInput,
} from './forecast-inputs.ts';
import { forecastNotes } from './forecast-notes.ts';
import { sentimentPart } from './sentiment-part.ts';
import { cardRecord } from './track-record.ts';

/** What a forecast is asked for. */
export interface ForecastRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Look for newer candles even where the stored ones are recent. */
  readonly refresh?: boolean;
}

/** Forecasts of one coin at one horizon. */
export interface ForecastService {
  /** Throws errors of the family in core/errors.ts; everything that is only degraded is in the report's notes. */
  forecast(request: ForecastRequest): Promise<ForecastReport>;
}

/** Candles shown on the chart. */
const CHART_CANDLES = 60;
const REMEMBERED = 500;

/** What the forecast service is built from. */
export interface ForecastParts {
  readonly assets: AssetDirectory;
  readonly market: ForecastMarket;
  readonly calibrations: CalibrationStore;
  readonly models: ModelShelf;
  readonly pool: ForecastPool;
  readonly simulated: () => boolean;
  /** What the ledger says of a horizon once it says enough; it then takes the place of the card's evaluation. Never throws. */
  readonly liveRecord?: (horizon: HorizonName) => Promise<TrackRecord | null>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** One coin forecast at every horizon of an interval, with what the report needs besides. */
interface Computed {
  readonly forecast: CoinForecast;
  readonly missing: readonly MissingInput[];
  /** Why the history should not be trusted; empty when it may be. */
  readonly faults: readonly string[];
}

/** Makes the forecast service. A net's answer is kept while neither the newest candle nor the model has changed. */
export function createForecastService(parts: ForecastParts): ForecastService {
  const computed = new LRUCache<string, Promise<Computed>>({ max: REMEMBERED });
  const reports = new LRUCache<string, ForecastReport>({ max: REMEMBERED });

  async function compute(model: ServingModel, series: MarketSeries, btc: MarketSeries | null): Promise<Computed> {
    const newest = series.candles[series.candles.length - 1]!;
    const btcNewest = btc?.candles.at(-1);
    const key = [
      series.symbol,
      series.interval,
      newest.openTimeMs,
      newest.fetchedAtMs,
      series.candles.length,
      btcNewest?.openTimeMs ?? 0,
      btcNewest?.fetchedAtMs ?? 0,
      model.card.version,
    ].join('|');
    let answer = computed.get(key);
    if (!answer) {
      answer = run(model, series, btc);
      computed.set(key, answer);
      answer.catch(() => computed.delete(key));
    }
    return answer;
  }

  async function run(model: ServingModel, series: MarketSeries, btc: MarketSeries | null): Promise<Computed> {
    const { symbol, interval } = series;
    const known = await keptCalibration(parts.calibrations, parts.logger, symbol, model);
    const { task, missing } = await forecastTask(parts.market, { series, btc }, model, known);
    const forecast = await parts.pool.forecast(task);
    if (forecast.calibration) {
      // A forecast is worth having even where what it taught cannot be kept.
      await parts.calibrations.put(symbol, interval, model.card.version, forecast.calibration).catch((error) => {
        parts.logger.warn({ err: asCandlecastError(error), symbol }, 'what calibration has learnt cannot be kept');
      });
    }
    return { forecast, missing, faults: faultsOf(series) };
  }

  return {
    async forecast(request: ForecastRequest) {
      const horizon = parseHorizon(request.horizon);
      const asset = parts.assets.resolve(request.symbol);
      const { interval } = horizon;
      const { series, btc } = await forecastCandles(
        parts.market,
        parts.logger,
        asset.symbol,
        interval,
        request.refresh,
      );
      const newest = series.candles.at(-1);
      // Read once: a promotion meanwhile must not mix two models in one forecast.
      const model = await parts.models.serving(interval);
      const need = minimumCandles(model.card.window);
      if (!newest || series.candles.length < need) {
        throw new CandlecastError(
          'CC_HISTORY_TOO_SHORT',
          `${asset.symbol} has ${series.candles.length} complete ${interval === '1d' ? 'daily' : 'hourly'} candles; a forecast needs ${need}.`,
          { context: { have: series.candles.length, need } },
        );
      }
      const staticHistory = await parts.market.isStatic(asset.symbol, interval);
      const originMs = closeTimeMs(newest, interval);
      const nowMs = parts.now();
      const reason = climatologyReason({
        symbol: asset.symbol,
        horizon,
        originMs,
        nowMs,
        staticHistory,
        modelDataUntilMs: model.card.data.stopUntilMs,
      });
      const { forecast, missing, faults } = reason
        ? climatologyInstead(model.card, series, reason)
        : await compute(model, series, btc);
      const report = assemble({
        asset,
        horizon,
        series,
        forecast,
        model,
        missing,
        faults,
        reason,
        live: (await parts.liveRecord?.(horizon.name)) ?? null,
        nowMs,
        staticHistory,
        simulated: parts.simulated(),
      });
      // The same facts give the same object, so that charts and replies can be kept by identity.
      const key = JSON.stringify([
        asset.symbol,
        horizon.name,
        originMs,
        newest.fetchedAtMs,
        report.model.version,
        report.notes,
        report.record,
        report.quantiles,
      ]);
      const known = reports.get(key);
      if (known) return known;
      reports.set(key, report);
      return report;
    },
  };
}

/** Climatology in the model's place, at the model's horizons. Throws `CC_HISTORY_TOO_SHORT`. */
function climatologyInstead({ steps }: ModelCard, series: MarketSeries, reason: string): Computed {
  const horizons = climatologyForecast(toColumns(series.candles, series.interval), steps);
  if (!horizons) {
    const message = `The model cannot be used (${reason}), and ${series.symbol} has too short a history for climatology.`;
    throw new CandlecastError('CC_HISTORY_TOO_SHORT', message);
  }
  const forecast = {
    horizons,
    outOfRange: [],
    shock: null,
    windowGaps: 0,
    marketContext: true,
    candles: series.candles.length,
    calibration: null,
  };
  return { forecast, missing: [], faults: faultsOf(series) };
}

const faultsOf = ({ candles, interval }: MarketSeries) =>
  seriesVerdict(candles, interval).faults.map((fault) => fault.text);

/** Everything a report is put together from. */
interface Assembly {
  readonly asset: Asset;
  readonly horizon: Horizon;
  readonly series: MarketSeries;
  readonly forecast: CoinForecast;
  readonly model: ServingModel;
  readonly missing: readonly MissingInput[];
  readonly faults: readonly string[];
  /** Why the forecast is climatology's; null when it is the model's. */
  readonly reason: string | null;
  readonly live: TrackRecord | null;
  readonly nowMs: number;
  readonly staticHistory: boolean;
  readonly simulated: boolean;
}

function assemble({
  asset,
  horizon,
  series,
  forecast,
  model,
  missing,
  faults,
  reason,
  live,
  nowMs,
  staticHistory,
  simulated,
}: Assembly): ForecastReport {
  const { card } = model;
  const stepMs = INTERVAL_MS[horizon.interval];
  const newest = series.candles[series.candles.length - 1]!;
  const originMs = closeTimeMs(newest, horizon.interval);
  const anchors = forecast.horizons.filter((candidate) => candidate.steps <= horizon.steps);
  const chosen = anchors.find((candidate) => candidate.steps === horizon.steps);
  if (!chosen)
    throw new CandlecastError('CC_MODEL_DAMAGED', `The model ${card.version} does not forecast ${horizon.label}.`);
  // Climatology is what the record measures against, so it has none of its own.
  const record = reason
    ? null
    : (live ?? cardRecord(card.evaluation?.records.find((candidate) => candidate.steps === horizon.steps)));
  const fan = fanPoints(newest.close, originMs, stepMs, anchors);
  return {
    asset,
    horizon,
    originMs,
    targetMs: originMs + horizon.steps * stepMs,
    lastPrice: newest.close,
    quantiles: fan[fan.length - 1]!.quantiles,
    pUp: probabilityAbove(chosen.quantiles, 0),
    fan,
    history: series.candles.slice(-CHART_CANDLES),
    volatility: { expected: chosen.expectedVolatility, usual: chosen.usualVolatility },
    climatology: chosen.climatology?.map((value) => newest.close * Math.exp(value)) ?? null,
    record,
    sentiment: reason ? null : sentimentPart(card, chosen),
    model: reason ? climatologyFacts(originMs) : modelFacts(card),
    data: { source: series.source, fetchedAtMs: series.fetchedAtMs, failures: series.failures },
    simulated,
    notes: forecastNotes({
      series,
      horizon,
      interval: horizon.interval,
      originMs,
      nowMs,
      simulated,
      staticHistory,
      record,
      seenInTraining: card.data.symbols.includes(asset.symbol),
      outOfRange: forecast.outOfRange,
      shock: forecast.shock,
      faults,
      climatologyReason: reason,
      windowGaps: forecast.windowGaps,
      marketContext: forecast.marketContext,
      missing,
      candles: forecast.candles,
      modelDataUntilMs: card.data.stopUntilMs,
      modelProblem: model.problem,
    }),
    issuedAtMs: nowMs,
  };
}

function modelFacts({ version, trainedAtMs, data, family, training }: ModelCard): ForecastReport['model'] {
  return { version, trainedAtMs, dataUntilMs: data.stopUntilMs, family, members: training.seeds.length };
}

/** It learns anew from every candle. */
function climatologyFacts(originMs: number): ForecastReport['model'] {
  return { version: 'climatology', trainedAtMs: originMs, dataUntilMs: originMs, family: 'climatology', members: 1 };
}
