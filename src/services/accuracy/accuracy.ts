import { LRUCache } from 'lru-cache';
import type { AccuracyQuery, AccuracyReport, HorizonAccuracy, LiveAccuracy, PastCall } from '../../core/accuracy.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { createSharedCalls } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import { type Asking, createFairQueue } from '../../core/fair-queue.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { CHOICES, chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { LedgerFilter } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { normalQuantile } from '../../ml/baselines/distributions.ts';
import { scoreForecast } from '../../ml/scoring/ledger-score.ts';
import type { LiveOutcomeRepository } from '../../storage/live-outcome-repository.ts';
import type { ScoredEntry } from '../../storage/outcome-columns.ts';
import type { OutcomeRepository } from '../../storage/outcome-repository.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import { cardRecord, horizonAccuracy, liveAccuracy, withCalibration } from './track-record.ts';

/** Scores of past forecasts. */
export interface AccuracyService {
  /**
   * Scores of the forecasts in the ledger. Reports take turns by server and person; one that nobody waits for any more stops. Throws
   * `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`, `CC_BUSY`, and the signal's reason.
   */
  report(query: AccuracyQuery, asking?: Asking): Promise<AccuracyReport>;
  /**
   * The newest forecast of a coin in a post that came due in the last 30 days, else the newest scheduled one; null without either. One that comes due
   * in these minutes, as yesterday's post does, is measured by the price now before it is scored. Throws as `report`.
   */
  last(
    symbol: string,
    horizon: HorizonName,
    price?: ForecastReport['price'] & { readonly value: number },
  ): Promise<PastCall | null>;
}

/** What the accuracy service is built from. */
export interface AccuracyParts {
  readonly outcomes: Omit<OutcomeRepository, 'add' | 'recent'>;
  readonly liveOutcomes: LiveOutcomeRepository;
  readonly schedule: Pick<ScheduleRepository, 'missing'>;
  readonly models: Pick<ModelRegistry, 'serving'>;
  readonly assets: AssetDirectory;
  readonly simulated: () => boolean;
  readonly logger: Logger;
  readonly now: Clock;
}

const DEFAULT_DAYS = 60;
const MIN_DAYS = 7;
const MAX_DAYS = 1_826;
/** A forecast older than this is not shown as the last one. */
const LAST_DAYS = 30;
/** How far a forecast's target may lie from a price that it is measured by before it is scored. */
const NOW_WITHIN_MS = 2 * MINUTE_MS;
/** The horizon shown in full when none is given. */
const DEFAULT_HORIZON = '1d';
/** Origins on the chart at most: of one coin, and of all together. */
const MAX_ORIGINS = 90;
const MAX_ORIGINS_OF_ALL = 60;
/** The record grows once an hour, so a report is kept for a while. */
const KEPT_MS = MINUTE_MS;
const KEPT = 100;
/** A report takes a few tenths of a second of the main thread and the database's; other work comes between the steps of two reports, and would wait long for many. */
const TURNS = { atOnce: 2, perPerson: 2, perServer: 40, total: 120, noun: 'accuracy reports' } as const;
/** The lowest level the chart draws, and one minus the highest: more extreme ones are drawn at its edge. */
const MIN_CHART_LEVEL = 1e-4;

/** Makes the service behind `/accuracy` and the weekly reports: from the ledger alone, the card's evaluation apart. */
export function createAccuracyService(parts: AccuracyParts): AccuracyService {
  const { outcomes, liveOutcomes, schedule, models, assets, simulated, logger, now } = parts;
  const turns = createFairQueue(TURNS);
  const computing = createSharedCalls<AccuracyReport>();
  const kept = new LRUCache<string, AccuracyReport>({
    max: KEPT,
    // lru-cache takes an entry of exactly this age for fresh.
    ttl: KEPT_MS - 1,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });

  async function cardOf(horizon: HorizonName): Promise<HorizonAccuracy['card']> {
    const { interval, steps } = HORIZONS[horizon];
    try {
      const { card } = await models.serving(interval);
      return cardRecord(card.evaluation?.records.find((record) => record.steps === steps));
    } catch (error) {
      // The live record does not need the card: the report says that there is none, and /status shows why no model serves.
      logger.warn({ interval, err: asCandlecastError(error) }, 'no card to show beside the ledger');
      return 'unknown';
    }
  }

  async function make(
    query: Required<Pick<AccuracyQuery, 'days'>> & AccuracyQuery,
    signal: AbortSignal,
  ): Promise<AccuracyReport> {
    const nowMs = now();
    const asset = query.symbol === undefined ? null : assets.resolve(query.symbol);
    const filter = (horizon: HorizonName): LedgerFilter => ({
      horizon,
      symbol: asset?.symbol ?? null,
      model: query.model ?? null,
      fromMs: nowMs - query.days * DAY_MS,
      toMs: nowMs,
    });
    const records: Awaited<ReturnType<typeof horizonAccuracy>>[] = [];
    const choices = query.horizon ? [chosenHorizon(query.horizon)] : CHOICES;
    for (const horizon of HORIZON_NAMES.filter((name) => choices.some((choice) => choice === chosenHorizon(name)))) {
      signal.throwIfAborted();
      records.push(await horizonAccuracy({ outcomes, schedule }, filter(horizon), nowMs, await cardOf(horizon)));
    }
    const horizons = records.map((record) => record.live);
    const live: LiveAccuracy[] = [];
    for (const horizon of choices) {
      signal.throwIfAborted();
      live.push(await liveAccuracy(liveOutcomes, filter(horizon), nowMs));
    }
    const most = horizons.reduce((best, one) => (one.n > best.n ? one : best));
    const usual = horizons.find((one) => one.horizon === DEFAULT_HORIZON && (one.n > 0 || most.n === 0));
    const shown = (usual ?? most).horizon;
    signal.throwIfAborted();
    const record = records.find((one) => one.live.horizon === shown)!;
    const one = async (sequence: number | null) =>
      callOf(sequence === null ? null : await outcomes.scoredEntry(sequence));
    const step = INTERVAL_MS[HORIZONS[shown].interval];
    const { fromMs, toMs } = record.live;
    const origins = fromMs === null || toMs === null ? 1 : (toMs - fromMs) / step + 1;
    const pastEvery = Math.ceil(origins / (asset ? MAX_ORIGINS : MAX_ORIGINS_OF_ALL));
    const past =
      fromMs === null || toMs === null
        ? []
        : await outcomes.every({ ...filter(shown), fromMs, toMs }, pastEvery * step);
    signal.throwIfAborted();
    return {
      symbol: asset?.symbol ?? null,
      name: asset?.name ?? null,
      model: query.model ?? null,
      days: query.days,
      nowMs,
      horizons: horizons.map((one) => (one === record.live ? withCalibration(record) : one)),
      live,
      shown,
      best: await one(record.best),
      worst: await one(record.worst),
      last: callOf(await outcomes.newest(filter(shown))),
      past: past.map(pastCall),
      pastEvery,
      simulated: simulated(),
    };
  }

  return {
    async last(symbol, horizon, price) {
      const nowMs = now();
      const { symbol: known } = assets.resolve(symbol);
      const sinceMs = nowMs - LAST_DAYS * DAY_MS;
      if (price?.kind === 'trade') {
        const [fromMs, toMs] = [price.atMs - NOW_WITHIN_MS, price.atMs + NOW_WITHIN_MS];
        const due = await liveOutcomes.postedFor(known, chosenHorizon(horizon), fromMs, toMs);
        if (due) {
          const actual = { actualPrice: price.value, source: price.source, scoredAtMs: nowMs, revision: 0 };
          return { ...pastCall({ entry: due, outcome: scoreForecast(due, actual) }), isScored: false };
        }
      }
      const posted = await liveOutcomes.newestPosted(known, chosenHorizon(horizon), sinceMs);
      if (posted) return pastCall(posted);
      return callOf(await outcomes.newest({ horizon, symbol: known, model: null, fromMs: sinceMs, toMs: nowMs }));
    },

    async report(query, { asker, signal } = {}) {
      const days = Math.min(Math.max(Math.round(query.days ?? DEFAULT_DAYS), MIN_DAYS), MAX_DAYS);
      // An unknown coin need not wait for its turn to be told.
      const symbol = query.symbol === undefined ? null : assets.resolve(query.symbol).symbol;
      const key = JSON.stringify([symbol, query.horizon, days, query.model]);
      const known = kept.get(key);
      if (known) return known;
      return computing.run(key, signal, (wanted) =>
        turns.run({ asker, signal: wanted }, async () => {
          const report = await make({ ...query, days }, wanted);
          kept.set(key, report);
          return report;
        }),
      );
    },
  };
}

const callOf = (scored: ScoredEntry | null): PastCall | null => (scored === null ? null : pastCall(scored));

function pastCall({ entry, outcome }: ScoredEntry): PastCall {
  const level = Math.min(Math.max(outcome.level, MIN_CHART_LEVEL), 1 - MIN_CHART_LEVEL);
  return {
    symbol: entry.symbol,
    horizon: entry.horizon,
    originMs: entry.originMs,
    targetMs: entry.targetMs,
    lastPrice: entry.lastPrice,
    quantiles: entry.quantiles,
    pUp: entry.pUp,
    model: entry.model,
    actualPrice: outcome.actualPrice,
    band: outcome.band,
    position: normalQuantile(level),
    revised: outcome.revision > 0,
    isScored: true,
  };
}
