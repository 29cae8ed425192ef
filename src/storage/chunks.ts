import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows written by one statement: with the widest table far below SQLite's 32,766 and PostgreSQL's 65,535 variables. */
const ROWS_PER_STATEMENT = 500;

/**
 * Hands the rows on in bounded chunks and lets other work run between them: SQLite works on this very thread, and a
 * long history must not delay the gateway's heartbeat. Returns the sum of what the calls return.
 */
export async function inChunks<T>(rows: readonly T[], write: (chunk: T[]) => Promise<number>): Promise<number> {
  let total = 0;
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    if (start > 0) await nextTurn();
    total += await write(rows.slice(start, start + ROWS_PER_STATEMENT));
  }
  return total;
}
