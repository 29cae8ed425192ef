import type { Interval } from './candle.ts';

/** A number with its 95 % interval. */
export interface Interval95 {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Scores of a baseline on the origins forecast by both it and the model. */
export interface BaselineScores {
  readonly name: string;
  readonly n: number;
  readonly pinball: number;
  /** Percentage by which the model's pinball loss is below the baseline's, block bootstrap over time; null without forecasts. */
  readonly skillPct: Interval95 | null;
  /** Two-sided, paired block bootstrap of the loss difference; null without forecasts. */
  readonly pValue: number | null;
  readonly mae: number;
  readonly rmse: number;
  /** Shares inside the 50, 80 and 95 % bands, and the bands' mean widths in log return. */
  readonly coverage: readonly number[];
  readonly width: readonly number[];
}

/** Every score of one set of forecasts at one horizon. Errors and widths are of log returns; shares are fractions of 1. */
export interface EvaluationScores {
  readonly n: number;
  readonly coins: number;
  /** Distinct origin times, the sample of the intervals. */
  readonly periods: number;
  /** First and last origin, ms; null without forecasts. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Mean pinball loss over the 19 levels 0.05 … 0.95; CRPS is about twice that. */
  readonly pinball: number;
  readonly baselines: readonly BaselineScores[];
  readonly median: { readonly mse: number; readonly rmse: number; readonly mae: number };
  /** The random walk's point forecast: no change. */
  readonly noChange: { readonly mse: number; readonly rmse: number; readonly mae: number };
  readonly direction: {
    /** Share of medians on the outcome's side of zero, block bootstrap interval; and Wilson's, as if all were independent. */
    readonly accuracy: Interval95 | null;
    readonly wilson: Interval95 | null;
    /** Share of outcomes above zero, and the hit rate of always forecasting the commoner side. */
    readonly up: number;
    readonly baseRate: number;
  };
  /** Brier score of P(up), of always forecasting the share of ups, and the skill over that in per cent. */
  readonly brier: { readonly score: number; readonly baseRate: number; readonly skillPct: Interval95 | null };
  /** For the 50, 80 and 95 % bands. */
  readonly coverage: readonly { readonly nominal: number; readonly share: number; readonly meanWidth: number }[];
  /** Share of outcomes at or below each of QUANTILE_LEVELS. */
  readonly reliability: readonly { readonly level: number; readonly share: number }[];
}

/** One coin's scores; `within3Points` is true when its 80 % band held between 77 and 83 %. */
export interface CoinScores extends EvaluationScores {
  readonly symbol: string;
  readonly seen: boolean;
  readonly within3Points: boolean;
}

/** The origins at one hour of the day (UTC), 0 to 23; a period is a day. */
export interface HourScores extends EvaluationScores {
  readonly hour: number;
}

/** One calendar month of origins. */
export interface MonthScores {
  readonly month: string;
  readonly n: number;
  readonly coverage: readonly number[];
  readonly pinball: number;
}

/** The same model with sentiment and with all of it masked, on the same forecasts. */
export interface SentimentAblation {
  readonly n: number;
  readonly coins: number;
  /** By how much sentiment lowered the mean pinball loss, per cent; paired block bootstrap. Null without forecasts. */
  readonly worthPct: Interval95 | null;
  readonly pValue: number | null;
}

/** One horizon: all forecasts, then parts of them. A part without forecasts has n = 0. */
export interface HorizonEvaluation {
  readonly steps: number;
  readonly name: string;
  readonly pooled: EvaluationScores;
  /** Coins the model was trained on, and coins it was not. */
  readonly seen: EvaluationScores;
  readonly unseen: EvaluationScores;
  readonly calm: EvaluationScores;
  readonly volatile: EvaluationScores;
  /** Null without Bitcoin's candles, by which crashes are defined. */
  readonly afterCrash: EvaluationScores | null;
  /** Spans that hold a scheduled announcement; null where there are none, and at horizons that are not widened for them. */
  readonly announcement: EvaluationScores | null;
  readonly coverage80Within3Points: { readonly coins: number; readonly of: number; readonly share: number };
  /** Skill added by sentiment: at all origins, at those with any, and at those with headlines. Left out where not requested. */
  readonly sentiment?: {
    readonly all: SentimentAblation;
    readonly known: SentimentAblation;
    readonly headlines: SentimentAblation;
  };
  /** By hour of the day (UTC) that the days end at; left out unless they end at every hour. */
  readonly hours?: readonly HourScores[];
  readonly months: readonly MonthScores[];
  readonly coins: readonly CoinScores[];
}

/** The model of an evaluation. */
export interface EvaluatedModel {
  readonly version: string;
  readonly family: string;
  /** Nets. */
  readonly members: number;
  /** Share of boosted trees in the quantiles at each of the model's horizons, 0 … 1; null where there are only nets. */
  readonly treeShares: readonly number[] | null;
  readonly trainedAtMs: number;
  readonly dataFromMs: number;
  readonly fitUntilMs: number;
  readonly stopUntilMs: number;
  /** From here on origins served early stopping before the model was trained on them; null where they only served early stopping. */
  readonly stopFromMs: number | null;
  readonly trainedOn: string;
}

/** What the width factors of an evaluation were learnt from, and what they had learnt at its end. */
export interface LearntWidths {
  /** Forecasts whose targets were complete after this moment were learnt from. */
  readonly fromMs: number;
  /** Whether learning went on from the state on the model's card. */
  readonly fromCard: boolean;
  /** Factors on the distance from the median at the end: horizons of the model × pairs of levels, the outermost first. */
  readonly state: { readonly untilMs: number; readonly market: readonly (readonly number[])[] };
}

/** A whole evaluation, as `--json` holds it. */
export interface EvaluationReport {
  readonly format: 1;
  readonly command: string;
  readonly model: EvaluatedModel;
  /** The hourly model whose 24 hours are combined with one day, and its share of every quantile, 0 … 1. Left out without one. */
  readonly withHours?: { readonly model: EvaluatedModel; readonly hoursShare: number };
  readonly interval: Interval;
  /** The requested span, both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Left out in reports from before there were width factors. */
  readonly widths?: LearntWidths;
  /** Left out unless days end at every hour. */
  readonly rollingDays?: {
    /**
     * Coins whose hourly candles are too short for windows at first: until `untilMs` (null: throughout) there are origins at 00:00 UTC only,
     * from daily candles.
     */
    readonly midnightOnly: readonly { readonly symbol: string; readonly untilMs: number | null }[];
  };
  readonly symbols: readonly string[];
  readonly seen: readonly string[];
  readonly unseen: readonly string[];
  readonly marketContext: boolean;
  /** Origins before the last moment the model was fitted or stopped on; null when there are none. */
  readonly inSample: {
    readonly forecasts: number;
    readonly of: number;
    readonly untilMs: number;
    readonly warning: string;
  } | null;
  /** Left out unless sentiment was given. */
  readonly sentiment?: {
    /** Whether the model has sentiment inputs. */
    readonly learnt: boolean;
    /** Forecast origins, over all coins, at which some sentiment was known, and at which headlines were. */
    readonly origins: number;
    readonly headlineOrigins: number;
  };
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  readonly doubtful: readonly { readonly symbol: string; readonly reason: string }[];
  readonly counts: {
    /** Candles whose close lies between from and to. */
    readonly origins: number;
    readonly forecastOrigins: number;
    /** Origins without a usable window. */
    readonly notUsable: number;
    /** Origins forecast again on the series cut there, because a flag on their candle came later. */
    readonly recomputed: number;
    /** Forecasts, over all horizons, whose target candle is missing or yet to come: not scored. */
    readonly withoutOutcome: number;
  };
  /** Weeks after crashes inside the span, as `definitions` has it. */
  readonly crashes: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly definitions: Readonly<Record<string, string>>;
  readonly horizons: readonly HorizonEvaluation[];
}
