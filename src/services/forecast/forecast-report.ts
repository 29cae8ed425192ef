import type { Asset } from '../../core/asset.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { AnnouncementAhead, FanPoint, ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { type Horizon, horizonMs } from '../../core/horizon.ts';
import type { LivePrice } from '../../core/market.ts';
import type { EventKind, EventSchedule } from '../../core/market-events.ts';
import { deviationOf, MEDIAN_INDEX, probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { SentimentPart } from '../../core/sentiment.ts';
import { MINUTE_MS } from '../../core/time.ts';
import type { EventFactors } from '../../ml/calibration/calendar-width.ts';
import type { HorizonDistribution } from '../../ml/forecast/forecaster.ts';
import { combineDays, sinceClose } from '../../ml/forecast/from-now.ts';
import type { HorizonRecord, ModelCard } from '../../ml/model/card.ts';
import { cardRecord } from '../accuracy/track-record.ts';
import { type CloseForecast, modelName } from './close-forecast.ts';
import { forecastNotes, unconfirmedOf } from './forecast-notes.ts';

/** Candles kept for the chart: three weeks of hours, or two months of days. */
const CHART_CANDLES = { '1h': 21 * 24, '1d': 60 } as const;
/** Points drawn from the origin to the target. */
const FAN_POINTS = 24;

/** Everything a report is put together from. At least one of `hours` and `days` is there. */
export interface ReportParts {
  readonly asset: Asset;
  readonly horizon: Horizon;
  /** The hourly model's forecast: at the horizon itself, or of the 24 hours at its beginning. */
  readonly hours: CloseForecast | null;
  /** The daily model's forecast at the horizon; null for hours, and where there is none of a day. */
  readonly days: CloseForecast | null;
  readonly price: LivePrice;
  /** The ledger's record, which replaces the card's; null while it is too short. */
  readonly live: TrackRecord | null;
  readonly nowMs: number;
  readonly simulated: boolean;
  /** Scheduled announcements. */
  readonly schedule: EventSchedule;
}

/**
 * Puts a report together: what the models say about the span of the horizon, applied to the price now. Both models forecast one day, and
 * there their quantiles are averaged. Where the candles come from files, their newest close is the price and the moment.
 */
export function forecastReport({
  asset,
  horizon,
  hours,
  days,
  price,
  live,
  nowMs,
  simulated,
  schedule,
}: ReportParts): ForecastReport {
  const known = [hours, days].filter((part) => part !== null);
  const used = partsUsed(horizon, hours, days);
  // The part that forecasts the horizon itself.
  const main = used.at(-1)!;
  const { card } = main.model;
  const anchors = anchorsOf(used, price, schedule, nowMs).filter(({ aheadMs }) => aheadMs <= horizonMs(horizon));
  const { distribution } = anchors.at(-1)!;
  const isStatic = main.staticHistory;
  const originMs = isStatic ? Math.max(...used.map((part) => part.originMs)) : nowMs;
  const newestPart = used.find((part) => part.originMs === originMs) ?? main;
  const lastPrice = isStatic ? newestPart.lastPrice : price.price;
  const announcement = announcementAhead(schedule, main, horizon.steps, originMs);
  const byClimatology = main.climatologyReason !== null;
  // The record compares with climatology, so climatology has no record.
  const record = byClimatology ? null : (live ?? cardRecord(evaluationOf(main, used.length === 2)));
  const fan = fanPoints(lastPrice, originMs, anchors);
  const chart = hours ?? main;
  const newest = known.reduce((a, b) => (b.series.fetchedAtMs > a.series.fetchedAtMs ? b : a));
  return {
    asset,
    horizon,
    originMs,
    targetMs: originMs + horizonMs(horizon),
    lastPrice,
    price: isStatic
      ? { kind: 'close', atMs: originMs, source: newestPart.series.source }
      : { kind: price.kind, atMs: price.atMs, source: price.source },
    parts: used.map((part) => ({
      horizon: part.horizon.name,
      model: modelName(part),
      candlesUntilMs: part.originMs,
    })),
    quantiles: fan[fan.length - 1]!.quantiles,
    pUp: probabilityAbove(distribution.quantiles, 0),
    fan,
    history: chart.series.candles.slice(-CHART_CANDLES[chart.horizon.interval]),
    historyInterval: chart.horizon.interval,
    volatility: { expected: distribution.expectedVolatility, usual: distribution.usualVolatility },
    climatology: distribution.climatology?.map((value) => lastPrice * Math.exp(value)) ?? null,
    record,
    sentiment: byClimatology ? null : sentimentPart(card, distribution),
    model: byClimatology ? climatologyFacts(main.originMs) : modelFacts(used),
    data: {
      source: newest.series.source,
      fetchedAtMs: newest.series.fetchedAtMs,
      failures: main.series.failures,
    },
    simulated,
    announcement,
    unconfirmed: unconfirmedOf(used, price),
    notes: forecastNotes({
      used,
      missing: missingPart(horizon, used),
      price,
      nowMs,
      simulated,
      record,
      announcement,
    }),
    issuedAtMs: nowMs,
  };
}

/**
 * The parts whose forecasts are used, those of hours first. Climatology stands in only where no model's forecast is left; files may hold days that
 * end after the hours, and then the older ones are left out.
 */
function partsUsed(
  horizon: Horizon,
  hours: CloseForecast | null,
  days: CloseForecast | null,
): readonly CloseForecast[] {
  if (!hours || !days) return [(hours ?? days)!];
  const isOlder = (a: CloseForecast, b: CloseForecast) => a.staticHistory && a.originMs < b.originMs;
  if (hours.climatologyReason !== null || isOlder(hours, days)) return [days];
  if (days.climatologyReason !== null || isOlder(days, hours)) return horizon.steps === 1 ? [hours] : [days];
  return [hours, days];
}

/** The interval whose forecast is missing although it belongs there, or is not used. */
function missingPart(horizon: Horizon, used: readonly CloseForecast[]): Interval | null {
  if (horizon.interval === '1h' || used.length === 2) return null;
  return used[0]!.horizon.interval === '1h' ? '1d' : '1h';
}

/** One of the moments that the models forecast, in ms after the origin. */
interface FanAnchor {
  readonly aheadMs: number;
  readonly distribution: HorizonDistribution;
}

/** Every moment that the parts forecast, ascending, as seen at the last trade; of one day, the two forecasts are combined. */
function anchorsOf(
  parts: readonly CloseForecast[],
  price: LivePrice,
  schedule: EventSchedule,
  nowMs: number,
): readonly FanAnchor[] {
  const anchors = new Map<number, HorizonDistribution>();
  for (const part of parts) {
    for (const atClose of part.forecast.horizons) {
      const distribution = part.staticHistory ? atClose : carriedTo(price, part, atClose, schedule, nowMs);
      const aheadMs = distribution.steps * INTERVAL_MS[part.horizon.interval];
      const hourly = anchors.get(aheadMs);
      anchors.set(aheadMs, hourly ? combineDays(hourly, distribution) : distribution);
    }
  }
  return [...anchors]
    .map(([aheadMs, distribution]) => ({ aheadMs, distribution }))
    .sort((a, b) => a.aheadMs - b.aheadMs);
}

/**
 * A forecast from a close, as seen at a later trade: wider for announcements in the span that begins now, and no longer for those in the span that began at
 * the close.
 */
function carriedTo(
  price: LivePrice,
  part: CloseForecast,
  distribution: HorizonDistribution,
  schedule: EventSchedule,
  nowMs: number,
): HorizonDistribution {
  const move = Math.log(price.price / part.lastPrice);
  const minutes = (price.atMs - part.originMs) / MINUTE_MS;
  const span = { interval: part.horizon.interval, steps: distribution.steps };
  const factorFrom = (ms: number) => announcementAhead(schedule, part, distribution.steps, ms)?.factor ?? 1;
  const [atClose, now] = [factorFrom(part.originMs), factorFrom(nowMs)];
  // What is usual in such minutes is judged by the width without announcements.
  const quantiles = scaledAround(
    sinceClose(scaledAround(distribution.quantiles, 1 / atClose), move, minutes, span),
    now,
  );
  if (quantiles === distribution.quantiles) return distribution;
  return { ...distribution, quantiles, expectedVolatility: deviationOf(quantiles) };
}

/**
 * What the card knows of such forecasts: of one day by both models, of days that end at any hour, else of the model's own candles. Days that
 * ended at the last midnight were not measured at other hours.
 */
function evaluationOf({ model, horizon, tooFewHours }: CloseForecast, byBoth: boolean): HorizonRecord | undefined {
  const { evaluation } = model.card;
  const { steps } = horizon;
  const rolling = tooFewHours ? undefined : evaluation?.rollingDays;
  if (byBoth && steps === 1 && rolling?.combinedDay) return rolling.combinedDay.record;
  const records = [...(rolling?.records ?? []), ...(evaluation?.records ?? [])];
  return records.find((record) => record.steps === steps);
}

function modelFacts(parts: readonly CloseForecast[]): ForecastReport['model'] {
  const cards = parts.map(({ model }) => model.card);
  return {
    version: cards.map(({ version }) => version).join(' + '),
    trainedAtMs: Math.min(...cards.map(({ trainedAtMs }) => trainedAtMs)),
    dataUntilMs: Math.min(...cards.map(({ data }) => data.stopUntilMs)),
    family: cards.at(-1)!.family,
    members: cards.reduce((sum, { training }) => sum + training.seeds.length, 0),
  };
}

/** Climatology is fitted again at every candle. */
function climatologyFacts(originMs: number): ForecastReport['model'] {
  return { version: 'climatology', trainedAtMs: originMs, dataUntilMs: originMs, family: 'climatology', members: 1 };
}

/**
 * The fan from the price now to the target: exact at every moment the models forecast on the way, between them linear in
 * the square root of time, as the spread of a random walk grows. Anchors ascend; the last one is the target.
 */
function fanPoints(lastPrice: number, originMs: number, anchors: readonly FanAnchor[]): FanPoint[] {
  const none = QUANTILE_LEVELS.map(() => 0);
  const points: FanPoint[] = [{ timeMs: originMs, quantiles: none.map(() => lastPrice) }];
  const pieces = Math.ceil(FAN_POINTS / anchors.length);
  let from: { readonly aheadMs: number; readonly quantiles: readonly number[] } = { aheadMs: 0, quantiles: none };
  for (const { aheadMs, distribution } of anchors) {
    for (let i = 1; i <= pieces; i++) {
      const at = from.aheadMs + ((aheadMs - from.aheadMs) * i) / pieces;
      const share = (Math.sqrt(at) - Math.sqrt(from.aheadMs)) / (Math.sqrt(aheadMs) - Math.sqrt(from.aheadMs));
      const quantiles = distribution.quantiles.map(
        (value, k) => lastPrice * Math.exp(from.quantiles[k]! + share * (value - from.quantiles[k]!)),
      );
      points.push({ timeMs: originMs + at, quantiles });
    }
    from = { aheadMs, quantiles: distribution.quantiles };
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

/** Of a forecast from a close, what widening it takes. */
interface WidenedPart {
  readonly model: { readonly card: Pick<ModelCard, 'interval' | 'steps'> };
  readonly eventFactors: EventFactors;
  readonly climatologyReason: CloseForecast['climatologyReason'];
}

/** The announcement that a forecast of so many candles from a moment is widened for; null where there is none, and where climatology answers. */
function announcementAhead(
  schedule: EventSchedule,
  part: WidenedPart,
  steps: number,
  fromMs: number,
): AnnouncementAhead | null {
  const { interval, steps: horizons } = part.model.card;
  const factors = part.eventFactors[horizons.indexOf(steps)];
  if (part.climatologyReason !== null || !factors) return null;
  const event = schedule.within(fromMs, steps * INTERVAL_MS[interval], Object.keys(factors) as EventKind[]);
  if (!event) return null;
  const { kind, atMs, expected } = event;
  return { kind, atMs, ...(expected ? { expected } : {}), factor: factors[kind]! };
}

/** Quantiles at QUANTILE_LEVELS with their distances from the median scaled; the same array where the factor is one. */
function scaledAround(quantiles: readonly number[], factor: number): readonly number[] {
  if (factor === 1) return quantiles;
  const median = quantiles[MEDIAN_INDEX]!;
  return quantiles.map((value) => median + factor * (value - median));
}
