import { createHash } from 'node:crypto';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { CLOCK_TOLERANCE_MS, NO_HASH } from '../core/ledger.ts';
import type { ChainHead } from '../core/record.ts';
import type { Guard } from './connection.ts';
import type { Database, DatabaseKind } from './schema.ts';

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
/** What is said of a row whose hash is not that of its text, or whose columns do not say what its text does. */
export const CHANGED = 'has been changed';

/**
 * Walks a chain of events from its beginning, or from after a row. `faultOf` says in words what is wrong with a row that follows the one before it, such as
 * {@link CHANGED}; `name` gives what a fault calls the row of a number: "Row 3 of the odds".
 */
export async function verifyEvents<Row extends ChainedRow>(
  name: (number: number) => string,
  rowsAfter: (number: number, limit: number) => Promise<readonly Row[]>,
  faultOf: (row: Row) => string | null | Promise<string | null>,
  after: ChainHead = { number: 0, hash: NO_HASH },
): Promise<ChainVerdict & { readonly head: ChainHead }> {
  let head = after;
  for (;;) {
    const rows = await rowsAfter(head.number, PAGE);
    for (const row of rows) {
      const problem =
        row.number !== head.number + 1
          ? 'is missing'
          : row.previous_hash !== head.hash
            ? 'does not follow the one before it'
            : await faultOf(row);
      const events = head.number;
      if (problem !== null) return { events, head, problem: `${name(events + 1)} ${problem}.` };
      head = { number: row.number, hash: row.hash };
    }
    if (rows.length < PAGE) return { events: head.number, head, problem: null };
  }
}

/** A row of a chain in which something is written down and, once, what came of it; `body` is an event as JSON. */
export interface EventRow extends ChainedRow {
  readonly kind: string;
  readonly at_ms: number;
  readonly target_ms: number;
  readonly body: string;
}

/** A chain of such rows. What is written down is named `First`: in the body it stands under the event's kind. */
export interface EventChain<Row extends EventRow, First, End extends { readonly kind: string }> {
  readonly table: 'call_events' | 'odds_events';
  /** The column with the number of the row that is ended; a row that ends none has its own there. */
  readonly of: 'call_number' | 'odds_number';
  /** The kind of a row that writes something down. */
  readonly kind: 'call' | 'odds';
  /** How faults name the chain. */
  readonly noun: string;
  /** The text whose SHA-256 is the hash of a row: RFC 8785 (JSON Canonicalization Scheme), as that of the record's rows. */
  readonly canonical: (row: Omit<Row, 'hash'>) => string;
  /** Columns that repeat what the body says, by which rows are found. */
  readonly columnsOf: (first: First) => Partial<Row>;
  /** What is wrong with an end beside what was written down, in words. */
  readonly endFault: (end: End, first: First) => string | null;
}

/** What was written down, with what came of it if anything has. */
export interface Ended<Row, First, End> {
  readonly number: number;
  readonly row: Row;
  readonly first: First;
  readonly end: End | null;
}

/** Columns that the chain itself fills in. */
type Own = keyof EventRow | 'call_number' | 'odds_number';

