import type { Kysely } from 'kysely';
import { NO_HASH } from '../core/ledger.ts';
import type { Checkpoint } from '../core/record.ts';
import { hexOf } from './bytes.ts';
import { checkpointHash, entryHash, toCheckpoint, toEntry } from './ledger-row-mapping.ts';
import type { Database } from './schema.ts';
import { hashesAt } from './verify-record.ts';

/** What was followed of a chain: how many rows, and the first fault in words; null where all hold. */
export interface Segment {
  readonly rows: number;
  readonly problem: string | null;
}

/** Computes the hashes of forecasts anew, from the first number to the last, each from the stored one before it. */
export async function verifyForecasts(db: Kysely<Database>, from: number, to: number): Promise<Segment> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('sequence', '>=', from - 1)
    .where('sequence', '<=', to)
    .orderBy('sequence')
    .execute();
  let [expected, previousHash] = [Math.max(from - 1, 1), NO_HASH];
  let count = 0;
  for (const row of rows) {
    if (row.sequence !== expected) break;
    const hash = hexOf(row.hash);
    if (row.sequence >= from) {
      const { hash: _stored, ...body } = toEntry(row);
      if (entryHash(body, previousHash) !== hash) {
        return {
          rows: count,
          problem: `forecast ${row.sequence} has been changed, or does not follow the one before it`,
        };
      }
      count++;
    }
    previousHash = hash;
    expected++;
  }
  return { rows: count, problem: expected <= to ? `forecast ${expected} is missing` : null };
}

/** The same of checkpoints, with the rows that each of them names; `newest` is the last one that was followed. */
export async function verifyCheckpoints(
  db: Kysely<Database>,
  from: number,
  limit: number,
): Promise<Segment & { readonly newest: Checkpoint | null }> {
  const rows = await db
    .selectFrom('checkpoints')
    .selectAll()
    .where('number', '>=', from - 1)
    .orderBy('number')
    .limit(limit + 1)
    .execute();
  let [previousHash, count] = [NO_HASH, 0];
  let newest: Checkpoint | null = null;
  for (const row of rows) {
    const checkpoint = toCheckpoint(row);
    if (checkpoint.number >= from && count < limit) {
      const { hash, ...body } = checkpoint;
      const hashes = await hashesAt(db, body);
      if (checkpoint.number !== from + count) {
        return { rows: count, problem: `checkpoint ${from + count} is missing`, newest };
      }
      if (hashes === null) {
        return {
          rows: count,
          problem: `checkpoint ${checkpoint.number} names rows that are not there any more`,
          newest,
        };
      }
      if (checkpointHash(body, hashes, previousHash) !== hash) {
        const problem = `checkpoint ${checkpoint.number} has been changed, or what it stands for has`;
        return { rows: count, problem, newest };
      }
      count++;
      newest = checkpoint;
    }
    previousHash = checkpoint.hash;
  }
  return { rows: count, problem: null, newest };
}
