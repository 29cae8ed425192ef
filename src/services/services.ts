import type { Asset } from '../core/asset.ts';
import type { BacktestReport, RuleDescription } from '../core/backtest.ts';
import type { DriftStatus } from '../core/drift.ts';
import type { ForecastExplanation } from '../core/explanation.ts';
import type { ForecastReport } from '../core/forecast.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { FamilyComparison, ServedModel } from '../core/model-info.ts';
import type { SentimentReport } from '../core/sentiment.ts';
import type { StatusReport } from '../core/status.ts';

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
  readonly status: StatusService;
  readonly modelInfo: ModelInfoService;
  readonly drift: DriftReports;
}
