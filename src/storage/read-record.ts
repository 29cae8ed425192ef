import { existsSync } from 'node:fs';
import { type Kysely, type Selectable, sql } from 'kysely';
import { INTERVAL_MS, type Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { isLive, type LedgerEntry, NO_HASH } from '../core/ledger.ts';
import { silentLogger } from '../core/logger.ts';
import {
  type ChainHead,
  type ChainName,
  canonicalCheckpoint,
  canonicalEntry,
  canonicalMark,
  canonicalModel,
  canonicalOutcome,
  EXPORTED_CHAINS,
  type ExportedChain,
  lineOf,
} from '../core/record.ts';
import { HOUR_MS } from '../core/time.ts';
import { canonicalOdds } from './asked-odds-repository.ts';
import { type Bytes, hexOf } from './bytes.ts';
import { createGuard, MEMORY_PATH, parseDatabaseUrl, secretsOf } from './connection.ts';
import { toCheckpoint, toEntry, toMark, toRecordedModel, toRecordedOutcome } from './ledger-row-mapping.ts';
import { migrate } from './migrate.ts';
import { LONG_POSTGRES_LIMITS, openPostgres } from './postgres.ts';
import { headOf } from './record-repository.ts';
import type { CandleRow, Database } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** The files of an export that hold rows: one for each chain, and the closes that prices are compared with. */
export const RECORD_FILES = [...EXPORTED_CHAINS, 'candles'] as const;
export type RecordFile = (typeof RECORD_FILES)[number];

/** Some lines of a file, without their line breaks. */
export interface RecordPiece {
  readonly file: RecordFile;
  readonly lines: readonly string[];
}

/** The whole record as it is at one moment, whatever is written meanwhile. */
export interface RecordSnapshot {
  /** The ends of the chains as they are stored. */
  readonly heads: Readonly<Record<ExportedChain, ChainHead>>;
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

const headsOf = async (db: Kysely<Database>): Promise<RecordSnapshot['heads']> => ({
  forecasts: await headOf(db, 'ledger', 'sequence'),
  marks: await headOf(db, 'ledger_marks', 'number'),
  outcomes: await headOf(db, 'outcomes', 'number'),
  models: await headOf(db, 'model_cards', 'number'),
  checkpoints: await headOf(db, 'checkpoints', 'number'),
  odds: await oddsHead(db),
});

async function oddsHead(db: Kysely<Database>): Promise<ChainHead> {
  const query = db.selectFrom('odds_events').select(['number', 'hash']).orderBy('number', 'desc').limit(1);
  return (await query.executeTakeFirst()) ?? { number: 0, hash: NO_HASH };
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
  yield* linesOf(
    'checkpoints',
    (after) =>
      db
        .selectFrom('checkpoints as c')
        .leftJoin('ledger as f', 'f.sequence', 'c.forecasts')
        .leftJoin('ledger_marks as k', 'k.number', 'c.marks')
        .leftJoin('outcomes as o', 'o.number', 'c.outcomes')
        .leftJoin('model_cards as m', 'm.number', 'c.models')
        .selectAll('c')
        .select(['f.hash as forecast_hash', 'k.hash as mark_hash', 'o.hash as outcome_hash', 'm.hash as model_hash'])
        .where('c.number', '>', after)
        .orderBy('c.number')
        .limit(ROWS_AT_ONCE)
        .execute(),
    ({ forecast_hash, mark_hash, outcome_hash, model_hash, ...row }, previousHash) => {
      // Of a row that is not there any more no hash is known; the checkpoint's own hash then shows that something is missing.
      const known = (hash: Bytes | null) => (hash === null ? NO_HASH : hexOf(hash));
      const hashes = {
        forecasts: known(forecast_hash),
        marks: known(mark_hash),
        outcomes: known(outcome_hash),
        models: known(model_hash),
      };
      return canonicalCheckpoint(toCheckpoint(row), hashes, previousHash);
    },
  );
  const odds = (after: number) =>
    guarded(() =>
      db
        .selectFrom('odds_events')
        .selectAll()
        .where('number', '>', after)
        .orderBy('number')
        .limit(ROWS_AT_ONCE)
        .execute(),
    );
  for await (const rows of ahead(odds, ({ number }) => number, { start: -1, size: ROWS_AT_ONCE, signal })) {
    yield { file: 'odds', lines: rows.map((row) => lineOf(canonicalOdds(row), row.hash)) };
  }
  for (const span of spans.all()) {
    const start = span.fromMs - INTERVAL_MS[span.interval] - 1;
    const read = (after: number) => guarded(() => closesAfter(db, span, after));
    for await (const rows of ahead(read, (row) => row.open_time_ms, { start, size: CLOSES_AT_ONCE, signal })) {
      yield { file: 'candles', lines: rows.map((row) => closeLine(row, span)) };
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

/** A coin's closes of one interval, from and to times of close that are both included. */
interface Span {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Collects the closes that prices of forecasts are compared with: at origins and targets, of those that count from a moment the nearest hour. */
function createSpans(): { add(entry: LedgerEntry): void; all(): readonly Span[] } {
  const spans = new Map<string, Span>();
  return {
    add({ symbol, cause, interval, originMs, targetMs }) {
      const live = isLive(cause);
      const series = live ? '1h' : interval;
      const key = `${series} ${symbol}`;
      const known = spans.get(key);
      const [fromMs, toMs] = live ? [targetMs - HOUR_MS, targetMs + HOUR_MS] : [originMs, targetMs];
      if (known && known.fromMs <= fromMs && known.toMs >= toMs) return;
      spans.set(key, {
        symbol,
        interval: series,
        fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
        toMs: Math.max(toMs, known?.toMs ?? toMs),
      });
    },
    // Sorted here, since databases sort text in their own ways.
    all: () => [...spans.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, span]) => span),
  };
}

const closesAfter = (db: Kysely<Database>, { symbol, interval, toMs }: Span, afterOpenMs: number) =>
  db
    .selectFrom('candles')
    .select(['open_time_ms', 'close', 'source', 'fetched_at_ms'])
    .where('symbol', '=', symbol)
    .where('interval', '=', interval)
    .where('open_time_ms', '>', afterOpenMs)
    .where('open_time_ms', '<=', toMs - INTERVAL_MS[interval])
    .orderBy('open_time_ms')
    .limit(CLOSES_AT_ONCE)
    .execute();

const closeLine = (
  row: Pick<Selectable<CandleRow>, 'open_time_ms' | 'close' | 'source' | 'fetched_at_ms'>,
  { symbol, interval }: Span,
) =>
  JSON.stringify({
    close: row.close,
    closeTimeMs: row.open_time_ms + INTERVAL_MS[interval],
    fetchedAtMs: row.fetched_at_ms,
    interval,
    source: row.source,
    symbol,
  });
