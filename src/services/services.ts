import type { AccuracyQuery, AccuracyReport, PastCall } from '../core/accuracy.ts';
import type { Asset } from '../core/asset.ts';
import type { BacktestReport, RuleDescription } from '../core/backtest.ts';
import type { Interval } from '../core/candle.ts';
import type { DriftStatus } from '../core/drift.ts';
import type { ForecastExplanation } from '../core/explanation.ts';
import type { ForecastReport } from '../core/forecast.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { SourceFailure, SourceHealth } from '../core/market.ts';
import type { FamilyComparison, ServedModel } from '../core/model-info.ts';
import type { PaperReport } from '../core/paper.ts';
import type { KeptModel, PromotionVerdict, RetrainProgress } from '../core/promotion.ts';
import type { SentimentGlance, SentimentReport } from '../core/sentiment.ts';
import type { StatusReport } from '../core/status.ts';
import type { PublishingService } from './subscriptions/publishing.ts';
import type { SubscriptionService } from './subscriptions/subscriptions.ts';

/** The coins that can be asked for; every call answers from memory. */
export interface AssetDirectory {
  /** Best matches for what was typed so far, by symbol and name, ranked by market capitalisation. */
  search(text: string, limit: number): readonly Asset[];
  /** The coin meant by a symbol or a name; throws `CC_UNKNOWN_SYMBOL` (context `suggestions`) or `CC_STABLECOIN`. */
  resolve(text: string): Asset;
}

/** What a forecast is asked for. */
export interface ForecastRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Look for newer candles even where the stored ones are recent. */
  readonly refresh?: boolean;
}

export interface ForecastService {
  /** Throws errors of the family in core/errors.ts; everything that is only degraded is in the report's notes. */
  forecast(request: ForecastRequest): Promise<ForecastReport>;
}

export interface ExplanationService {
  /**
   * Says what moved a forecast that was just made; the parts add up to what the report shows. Throws `CC_MODEL_MISSING` when its
   * model or candles are no longer served, and as the forecast does.
   */
  explain(report: ForecastReport): Promise<ForecastExplanation>;
}

export interface DriftReports {
  /** How the serving models do on candles after those they learnt from, one entry for each interval followed. Never throws. */
  status(): Promise<readonly DriftStatus[]>;
}

export interface ModelInfoService {
  /** One entry an interval, also where no model serves. */
  served(): Promise<readonly ServedModel[]>;
  /** The comparisons of families there are; throws `CC_FILE` when one is damaged. */
  comparisons(): Promise<readonly FamilyComparison[]>;
}

export interface SentimentService {
  /** What is said about a coin by symbol or name. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`. */
  report(symbol: string): Promise<SentimentReport>;
  /** The same of a ticker in short, for the line under a forecast. Throws `CC_DATABASE`. */
  glance(symbol: string): Promise<SentimentGlance>;
}

/** What a round over the sources of headlines brought. */
export interface HeadlineIngestReport {
  readonly fetched: number;
  readonly added: number;
  /** Of those added, kept but not counted. */
  readonly setAside: number;
  readonly failures: readonly SourceFailure[];
}

export interface HeadlineIngestService {
  /**
   * Asks every source once and keeps what is new; who calls meanwhile gets the same round. A source that fails costs none of the others.
   * Throws `CC_DATABASE`, and the signal's reason.
   */
  ingest(signal: AbortSignal): Promise<HeadlineIngestReport>;
  /** Of every source of sentiment; from memory. */
  health(): readonly SourceHealth[];
}

export interface BacktestRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Name of a tracked rule. */
  readonly rule: string;
  /** Days back from the newest candle; candles that the model learnt from are left out. */
  readonly days: number;
}