const hashOf = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** Reads and writes a chain. Methods throw `CC_DATABASE`. */
export function createEventChain<Row extends EventRow, First, End extends { readonly kind: string }>(
  chain: EventChain<Row, First, End>,
  db: Kysely<Database>,
  database: DatabaseKind,
  guard: Guard,
) {
  const { table, of, kind, noun } = chain;
  const [events, ofColumn] = [sql.table(table), sql.ref(of)];

  /** Runs a transaction in which no other process adds to the chain. */
  const write = <T>(step: (transaction: Transaction<Database>) => Promise<T>) =>
    guard(`store ${noun} in`, () =>
      db.transaction().execute(async (transaction) => {
        // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
        if (database === 'postgres') await sql`lock table ${events} in share row exclusive mode`.execute(transaction);
        return step(transaction);
      }),
    );

  /** Adds a row and returns its number; `ended` is the number of the row that it ends. */
  async function append(
    transaction: Transaction<Database>,
    columns: Omit<Row, Own> & Pick<Row, 'target_ms'>,
    event: { readonly kind: string },
    atMs: number,
    ended: number | null = null,
  ): Promise<number> {
    const last = await sql<ChainHead>`select number, hash from ${events} order by number desc limit 1`.execute(
      transaction,
    );
    const { number: before, hash: previous_hash } = last.rows[0] ?? { number: 0, hash: NO_HASH };
    const number = before + 1;
    const own = { number, [of]: ended ?? number, kind: event.kind, at_ms: atMs, body: JSON.stringify(event) };
    const row = { ...columns, ...own, previous_hash };
    const whole = { ...row, hash: hashOf(chain.canonical(row as unknown as Omit<Row, 'hash'>)) };
    const names = Object.keys(whole).map((name) => sql.ref(name));
    await sql`insert into ${events} (${sql.join(names)}) values (${sql.join(Object.values(whole))})`.execute(
      transaction,
    );
    return number;
  }

  /** What was written down in rows `q`, with their ends `e`; `rest` is what a statement has after its joins and first condition. */
  async function withEnds(rest: RawBuilder<unknown>): Promise<readonly Ended<Row, First, End>[]> {
    const { rows } = await sql<Row & { readonly end_body: string | null }>`
      select q.*, e.body as end_body from ${events} as q left join ${events} as e on e.${ofColumn} = q.number and e.kind <> ${kind}
      where q.kind = ${kind} ${rest}`.execute(db);
    return rows.map((row) => ({
      number: row.number,
      row,
      first: firstOf(chain, row.body),
      end: row.end_body === null ? null : (JSON.parse(row.end_body) as End),
    }));
  }

  return {
    write,
    append,

    /** What was written down in rows where a condition on `q` holds, in a transaction of {@link write}. */
    async firsts(transaction: Transaction<Database>, where: RawBuilder<unknown>): Promise<readonly First[]> {
      const { rows } = await sql<Pick<EventRow, 'body'>>`
        select body from ${events} as q where kind = ${kind} and ${where}`.execute(transaction);
      return rows.map(({ body }) => firstOf(chain, body));
    },

    /** The same with what came of it; `rest` is a condition and an order. */
    find: (where: RawBuilder<unknown>) => guard(`read ${noun} from`, () => withEnds(sql`and ${where}`)),

    /** What has no end and whose target is over by `untilMs`, the oldest first. */
    due: (untilMs: number, limit: number) =>
      guard(`read ${noun} from`, () =>
        withEnds(sql`and q.target_ms <= ${untilMs} and e.number is null order by q.target_ms, q.number limit ${limit}`),
      ),

    /** Adds ends, one each. Returns how many were added. */
    end: (ends: readonly { readonly number: number; readonly event: End }[], atMs: number) =>
      write(async (transaction) => {
        let added = 0;
        for (const { number, event } of ends) {
          const { rows } = await sql<Row>`select * from ${events} where ${ofColumn} = ${number}`.execute(transaction);
          const first = rows.find((row) => row.kind === kind);
          if (!first || rows.length > 1) continue;
          await append(transaction, first, event, atMs, number);
          added++;
        }
        return added;
      }),
  };
}

/** Rows of a chain after a number, in order, as they are kept. */
export async function eventsAfter<Row extends EventRow>(
  db: Kysely<Database>,
  { table }: { readonly table: 'call_events' | 'odds_events' },
  after: number,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} where number > ${after} order by number limit ${sql.lit(limit)}`.execute(db);
  return rows;
}

/** Walks a chain from its beginning, or from after a row: hashes, columns, times, that each end belongs to something and follows from it. */
export function verifyEventChain<Row extends EventRow, First, End extends { readonly kind: string }>(
  db: Kysely<Database>,
  chain: EventChain<Row, First, End>,
  after?: ChainHead,
  signal?: AbortSignal,
): ReturnType<typeof verifyEvents> {
  const { of, kind, noun } = chain;
  /** What was written down and has no end yet, by number. */
  const open = new Map<number, Row>();
  let latestMs = 0;

  async function beginningOf(number: number): Promise<Row | undefined> {
    const found = open.get(number);
    open.delete(number);
    // One from before the rows that are walked; the unique index keeps it from having two ends.
    return (
      found ?? (number <= (after?.number ?? 0) ? (await eventsAfter<Row>(db, chain, number - 1, 1))[0] : undefined)
    );
  }

  async function faultOf(row: Row): Promise<string | null> {
    if (hashOf(chain.canonical(row)) !== row.hash) return CHANGED;
    if (row.at_ms < latestMs - CLOCK_TOLERANCE_MS) return 'says that it was written before rows that stand before it';
    latestMs = Math.max(latestMs, row.at_ms);
    // What has its hash was written by this program, and can be read.
    const event = JSON.parse(row.body) as End;
    const ended = (row as unknown as Readonly<Record<string, number>>)[of]!;
    if (event.kind !== row.kind) return CHANGED;
    if (event.kind === kind) {
      const columns = Object.entries(chain.columnsOf(firstOf(chain, row.body)));
      const isSame = columns.every(([name, value]) => row[name as keyof Row] === value);
      if (!isSame || ended !== row.number) return CHANGED;
      if (row.at_ms >= row.target_ms) return 'was not written before its moment';
      open.set(row.number, row);
      return null;
    }
    const beginning = await beginningOf(ended);
    if (beginning?.kind !== kind) return 'ends what is not there, or has ended already';
    if (row.at_ms < beginning.target_ms) return 'was written before its moment';
    return chain.endFault(event, firstOf(chain, beginning.body));
  }

  const rowsAfter = (number: number, limit: number) => {
    signal?.throwIfAborted();
    return eventsAfter<Row>(db, chain, number, limit);
  };
  return verifyEvents((number) => `Row ${number} of the ${noun}`, rowsAfter, faultOf, after);
}

/** What a row writes down. */
function firstOf<First>({ kind }: { readonly kind: string }, body: string): First {
  const event = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (event['kind'] !== kind) throw new TypeError('the row ends another one');
  return event[kind] as First;
}
