import { NO_HASH } from '../core/ledger.ts';

/** What a row of any chain of events has. */
export interface ChainedRow {
  readonly number: number;
  readonly previous_hash: string;
  readonly hash: string;
}

/** How many events follow each other unbroken, and the first fault in words, or null. */
export interface ChainVerdict {
  readonly events: number;
  readonly problem: string | null;
}

/** Rows that are read at a time. */
const PAGE = 1_000;

/**
 * Walks a chain of events from its beginning. `isIntact` says whether a row has its hash and its columns say what its body does; `name` gives what a fault
 * calls the row of a number: "Row 3 of the odds".
 */
export async function verifyEvents<Row extends ChainedRow>(
  name: (number: number) => string,
  rowsAfter: (number: number, limit: number) => Promise<readonly Row[]>,
  isIntact: (row: Row) => boolean,
): Promise<ChainVerdict> {
  let last = { number: 0, hash: NO_HASH };
  for (;;) {
    const rows = await rowsAfter(last.number, PAGE);
    for (const row of rows) {
      const events = last.number;
      const at = name(events + 1);
      if (row.number !== events + 1) return { events, problem: `${at} is missing.` };
      if (row.previous_hash !== last.hash) return { events, problem: `${at} does not follow the one before it.` };
      if (!isIntact(row)) return { events, problem: `${at} has been changed.` };
      last = row;
    }
    if (rows.length < PAGE) return { events: last.number, problem: null };
  }
}
