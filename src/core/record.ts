import type { Interval } from './candle.ts';
import type { LedgerEntry, Outcome, ScheduledMark } from './ledger.ts';

/**
 * The record is seven chains of rows that are only ever added: forecasts, marks, outcomes, models, members' calls, odds that were asked for, and checkpoints.
 * The hash of a row is the SHA-256 of its text, which holds the hash of the row before. A checkpoint holds the ends of the others, so that its hash stands for
 * everything up to then.
 */
export const CHAINS = ['forecasts', 'marks', 'outcomes', 'models', 'calls', 'odds', 'checkpoints'] as const;
export type ChainName = (typeof CHAINS)[number];

/** The chains that a checkpoint holds the ends of. */
export const COVERED_CHAINS = ['forecasts', 'marks', 'outcomes', 'models', 'calls', 'odds'] as const;
export type CoveredChain = (typeof COVERED_CHAINS)[number];

const NOUNS = {
  forecasts: 'Forecast',
  marks: 'Mark',
  outcomes: 'Outcome',
  models: 'Model',
  checkpoints: 'Checkpoint',
} as const;

/** How a row is named at the beginning of a sentence. */
export const rowName = (chain: ChainName, number: number): string =>
  chain === 'calls' || chain === 'odds' ? `Row ${number} of the ${chain}` : `${NOUNS[chain]} ${number}`;

/** The end of a chain: the number of its last row, and that row's hash; 0 and `NO_HASH` where it has none. */
export interface ChainHead {
  readonly number: number;
  readonly hash: string;
}

/** An outcome as a row of its chain. */
export interface RecordedOutcome extends Outcome {
  /** From 1, without gaps. */
  readonly number: number;
  readonly hash: string;
}

/** A model that forecasts were made by, recorded before its first one. */
export interface RecordedModel {
  /** From 1, without gaps. */
  readonly number: number;
  readonly interval: Interval;
  /** As the ledger names it. */
  readonly version: string;
  /**
   * SHA-256 of the bytes of the model file (`model.json`), as `sha256sum` prints it. The file holds the card and the SHA-256 of the weights, so that it
   * stands for all of the model.
   */
  readonly sha256: string;
  readonly recordedAtMs: number;
  readonly hash: string;
}

/** The ends of the other chains at one moment. Its hash is what posts carry. */
export interface Checkpoint {
  /** From 1, without gaps. */
  readonly number: number;
  readonly atMs: number;
  /** Numbers of the last rows. */
  readonly forecasts: number;
  readonly marks: number;
  readonly outcomes: number;
  readonly models: number;
  /** Null in checkpoints of earlier versions, which did not hold these chains. */
  readonly calls: number | null;
  readonly odds: number | null;
  readonly hash: string;
}

/** Digits of a checkpoint's hash in a footer: 80 bits, which nobody can meet by trying. */
export const SHOWN_DIGITS = 20;

/**
 * The text whose SHA-256 is a row's hash, here and below: RFC 8785 (JSON Canonicalization Scheme) of all its fields but the hash, and of the hash of the
 * row before as `previousHash`.
 */
export function canonicalEntry(entry: Omit<LedgerEntry, 'hash'>, previousHash: string): string {
  return JSON.stringify({
    cause: entry.cause,
    climatology: entry.climatology,
    horizon: entry.horizon,
    interval: entry.interval,
    issuedAtMs: entry.issuedAtMs,
    lastPrice: entry.lastPrice,
    model: entry.model,
    originMs: entry.originMs,
    pUp: entry.pUp,
    previousHash,
    quantiles: entry.quantiles,
    sentimentShare: entry.sentimentShare,
    sequence: entry.sequence,
    source: entry.source,
    symbol: entry.symbol,
    targetMs: entry.targetMs,
  });
}

/** The same of a mark. */
export function canonicalMark(mark: Omit<ScheduledMark, 'hash'>, previousHash: string): string {
  return JSON.stringify({
    markedAtMs: mark.markedAtMs,
    number: mark.number,
    previousHash,
    rowHash: mark.rowHash,
    sequence: mark.sequence,
  });
}

/** The same of an outcome, put together by hand: a third faster than by way of an object, and there are millions. */
export function canonicalOutcome(outcome: Omit<RecordedOutcome, 'hash'>, previousHash: string): string {
  const { absoluteError, actualPrice, band, brier, climatologyPinball, directionHit, level } = outcome;
  const { logReturn, naiveScale, number, pinball, revision, scoredAtMs, sequence, source } = outcome;
  return `{"absoluteError":${text(absoluteError)},"actualPrice":${text(actualPrice)},"band":${band},"brier":${text(brier)},"climatologyPinball":${text(climatologyPinball)},"directionHit":${directionHit},"level":${text(level)},"logReturn":${text(logReturn)},"naiveScale":${text(naiveScale)},"number":${number},"pinball":${text(pinball)},"previousHash":"${previousHash}","revision":${revision},"scoredAtMs":${scoredAtMs},"sequence":${sequence},"source":${JSON.stringify(source)}}`;
}

