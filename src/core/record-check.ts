import type { LedgerEntry, Outcome } from './ledger.ts';
import type { Checkpoint } from './record.ts';
import type { RecordHead } from './record-head.ts';

/** A forecast of the record, and what came of it; null while that is not known. */
export interface CheckedForecast {
  readonly entry: LedgerEntry;
  /** The newest score. */
  readonly outcome: Outcome | null;
}

/** What was found by following the chains from a forecast to the newest checkpoint. */
export interface ChainCheck {
  /** The first fault, in words; null where all that was followed holds. */
  readonly problem: string | null;
  /** Forecasts and checkpoints that were followed. */
  readonly forecasts: number;
  readonly checkpoints: number;
  /** The checkpoint up to which they were; null where not even the first was reached. */
  readonly upTo: Checkpoint | null;
  /** Whether that is the newest one. */
  readonly isComplete: boolean;
}

/** A message of the bot, and what the record says about the head that it carries. */
export interface CheckedMessage {
  readonly url: string;
  readonly sentMs: number;
  readonly editedMs: number | null;
  readonly isReply: boolean;
  readonly head: RecordHead;
  /** Why it does not fit, as `judgeWitnesses` says; null where it fits. */
  readonly problem: string | null;
}

/** What `/verify` found. */
export interface RecordCheck {
  /** Null where a forecast was named by its number. */
  readonly message: CheckedMessage | null;
  /** Those that the message shows, or the one that was named; of a message that shows none, the last one in its head. */
  readonly forecasts: readonly CheckedForecast[];
  /** Whether the message shows these forecasts, rather than only standing for them. */
  readonly isShown: boolean;
  readonly chain: ChainCheck;
  /** Whether the record is that of the live market; others end with the program. */
  readonly isKept: boolean;
  readonly nowMs: number;
}
