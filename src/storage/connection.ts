import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import Sqlite from 'libsql';
import { CandlecastError } from '../core/errors.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** An open connection with its dialect and a label without secrets. */
export interface Connection {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Database>;
  /** For messages, such as `the SQLite file data/candlecast.db`; never holds a password. */
  readonly label: string;
}

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

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** How long a write waits for another process that writes. The wait blocks this thread, so it is short. */
const BUSY_TIMEOUT_MS = 3_000;

/**
 * Opens or creates a SQLite file (its folder too) in write-ahead mode, so that readers and the one writer do not block
 * each other. Writes must be made inside a transaction. Throws what the file system or the driver throws.
 */
export function openSqlite(path: string, label: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Connection {
  if (path !== MEMORY_PATH) makeFolder(dirname(resolve(path)));
  const database = openFile(path, busyTimeoutMs);
  try {
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    database.pragma('journal_mode = WAL');
    // With WAL a crash of the process loses nothing and a power cut at worst the last transactions, never the file.
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    kind: 'sqlite',
    db: new Kysely<Database>({ dialect: new SqliteDialect({ database: withImmediateBegin(database) }) }),
    label,
  };
}

/** `libsql` gives the errors of its other calls SQLite's code, and this one, which has only that cause, none. */
function openFile(path: string, timeout: number): Sqlite.Database {
  try {
    return new Sqlite(path, { timeout });
  } catch (cause) {
    throw Object.assign(new Error('SQLite cannot open the file.', { cause }), { code: 'SQLITE_CANTOPEN' });
  }
}

/** Step by step, because Node's own recursive way never returns where a folder is there but may not hold another (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
}

/**
 * Makes every transaction take the write lock at its beginning, through `exec`. In `libsql` 0.5 a prepared statement that
 * meets a lock is never reset, and from then on every commit fails with "SQL statements in progress"; `exec` has no such
 * leftover, and once the lock is held no later statement can meet one.
 */
function withImmediateBegin(database: Sqlite.Database): SqliteDatabase {
  const begin = {
    reader: false,
    run() {
      database.exec('begin immediate');
      return { changes: 0, lastInsertRowid: 0 };
    },
    all: () => [],
    iterate: () => [][Symbol.iterator](),
  };
  return {
    prepare: (text) => (text === 'begin' ? begin : database.prepare(text)),
    close: () => database.close(),
  };
}

interface Diagnosis {
  readonly problem: string;
  readonly remedy: string;
  readonly retryable?: boolean;
}

const DISK_FULL: Diagnosis = {
  problem: 'the disk is full',
  remedy: 'Free some space on the disk of the database; what was stored before is intact.',
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
  remedy: 'Restore it from a backup, or move it away: a new one is made and filled again from the market sources.',
};
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
  const problem = known?.problem ?? `the database says: ${message.slice(0, 200)}`;
  return new CandlecastError('CC_DATABASE', `Cannot ${action} ${label}: ${problem}.`, {
    cause,
    context: { code },
    retryable: known?.retryable ?? false,
    ...(known ? { remedy: known.remedy } : {}),
  });
}

/** Runs one step on a database and throws what it throws as `CC_DATABASE`. */
export type Guard = <T>(action: string, step: () => Promise<T>) => Promise<T>;

/** Makes the guard of one database; `action` reads as in "Cannot {action} {label}". */
export function createGuard(label: string, secrets: readonly string[]): Guard {
  return async (action, step) => {
    try {
      return await step();
    } catch (error) {
      throw databaseError(error, action, label, secrets);
    }
  };
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || code === '') return 'UNKNOWN';
  // Extended codes such as SQLITE_BUSY_SNAPSHOT mean what their primary code means.
  return /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code;
}

function redact(message: string, secrets: readonly string[]): string {
  let clean = message.replace(/(\w+:\/\/[^\s:/@]*):[^\s@]*@/g, '$1:***@');
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean;
}

/** Rows written by one statement: with the widest table far below SQLite's 32,766 and PostgreSQL's 65,535 variables. */
const ROWS_PER_STATEMENT = 500;

/**
 * Passes the rows on in bounded chunks and lets other work run between them: SQLite works on this thread, and a
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
