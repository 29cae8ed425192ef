import type { Interval } from './candle.ts';
import type { LedgerEntry, Outcome } from './ledger.ts';
import type { ChainHead, ChainName, Checkpoint, RecordHead } from './record.ts';

/** The texts of a forecast's row, not checked yet: any may be anything. Many rows share one object. */
export interface ForecastTexts {
  readonly cause: string;
  readonly symbol: string;
  readonly interval: string;
  readonly horizon: string;
  readonly model: string;
  readonly source: string;
}

/** Whether a column of prices holds them: null, 21 prices, or something else. */
export const NO_PRICES = 0;
export const PRICES = 1;
export const NO_SUCH_PRICES = 2;

/** A column of distributions: those of row i begin at QUANTILE_LEVELS.length · i. */
export interface PriceColumn {
  readonly prices: Float64Array;
  /** By row, one of the three above. */
  readonly held: Uint8Array;
}

/**
 * Forecasts as their rows hold them, in the order of their numbers, by columns: an object for each of millions of rows would take longer than to verify
 * it. A number that is none is not finite.
 */
export interface ForecastPage {
  readonly count: number;
  readonly number: Float64Array;
  readonly texts: readonly ForecastTexts[];
  readonly originMs: Float64Array;
  readonly targetMs: Float64Array;
  readonly issuedAtMs: Float64Array;
  readonly lastPrice: Float64Array;
  readonly pUp: Float64Array;
  /** NaN where it is null, as below. */
  readonly sentimentShare: Float64Array;
  readonly quantiles: PriceColumn;
  readonly climatology: PriceColumn;
  /** 32 bytes each; zeros where a row holds something else. */
  readonly hash: Uint8Array;
}

/** The same of outcomes. */
export interface OutcomePage {
  readonly count: number;
  readonly number: Float64Array;
  readonly sequence: Float64Array;
  readonly revision: Float64Array;
  readonly source: readonly string[];
  readonly scoredAtMs: Float64Array;
  readonly actualPrice: Float64Array;
  readonly logReturn: Float64Array;
  readonly pinball: Float64Array;
  /** NaN where it is null, as `naiveScale` and `band`. */
  readonly climatologyPinball: Float64Array;
  readonly absoluteError: Float64Array;
  readonly naiveScale: Float64Array;
  readonly directionHit: Float64Array;
  readonly brier: Float64Array;
  readonly band: Float64Array;
  readonly level: Float64Array;
  readonly hash: Uint8Array;
}

/** What is compared of a stored candle. */
export interface AuditCandle {
  readonly openTimeMs: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly source: string;
  readonly fetchedAtMs: number;
}

/** Open times of one series, both included. */
export interface CandleRange {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads what an audit compares, many rows at a time. Numbers of rows from and to are included. */
export interface AuditReader {
  forecasts(from: number, to: number): Promise<ForecastPage>;
  /** Those of the given numbers that are there. */
  forecastsOf(numbers: readonly number[]): Promise<ForecastPage>;
  outcomes(from: number, to: number): Promise<OutcomePage>;
  candles(range: CandleRange): Promise<readonly AuditCandle[]>;
  /** Open time of the oldest stored candle of a series; null where there is none. */
  firstCandleMs(symbol: string, interval: Interval): Promise<number | null>;
  /** The number of the outcome of a forecast with that revision; null where there is none. */
  outcomeNumber(sequence: number, revision: number): Promise<number | null>;
  /** What the scheduled forecasts among those rows are of. */
  scheduled(
    from: number,
    to: number,
  ): Promise<readonly (Pick<ForecastTexts, 'symbol' | 'horizon'> & { readonly originMs: number })[]>;
  /** Whether a forecast of the coin with that target was ever scored by exactly that price. */
  wasScoredBy(target: {
    readonly symbol: string;
    readonly interval: Interval;
    readonly targetMs: number;
    readonly price: number;
  }): Promise<boolean>;
  close(): Promise<void>;
}

/** One thing that is wrong with the record. */
export interface RecordFault {
  /** `database`: its schema; `verified`: what was verified before is not there any more; `sums`: the sums of scores. */
  readonly in: ChainName | 'database' | 'verified' | 'sums';
  /** The number of the wrong row; null where it is none. */
  readonly number: number | null;
  /** One sentence that names the row and says what is wrong. */
  readonly text: string;
}

/** How many rows were compared, and how many could not be. */
export interface AuditCounts {
  /** Rows of each chain. */
  readonly rows: Readonly<Record<ChainName, number>>;
  /** Scores that were computed again. */
  readonly scores: number;
  /** Prices of outcomes and origins that agree with a stored candle. */
  readonly prices: number;
  /** Those of coins and times of which no candles are stored. */
  readonly withoutCandle: number;
  /** Those that came from another source than the stored candle, and lie within its range and a tenth. */
  readonly otherSource: number;
  /** Those whose candle has been corrected since. */
  readonly corrected: number;
  /** Forecasts from before the first recorded model. */
  readonly beforeModels: number;
}

/** How the model files on disk compare with the record. */
export interface ModelFilesAudit {
  /** Files that are those which forecasts were made by. */
  readonly equal: number;
  /** Recorded versions whose file is not here. */
  readonly missing: readonly string[];
}

/** Up to where the record was verified, and when. */
export interface VerifiedRecord {
  readonly atMs: number;
  /** When every row was last found to be right; null after a fault. */
  readonly wholeAtMs: number | null;
  readonly heads: Readonly<Record<ChainName, ChainHead>>;
  /** The newest times of writing among the rows that were verified. */
  readonly issuedAtMs: number;
  readonly scoredAtMs: number;
}

/** The result of an audit. */
export interface AuditReport {
  /** The first fault, in words; null where the whole record is as it should be. */
  readonly problem: string | null;
  /** The first fault of each chain, the first one first. */
  readonly faults: readonly RecordFault[];
  readonly counts: AuditCounts;
  readonly modelFiles: ModelFilesAudit;
  /** The ends of the chains at the beginning of the audit. */
  readonly heads: Readonly<Record<ChainName, ChainHead>>;
  /** What had been verified before and was not read again; null where every row was read. */
  readonly since: VerifiedRecord | null;
}

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
