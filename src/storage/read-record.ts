import { existsSync } from 'node:fs';
import { type Kysely, type Selectable, sql } from 'kysely';
import { INTERVAL_MS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { NO_HASH } from '../core/ledger.ts';
import { silentLogger } from '../core/logger.ts';
import type { AskedOdds } from '../core/odds.ts';
import {
  CHAINS,
  type ChainHead,
  type ChainName,
  canonicalCheckpoint,
  canonicalEntry,
  canonicalMark,
  canonicalModel,
  canonicalOutcome,
  type HeadHashes,
  lineOf,
} from '../core/record.ts';
import { ODDS_CHAIN } from './asked-odds-repository.ts';
import { type Bytes, hexOf } from './bytes.ts';
import { CALL_CHAIN } from './call-repository.ts';
import { checkpointOf, checkpointsAfter, headOf, namedHashes } from './chain-ends.ts';
import { createGuard, MEMORY_PATH, parseDatabaseUrl, secretsOf } from './connection.ts';
import { type EventChain, type EventRow, eventsAfter } from './event-chain.ts';
import { toEntry, toMark, toRecordedModel, toRecordedOutcome } from './ledger-row-mapping.ts';
import { migrate } from './migrate.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import { closesAfter, createCloseLine, createSpans } from './record-closes.ts';
import type { Database } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** The files of an export that hold rows: one for each chain, and the closes that prices are compared with. */
export const RECORD_FILES = [...CHAINS, 'candles'] as const;
export type RecordFile = (typeof RECORD_FILES)[number];

/** Some lines of a file, without their line breaks. */
export interface RecordPiece {
  readonly file: RecordFile;
  readonly lines: readonly string[];
}

/** The whole record as it is at one moment, whatever is written meanwhile. */
export interface RecordSnapshot {
  /** The ends of the chains as they are stored. */
  readonly heads: Readonly<Record<ChainName, ChainHead>>;
  /** Every line, file by file in the order of `RECORD_FILES`, each file in its own order. Throws `CC_DATABASE`, and the signal's reason. */
  pieces(signal?: AbortSignal): AsyncGenerator<RecordPiece>;
}

/** The snapshot, and what names its failures. */
interface Reader {
  readonly db: Kysely<Database>;
  readonly read: <T>(step: () => Promise<T>) => Promise<T>;
}

/** Rows read by one query. */
const ROWS_AT_ONCE = 1_000;
const CLOSES_AT_ONCE = 5_000;

/**
 * Opens the database, brings its schema up to date and hands over one snapshot of its record. Throws `CC_DATABASE`, `CC_CONFIG_INVALID`, and as `use`
 * does.
 */
export async function readRecord<T>(databaseUrl: string, use: (record: RecordSnapshot) => Promise<T>): Promise<T> {
  const target = parseDatabaseUrl(databaseUrl);
  const { label } = target;
  if (target.kind === 'sqlite' && (target.path === MEMORY_PATH || !existsSync(target.path))) {
    throw new CandlecastError('CC_DATABASE', `There is no record to read: ${label} does not exist.`, {
      remedy: 'Correct DATABASE_URL; the first start of the bot makes the file.',
    });
  }
  const guard = createGuard(label, target.kind === 'postgres' ? secretsOf(target) : []);
  const connection =
    target.kind === 'sqlite'
      ? openSqlite(target.path, label)
      : openPostgres(target.url, label, silentLogger, LONG_POSTGRES_LIMITS);
  try {
    await guard('open', () => migrate(connection));
    const done = await guard('read the record in', () =>
      connection.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (db) => {
          const reader: Reader = { db, read: (step) => guard('read the record in', step) };
          const record = { heads: await headsOf(db), pieces: (signal?: AbortSignal) => piecesOf(reader, signal) };
          // What fails there is no failure of the database, and nothing is to be rolled back.
          return use(record).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
        }),
    );
    if ('error' in done) throw done.error;
    return done.value;
  } finally {
    await connection.db.destroy();
  }
}

async function headsOf(db: Kysely<Database>): Promise<RecordSnapshot['heads']> {
  const heads: Partial<Record<ChainName, ChainHead>> = {};
  for (const chain of CHAINS) heads[chain] = await headOf(db, chain);
  return heads as RecordSnapshot['heads'];
}

/** A row of a chain, with its number in it. */
type Numbered = { readonly number: number; readonly hash: Bytes };

