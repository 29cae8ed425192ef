import type { Interval } from './candle.ts';
import type { EvaluationReport, Interval95 } from './evaluation.ts';

/** One paired comparison: the percentage by which the new model's mean pinball loss is lower, and the p-value of no difference. */
export interface PairedResult {
  readonly skillPct: Interval95;
  /** Two-sided. */
  readonly pValue: number;
  /** One-sided, of the new model being no worse; older verdicts have none. */
  readonly worsePValue?: number | undefined;
}

/** Shares of outcomes inside the 50, 80 and 95 % bands, 0 … 1. */
export interface BandCoverage {
  readonly candidate: readonly number[];
  /** Null where there was no serving model to compare with. */
  readonly serving: readonly number[] | null;
}

/**
 * What decided. Promoted: it was better than the serving model, or about as good and newer (`tie`), or no model served (`alone`). Kept: it did not beat
 * climatology, was worse than the serving model, its bands were, the fit on everything went wrong, or there were too few candles to tell.
 */
export const DECISIONS = ['better', 'tie', 'alone', 'climatology', 'worse', 'coverage', 'refit', 'too few'] as const;
export type Decision = (typeof DECISIONS)[number];

/** What the promotion gate found, kept beside the model for as long as it is. */
export interface PromotionVerdict {
  readonly outcome: 'promoted' | 'kept';
  /** Older verdicts do not say. */
  readonly decidedBy?: Decision | undefined;
  /** Why, in a sentence. */
  readonly reason: string;
  readonly atMs: number;
  /** The model it was measured against; null when none served. */
  readonly against: string | null;
  /** First and last origin of the comparison; null when nothing was compared. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Forecasts of all horizons together. */
  readonly n: number;
  readonly coins: number;
  /** Days or hours with forecasts. */
  readonly periods: number;
  /** Every horizon with the same weight; null when not compared. */
  readonly overServing: PairedResult | null;
  readonly overClimatology: PairedResult | null;
  readonly horizons: readonly {
    readonly steps: number;
    readonly n: number;
    readonly overServing: PairedResult | null;
    readonly overClimatology: PairedResult | null;
    /** Older verdicts have none. */
    readonly coverage?: BandCoverage | undefined;
  }[];
  /** What biases the comparison, and which way. */
  readonly remarks: readonly string[];
}

/** How far a retraining has come: candles are read coin by coin, a model is trained, and it is measured coin by coin. */
export type RetrainProgress =
  | { readonly stage: 'candles' | 'judging'; readonly done: number; readonly of: number }
  | { readonly stage: 'training'; readonly share: number; readonly secondsLeft: number | null };

/** The same of a retraining that another process was asked for, and may not have begun yet. */
export type AskedProgress = RetrainProgress | { readonly stage: 'asked' };

/** One kept model as owners choose from them. */
export interface KeptModel {
  readonly interval: Interval;
  readonly version: string;
  readonly addedAtMs: number;
  /** Null when it was never measured. */
  readonly outcome: PromotionVerdict['outcome'] | null;
  readonly serving: boolean;
}

/** Rules by which a rehearsal promotes: that of the bot, the earlier one that asked for a significant gain, and none. */
export const GATE_RULES = ['newer', 'better', 'always'] as const;
export type GateRule = (typeof GATE_RULES)[number];

/** One retraining of a rehearsal. */
export interface RehearsedRetraining {
  /** When it would have been, and from when on its model would have served. */
  readonly dateMs: number;
  /** The model that was trained; null where none was. */
  readonly version: string | null;
  /** Coins that it learnt from, and the end of what it had seen. */
  readonly coins: number;
  readonly learntUntilMs: number | null;
  readonly promoted: boolean;
  /** Why it was promoted or not, or why nothing was trained. */
  readonly reason: string;
  /** Null where nothing was judged. */
  readonly verdict: PromotionVerdict | null;
}

/** How the models of an evaluation came one after the other. */
export interface RehearsalRecord {
  /** 0: never retrained. */
  readonly everyDays: number;
  readonly rule: GateRule;
  /** Coins that were not learnt from. */
  readonly leftOut: readonly string[];
  /** What served at the start without having been trained in the rehearsal; null where the first model was. */
  readonly startedWith: string | null;
  readonly retrainings: readonly RehearsedRetraining[];
}

/** An evaluation; of a rehearsal with how the models came one after the other, `model` first. */
export interface RehearsedReport extends EvaluationReport {
  readonly rehearsal?: RehearsalRecord;
}
