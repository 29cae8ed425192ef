import { closeSync, existsSync, mkdirSync, openSync, rmSync, type StatsFs, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Sqlite from 'libsql';
import { LRUCache } from 'lru-cache';
import { MEMORY_PATH } from './connection.ts';
import { coded, createFileWatch } from './sqlite-file-watch.ts';

/**
 * One of the connections to the file: `writer` for transactions, `reader` for statements that only read, so that they need not wait for a
 * transaction, `snapshot` for a transaction that reads one state of the whole database. A database in memory has the writer alone.
 */
export type SqliteHandle = 'writer' | 'reader' | 'snapshot';

/**
 * The transaction that a statement runs in: `none`; `begin`, the first of a transaction, which it opens; `inside` one that is open; `alone`, in one
 * of its own, begun and committed with it.
 */
export type SqliteScope = 'none' | 'begin' | 'inside' | 'alone';

/** The text of a statement and the values of its variables. */
export interface SqliteStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** One statement; `commit` and `rollback` end the transaction that is open. */
export interface SqliteRequest extends SqliteStatement {
  readonly handle: SqliteHandle;
  readonly scope: SqliteScope;
  /** Statements that are run after it in the same transaction, up to the first that fails. */
  readonly more?: readonly SqliteStatement[];
}

/** What one statement gave: rows, or how many it changed. */
export interface SqliteResult {
  readonly rows: readonly unknown[];
  readonly changes: number | null;
}

/** Why a statement failed. */
export interface SqliteError {
  readonly code: string;
  readonly message: string;
  /** Where what was in a file that is gone has been saved; null where it was not. */
  readonly rescued: string | null;
  /** True where no transaction had been opened, so that the same request may be made again. */
  readonly outside: boolean;
}

/**
 * What came of a request, with the results of the statements after its first. An error travels as data, because its code would be lost on the way from a worker. The first of a writer's transaction
 * brings how often the file was found changed by other programs: equal numbers say that none has written in between.
 */
export type SqliteAnswer =
  | (SqliteResult & { readonly more?: readonly SqliteResult[]; readonly othersWrote?: number })
  | { readonly error: SqliteError };

/** Runs statements on one SQLite file. */
export interface SqliteEngine {
  /** Runs the statements of a request. Never throws. */
  execute(request: SqliteRequest): SqliteAnswer;
  close(): void;
}

/** Where the copy of a file is kept that was deleted or replaced while it was open. */
const RESCUED_SUFFIX = '.rescued';
/** A disk with less room than this counts as full when SQLite reports an error of its input or output. */
const FULL_BELOW_BYTES = 256 * 1024;

/** Prepared statements that are kept of each connection, some 10 kB each: the program has fewer, but for lists of any length. */
const STATEMENTS_KEPT = 200;
/** Longer texts write many rows at once, and hardly ever as many again. */
const MAX_TEXT_KEPT = 4_000;

/**
 * Makes the engine of a file, or of a database in memory. Nothing is opened before the first statement, and nothing waits for a lock:
 * `SQLITE_BUSY` is returned at once, so that the thread stays free for other statements.
 */
export function createSqliteEngine(path: string): SqliteEngine {
  const handles = new Map<SqliteHandle, Sqlite.Database>();
  /** Statements by text. One takes longer to prepare than most take to run, and its memory is only freed when JavaScript's garbage is collected. */
  const prepared = new WeakMap<Sqlite.Database, LRUCache<string, Sqlite.Statement>>();
  const watch = path === MEMORY_PATH ? null : createFileWatch(path);
  let rescued: string | null = null;
  /** SQLite's number for the changes of others, which only compares with those of the same connection. */
  let version: { readonly database: Sqlite.Database; readonly statement: Sqlite.Statement; last: unknown } | null =
    null;
  let othersWrote = 0;

  /** Counts again where another connection than the writer has changed the file; of ours none does. */
  function countOthers(database: Sqlite.Database): number {
    if (version?.database !== database)
      version = { database, statement: database.prepare('pragma data_version'), last: null };
    const [row] = version.statement.all([]) as { data_version: number }[];
    if (row?.data_version !== version.last) othersWrote++;
    version.last = row?.data_version;
    return othersWrote;
  }

  function open(name: SqliteHandle): Sqlite.Database {
    const known = handles.get(name);
    if (known) return known;
    if (watch && handles.size === 0) {
      refuseLostFile(path);
      makeFile(path);
    }
    const database = openFile(path);
    try {
      database.pragma('busy_timeout = 0');
      database.pragma('journal_mode = WAL');
      // With WAL a crash of the process loses nothing and a power cut at worst the last transactions, never the file.
      database.pragma('synchronous = NORMAL');
      database.pragma('foreign_keys = ON');
      // What people delete is overwritten, not only marked as free.
      database.pragma('secure_delete = ON');
    } catch (error) {
      database.close();
      throw error;
    }
    handles.set(name, database);
    prepared.set(database, new LRUCache({ max: STATEMENTS_KEPT }));
    watch?.begin();
    return database;
  }

  function drop(name: SqliteHandle): void {
    if (name === 'writer') version = null;
    handles.get(name)?.close();
    handles.delete(name);
    if (handles.size === 0) watch?.end();
  }

  function runOne(database: Sqlite.Database, { text, parameters }: SqliteStatement): SqliteResult {
    const kept = prepared.get(database);
    const statement = kept?.get(text) ?? database.prepare(text);
    // One that fails is not kept: it may never be reset.
    kept?.delete(text);
    const result = statement.reader
      ? { rows: statement.all([...parameters]), changes: null }
      : { rows: [], changes: statement.run([...parameters]).changes };
    if (text.length <= MAX_TEXT_KEPT) kept?.set(text, statement);
    return result;
  }

  function run(database: Sqlite.Database, { more, ...first }: SqliteRequest): SqliteAnswer {
    const result = runOne(database, first);
    return more ? { ...result, more: more.map((statement) => runOne(database, statement)) } : result;
  }

  function begin(handle: SqliteHandle, database: Sqlite.Database): void {
    watch?.check();
    rescued = null;
    // Taking the write lock at the beginning, so that no later statement can meet a lock: in `libsql` 0.5 a prepared statement that
    // does is never reset, and from then on every commit fails with "SQL statements in progress". `exec` has no such leftover.
    database.exec(handle === 'writer' ? 'begin immediate' : 'begin');
  }

  function commit(database: Sqlite.Database): void {
    if (!database.inTransaction) throw coded('SQLITE_ABORT', 'The transaction was rolled back.');
    database.exec('commit');
    // What was written to a file that is no longer there is lost.
    watch?.checkIdentity();
  }

  function rollback(handle: SqliteHandle, database: Sqlite.Database): void {
    // A full disk, for one, makes SQLite roll back by itself; a second time would be an error that hides the first.
    if (!database.inTransaction) return;
    try {
      database.exec('rollback');
    } catch {
      drop(handle);
    }
  }

  function execute(request: SqliteRequest, onBegun: () => void): SqliteAnswer {
    const { handle, text, scope } = request;
    const database = open(handle);
    let seen = {};
    if (text === 'commit') commit(database);
    else if (text === 'rollback') rollback(handle, database);
    if (text === 'commit' || text === 'rollback') return DONE;
    if (scope === 'none') watch?.check();
    else if (scope === 'inside' && !database.inTransaction)
      throw coded('SQLITE_ABORT', 'The transaction was rolled back.');
    else if (scope !== 'inside') {
      begin(handle, database);
      onBegun();
      if (handle === 'writer') seen = { othersWrote: countOthers(database) };
    }
    if (scope !== 'alone') return { ...run(database, request), ...seen };
    try {
      const answer = run(database, request);
      commit(database);
      return { ...answer, ...seen };
    } catch (error) {
      rollback(handle, database);
      throw error;
    }
  }

  /** Copies what the open connection still sees of a file that nobody else can see any more; null where that fails. */
  function rescue(): string | null {
    let target = `${path}${RESCUED_SUFFIX}`;
    for (let i = 2; existsSync(target); i++) target = `${path}${RESCUED_SUFFIX}-${i}`;
    try {
      makeFile(target);
      open('reader').prepare('vacuum into ?').run([target]);
      // An old -wal file beside the file that is put there next would be taken for its changes; an empty one is not.
      open('reader').pragma('wal_checkpoint(truncate)');
      return target;
    } catch {
      rmSync(target, { force: true });
      return null;
    }
  }

  function failure(error: unknown, handle: SqliteHandle, outside: boolean): SqliteAnswer {
    let code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (MAYBE_FULL.test(code) && watch && diskIsFull(path)) code = 'SQLITE_FULL';
    if (code.startsWith('SQLITE_BUSY') && outside) {
      // For the statement that is never reset.
      drop(handle);
    }
    if (RESCUABLE.has(code)) rescued ??= rescue();
    const before = code === 'FILE_LOST' && existsSync(path + RESCUED_SUFFIX) ? path + RESCUED_SUFFIX : null;
    return { error: { code, message, rescued: RESCUABLE.has(code) ? rescued : before, outside } };
  }

  return {
    execute(request) {
      let outside = request.scope !== 'inside';
      try {
        return execute(request, () => {
          outside = false;
        });
      } catch (error) {
        return failure(error, request.handle, outside);
      }
    },
    close() {
      for (const database of handles.values()) database.close();
      handles.clear();
      watch?.end();
    },
  };
}

/** The worker that runs the statements of one file. */
export function task({ path }: { readonly path: string }) {
  const engine = createSqliteEngine(path);
  return {
    execute: (request: SqliteRequest): SqliteAnswer => engine.execute(request),
    close: (_: null): null => {
      engine.close();
      return null;
    },
  };
}

const DONE: SqliteAnswer = { rows: [], changes: 0 };
const MAYBE_FULL = /^SQLITE_(?:IOERR|CANTOPEN|READONLY|ERROR)/;
const RESCUABLE: ReadonlySet<string> = new Set(['FILE_GONE', 'FILE_REPLACED', 'WAL_GONE']);

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : 'UNKNOWN';
}