async function* piecesOf({ db, read: guarded }: Reader, signal: AbortSignal | undefined): AsyncGenerator<RecordPiece> {
  const spans = createSpans();

  /** Lines of one chain; `read` reads the rows after a number, `textOf` writes the text of one. */
  async function* linesOf<Row extends Numbered>(
    file: ChainName,
    read: (after: number) => Promise<readonly Row[]>,
    textOf: (row: Row, previousHash: string) => string,
  ): AsyncGenerator<RecordPiece> {
    let previousHash = NO_HASH;
    const pages = ahead(
      (after) => guarded(() => read(after)),
      ({ number }) => number,
      { start: -1, size: ROWS_AT_ONCE, signal },
    );
    for await (const rows of pages) {
      const lines = rows.map((row) => {
        const text = readable(file, row.number, () => textOf(row, previousHash));
        previousHash = hexOf(row.hash);
        return lineOf(text, previousHash);
      });
      yield { file, lines };
    }
  }

  /** Lines of a chain of events, whose rows hold their text; `see` is shown each. */
  async function* eventLines<Row extends EventRow, First, End extends { readonly kind: string }>(
    chain: EventChain<Row, First, End>,
    file: 'calls' | 'odds',
    see?: (row: Row) => void,
  ): AsyncGenerator<RecordPiece> {
    const read = (after: number) => guarded(() => eventsAfter<Row>(db, chain, after, ROWS_AT_ONCE));
    for await (const rows of ahead(read, ({ number }) => number, { start: -1, size: ROWS_AT_ONCE, signal })) {
      const lines = rows.map((row) =>
        readable(file, row.number, () => {
          see?.(row);
          return lineOf(chain.canonical(row), row.hash);
        }),
      );
      yield { file, lines };
    }
  }

  yield* linesOf(
    'forecasts',
    (after) =>
      db
        .selectFrom('ledger')
        .selectAll()
        .select('sequence as number')
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(ROWS_AT_ONCE)
        .execute(),
    (row, previousHash) => {
      const entry = toEntry(row);
      spans.add(entry);
      return canonicalEntry(entry, previousHash);
    },
  );
  yield* linesOf(
    'marks',
    (after) => rowsAfter(db, 'ledger_marks', after),
    (row, previousHash) => canonicalMark(toMark(row), previousHash),
  );
  yield* linesOf(
    'outcomes',
    (after) => rowsAfter(db, 'outcomes', after),
    (row, previousHash) => canonicalOutcome(toRecordedOutcome(row), previousHash),
  );
  yield* linesOf(
    'models',
    (after) => rowsAfter(db, 'model_cards', after),
    (row, previousHash) => canonicalModel(toRecordedModel(row), previousHash),
  );
  yield* eventLines(CALL_CHAIN, 'calls');
  yield* eventLines(ODDS_CHAIN, 'odds', ({ kind, body }) => {
    if (kind === 'odds') spans.addOdds((JSON.parse(body) as { readonly odds: AskedOdds }).odds);
  });
  yield* linesOf(
    'checkpoints',
    (after) => checkpointsAfter(db, after, ROWS_AT_ONCE),
    (row, previousHash) => {
      const hashes = namedHashes(row);
      // Of a row that is not there any more no hash is known; the checkpoint's own hash then shows that something is missing.
      const known = Object.entries(hashes).map(([chain, hash]) => [chain, hash ?? NO_HASH]);
      return canonicalCheckpoint(checkpointOf(row), Object.fromEntries(known) as HeadHashes, previousHash);
    },
  );
  for (const span of spans.all()) {
    const start = span.fromMs - INTERVAL_MS[span.interval] - 1;
    const read = (after: number) => guarded(() => closesAfter(db, span, after, CLOSES_AT_ONCE));
    const lineOfClose = createCloseLine(span);
    for await (const rows of ahead(read, (row) => row.open_time_ms, { start, size: CLOSES_AT_ONCE, signal })) {
      yield { file: 'candles', lines: rows.map(lineOfClose) };
    }
  }
}

type SimpleTable = 'ledger_marks' | 'outcomes' | 'model_cards';

/** The next rows of a chain after a number. */
async function rowsAfter<Table extends SimpleTable>(db: Kysely<Database>, table: Table, after: number) {
  const { rows } = await sql<Selectable<Database[Table]>>`
    select * from ${sql.table(table)} where number > ${after} order by number limit ${sql.lit(ROWS_AT_ONCE)}`.execute(
    db,
  );
  return rows;
}

/** Yields pages of rows and reads the next one while the consumer works on this one; `keyOf` gives what the next page comes after. */
async function* ahead<Row>(
  read: (after: number) => Promise<readonly Row[]>,
  keyOf: (row: Row) => number,
  { start, size, signal }: { readonly start: number; readonly size: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<readonly Row[]> {
  let next: Promise<readonly Row[]> | null = read(start);
  while (next) {
    signal?.throwIfAborted();
    const rows: readonly Row[] = await next;
    const last = rows.at(-1);
    next = last && rows.length === size ? read(keyOf(last)) : null;
    // Its failure is thrown where it is awaited, unless the consumer has gone by then.
    next?.catch(() => undefined);
    if (last) yield rows;
  }
}

/** The text of a row; throws `CC_DATABASE` where a column does not hold what it should, which no line can show. */
function readable(chain: ChainName, number: number, textOf: () => string): string {
  try {
    return textOf();
  } catch (cause) {
    throw new CandlecastError('CC_DATABASE', `Row ${number} of the ${chain} has been damaged: it holds no numbers.`, {
      remedy: 'Run npm run record -- verify, and bring a backup back (docs/backup.md).',
      cause,
    });
  }
}
