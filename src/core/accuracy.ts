import type { TrackRecord } from './forecast.ts';
import type { HorizonChoice, HorizonName } from './horizon.ts';
import type { LedgerForecast, MissReason } from './ledger.ts';

/** The question of `/accuracy`. Absent: every tracked coin, every horizon, 60 days, every model. */
export interface AccuracyQuery {
  /** Symbol or name as typed. */
  readonly symbol?: string;
  readonly horizon?: HorizonName;
  /** 7 … 1826, which is five years. */
  readonly days?: number;
  /** Version as the ledger holds it. */
  readonly model?: string;
}

/** Sums of the newest scores of forecasts of one UTC day of origins; all reported figures are computed from them. */
export interface ScoreSums {
  /** The midnight that the day begins with. */
  readonly dayMs: number;
  /** The hours of the day with an origin, a bit each: bit 0 is the hour from midnight on. */
  readonly hours: number;
  readonly n: number;
  readonly revised: number;
  readonly pUp: number;
  readonly up: number;
  readonly hits: number;
  readonly brier: number;
  readonly pinball: number;
  readonly absolute: number;
  readonly squared: number;
  /** Of the log return itself: the errors of the forecast "no change". */
  readonly noChangeAbsolute: number;
  readonly noChangeSquared: number;
  /** Outcomes inside the 50, 80 and 95 % bands. */
  readonly inside: readonly [number, number, number];
  /** Forecasts with climatology beside them, their pinball losses, and their absolute errors each divided by its scale. */
  readonly compared: number;
  readonly comparedPinball: number;
  readonly climatologyPinball: number;
  readonly scaled: number;
  /** The bins of P(up) with forecasts, ascending. */
  readonly bins: readonly PUpBin[];
}

/** Forecasts of one bin of P(up). */
export interface PUpBin {
  /** Index into P_UP_EDGES: P(up) is at or above that edge and below the next. */
  readonly bucket: number;
  readonly n: number;
  readonly pUp: number;
  readonly up: number;
}

/** Bin edges of P(up) for its calibration, chosen in advance. */
export const P_UP_EDGES: readonly number[] = [0, 0.4, 0.45, 0.475, 0.5, 0.525, 0.55, 0.6];

/** One forecast that came due, with its outcome. */
export interface PastCall
  extends Pick<
    LedgerForecast,
    'symbol' | 'horizon' | 'originMs' | 'targetMs' | 'lastPrice' | 'quantiles' | 'pUp' | 'model'
  > {
  readonly actualPrice: number;
  readonly band: 50 | 80 | 95 | null;
  /** Standard normal quantile of the outcome's level in the forecast: 0 at the median, ±1.28 at the edges of the 80 % band. */
  readonly position: number;
  readonly revised: boolean;
  /** False where the target has just come and the price is that of this moment. */
  readonly isScored: boolean;
}

/** A number with its 95 % interval, block bootstrap over time; null where the cases fill too few blocks for one. */
export interface LiveEstimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Scores of scheduled forecasts at one horizon. Errors are of log returns. */
export interface AccuracyScores {
  readonly rmse: number;
  readonly mae: number;
  /** The same errors of the forecast "no change". */
  readonly noChange: { readonly rmse: number; readonly mae: number };
  /** Mean of each absolute error divided by the coin's usual absolute move over the horizon; null without climatology. */
  readonly mase: number | null;
  readonly direction: LiveEstimate & { readonly baseRate: number; readonly up: number };
  /** For the 50, 80 and 95 % bands. */
  readonly coverage: readonly (LiveEstimate & { readonly nominal: number })[];
  /** Percentage by which the pinball loss is below climatology's; null where no forecast has climatology's. */
  readonly skillPct: LiveEstimate | null;
  readonly compared: number;
  /** Of P(up), and of always forecasting the share of rises in the same outcomes. */
  readonly brier: { readonly score: number; readonly baseRate: number };
  /** Mean P(up) and share of rises by bin of P(up), ascending; empty but for the horizon shown in full. */
  readonly calibration: readonly CalibrationStep[];
}

/** Forecasts that gave about the same chance of a rise. */
export interface CalibrationStep {
  readonly n: number;
  /** Mean P(up) of these forecasts. */
  readonly pUp: number;
  /** Share of rises among their outcomes. */
  readonly rises: LiveEstimate;
}

/** The live record at one horizon over the requested days. */
export interface HorizonAccuracy {
  readonly horizon: HorizonName;
  /** Scheduled forecasts that came due and were scored. */
  readonly n: number;
  readonly coins: number;
  /** Number of origins, and of bootstrap blocks that they fill. */
  readonly periods: number;
  readonly blocks: number;
  /** First and last origin scored, ms; null without any. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** False where the sample is too small: fewer than 30 forecasts, or than three blocks. */
  readonly enough: boolean;
  readonly scores: AccuracyScores | null;
  /** Scheduled forecasts whose target is still ahead, and those whose target's candle never came. */
  readonly waiting: number;
  readonly unscored: number;
  /** Scheduled forecasts that are due by the schedule, over all models, and those of them that were never written. */
  readonly expected: number;
  readonly missing: number;
  /** Why they are missing, where it is known; the bot was not running, or could not write, when the others were due. */
  readonly missedFor: Readonly<Partial<Record<MissReason, number>>>;
  /** Forecasts from closes that earlier versions issued on demand: recorded, scored, and left out of all figures here. */
  readonly onDemand: number;
  /** Scores that a corrected candle has revised. */
  readonly revised: number;
  /** The serving model's evaluation on past data, never mixed with the above; `unknown` where no model can be read. */
  readonly card: TrackRecord | 'unknown' | null;
}

/**
 * The record at one horizon of forecasts that count from the moment they were asked for or posted. People ask in bursts, so of a coin the first
 * in each hour counts.
 */
export interface LiveAccuracy extends Pick<HorizonAccuracy, 'n' | 'coins' | 'enough' | 'scores' | 'revised'> {
  readonly horizon: HorizonChoice;
  /** Days (UTC) of the origins that were scored. */
  readonly days: number;
  /** All forecasts of each kind, counted or not, scored or not. */
  readonly asked: number;
  readonly posted: number;
  /** Of those that count: the ones whose target is ahead or was a moment ago, and those that could not be scored. */
  readonly waiting: number;
  readonly unscored: number;
}

/** What `/accuracy` shows. */
export interface AccuracyReport {
  /** Null: every tracked coin. */
  readonly symbol: string | null;
  readonly name: string | null;
  readonly model: string | null;
  readonly days: number;
  readonly nowMs: number;
  /** Scheduled forecasts, one per requested horizon, shortest first; of one day, the 24 hours of the hourly model and the day of the daily one. */
  readonly horizons: readonly HorizonAccuracy[];
  /** What was asked for and posted, apart from the above: one per requested choice, shortest first. */
  readonly live: readonly LiveAccuracy[];
  /** The horizon shown in full, and its calls. */
  readonly shown: HorizonName;
  readonly best: PastCall | null;
  readonly worst: PastCall | null;
  /** The newest forecast that came due. */
  readonly last: PastCall | null;
  /** For the chart, ascending by target; thinned evenly in time where there are many. */
  readonly past: readonly PastCall[];
  /** Stride of the origins in `past`: 2 means every second one. */
  readonly pastEvery: number;
  readonly simulated: boolean;
}
