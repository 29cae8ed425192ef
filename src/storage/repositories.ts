import type { ScoreSums } from '../core/accuracy.ts';
import type { Asset } from '../core/asset.ts';
import type { CalibrationState } from '../core/calibration-state.ts';
import type { Interval, SourcedCandle } from '../core/candle.ts';
import type { FearGreedDay, Headline } from '../core/headline.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { JobOutcome } from '../core/job.ts';
import type { LedgerCause, LedgerEntry, LedgerHead, LedgerVerdict, Outcome, UnissuedForecast } from '../core/ledger.ts';
import type { Observation, ObservationMetric } from '../core/market.ts';
import type { PaperRepository } from './paper-repository.ts';
import type {
  AlertStateRepository,
  PostRepository,
  SubscriptionRepository,
  TurnRepository,
} from './publishing-repositories.ts';

/** Candles kept. A candle is replaced only by a newer fetch of the same slot. */
export interface CandleRepository {
  /** Inserts or replaces by (symbol, interval, open time), all or nothing; returns how many rows changed. */
  upsert(symbol: string, interval: Interval, candles: readonly SourcedCandle[]): Promise<number>;
  /** Open times from `fromMs` to `toMs`, both included, ascending. */
  range(symbol: string, interval: Interval, fromMs: number, toMs: number): Promise<readonly SourcedCandle[]>;
  /** Open time of the oldest and the newest candle kept, or null. */
  span(symbol: string, interval: Interval): Promise<{ readonly fromMs: number; readonly toMs: number } | null>;
  count(): Promise<number>;
}

/** The coin list kept, so that a restart without network still knows names and ranks. */
export interface AssetRepository {
  replaceAll(assets: readonly Asset[], fetchedAtMs: number): Promise<void>;
  all(): Promise<{ readonly assets: readonly Asset[]; readonly fetchedAtMs: number } | null>;
}

/** Daily numbers about coins, each with the moment it became available. */
export interface ObservationRepository {
  upsert(observations: readonly Observation[]): Promise<number>;
  range(symbol: string, metric: ObservationMetric, fromMs: number, toMs: number): Promise<readonly Observation[]>;
}

/** Headlines kept, all of them: they are the past that sentiment is measured on. */
export interface HeadlineRepository {
  /** Adds those whose id is new, all or nothing; a row that is there is left as it is. Returns how many were added. */
  add(headlines: readonly Headline[]): Promise<number>;
  /** Which of the ids are kept already. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** First seen from `fromMs` to `toMs`, both included, ascending. */
  range(fromMs: number, toMs: number): Promise<readonly Headline[]>;
  /** When the oldest was first seen; null when there are none. */
  oldestMs(): Promise<number | null>;
  count(): Promise<number>;
}

/** Days of the Fear & Greed index. */
export interface FearGreedRepository {
  /** Adds days that are new; returns how many. */
  add(days: readonly FearGreedDay[]): Promise<number>;
  /** Days from `fromMs` to `toMs`, both included, ascending. */
  range(fromMs: number, toMs: number): Promise<readonly FearGreedDay[]>;
}

/** What calibration has learnt about each coin under the model that serves; one state a coin and interval. */
export interface CalibrationRepository {
  /** Null when nothing is kept for that model, or what is kept cannot be read: calibration then learns anew. */
  get(symbol: string, interval: Interval, model: string): Promise<CalibrationState | null>;
  /** Takes the place of what was kept for the coin and interval, of an earlier model too. */
  put(symbol: string, interval: Interval, model: string, state: CalibrationState): Promise<void>;
}

/**
 * What became of a forecast that was to be written down. `marked`: somebody had asked for it before, and it now belongs to the
 * schedule. `already`: it is there. `late`: it may not be written any more, and is not.
 */
export type AppendState = 'appended' | 'marked' | 'already' | 'late';

/** The ledger of issued forecasts: rows are only ever added, each chained to the one before, also by several processes at once. */
export interface LedgerRepository {
  /** Writes forecasts down in one transaction, at the moment the clock shows; what became of each, in order. */
  append(forecasts: readonly UnissuedForecast[], cause: LedgerCause): Promise<readonly AppendState[]>;
  /** `SYMBOL horizon` of every scheduled forecast from an origin. */
  scheduledAt(interval: Interval, originMs: number): Promise<ReadonlySet<string>>;
  /** Rows without a score whose target lies after `sinceMs` and not after `untilMs`, by sequence from after `afterSequence`. */
  unscored(sinceMs: number, untilMs: number, limit: number, afterSequence?: number): Promise<readonly LedgerEntry[]>;
  entries(sequences: readonly number[]): Promise<readonly LedgerEntry[]>;
  /** The forecast from the newest origin not after `untilMs` that was written by `issuedByMs`, of several the one written first; null when there is none. */
  newestFrom(symbol: string, horizon: HorizonName, untilMs: number, issuedByMs: number): Promise<LedgerEntry | null>;
  head(): Promise<LedgerHead | null>;
  /** Walks the whole ledger, a thousand rows in memory at a time. */
  verify(signal?: AbortSignal): Promise<LedgerVerdict>;
}

