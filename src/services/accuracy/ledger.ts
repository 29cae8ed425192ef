import { LRUCache } from 'lru-cache';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { createSharedCalls, mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError, DatabaseError, type ErrorCode } from '../../core/errors.ts';
import type { ForecastNote, ForecastReport } from '../../core/forecast.ts';
import { HORIZON_NAMES, HORIZONS, type HorizonName, horizonMs } from '../../core/horizon.ts';
import {
  LIVE_GRACE_MS,
  type LiveCause,
  type MissReason,
  SCHEDULE_GRACE_MS,
  type UnissuedForecast,
} from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { probabilityAbove } from '../../core/quantiles.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../../core/time.ts';
import { unconfirmedText } from '../../core/unconfirmed-price.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { LivePrices } from '../../market/live-price.ts';
import type { MarketService } from '../../market/series.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { OutcomeRepository } from '../../storage/outcome-repository.ts';
import type { ModelFacts } from '../../storage/record-repository.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';
import { type CloseForecast, type CloseForecasts, modelName } from '../forecast/close-forecast.ts';
import type { ForecastService } from '../forecast/forecast.ts';
import { createMissedForecasts, missReasonOf } from './missed-forecasts.ts';
import { createScorer, type ScoringReport } from './score-matured.ts';

/** The record of issued forecasts and their scores. */
export interface LedgerService {
  /**
   * Records a forecast from now that is about to be shown; not one beside an unconfirmed price, or from a close that is over `LIVE_GRACE_MS` old.
   * Never throws: a failure is logged, and its cause returned; else null.
   */
  record(report: ForecastReport, cause: LiveCause): Promise<string | null>;
  /**
   * Forecasts every tracked coin at every horizon of the interval from the newest close, waits for candles that are not there yet, and
   * records all as scheduled, and of those that are missing the reason. Called again within `SCHEDULE_GRACE_MS`, it tries only the missing ones. Throws the
   * signal's reason when it is aborted, and `CC_DATABASE`.
   */
  issueScheduled(
    interval: Interval,
    signal: AbortSignal,
  ): Promise<{
    readonly issued: number;
    readonly already: number;
    readonly failed: readonly { readonly symbol: string; readonly reason: string }[];
    /** The grace period had passed: missing forecasts were not tried. */
    readonly tooLate: boolean;
  }>;
  /** Scores due forecasts and revises scores whose candle was corrected. Throws as the above. */
  scoreMatured(signal: AbortSignal): Promise<ScoringReport>;
}

/** What the ledger service is built from. */
export interface LedgerServiceParts {
  readonly ledger: LedgerRepository;
  /** The models that forecasts may have been made by, which are recorded with their first one. */
  readonly modelFiles?: () => readonly ModelFacts[];
  readonly outcomes: Pick<OutcomeRepository, 'add' | 'recent'>;
  readonly schedule: Pick<ScheduleRepository, 'track' | 'miss'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly market: Pick<MarketService, 'series' | 'isStatic'>;
  /** Minutes at the targets of forecasts from now. */
  readonly prices: Pick<LivePrices, 'minutes'>;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  /** Forecasts from the newest closes, which the schedule records. */
  readonly close: CloseForecasts;
  /** Tracked coins. */
  readonly symbols: readonly string[];
  readonly logger: Logger;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** How long one run of the schedule waits for candles that are not there yet; default 2 minutes. */
  readonly limitMs?: number;
}

/** Coins forecast at once; each asks two series of the sources at most. */
const AT_ONCE = 4;
/** Wait after a close: exchanges still book trades into a candle for a moment. */
const SETTLE_MS = 5_000;
/** Pause before coins whose candle was not there are tried again. */
const RETRY_MS = 30_000;
/** Other jobs wait for the same lane, and the schedule runs again within the grace period. */
const LIMIT_MS = 2 * MINUTE_MS;
/** Errors that do not pass within minutes; the coin is tried again in the next run. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CC_STABLECOIN',
  'CC_COIN_CHANGED',
  'CC_UNKNOWN_SYMBOL',
  'CC_MARKET_HALTED',
  'CC_HISTORY_TOO_SHORT',
  'CC_MODEL_MISSING',
  'CC_MODEL_DAMAGED',
]);
/** Recently recorded forecasts, so that many requests for the same one cost one write. */
const REMEMBERED = 2_000;

/** Why a coin has no forecast from a close: for the record, and in words. */
interface Problem {
  readonly reason: MissReason;
  readonly text: string;
}
const NO_CANDLE: Problem = { reason: 'no-candle', text: 'The newest candle is not there yet.' };
const NOT_TRIED: Problem = { reason: 'late', text: 'It was not tried any more.' };
const LATE: Problem = { reason: 'late', text: 'It came too late to count.' };

