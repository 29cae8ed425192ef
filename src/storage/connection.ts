import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Compilable,
  CompiledQuery,
  type Kysely,
  type QueryResult,
  type RawBuilder,
  SqliteAdapter,
  sql,
} from 'kysely';
import { CandlecastError, DatabaseError } from '../core/errors.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** An open connection with its dialect and a label without secrets. */
export interface Connection {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Database>;
  /** For messages, such as `the SQLite file data/candlecast.db`; never holds a password. */
  readonly label: string;
  /**
   * A number that stays the same while no other program has changed the database; null where that was not looked at lately. Absent where it cannot be
   * known.
   */
  readonly othersStamp?: OthersStamp;
  /** See {@link TableStamp}. Absent where it cannot be known. */
  readonly tableStamp?: TableStamp;
}

/** See {@link Connection}. */
export type OthersStamp = () => number | null;

/**
 * A text that stays the same while nobody has written to a table, neither this program nor another; null where that was not looked at lately. It
 * changes when a write begins and again when it has been committed, so that what is read in between is not relied on.
 */
export type TableStamp = (table: keyof Database) => string | null;

/** The stamp of a database of which nothing can be known. */
export const NO_STAMP: TableStamp = () => null;

/** The parsed `DATABASE_URL`. */
export type DatabaseTarget =
  | { readonly kind: 'sqlite'; readonly path: string; readonly label: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly password: string; readonly label: string };

/** The path that keeps a SQLite database in memory only. */
export const MEMORY_PATH = ':memory:';

/**
 * Parses `sqlite:PATH`, `sqlite::memory:`, `postgres://…` and `postgresql://…`.
 * Throws `CC_CONFIG_INVALID` without repeating the value, which may hold a password; an error of `new URL` would repeat
 * it and is therefore not kept as the cause.
 */
export function parseDatabaseUrl(databaseUrl: string): DatabaseTarget {
  const text = databaseUrl.trim();
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === MEMORY_PATH) return { kind: 'sqlite', path, label: 'the SQLite database in memory' };
    if (path !== '' && !path.includes('\0')) return { kind: 'sqlite', path, label: `the SQLite file ${path}` };
  }
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    const database = decoded(url.pathname.slice(1));
    const host = url.hostname === '' ? 'localhost' : url.hostname;
    const label = `the PostgreSQL database ${database || 'of that user'} at ${host}:${url.port || '5432'}`;
    return { kind: 'postgres', url: text, password: decoded(url.password), label };
  }
  throw new CandlecastError('CC_CONFIG_INVALID', 'DATABASE_URL is not an address this program understands.', {
    remedy: 'Use sqlite:data/candlecast.db or postgres://user:password@host:5432/database.',
  });
}

