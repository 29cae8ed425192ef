import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely, PostgresDialect, type SqliteDatabase, SqliteDialect } from 'kysely';
import Sqlite from 'libsql';
import pg from 'pg';
import { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** An open connection with what its users must know: the dialect, and how to speak of it without secrets. */
export interface Connection {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Database>;
  /** For messages, such as `the SQLite file data/candlecast.db`; never holds a password. */
  readonly label: string;
}

/** What `DATABASE_URL` asks for, taken apart. */
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

/** `libsql` gives the errors of its other calls SQLite's code, and this one, which can only mean that, none. */
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

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 5;

/**
 * Makes a pool of PostgreSQL connections; the first query connects. 64-bit integers arrive as numbers: all of ours are
 * ms or counts, far below 2^53.
 */
export function openPostgres(url: string, label: string, logger: Logger): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'candlecast',
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === pg.types.builtins.INT8 && format !== 'binary'
          ? Number
          : pg.types.getTypeParser(oid, format ?? 'text')) as typeof pg.types.getTypeParser,
    },
  });
  // An idle connection that breaks would otherwise end the process; the pool replaces it by itself.
  pool.on('error', (error: Error & { code?: string }) => {
    logger.warn({ code: error.code ?? null }, 'an idle database connection broke');
  });
  return { kind: 'postgres', db: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }), label };
}