/** Makes the service that records forecasts and scores them. */
export function createLedgerService(parts: LedgerServiceParts): LedgerService {
  const { ledger, schedule, market, assets, close, symbols, logger, now, sleep, limitMs = LIMIT_MS } = parts;
  const startedMs = now();
  const missed = createMissedForecasts(schedule, logger);
  /** The newest close that was forecast from in time. */
  const triedMs = new Map<Interval, number>();
  const written = new LRUCache<string, true>({ max: REMEMBERED });
  const writing = createSharedCalls<string | null>();
  const scoreMatured = createScorer(parts);

  /** In the transaction of the forecasts, so that neither is there without the other. */
  function modelsOf(forecasts: readonly UnissuedForecast[]): readonly ModelFacts[] {
    const names = new Set(forecasts.flatMap(({ model }) => model.split(' + ')));
    return parts.modelFiles?.().filter(({ version }) => names.has(version)) ?? [];
  }

  /** A coin's forecasts from an origin, or why there are none yet. */
  async function forecastsFrom(
    symbol: string,
    interval: Interval,
    originMs: number,
    missing: readonly HorizonName[],
  ): Promise<{
    readonly forecasts: readonly UnissuedForecast[];
    readonly problem: Problem | null;
    readonly final: boolean;
  }> {
    try {
      if (await market.isStatic(symbol, interval)) {
        const text = 'Its candles come from files, which do not go on.';
        return { forecasts: [], problem: { reason: 'no-candle', text }, final: true };
      }
      const forecasts: UnissuedForecast[] = [];
      for (const horizon of missing) {
        const made = await close.atClose({ asset: assets.resolve(symbol), horizon: HORIZONS[horizon] });
        const { unconfirmed } = made.series;
        if (unconfirmed) {
          const problem: Problem = { reason: 'unconfirmed', text: unconfirmedText(unconfirmed) };
          return { forecasts: [], problem, final: false };
        }
        if (made.originMs === originMs) forecasts.push(closeToUnissued(made));
      }
      return { forecasts, problem: forecasts.length < missing.length ? NO_CANDLE : null, final: false };
    } catch (error) {
      const known = asCandlecastError(error);
      if (known.code === 'CC_INTERNAL') logger.error({ symbol, err: known }, 'a scheduled forecast failed');
      const problem = { reason: missReasonOf(known), text: known.message };
      return { forecasts: [], problem, final: PERMANENT.has(known.code) };
    }
  }

  async function issue(
    interval: Interval,
    originMs: number,
    horizons: readonly HorizonName[],
    signal: AbortSignal,
  ): ReturnType<LedgerService['issueScheduled']> {
    const untilMs = Math.min(originMs + SCHEDULE_GRACE_MS[interval], now() + limitMs);
    const done = new Set(await ledger.scheduledAt(interval, originMs));
    const missing = (symbol: string) => horizons.filter((horizon) => !done.has(`${symbol} ${horizon}`));
    const open = new Map<string, Problem>();
    for (const symbol of symbols) if (missing(symbol).length > 0) open.set(symbol, NOT_TRIED);
    const tooLate = open.size > 0 && now() > originMs + SCHEDULE_GRACE_MS[interval];
    const wanted = symbols.length * horizons.length;
    const before = symbols.flatMap((symbol) => horizons.filter((horizon) => done.has(`${symbol} ${horizon}`))).length;
    let issued = 0;
    let others = 0;
    const failedForGood = new Map<string, Problem>();
    const settled = originMs + SETTLE_MS - now();
    if (settled > 0 && open.size > 0) await sleep(settled, signal);

    while (open.size > 0 && now() <= untilMs) {
      triedMs.set(interval, originMs);
      await mapLimited([...open.keys()], AT_ONCE, async (symbol) => {
        signal.throwIfAborted();
        const { forecasts, problem, final } = await forecastsFrom(symbol, interval, originMs, missing(symbol));
        signal.throwIfAborted();
        const states = forecasts.length === 0 ? [] : await ledger.append(forecasts, 'scheduled', modelsOf(forecasts));
        states.forEach((state, i) => {
          if (state === 'late') return;
          done.add(`${symbol} ${forecasts[i]!.horizon}`);
          // Another process may have recorded it between the read and the write.
          if (state === 'already') others++;
          else issued++;
        });
        if (final && problem) failedForGood.set(symbol, problem);
        if (final || missing(symbol).length === 0) open.delete(symbol);
        else open.set(symbol, states.includes('late') ? LATE : (problem ?? NO_CANDLE));
      });
      if (open.size === 0 || now() + RETRY_MS > untilMs) break;
      await sleep(RETRY_MS, signal);
    }
    const failed = [...failedForGood, ...open];
    // Of a process that was not there in time nothing is known of why; one that was tried in time has its reason.
    if (triedMs.get(interval) === originMs) {
      for (const [symbol, { reason }] of failed) missed.note(symbol, missing(symbol), originMs, reason);
    } else if (tooLate && startedMs <= originMs) {
      for (const [symbol] of failed) missed.note(symbol, missing(symbol), originMs, 'late');
    }
    const already = before + others;
    logger.info({ interval, originMs, issued, already, wanted, failed: failed.length }, 'scheduled forecasts written');
    return { issued, already, failed: failed.map(([symbol, { text: reason }]) => ({ symbol, reason })), tooLate };
  }

  return {
    async record(report, cause) {
      if (report.unconfirmed || !startsFromPrice(report)) return null;
      const forecast = toUnissued(report);
      const key = `${forecast.symbol} ${forecast.horizon} ${forecast.originMs} ${forecast.model} ${cause}`;
      if (written.has(key)) return null;
      return writing.run(key, undefined, async () => {
        try {
          const [state] = await ledger.append([forecast], cause, modelsOf([forecast]));
          written.set(key, true);
          // Of files the newest close is the moment that forecasts count from, and that is usually long ago.
          if (state === 'late') logger.debug({ forecast: key }, 'a forecast was shown too late to be recorded');
          return null;
        } catch (error) {
          const known = asCandlecastError(error);
          logger.error(
            { forecast: key, code: known.code, err: known },
            'a forecast that is shown could not be written down',
          );
          return known instanceof DatabaseError ? known.problem : known.message.replace(/\.$/, '');
        }
      });
    },

    async issueScheduled(interval, signal) {
      const step = INTERVAL_MS[interval];
      const originMs = Math.floor(now() / step) * step;
      const horizons = HORIZON_NAMES.filter((name) => HORIZONS[name].interval === interval);
      const inTime = now() <= originMs + SCHEDULE_GRACE_MS[interval];
      try {
        const isStatic = await mapLimited([...symbols], AT_ONCE, (symbol) => market.isStatic(symbol, interval));
        const tracked = symbols.filter((_, i) => !isStatic[i]);
        await schedule.track(interval, tracked, inTime ? originMs : originMs + step);
        return await issue(interval, originMs, horizons, signal);
      } catch (error) {
        const reason = missReasonOf(asCandlecastError(error));
        // What was written before the failure is left out when this is written down.
        if (reason !== 'other' && inTime) for (const symbol of symbols) missed.note(symbol, horizons, originMs, reason);
        throw error;
      } finally {
        await missed.write();
      }
    },

    scoreMatured,
  };
}