/** The ways in which the password of an address may stand in a driver's error. */
export function secretsOf(target: { readonly url: string; readonly password: string }): string[] {
  return [target.password, encodeURIComponent(target.password), new URL(target.url).password];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface Diagnosis {
  readonly problem: string;
  readonly remedy: string;
  readonly retryable?: boolean;
}

const RESTORE =
  'Stop the bot, keep a copy of the file and those beside it, and bring a backup back into a new file with npm run restore (docs/backup.md).';

const DISK_FULL: Diagnosis = {
  problem: 'the disk is full',
  remedy:
    'Free some space on the disk of the database; what was stored before is intact, and the bot goes on by itself.',
  retryable: true,
};
const READ_ONLY: Diagnosis = {
  problem: 'it cannot be written',
  remedy: 'Give the user this program runs as write permission to the database file and its folder.',
};
const CANNOT_OPEN: Diagnosis = {
  problem: 'it cannot be opened or created',
  remedy: 'Check that the folder exists, that the path in DATABASE_URL is a file and that it may be written.',
};
const CORRUPT: Diagnosis = {
  problem: 'the file is damaged or no SQLite database',
  remedy: RESTORE,
};
const BROKEN_DISK: Diagnosis = {
  problem: 'the disk reports an error',
  remedy: 'Look at the disk and its file system; what was stored before is intact as far as the disk is.',
};
/** Of a file that was changed past SQLite while it was open. */
const changed = (problem: string): Diagnosis => ({ problem, remedy: RESTORE });
const BUSY: Diagnosis = {
  problem: 'another program holds it locked',
  remedy: 'Stop the other program that uses the same file, or try again.',
  retryable: true,
};
const UNREACHABLE: Diagnosis = {
  problem: 'the server does not answer',
  remedy: 'Start PostgreSQL, or correct host and port in DATABASE_URL.',
  retryable: true,
};
const LOGIN: Diagnosis = {
  problem: 'the server refuses the user name or password',
  remedy: 'Correct user name and password in DATABASE_URL.',
};
const SLOW: Diagnosis = {
  problem: 'it took too long and was ended',
  remedy: 'Try again in a minute; if it persists, look at what else works on the database.',
  retryable: true,
};
const UNAVAILABLE: Diagnosis = {
  problem: 'the server is starting, stopping or out of connections',
  remedy: 'Try again in a minute.',
  retryable: true,
};

/** By SQLite's result code name, PostgreSQL's SQLSTATE or Node's system error code. */
const DIAGNOSES: Readonly<Record<string, Diagnosis>> = {
  SQLITE_FULL: DISK_FULL,
  SQLITE_READONLY: READ_ONLY,
  SQLITE_CANTOPEN: CANNOT_OPEN,
  SQLITE_CORRUPT: CORRUPT,
  SQLITE_NOTADB: CORRUPT,
  SQLITE_IOERR: BROKEN_DISK,
  FILE_GONE: changed('its file was deleted or moved while it was open'),
  FILE_REPLACED: changed('another file was put in its place while it was open'),
  FILE_EMPTIED: changed('its file was emptied while it was open'),
  FILE_LOST: changed('its file is missing or empty, although what belongs to it lies beside it'),
  FILE_CUT: changed('its file was cut short'),
  FILE_OVERWRITTEN: changed('its file was overwritten'),
  WAL_GONE: changed('its -wal file, with the newest changes, was deleted while it was open'),
  SQLITE_BUSY: BUSY,
  SQLITE_LOCKED: BUSY,
  ENOSPC: DISK_FULL,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
  ENOENT: CANNOT_OPEN,
  ENOTDIR: CANNOT_OPEN,
  EEXIST: CANNOT_OPEN,
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EPIPE: UNREACHABLE,
  '28P01': LOGIN,
  '28000': LOGIN,
  '3D000': {
    problem: 'the server has no database of that name',
    remedy: 'Create it (createdb), or correct the name in DATABASE_URL.',
  },
  '42501': {
    problem: 'the user may not do that there',
    remedy: 'Grant the user CREATE on the schema and all rights on the tables of Candlecast.',
  },
  '25006': READ_ONLY,
  '53100': DISK_FULL,
  '53300': UNAVAILABLE,
  '57014': SLOW,
  '55P03': SLOW,
  '25P03': UNREACHABLE,
  '40P01': SLOW,
  '57P01': UNAVAILABLE,
  '57P02': UNAVAILABLE,
  '57P03': UNAVAILABLE,
};

/** Messages of `pg` and `pg-pool` for a connection that timed out or was lost: these errors have no code. */
const PG_LOST_CONNECTION: ReadonlySet<string> = new Set([
  'Client has encountered a connection error and is not queryable',
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/**
 * Wraps what a driver threw as `CC_DATABASE` with a sentence, a remedy and a cause that holds only code and message,
 * with every secret removed: driver errors may contain the address.
 */
function databaseError(error: unknown, action: string, label: string, secrets: readonly string[]): Error {
  if (error instanceof CandlecastError) return error;
  const message = redact(error instanceof Error ? error.message : String(error), secrets);
  const code = codeOf(error);
  const known = DIAGNOSES[code] ?? (PG_LOST_CONNECTION.has(message) ? UNREACHABLE : null);
  const cause = Object.assign(new Error(message), { code });
  const rescued = rescuedOf(error);
  const remedy = rescued === null ? known?.remedy : rescuedRemedy(rescued);
  const problem = known?.problem ?? `the database says: ${message.slice(0, 200)}`;
  return new DatabaseError(`Cannot ${action} ${label}: ${problem}.`, problem, {
    cause,
    context: { code },
    retryable: known?.retryable ?? false,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Runs one step on a database and throws what it throws as `CC_DATABASE`. */
export type Guard = <T>(action: string, step: () => Promise<T>) => Promise<T>;

/** Makes the guard of one database; `action` reads as in "Cannot {action} {label}". `onError` is told of every failure. */
export function createGuard(
  label: string,
  secrets: readonly string[],
  onError: (error: DatabaseError) => void = () => {},
): Guard {
  return async (action, step) => {
    try {
      return await step();
    } catch (error) {
      const known = databaseError(error, action, label, secrets);
      if (known instanceof DatabaseError) onError(known);
      throw known;
    }
  };
}

/** The path of the copy that was made of a file which is gone; null where none was. */
const rescuedOf = (error: unknown): string | null =>
  error instanceof Error && 'rescued' in error && typeof error.rescued === 'string' ? error.rescued : null;

const rescuedRemedy = (path: string) =>
  `Everything up to then is saved in ${path}: stop the bot, move that file to where the database was, and start it again.`;

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || code === '') return 'UNKNOWN';
  // Extended codes such as SQLITE_BUSY_SNAPSHOT mean what their primary code means.
  return /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;
}

function redact(message: string, secrets: readonly string[]): string {
  let clean = message.replace(/\S+/g, withoutPassword);
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean;
}

/** A word that may be a URL, without the password in it. */
function withoutPassword(word: string): string {
  const host = word.indexOf('://') + 3;
  const colon = word.indexOf(':', host);
  const at = word.lastIndexOf('@');
  return host > 2 && colon > 0 && colon < at ? `${word.slice(0, colon)}:***${word.slice(at)}` : word;
}

/** Rows written by one statement: with the widest table far below SQLite's 32,766 and PostgreSQL's 65,535 variables. */
export const ROWS_PER_STATEMENT = 500;

/** The rows in as many parts as it takes statements to write them. */
export const chunksOf = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, i) =>
    rows.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT),
  );

/**
 * Passes the rows on in bounded chunks and lets other work run between them: a database in
 * memory works on this thread, and a long history must not delay the gateway's heartbeat. Returns the sum of what the calls return.
 */
export async function inChunks<T>(rows: readonly T[], write: (chunk: T[]) => Promise<number>): Promise<number> {
  let total = 0;
  for (const [place, chunk] of chunksOf(rows).entries()) {
    if (place > 0) await nextTurn();
    total += await write(chunk);
  }
  return total;
}

/**
 * Reads a table, or gives what was read last where its stamp says that nobody has written since. With `isKept`, only what it accepts stays in memory.
 */
export function cachedReading<T>(
  stamp: () => string | null,
  read: () => Promise<T>,
  isKept: (value: T) => boolean = () => true,
): () => Promise<T> {
  let kept: { readonly value: T; readonly stamp: string } | null = null;
  return async () => {
    const before = stamp();
    if (kept && kept.stamp === before) return kept.value;
    kept = null;
    const value = await read();
    if (before !== null && isKept(value)) kept = { value, stamp: before };
    return value;
  };
}

/** The moment by the database's own clock, ms since the epoch, for what machines with different clocks compare. */
export function databaseNow(kind: DatabaseKind): RawBuilder<number> {
  return kind === 'sqlite'
    ? sql<number>`cast((julianday('now') - 2440587.5) * 86400000 as integer)`
    : sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
}

/** Statements that go to SQLite's thread as one message. */
interface Batch extends CompiledQuery {
  readonly batch: readonly CompiledQuery[];
}

/** Whether a query stands for several, which are run one after the other in one transaction. */
export const isBatch = (query: CompiledQuery): query is Batch => 'batch' in query;

/** The results of statements, each with the rows of its own. */
type ResultsOf<Queries extends readonly Compilable<unknown>[]> = {
  -readonly [Place in keyof Queries]: Queries[Place] extends Compilable<infer Row> ? QueryResult<Row> : never;
};

/**
 * Runs statements that are known beforehand one after the other, in a transaction of their own unless `db` is one. A message to SQLite's thread and back
 * costs several times what a small statement does, so they share one. Throws what the first that fails throws; then none counts.
 */
export async function runBatch<const Queries extends readonly Compilable<unknown>[]>(
  db: Kysely<Database>,
  queries: Queries,
): Promise<ResultsOf<Queries>> {
  const batch = queries.map((query) => query.compile());
  if (batch.length === 0) return [] as unknown as ResultsOf<Queries>;
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    const query: Batch = { ...CompiledQuery.raw(batch.map(({ sql }) => sql).join('; ')), batch };
    return (await db.executeQuery(query)).rows as ResultsOf<Queries>;
  }
  const inOrder = async (transaction: Kysely<Database>) => {
    const results: QueryResult<unknown>[] = [];
    for (const query of batch) results.push(await transaction.executeQuery(query));
    return results as unknown as ResultsOf<Queries>;
  };
  return db.isTransaction ? inOrder(db) : db.transaction().execute(inOrder);
}
