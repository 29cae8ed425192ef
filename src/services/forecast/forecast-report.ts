import type { Asset } from '../../core/asset.ts';
import { closeTimeMs, INTERVAL_MS } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { FanPoint, ForecastReport, TrackRecord } from '../../core/forecast.ts';
import type { Horizon } from '../../core/horizon.ts';
import type { MarketSeries } from '../../core/market.ts';
import { probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { SentimentPart } from '../../core/sentiment.ts';
import type { CoinForecast, HorizonDistribution } from '../../ml/forecast/forecaster.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import { cardRecord } from '../accuracy/track-record.ts';
import type { ServingModel } from '../models/model-registry.ts';
import type { MissingInput } from './forecast-inputs.ts';
import { forecastNotes } from './forecast-notes.ts';

/** Candles shown on the chart. */
const CHART_CANDLES = 60;
/** Points drawn between neighbouring anchors when candles are too few to make a curve. */
const MIN_POINTS = 8;

/** Everything a report is put together from. */
export interface ReportParts {
  readonly asset: Asset;
  readonly horizon: Horizon;
  readonly series: MarketSeries;
  readonly forecast: Omit<CoinForecast, 'calibration'>;
  readonly model: ServingModel;
  readonly missing: readonly MissingInput[];
  /** Why the history should not be trusted; empty when it may be. */
  readonly faults: readonly string[];
  /** Why the forecast is climatology's; null when it is the model's. */
  readonly climatologyReason: string | null;
  /** The ledger's record, which replaces the card's; null while it is too short. */
  readonly live: TrackRecord | null;
  readonly nowMs: number;
  readonly staticHistory: boolean;
  readonly simulated: boolean;
}

/** Puts a report together. Throws `CC_MODEL_DAMAGED` where the model has no forecast of the horizon. */
export function forecastReport({
  asset,
  horizon,
  series,
  forecast,
  model,
  missing,
  faults,
  climatologyReason,
  live,
  nowMs,
  staticHistory,
  simulated,
}: ReportParts): ForecastReport {
  const { card } = model;
  const stepMs = INTERVAL_MS[horizon.interval];
  const newest = series.candles[series.candles.length - 1]!;
  const originMs = closeTimeMs(newest, horizon.interval);
  const anchors = forecast.horizons.filter((candidate) => candidate.steps <= horizon.steps);
  const chosen = anchors.find((candidate) => candidate.steps === horizon.steps);
  if (!chosen)
    throw new CandlecastError('CC_MODEL_DAMAGED', `The model ${card.version} does not forecast ${horizon.label}.`);
  // The record compares with climatology, so climatology has no record.
  const record = climatologyReason
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
    sentiment: climatologyReason ? null : sentimentPart(card, chosen),
    model: climatologyReason ? climatologyFacts(originMs) : modelFacts(card),
    data: { source: series.source, fetchedAtMs: series.fetchedAtMs, failures: series.failures },
    simulated,
    unconfirmed: series.unconfirmed,
    notes: forecastNotes({
      change: asset.change,
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
      climatologyReason,
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

/** Climatology is fitted again at every candle. */
function climatologyFacts(originMs: number): ForecastReport['model'] {
  return { version: 'climatology', trainedAtMs: originMs, dataUntilMs: originMs, family: 'climatology', members: 1 };
}

/** Log-return quantiles at one of the model's horizons. */
interface FanAnchor {
  readonly steps: number;
  readonly quantiles: readonly number[];
}

/**
 * The fan from the last price to the target: exact at every horizon the model forecasts on the way, between them linear in
 * the square root of time, as the spread of a random walk grows. Anchors ascend; the last one is the target.
 */
function fanPoints(lastPrice: number, originMs: number, stepMs: number, anchors: readonly FanAnchor[]): FanPoint[] {
  const points: FanPoint[] = [{ timeMs: originMs, quantiles: QUANTILE_LEVELS.map(() => lastPrice) }];
  let from: FanAnchor = { steps: 0, quantiles: QUANTILE_LEVELS.map(() => 0) };
  for (const anchor of anchors) {
    const span = anchor.steps - from.steps;
    const pieces = Math.max(span, anchors.length === 1 ? MIN_POINTS : Math.ceil(MIN_POINTS / anchors.length));
    for (let i = 1; i <= pieces; i++) {
      const at = from.steps + (span * i) / pieces;
      const share = (Math.sqrt(at) - Math.sqrt(from.steps)) / (Math.sqrt(anchor.steps) - Math.sqrt(from.steps));
      const quantiles = anchor.quantiles.map(
        (value, k) => lastPrice * Math.exp(from.quantiles[k]! + share * (value - from.quantiles[k]!)),
      );
      points.push({ timeMs: originMs + at * stepMs, quantiles });
    }
    from = anchor;
  }
  return points;
}

/** Sentiment's share of a forecast, and the skill it added in the evaluation at that horizon; null where the model has no sentiment input. */
function sentimentPart(card: ModelCard, { steps, sentimentShare }: HorizonDistribution): SentimentPart | null {
  if (!card.sentiment) return null;
  const found = card.evaluation?.sentiment?.find((worth) => worth.steps === steps);
  if (!found) return { share: sentimentShare ?? null, worth: null };
  const { valuePct, lowPct, highPct, n } = found;
  return { share: sentimentShare ?? null, worth: { valuePct, lowPct, highPct, n } };
}
