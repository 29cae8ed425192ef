import { LRUCache } from 'lru-cache';
import type { HorizonAccuracy, LiveAccuracy } from '../../core/accuracy.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { TrackRecord } from '../../core/forecast.ts';
import { chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { SCHEDULE_GRACE_MS } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../../core/time.ts';
import type { HorizonRecord } from '../../ml/model/card.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';
import { liveScores, MIN_BLOCKS } from '../../ml/scoring/live-scores.ts';
import type { LiveOutcomeRepository } from '../../storage/live-outcome-repository.ts';
import type { LedgerFilter, OutcomeRepository } from '../../storage/outcome-repository.ts';

/** Minimum number of forecasts, over any time. */
const MIN_FORECASTS = 30;

/** The live record of one horizon between the origins of a filter. */
export async function horizonAccuracy(
  outcomes: Pick<OutcomeRepository, 'sums' | 'counts' | 'schedule'>,
  filter: LedgerFilter,
  tracked: readonly string[],
  nowMs: number,
  card: HorizonAccuracy['card'],
): Promise<HorizonAccuracy> {
  const { interval } = HORIZONS[filter.horizon];
  const sums = await outcomes.sums(filter);
  const counts = await outcomes.counts(filter, nowMs);
  const n = sums.reduce((sum, one) => sum + one.n, 0);
  const periods = new Set(sums.map(({ originMs }) => originMs)).size;
  const blocks = periods / BLOCK_PERIODS[interval];
  return {
    horizon: filter.horizon,
    n,
    coins: counts.coins,
    periods,
    blocks,
    fromMs: sums[0]?.originMs ?? null,
    toMs: sums.at(-1)?.originMs ?? null,
    enough: n >= MIN_FORECASTS && blocks >= MIN_BLOCKS,
    scores: liveScores(sums, { stepMs: INTERVAL_MS[interval], block: BLOCK_PERIODS[interval] }),
    waiting: counts.waiting,
    unscored: counts.unscored,
    missing: await missingForecasts(outcomes, filter, tracked, nowMs),
    onDemand: counts.onDemand,
    revised: sums.reduce((sum, one) => sum + one.revised, 0),
    card,
  };
}

/** A forecast without a score counts as waiting for so long after its target: the hour that it may be scored by has to end. */
const SCORED_WITHIN_MS = 2 * HOUR_MS;

/**
 * The record of what was asked for and posted at one horizon. Those of a day overlap, and so do those of neighbouring days: intervals resample
 * blocks of a week of days for hours, of two weeks for days, as those of the schedule do.
 */
export async function liveAccuracy(
  outcomes: Pick<LiveOutcomeRepository, 'sums' | 'counts'>,
  filter: LedgerFilter,
  nowMs: number,
): Promise<LiveAccuracy> {
  const { interval } = HORIZONS[filter.horizon];
  const block = (BLOCK_PERIODS[interval] * INTERVAL_MS[interval]) / DAY_MS;
  const sums = await outcomes.sums(filter);
  const counts = await outcomes.counts(filter, nowMs - SCORED_WITHIN_MS);
  const n = sums.reduce((sum, one) => sum + one.n, 0);
  const days = new Set(sums.map(({ originMs }) => originMs)).size;
  return {
    ...counts,
    horizon: chosenHorizon(filter.horizon),
    n,
    days,
    enough: n >= MIN_FORECASTS && days / block >= MIN_BLOCKS,
    scores: liveScores(sums, { stepMs: DAY_MS, block }),
    revised: sums.reduce((sum, one) => sum + one.revised, 0),
  };
}

/**
 * Missing scheduled forecasts: of a tracked coin between its first forecast and the newest one that would be too late
 * by now, of a coin no longer tracked up to its last.
 */
async function missingForecasts(
  outcomes: Pick<OutcomeRepository, 'schedule'>,
  filter: LedgerFilter,
  tracked: readonly string[],
  nowMs: number,
): Promise<number> {
  const { interval } = HORIZONS[filter.horizon];
  const step = INTERVAL_MS[interval];
  const dueMs = Math.floor((Math.min(filter.toMs, nowMs - SCHEDULE_GRACE_MS[interval]) - 1) / step) * step;
  const issued = [...(await outcomes.schedule(filter))];
  const silent = (filter.symbol === null ? tracked : tracked.filter((symbol) => symbol === filter.symbol)).filter(
    (symbol) => !issued.some((row) => row.symbol === symbol),
  );
  // A coin may have scheduled forecasts only before the requested days; then all of these days are missing.
  for (const symbol of silent) {
    const [before] = await outcomes.schedule({ ...filter, symbol, fromMs: 0, toMs: filter.fromMs - 1 });
    if (before) issued.push({ ...before, issued: 0 });
  }
  return issued.reduce((sum, { symbol, issued: there, firstMs, lastMs }) => {
    const fromMs = Math.max(firstMs, Math.ceil(filter.fromMs / step) * step);
    const toMs = tracked.includes(symbol) ? Math.max(dueMs, lastMs) : lastMs;
    return sum + Math.max(0, Math.floor((toMs - fromMs) / step) + 1 - there);
  }, 0);
}

const BASELINE = "climatology (the coin's own past returns)";
/** Minimum number of blocks, for a meaningful confidence interval; from then on the live record replaces the card's evaluation. */
const LIVE_RECORD_FORECASTS = 100;
const LIVE_RECORD_BLOCKS = 6;

/** The track record of a horizon in a model's card; null where it was not evaluated. */
export function cardRecord(record: HorizonRecord | undefined): TrackRecord | null {
  if (!record || record.n === 0) return null;
  return {
    kind: 'card',
    baseline: BASELINE,
    skillPct: record.overClimatology.value,
    skillLowPct: record.overClimatology.low,
    skillHighPct: record.overClimatology.high,
    coverage80: record.model.coverage[1]!,
    n: record.n,
    coins: record.coins,
    fromMs: record.fromMs,
    toMs: record.toMs,
    edge: record.overClimatology.low > 0,
  };
}

/** The track record of a horizon in the ledger; null while it is too short to replace the card's. */
function liveRecord(live: HorizonAccuracy): TrackRecord | null {
  const { n, coins, blocks, fromMs, toMs, scores } = live;
  if (n < LIVE_RECORD_FORECASTS || blocks < LIVE_RECORD_BLOCKS || fromMs === null || toMs === null) return null;
  if (!scores?.skillPct) return null;
  const { value, low, high } = scores.skillPct;
  if (low === null || high === null) return null;
  return {
    kind: 'live',
    baseline: BASELINE,
    skillPct: value,
    skillLowPct: low,
    skillHighPct: high,
    coverage80: scores.coverage[1]!.value,
    n,
    coins,
    fromMs,
    toMs,
    edge: low > 0,
  };
}

/** The dependencies of `createLiveRecords`. */
export interface LiveRecordParts {
  readonly outcomes: Pick<OutcomeRepository, 'sums' | 'counts' | 'schedule'>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** The days by which the label "no measurable edge" is decided. */
const LIVE_DAYS = 180;
/** A record of half a year hardly changes in hours, and reading it again takes seconds once it is long. */
const FRESH_MS = 6 * HOUR_MS;

/**
 * Makes the function that scores the scheduled forecasts of all coins at a horizon over the last 180 days, of all models; null
 * while they are too few or cannot be read. It answers from memory after the first call, and never throws.
 */
export function createLiveRecords({ outcomes, logger, now }: LiveRecordParts) {
  async function read(horizon: HorizonName): Promise<TrackRecord | null> {
    const nowMs = now();
    const filter = { horizon, symbol: null, model: null, fromMs: nowMs - LIVE_DAYS * DAY_MS, toMs: nowMs };
    return liveRecord(await horizonAccuracy(outcomes, filter, [], nowMs, null));
  }

  const records = new LRUCache<HorizonName, { readonly record: TrackRecord | null }>({
    max: HORIZON_NAMES.length,
    ttl: FRESH_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
    // While it is read again, callers get the previous one.
    allowStale: true,
    async fetchMethod(horizon, before) {
      try {
        return { record: await read(horizon) };
      } catch (error) {
        logger.warn({ horizon, err: asCandlecastError(error) }, 'the live record cannot be read');
        return before ?? { record: null };
      }
    },
  });

  return async (horizon: HorizonName): Promise<TrackRecord | null> => (await records.forceFetch(horizon)).record;
}
