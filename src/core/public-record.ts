import type { LiveEstimate } from './accuracy.ts';
import type { Interval } from './candle.ts';
import type { HorizonChoice, HorizonName } from './horizon.ts';
import type { LedgerForecast } from './ledger.ts';
import type { OddsRecordReport } from './odds-record.ts';
import type { Checkpoint } from './record.ts';

/** What forecasts are compared with, each from the same origins. */
export const RECORD_BASELINES = ['climatology', 'EWMA', 'random walk'] as const;
export type RecordBaseline = (typeof RECORD_BASELINES)[number];

/** By how many per cent the pinball loss was below a baseline's, over the forecasts that the baseline was there for. */
export interface RecordSkill {
  readonly baseline: RecordBaseline;
  readonly n: number;
  /** Null without a forecast to compare. */
  readonly skillPct: LiveEstimate | null;
}

/** Scores of some forecasts of the schedule. */
export interface RecordScores {
  readonly n: number;
  /** Shares inside the 50, 80 and 95 % ranges; empty without forecasts. */
  readonly coverage: readonly LiveEstimate[];
  /** In the order of RECORD_BASELINES. */
  readonly skills: readonly RecordSkill[];
}

/** Scores of the forecasts of the days up to a moment. */
export interface RecordPoint extends RecordScores {
  readonly toMs: number;
}

/** Forecasts whose P(up) lay in one bin, from `low` to below `high`. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  /** Mean P(up). */
  readonly pUp: number;
  /** Share of rises. */
  readonly rises: LiveEstimate;
}

/** Outcomes that lay in one twentieth of their forecast distribution. */
export interface PitBin {
  readonly n: number;
  readonly share: LiveEstimate;
}

/** Forecasts of one day of the schedule (UTC, by origin). */
export interface ScheduleDay {
  readonly dayMs: number;
  readonly issued: number;
  /** Due, and never issued. */
  readonly missing: number;
}

/** One coin at one horizon. */
export interface CoinRecord {
  readonly symbol: string;
  readonly n: number;
  readonly missing: number;
  /** Share inside the 80 % range. */
  readonly inside80: LiveEstimate;
  /** Share of forecasts whose median was on the right side. */
  readonly direction: number;
  readonly skills: readonly RecordSkill[];
}

/** A forecast that came due, with what came of it. */
export interface RecordedCall
  extends Pick<LedgerForecast, 'symbol' | 'originMs' | 'targetMs' | 'lastPrice' | 'quantiles' | 'pUp' | 'model'> {
  readonly sequence: number;
  /** Log return from the last price. */
  readonly logReturn: number;
  readonly band: 50 | 80 | 95 | null;
  /** Pinball loss divided by the coin's usual absolute move. */
  readonly loss: number;
}

/** The schedule's record at one horizon. */
export interface HorizonTrack extends RecordScores {
  readonly horizon: HorizonName;
  /** First and last origin of all forecasts, scored or not. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly issued: number;
  readonly waiting: number;
  readonly unscored: number;
  readonly missing: number;
  readonly revised: number;
  /** Null without scored forecasts; the baseline of direction is the share of the commoner side. */
  readonly direction: (LiveEstimate & { readonly baseRate: number }) | null;
  readonly brier: { readonly score: number; readonly baseRate: number } | null;
  readonly error: { readonly rmse: number; readonly mae: number } | null;
  /** Of the forecast "no change". */
  readonly noChange: { readonly rmse: number; readonly mae: number } | null;
  readonly points: readonly RecordPoint[];
  readonly reliability: readonly ReliabilityBin[];
  readonly pit: readonly PitBin[];
  readonly days: readonly ScheduleDay[];
  /** Most scored forecasts first. */
  readonly coins: readonly CoinRecord[];
  readonly best: readonly RecordedCall[];
  readonly worst: readonly RecordedCall[];
}

/** What was asked for and posted at one horizon; of a coin the first in each hour counts. */
export interface LiveTrack extends RecordScores {
  readonly horizon: HorizonChoice;
  readonly asked: number;
  readonly posted: number;
  /** Forecasts that count, scored or not. */
  readonly counted: number;
}

/** Closes in a row from which no forecast of any coin was issued. */
export interface Outage {
  readonly interval: Interval;
  /** First and last close without a forecast. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly closes: number;
  readonly isGoingOn: boolean;
}

/** A model at one of its horizons. */
export interface ModelHorizon {
  readonly horizon: HorizonName;
  readonly n: number;
  readonly inside80: LiveEstimate;
  /** Over climatology. */
  readonly skill: RecordSkill;
}

/** A model that forecasts of the schedule were made by. */
export interface ModelOnRecord {
  readonly interval: Interval;
  readonly version: string;
  /** SHA-256 of its file, and when the record took it in; null for a model of a time before the record held models. */
  readonly sha256: string | null;
  readonly recordedAtMs: number | null;
  /** First and last origin of its scheduled forecasts; null without one. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly issued: number;
  readonly horizons: readonly ModelHorizon[];
}

/** A change of the model that serves. */
export interface ModelChange {
  readonly interval: Interval;
  readonly atMs: number;
  readonly action: 'promote' | 'rollback';
  /** Null: the model that comes with the program. */
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
}

/** Everything that the public track record shows. */
export interface PublicRecord {
  readonly madeAtMs: number;
  readonly version: string;
  readonly simulated: boolean;
  /** What the figures are computed from: the rows up to this checkpoint; null for an empty record. */
  readonly checkpoint: Checkpoint | null;
  /** Over all horizons of the schedule. */
  readonly n: number;
  readonly coins: number;
  /** First origin; null for an empty record. */
  readonly fromMs: number | null;
  readonly coverage: readonly LiveEstimate[];
  /** Those with a forecast, shortest first. */
  readonly horizons: readonly HorizonTrack[];
  readonly live: readonly LiveTrack[];
  /** Forecasts from closes that earlier versions issued on demand. */
  readonly onDemand: number;
  readonly outages: readonly Outage[];
  readonly models: readonly ModelOnRecord[];
  readonly changes: readonly ModelChange[];
  /** How odds of levels held in all, as they are counted when the record is made, not up to the checkpoint. */
  readonly odds: Pick<OddsRecordReport, 'fixed' | 'asked'>;
  /** How the figures over time are made: days up to each point, days between points. */
  readonly windowDays: number;
  readonly stepDays: number;
}