/** A number as JSON writes it. */
const text = (value: number | null) => (value !== null && Number.isFinite(value) ? String(value) : 'null');

/** The same of a model. */
export function canonicalModel(model: Omit<RecordedModel, 'hash'>, previousHash: string): string {
  return JSON.stringify({
    interval: model.interval,
    number: model.number,
    previousHash,
    recordedAtMs: model.recordedAtMs,
    sha256: model.sha256,
    version: model.version,
  });
}

/** The version of what an export holds; open-data/README.md describes it. A change that its verifier does not understand raises it. */
export const EXPORT_FORMAT = 2;

/** A row as exports write it: its text with its hash as the last key, so that a reader hashes the line without that key. */
export function lineOf(text: string, hash: string): string {
  return `${text.slice(0, -1)},"hash":"${hash}"}`;
}

/** The hashes of the last rows of the chains that a checkpoint holds the numbers of. */
export type HeadHashes = Readonly<Record<CoveredChain, string>>;

/**
 * The same of a checkpoint; it also holds the hashes of the rows that it names, `NO_HASH` where it names none. What it does not hold is not in its text, so
 * that those of earlier versions keep theirs.
 */
export function canonicalCheckpoint(
  checkpoint: Omit<Checkpoint, 'hash'>,
  hashes: HeadHashes,
  previousHash: string,
): string {
  return JSON.stringify({
    atMs: checkpoint.atMs,
    ...(checkpoint.calls === null ? {} : { calls: checkpoint.calls, callsHash: hashes.calls }),
    forecasts: checkpoint.forecasts,
    forecastsHash: hashes.forecasts,
    marks: checkpoint.marks,
    marksHash: hashes.marks,
    models: checkpoint.models,
    modelsHash: hashes.models,
    number: checkpoint.number,
    ...(checkpoint.odds === null ? {} : { odds: checkpoint.odds, oddsHash: hashes.odds }),
    outcomes: checkpoint.outcomes,
    outcomesHash: hashes.outcomes,
    previousHash,
  });
}

/** The result of verifying all chains. */
export interface RecordVerdict {
  /** The ends of the chains, as far as they were verified. */
  readonly heads: Readonly<Record<ChainName, ChainHead>>;
  /** The first fault, in words; null where the whole record is valid. */
  readonly problem: string | null;
}

/** A file with a part of the record. */
export interface RecordPart {
  /** Gzipped JSON Lines, as open-data/README.md describes it. */
  readonly name: string;
  readonly data: Uint8Array;
  /** The script that verifies it. */
  readonly verifier: Uint8Array;
  readonly symbols: readonly string[];
  /** Whether the coins are those of the server's subscriptions. */
  readonly ofServer: boolean;
  readonly days: number;
  readonly forecasts: number;
  /** Those of them that have come due and are scored. */
  readonly scored: number;
  /** Forecasts from before that moment did not fit into the file; null where all did. */
  readonly cutBeforeMs: number | null;
  readonly simulated: boolean;
}

/** What a footer says about the record as it was then: the number of the last forecast in a checkpoint, and the first digits of its hash. */
export interface RecordHead {
  readonly forecasts: number;
  /** `SHOWN_DIGITS` lower-case hexadecimal digits. */
  readonly digits: string;
}

/** What stands between the parts of a footer. */
export const FOOTER_MARK = ' · ';

const NUMBER = /^Record ([1-9]\d{0,9})$/;
const DIGITS = /^[0-9a-f]+$/;

/** The head that stands for a checkpoint. */
export const headOf = ({ forecasts, hash }: Pick<Checkpoint, 'forecasts' | 'hash'>): RecordHead => ({
  forecasts,
  digits: hash.slice(0, SHOWN_DIGITS),
});

/** A head as it stands in a footer, such as `Record 812 · 3f2a9c0d11e84b7755aa`. */
export const recordLine = ({ forecasts, digits }: RecordHead): string => `Record ${forecasts}${FOOTER_MARK}${digits}`;

/** The head in a footer; null where it has none, or more than one. */
export function parseRecordLine(footer: string): RecordHead | null {
  const parts = footer.split(FOOTER_MARK);
  const heads = parts.flatMap((part, i) => {
    const forecasts = NUMBER.exec(part)?.[1];
    const digits = parts[i + 1];
    return forecasts !== undefined && digits !== undefined && digits.length === SHOWN_DIGITS && DIGITS.test(digits)
      ? [{ forecasts: Number(forecasts), digits }]
      : [];
  });
  return heads.length === 1 ? heads[0]! : null;
}
