import { LRUCache } from 'lru-cache';
import type { HorizonAccuracy, LiveAccuracy } from '../../core/accuracy.ts';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { TrackRecord } from '../../core/forecast.ts';
import { chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { LedgerFilter } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS, HOUR_MS, steadyClock } from '../../core/time.ts';
import type { HorizonRecord } from '../../ml/model/card.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';
import { liveScores, MIN_BLOCKS } from '../../ml/scoring/live-scores.ts';
import type { LiveOutcomeRepository } from '../../storage/live-outcome-repository.ts';
import type { OutcomeRepository, ScheduledTotals } from '../../storage/outcome-repository.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';

/** Minimum number of forecasts, over any time. */
const MIN_FORECASTS = 30;

/** Where the record of the schedule is read from. */
export interface ScheduleRecord {
  readonly outcomes: Pick<OutcomeRepository, 'totals'>;
  readonly schedule: Pick<ScheduleRepository, 'missing'>;
}

/** The live record of one horizon between the origins of a filter, without calibration, and what it is made of. */
export async function horizonAccuracy(
  { outcomes, schedule }: ScheduleRecord,
  filter: LedgerFilter,
  nowMs: number,
  card: HorizonAccuracy['card'],
): Promise<{ readonly live: HorizonAccuracy } & Pick<ScheduledTotals, 'sums' | 'best' | 'worst'>> {
  const { interval } = HORIZONS[filter.horizon];
  const { sums, best, worst, scored, ...counts } = await outcomes.totals(filter, nowMs);
  const hours = new Map<number, number>();
  for (const day of sums) hours.set(day.dayMs, (hours.get(day.dayMs) ?? 0) | day.hours);
  const periods = [...hours.values()].reduce((sum, bits) => sum + bitsIn(bits), 0);
  const blocks = periods / BLOCK_PERIODS[interval];
  const [first, last] = [sums[0], sums.at(-1)];
  const live = {
    ...counts,
    horizon: filter.horizon,
    n: scored,
    periods,
    blocks,
    fromMs: first ? first.dayMs + lowestBit(hours.get(first.dayMs)!) * HOUR_MS : null,
    toMs: last ? last.dayMs + highestBit(hours.get(last.dayMs)!) * HOUR_MS : null,
    enough: scored >= MIN_FORECASTS && blocks >= MIN_BLOCKS,
    scores: liveScores(sums, { blockDays: blockDays(interval), blocks, calibrated: false }),
    ...(await schedule.missing(filter, nowMs)),
    revised: sums.reduce((sum, one) => sum + one.revised, 0),
    card,
  };
  return { live, sums, best, worst };
}

/** The same record with its calibration. */
export function withCalibration({
  live,
  sums,
}: Pick<Awaited<ReturnType<typeof horizonAccuracy>>, 'live' | 'sums'>): HorizonAccuracy {
  const block = blockDays(HORIZONS[live.horizon].interval);
  return { ...live, scores: liveScores(sums, { blockDays: block, blocks: live.blocks }) };
}

/** Days of a bootstrap block: a week of hours, two weeks of days. */
const blockDays = (interval: Interval) => (BLOCK_PERIODS[interval] * INTERVAL_MS[interval]) / DAY_MS;

const lowestBit = (bits: number) => 31 - Math.clz32(bits & -bits);
const highestBit = (bits: number) => 31 - Math.clz32(bits);
function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** A forecast without a score counts as waiting for so long after its target: the hour that it may be scored by has to end. */
const SCORED_WITHIN_MS = 2 * HOUR_MS;

/**
 * The record of what was asked for and posted at one horizon. Those of a day overlap, and so do those of neighbouring days: intervals resample
 * blocks of a week of days for hours, of two weeks for days, as those of the schedule do.
 */
export async function liveAccuracy(
  outcomes: Pick<LiveOutcomeRepository, 'totals'>,
  filter: LedgerFilter,
  nowMs: number,
): Promise<LiveAccuracy> {
  const block = blockDays(HORIZONS[filter.horizon].interval);
  const { sums, ...counts } = await outcomes.totals(filter, nowMs - SCORED_WITHIN_MS);
  const n = sums.reduce((sum, one) => sum + one.n, 0);
  const days = new Set(sums.map(({ dayMs }) => dayMs)).size;
  return {
    ...counts,
    horizon: chosenHorizon(filter.horizon),
    n,
    days,
    enough: n >= MIN_FORECASTS && days / block >= MIN_BLOCKS,
    scores: liveScores(sums, { blockDays: block, blocks: days / block, calibrated: false }),
    revised: sums.reduce((sum, one) => sum + one.revised, 0),
  };
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
export interface LiveRecordParts extends ScheduleRecord {
  readonly logger: Logger;
  readonly now: Clock;
}

/** The days by which the label "no measurable edge" is decided. */
const LIVE_DAYS = 180;
/** A record of half a year hardly changes in hours. */
const FRESH_MS = 6 * HOUR_MS;

/**
 * Makes the function that scores the scheduled forecasts of all coins at a horizon over the last 180 days, of all models; null
 * while they are too few or cannot be read. It answers from memory after the first call, and never throws.
 */
export function createLiveRecords({ outcomes, schedule, logger, now }: LiveRecordParts) {
  async function read(horizon: HorizonName): Promise<TrackRecord | null> {
    const nowMs = now();
    const filter = { horizon, symbol: null, model: null, fromMs: nowMs - LIVE_DAYS * DAY_MS, toMs: nowMs };
    return liveRecord((await horizonAccuracy({ outcomes, schedule }, filter, nowMs, null)).live);
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