/** `libsql` gives the errors of its other calls SQLite's code, and this one, which has only that cause, none. */
function openFile(path: string): Sqlite.Database {
  try {
    return new Sqlite(path, { timeout: 0 });
  } catch (cause) {
    throw Object.assign(new Error('SQLite cannot open the file.', { cause }), { code: 'SQLITE_CANTOPEN' });
  }
}

/**
 * Throws `FILE_LOST` where a database file is missing or empty although its changes, which SQLite would delete, or a rescued copy lie beside it: a
 * new database would be begun without a word. The order matters, since another process may be making both.
 */
function refuseLostFile(path: string): void {
  const size = (of: string) => statSync(of, { throwIfNoEntry: false })?.size ?? 0;
  const remains = size(`${path}-wal`) > 0 || existsSync(path + RESCUED_SUFFIX);
  if (remains && size(path) === 0) throw coded('FILE_LOST', `${path} is missing or empty.`);
}

/** Makes the file with its folder where there is none; SQLite gives the files beside it the same permissions. */
function makeFile(path: string): void {
  makeFolder(dirname(resolve(path)));
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error;
  }
}

/**
 * Makes a folder for this user alone, step by step: Node's own recursive way never returns where a folder is there but may not hold another
 * (/proc).
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function diskIsFull(path: string): boolean {
  let room: StatsFs;
  try {
    room = statfsSync(dirname(resolve(path)));
  } catch {
    return false;
  }
  return room.bavail * room.bsize < FULL_BELOW_BYTES;
}
