import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import Sqlite from 'libsql';
import { MEMORY_PATH } from './database-url.ts';
import type { Connection, Database } from './schema.ts';

/** How long a write waits for another process that writes. The wait blocks this thread, so it is short. */
const BUSY_TIMEOUT_MS = 3_000;

/**
 * Opens or creates a SQLite file (its folder too) in write-ahead mode, so that readers and the one writer do not block
 * each other. Writes must be made inside a transaction. Throws what the file system or the driver throws.
 */
export function openSqlite(path: string, label: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Connection {
  if (path !== MEMORY_PATH) makeFolder(dirname(resolve(path)));
  const database = new Sqlite(path, { timeout: busyTimeoutMs });
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
