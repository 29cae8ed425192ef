import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely, Selectable } from 'kysely';
import { isWithinWriteWindow, type LedgerEntry, type LedgerHead, type LedgerVerdict, NO_HASH } from '../core/ledger.ts';
import { entryHash, markHash, toEntry, toMark } from './ledger-row-mapping.ts';
import type { Database, LedgerRow } from './schema.ts';

/** Rows read by one query, and so the most that are in memory. */
const CHUNK_ROWS = 1_000;

/** Verifies both chains from their first row and stops at the first fault. */
export async function verifyLedger(db: Kysely<Database>, signal?: AbortSignal): Promise<LedgerVerdict> {
  let head: LedgerHead = { sequence: 0, hash: NO_HASH };
  let marksHead: LedgerHead = { sequence: 0, hash: NO_HASH };
  const verdict = (problem: string | null): LedgerVerdict => ({
    rows: head.sequence,
    marks: marksHead.sequence,
    head: head.sequence > 0 ? head : null,
    marksHead: marksHead.sequence > 0 ? marksHead : null,
    problem,
  });
  for (;;) {
    signal?.throwIfAborted();
    const rows = await db
      .selectFrom('ledger')
      .selectAll()
      .where('sequence', '>', head.sequence)
      .orderBy('sequence')
      .limit(CHUNK_ROWS)
      .execute();
    for (const row of rows) {
      const problem = entryProblem(row, head);
      if (problem) return verdict(problem);
      head = { sequence: row.sequence, hash: row.hash };
    }
    if (rows.length < CHUNK_ROWS) break;
    await nextTurn();
  }
  for (;;) {
    signal?.throwIfAborted();
    const rows = await db
      .selectFrom('ledger_marks as m')
      .leftJoin('ledger as l', 'l.sequence', 'm.sequence')
      .selectAll('m')
      .select(['l.hash as entry_hash', 'l.cause', 'l.interval', 'l.origin_ms', 'l.target_ms'])
      .where('m.number', '>', marksHead.sequence)
      .orderBy('m.number')
      .limit(CHUNK_ROWS)
      .execute();
    for (const row of rows) {
      const mark = toMark(row);
      const { hash, ...body } = mark;
      const at = `Mark ${marksHead.sequence + 1}`;
      if (mark.number !== marksHead.sequence + 1) return verdict(`${at} is missing.`);
      if (mark.previousHash !== marksHead.hash) return verdict(`${at} does not follow the one before it.`);
      if (markHash(body) !== hash) return verdict(`${at} has been changed.`);
      if (mark.rowHash !== row.entry_hash || row.cause !== 'on-demand')
        return verdict(`${at} belongs to no row that was asked for on demand.`);
      const forecast = { interval: row.interval, originMs: row.origin_ms, targetMs: row.target_ms };
      if (!isWithinWriteWindow(forecast as LedgerEntry, 'scheduled', mark.markedAtMs))
        return verdict(`${at} came too late to count.`);
      marksHead = { sequence: mark.number, hash };
    }
    if (rows.length < CHUNK_ROWS) return verdict(null);
    await nextTurn();
  }
}

function entryProblem(row: Selectable<LedgerRow>, before: LedgerHead): string | null {
  const at = `Row ${before.sequence + 1}`;
  if (row.sequence !== before.sequence + 1) return `${at} is missing.`;
  if (row.previous_hash !== before.hash) return `${at} does not follow the one before it.`;
  let entry: LedgerEntry;
  try {
    entry = toEntry(row);
  } catch {
    return `${at} has been changed: it holds no numbers.`;
  }
  const { hash, ...body } = entry;
  if (entryHash(body) !== hash) return `${at} has been changed.`;
  return isWithinWriteWindow(entry, entry.cause, entry.issuedAtMs) ? null : `${at} was written too late to count.`;
}