/** What the ledger stores of a forecast from a close. */
function closeToUnissued(made: CloseForecast): UnissuedForecast {
  const { asset, horizon, originMs, lastPrice, distribution, series } = made;
  const { quantiles, climatology, sentimentShare } = distribution;
  const prices = (returns: readonly number[]) => returns.map((value) => lastPrice * Math.exp(value));
  const byModel = made.climatologyReason === null;
  return {
    symbol: asset.symbol,
    interval: horizon.interval,
    horizon: horizon.name,
    originMs,
    targetMs: originMs + horizonMs(horizon),
    lastPrice,
    quantiles: prices(quantiles),
    pUp: probabilityAbove(quantiles, 0),
    climatology: climatology && prices(climatology),
    model: modelName(made),
    source: series.source,
    sentimentShare: byModel && made.model.card.sentiment ? (sentimentShare ?? null) : null,
  };
}

/** Whether the price of a forecast is that of the moment it counts from; else nobody could have acted on it. */
const startsFromPrice = ({ price, originMs }: ForecastReport) =>
  price.kind === 'trade' || originMs - price.atMs <= LIVE_GRACE_MS;

/** What the ledger stores of a forecast from now. */
export function toUnissued(report: ForecastReport): UnissuedForecast {
  return {
    symbol: report.asset.symbol,
    interval: report.horizon.interval,
    horizon: report.horizon.name,
    originMs: report.originMs,
    targetMs: report.targetMs,
    lastPrice: report.lastPrice,
    quantiles: report.quantiles,
    pUp: report.pUp,
    climatology: report.climatology,
    model: report.model.version,
    source: report.price.source,
    sentimentShare: report.sentiment?.share ?? null,
  };
}

/**
 * The forecast service with recording: each forecast is in the ledger before it is returned, as what it is shown for, or says that it is not, so
 * no surface can show another.
 */
export function recordingForecastService(
  inner: ForecastService,
  ledger: Pick<LedgerService, 'record'>,
): ForecastService {
  return {
    async forecast(request, asking) {
      const report = await inner.forecast(request, asking);
      const problem = await ledger.record(report, request.shownAs ?? 'asked');
      if (problem === null) return report;
      const note: ForecastNote = {
        code: 'not-recorded',
        severity: 'warning',
        message: { key: 'notes.notRecorded' },
        advice: { key: 'notes.operatorText', values: { text: `${problem}.` } },
      };
      return { ...report, notes: [note, ...report.notes] };
    },
  };
}