export interface BacktestService {
  /**
   * What a rule would have led to on candles that the serving model had not learnt from. `onProgress` hears shares from 0 to 1. Throws
   * `CC_IN_SAMPLE`, `CC_UNKNOWN_RULE`, `CC_HISTORY_TOO_SHORT`, `CC_STOPPING` when the signal says so, and as the forecast does.
   */
  run(request: BacktestRequest, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<BacktestReport>;
  /** The tracked rules, for autocomplete; from memory. */
  rules(): readonly RuleDescription[];
}

export interface AccuracyService {
  /** How the forecasts written down in the ledger came out. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`. */
  report(query: AccuracyQuery): Promise<AccuracyReport>;
  /** The newest scheduled forecast of a coin that came due in the last 30 days; null without one. Throws as `report`. */
  last(symbol: string, horizon: HorizonName): Promise<PastCall | null>;
}

export interface LedgerService {
  /** Writes down a forecast that somebody is about to be shown. Never throws: a failure is logged. */
  record(report: ForecastReport): Promise<void>;
  /**
   * Forecasts every tracked coin at every horizon of the interval from the newest close, waits for candles that are not there yet, and
   * writes all down as scheduled. Called again within the grace of `SCHEDULE_GRACE_MS`, it tries only what is missing. Throws what the
   * signal says when it is aborted, and `CC_DATABASE`.
   */
  issueScheduled(
    interval: Interval,
    signal: AbortSignal,
  ): Promise<{
    readonly issued: number;
    readonly already: number;
    readonly failed: readonly { readonly symbol: string; readonly reason: string }[];
    /** The close was too long ago when it was asked for: what is missing was not tried. */
    readonly tooLate: boolean;
  }>;
  /** Scores what came due and revises what a corrected candle has changed. Throws as the above. */
  scoreMatured(signal: AbortSignal): Promise<{
    readonly scored: number;
    readonly revised: number;
    readonly waiting: number;
  }>;
}

/** What came of a retraining that somebody asked for. */
export type RetrainAnswer =
  | { readonly state: 'judged'; readonly version: string | null; readonly verdict: PromotionVerdict }
  /** It takes longer than an answer can be waited for, and goes on. */
  | { readonly state: 'going-on' };

/** What owners may do with the models. `by` is who asked, for the record. */
export interface AdminService {
  /** Trains a new model and lets it serve if it wins. Throws `CC_BUSY`, `CC_TRAINING_DATA`, and as training does. */
  retrain(interval: Interval, by: string, onProgress: (progress: RetrainProgress) => void): Promise<RetrainAnswer>;
  /** Brings back what served before and names it; null: the shipped model. Throws `CC_MODEL_MISSING`. */
  rollback(interval: Interval, by: string): Promise<string | null>;
  /** Lets a kept model serve whatever its verdict. Throws `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`. */
  promote(version: string, by: string): Promise<KeptModel>;
  /** What is remembered of the kept models, newest first, at once; read anew meanwhile, for the next call. */
  recall(): readonly KeptModel[];
}

/** What a paper portfolio is begun with. */
export interface PaperStart {
  readonly guildId: string;
  readonly userId: string;
  /** Tickers or names of tracked coins. */
  readonly symbols: readonly string[];
  readonly rule: string;
  readonly horizon: string;
  /** Dollars; default 10,000. */
  readonly capital?: number;
}

/** Paper portfolios, one a server. */
export interface PaperService {
  /** Throws `CC_PAPER_RUNNING`, `CC_UNKNOWN_RULE`, `CC_UNKNOWN_SYMBOL`, `CC_USAGE`. */
  start(wish: PaperStart): Promise<PaperReport>;
  /** The one that runs, else the last one; throws `CC_PAPER_NONE`. */
  report(guildId: string): Promise<PaperReport>;
  /** Ends it and says how it went; throws `CC_PAPER_NONE`. */
  stop(guildId: string, userId: string): Promise<PaperReport>;
  /** Takes every portfolio through the candles that have closed; safe to call at any time, by several processes. */
  step(signal: AbortSignal): Promise<{ readonly steps: number }>;
}

export interface StatusService {
  status(): Promise<StatusReport>;
}

/** What commands, jobs and the console call. Built in app.ts. */
export interface Services {
  readonly assets: AssetDirectory;
  readonly forecast: ForecastService;
  readonly explanation: ExplanationService;
  readonly sentiment: SentimentService;
  readonly backtest: BacktestService;
  readonly paper: PaperService;
  readonly accuracy: AccuracyService;
  readonly subscriptions: SubscriptionService;
  readonly publishing: PublishingService;
  readonly status: StatusService;
  readonly admin: AdminService;
  readonly modelInfo: ModelInfoService;
  readonly drift: DriftReports;
}