/** Which forecasts of the ledger: origins from `fromMs` to `toMs`, both included. Null: every coin, every model. */
export interface LedgerFilter {
  readonly horizon: HorizonName;
  readonly symbol: string | null;
  readonly model: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Scores, of which only new ones and revisions are ever added. All but `counts` and `recent` are about scheduled forecasts alone. */
export interface OutcomeRepository {
  /** Adds scores; one that is there already (same row, same revision) is left as it is. Returns how many were added. */
  add(outcomes: readonly Outcome[]): Promise<number>;
  /** Newest score of every forecast, scheduled or not, whose target is not before a moment; of one interval where it is named. */
  recent(
    sinceTargetMs: number,
    interval?: Interval,
  ): Promise<
    readonly (Pick<Outcome, 'sequence' | 'revision' | 'actualPrice'> &
      Pick<LedgerEntry, 'symbol' | 'interval' | 'targetMs'>)[]
  >;
  /** Sums of the newest scores by origin and step of P(up), ascending. */
  sums(filter: LedgerFilter): Promise<readonly ScoreSums[]>;
  /** Scheduled forecasts by what became of them, coins among the scored ones, and forecasts that were only asked for. */
  counts(
    filter: LedgerFilter,
    nowMs: number,
  ): Promise<Readonly<Record<'scored' | 'coins' | 'waiting' | 'unscored' | 'onDemand', number>>>;
  /** Coins with scheduled forecasts: how many, the last of them, and the first there ever was. Models are not told apart. */
  schedule(
    filter: LedgerFilter,
  ): Promise<
    readonly { readonly symbol: string; readonly issued: number; readonly lastMs: number; readonly firstMs: number }[]
  >;
  /** Scored forecasts: the one with the least or most pinball loss for its coin's usual move, the newest, or those of origins `stepMs` apart. */
  calls(
    filter: LedgerFilter,
    pick: { readonly kind: 'best' | 'worst' | 'newest' } | { readonly kind: 'every'; readonly stepMs: number },
  ): Promise<readonly { readonly entry: LedgerEntry; readonly outcome: Outcome }[]>;
}

/** One run of a job that has ended. */
export interface JobRun {
  readonly job: string;
  /** The moment of the schedule it was for; it may have started later. */
  readonly scheduledMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: JobOutcome;
  readonly summary: string;
}

/** Who runs a job, or ran it last. */
export interface JobLease {
  readonly scheduledMs: number;
  readonly owner: string;
  /** Until then nobody else may start it, unless it is finished. */
  readonly untilMs: number;
  readonly finished: boolean;
}

/** Runs of jobs, agreed upon by all processes that share the database. */
export interface JobRunRepository {
  /**
   * Takes a job for one moment of its schedule, for this owner alone and for so long. `held`: another run of it is under way.
   * `done`: it was run for that moment or a later one. What was claimed and never finished can be claimed again after its time.
   */
  claim(wanted: {
    readonly job: string;
    readonly scheduledMs: number;
    readonly owner: string;
    readonly nowMs: number;
    readonly leaseMs: number;
  }): Promise<'claimed' | 'held' | 'done'>;
  /** Writes the run down and gives the job free; with `again`, for the same moment too. */
  finish(ended: {
    readonly job: string;
    readonly owner: string;
    readonly run: JobRun;
    readonly again: boolean;
  }): Promise<void>;
  /** Notes that a job that never ran is not wanted for moments up to this one. */
  begin(job: string, scheduledMs: number): Promise<void>;
  lease(job: string): Promise<JobLease | null>;
  /** The newest run of each job. */
  lastRuns(): Promise<readonly JobRun[]>;
  /** Removes runs that started before; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/** The opened database with everything that is kept in it. */
export interface Storage {
  readonly kind: 'sqlite' | 'postgres';
  readonly candles: CandleRepository;
  readonly assets: AssetRepository;
  readonly observations: ObservationRepository;
  readonly calibrations: CalibrationRepository;
  readonly headlines: HeadlineRepository;
  readonly fearGreed: FearGreedRepository;
  readonly ledger: LedgerRepository;
  readonly jobRuns: JobRunRepository;
  readonly outcomes: OutcomeRepository;
  readonly subscriptions: SubscriptionRepository;
  readonly posts: PostRepository;
  readonly alertStates: AlertStateRepository;
  readonly turns: TurnRepository;
  readonly paper: PaperRepository;
  /** A Keyv store over the same database for what is small and keyed; one table, namespaced. */
  readonly keyValueStore: import('keyv').KeyvStoreAdapter;
  /** Cheap read that proves the database answers; throws `CC_DATABASE`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
