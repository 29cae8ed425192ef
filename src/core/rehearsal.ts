import type { EvaluationReport } from './evaluation.ts';
import type { PromotionVerdict } from './promotion.ts';

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
