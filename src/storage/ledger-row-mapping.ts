import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Interval } from '../core/candle.ts';
import type { HorizonName } from '../core/horizon.ts';
import {
  canonicalEntry,
  canonicalMark,
  type LedgerCause,
  type LedgerEntry,
  type Outcome,
  type ScheduledMark,
} from '../core/ledger.ts';
import type { LedgerMarkRow, LedgerRow, OutcomeRow } from './schema.ts';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** The hash of a row of the ledger. */
export const entryHash = (entry: Omit<LedgerEntry, 'hash'>) => sha256(canonicalEntry(entry));

/** The hash of a mark. */
export const markHash = (mark: Omit<ScheduledMark, 'hash'>) => sha256(canonicalMark(mark));

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
    quantiles: JSON.stringify(entry.quantiles),
    p_up: entry.pUp,
    climatology: entry.climatology && JSON.stringify(entry.climatology),
    model: entry.model,
    source: entry.source,
    sentiment_share: entry.sentimentShare,
    issued_at_ms: entry.issuedAtMs,
    previous_hash: entry.previousHash,
    hash: entry.hash,
  };
}

/** The entry a row holds; throws `SyntaxError` where a column holds no JSON. */
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
    quantiles: JSON.parse(row.quantiles) as number[],
    pUp: row.p_up,
    climatology: row.climatology === null ? null : (JSON.parse(row.climatology) as number[]),
    model: row.model,
    source: row.source,
    sentimentShare: row.sentiment_share,
    issuedAtMs: row.issued_at_ms,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

/** A mark as its table holds it. */
export function toMarkRow(mark: ScheduledMark): LedgerMarkRow {
  return {
    number: mark.number,
    sequence: mark.sequence,
    row_hash: mark.rowHash,
    marked_at_ms: mark.markedAtMs,
    previous_hash: mark.previousHash,
    hash: mark.hash,
  };
}

/** The mark a row holds. */
export function toMark(row: Selectable<LedgerMarkRow>): ScheduledMark {
  return {
    number: row.number,
    sequence: row.sequence,
    rowHash: row.row_hash,
    markedAtMs: row.marked_at_ms,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

/** An outcome as its table holds it. */
export function toOutcomeRow(outcome: Outcome): OutcomeRow {
  return {
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
  };
}

/** The outcome a row holds. */
export function toOutcome(row: Selectable<OutcomeRow>): Outcome {
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
