import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { LedgerCause, LedgerEntry, Outcome, ScheduledMark } from '../core/ledger.ts';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import {
  type Checkpoint,
  canonicalCheckpoint,
  canonicalEntry,
  canonicalMark,
  canonicalModel,
  canonicalOutcome,
  type HeadHashes,
  type RecordedModel,
  type RecordedOutcome,
} from '../core/record.ts';
import { fromHex, hexOf, priceBytes, pricesOf } from './bytes.ts';
import type { CheckpointRow, LedgerMarkRow, LedgerRow, ModelCardRow, OutcomeRow } from './schema.ts';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** The hash of a row of the ledger, and below of the rows of the other chains. */
export const entryHash = (entry: Omit<LedgerEntry, 'hash'>, previousHash: string) =>
  sha256(canonicalEntry(entry, previousHash));

export const markHash = (mark: Omit<ScheduledMark, 'hash'>, previousHash: string) =>
  sha256(canonicalMark(mark, previousHash));

export const outcomeHash = (outcome: Omit<RecordedOutcome, 'hash'>, previousHash: string) =>
  sha256(canonicalOutcome(outcome, previousHash));

export const modelHash = (model: Omit<RecordedModel, 'hash'>, previousHash: string) =>
  sha256(canonicalModel(model, previousHash));

export const checkpointHash = (checkpoint: Omit<Checkpoint, 'hash'>, hashes: HeadHashes, previousHash: string) =>
  sha256(canonicalCheckpoint(checkpoint, hashes, previousHash));

/** An entry as its table holds it. */
export function toLedgerRow(entry: LedgerEntry): LedgerRow {
  return {
    sequence: entry.sequence,
    cause: entry.cause,
    symbol: entry.symbol,
    interval: entry.interval,
    horizon: entry.horizon,
    origin_ms: entry.originMs,
    target_ms: entry.targetMs,
    last_price: entry.lastPrice,
    quantiles: priceBytes(entry.quantiles),
    p_up: entry.pUp,
    climatology: entry.climatology && priceBytes(entry.climatology),
    model: entry.model,
    source: entry.source,
    sentiment_share: entry.sentimentShare,
    issued_at_ms: entry.issuedAtMs,
    hash: fromHex(entry.hash),
  };
}

/** The entry a row holds; throws `TypeError` or `RangeError` where a column does not hold the bytes of numbers. */
export function toEntry(row: Selectable<LedgerRow>): LedgerEntry {
  return {
    sequence: row.sequence,
    cause: row.cause as LedgerCause,
    symbol: row.symbol,
    interval: row.interval as Interval,
    horizon: row.horizon as HorizonName,
    originMs: row.origin_ms,
    targetMs: row.target_ms,
    lastPrice: row.last_price,
    quantiles: pricesOf(row.quantiles, QUANTILE_LEVELS.length),
    pUp: row.p_up,
    climatology: row.climatology === null ? null : pricesOf(row.climatology, QUANTILE_LEVELS.length),
    model: row.model,
    source: row.source,
    sentimentShare: row.sentiment_share,
    issuedAtMs: row.issued_at_ms,
    hash: hexOf(row.hash),
  };
}

/** A mark as its table holds it. */
export function toMarkRow(mark: ScheduledMark): LedgerMarkRow {
  return {
    number: mark.number,
    sequence: mark.sequence,
    row_hash: fromHex(mark.rowHash),
    marked_at_ms: mark.markedAtMs,
    hash: fromHex(mark.hash),
  };
}

/** The mark a row holds. */
export function toMark(row: Selectable<LedgerMarkRow>): ScheduledMark {
  return {
    number: row.number,
    sequence: row.sequence,
    rowHash: hexOf(row.row_hash),
    markedAtMs: row.marked_at_ms,
    hash: hexOf(row.hash),
  };
}

/** A model as its table holds it. */
export function toModelRow(model: RecordedModel): ModelCardRow {
  return {
    number: model.number,
    interval: model.interval,
    version: model.version,
    sha256: fromHex(model.sha256),
    recorded_at_ms: model.recordedAtMs,
    hash: fromHex(model.hash),
  };
}

/** The model a row holds. */
export function toRecordedModel(row: Selectable<ModelCardRow>): RecordedModel {
  return {
    number: row.number,
    interval: row.interval as Interval,
    version: row.version,
    sha256: hexOf(row.sha256),
    recordedAtMs: row.recorded_at_ms,
    hash: hexOf(row.hash),
  };
}

/** A checkpoint as its table holds it. */
export function toCheckpointRow({ atMs, hash, ...numbers }: Checkpoint): CheckpointRow {
  return { ...numbers, at_ms: atMs, hash: fromHex(hash) };
}

/** The checkpoint a row holds. */
export function toCheckpoint({ at_ms, hash, ...numbers }: Selectable<CheckpointRow>): Checkpoint {
  return { ...numbers, atMs: at_ms, hash: hexOf(hash) };
}

/** An outcome as its table holds it. */
export function toOutcomeRow(outcome: RecordedOutcome): OutcomeRow {
  return {
    number: outcome.number,
    sequence: outcome.sequence,
    revision: outcome.revision,
    actual_price: outcome.actualPrice,
    source: outcome.source,
    scored_at_ms: outcome.scoredAtMs,
    log_return: outcome.logReturn,
    pinball: outcome.pinball,
    climatology_pinball: outcome.climatologyPinball,
    absolute_error: outcome.absoluteError,
    naive_scale: outcome.naiveScale,
    direction_hit: outcome.directionHit ? 1 : 0,
    brier: outcome.brier,
    band: outcome.band,
    level: outcome.level,
    hash: fromHex(outcome.hash),
  };
}

/** The outcome a row holds. */
export function toOutcome(row: Omit<Selectable<OutcomeRow>, 'number' | 'hash'>): Outcome {
  return {
    sequence: row.sequence,
    revision: row.revision,
    actualPrice: row.actual_price,
    source: row.source,
    scoredAtMs: row.scored_at_ms,
    logReturn: row.log_return,
    pinball: row.pinball,
    climatologyPinball: row.climatology_pinball,
    absoluteError: row.absolute_error,
    naiveScale: row.naive_scale,
    directionHit: row.direction_hit === 1,
    brier: row.brier,
    band: row.band as Outcome['band'],
    level: row.level,
  };
}

/** The outcome a row holds, with its place in the chain. */
export function toRecordedOutcome(row: Selectable<OutcomeRow>): RecordedOutcome {
  return { ...toOutcome(row), number: row.number, hash: hexOf(row.hash) };
}
