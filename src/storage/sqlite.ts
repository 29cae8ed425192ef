import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  RawNode,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import { builtUrl } from '../workers/worker-channel.ts';
import { createWorkerPool } from '../workers/worker-pool.ts';
import { type Connection, isBatch, MEMORY_PATH } from './connection.ts';
import type { Database } from './schema.ts';
import {
  createSqliteEngine,
  type SqliteAnswer,
  type SqliteError,
  type SqliteHandle,
  type SqliteRequest,
  type SqliteResult,
  type SqliteScope,
  type SqliteStatement,
  type task,
} from './sqlite-engine.ts';

/** How long a statement waits for a lock of another program. Nothing else waits with it. */
const BUSY_TIMEOUT_MS = 15_000;
/** A checkpoint of another process makes a file look cut short for a moment. */
const CUT_TIMEOUT_MS = 500;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 100;
const CLOSE_MS = 2_000;
/** That no other program has written is relied on for this long; the memory of the market answers for as long without looking. */
const OTHERS_SEEN_MS = 15_000;

/**
 * Opens or creates a SQLite file (its folder too) with the first statement, in write-ahead mode, so that readers and the one writer do not
 * block each other. Its statements run in a worker thread: a slow disk, a long query or a lock of another program never stops this one.
 * A database in memory has nothing to wait for and stays on this thread.
 */
export function openSqlite(path: string, label: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Connection {
  return connect(path, label, busyTimeoutMs, path === MEMORY_PATH ? inThisThread(path) : inWorker(path));
}

/** The same with all statements in the calling thread: for a worker, where nothing else waits for a slow disk, and rows need not be copied. */
export const openSqliteHere = (path: string, label: string): Connection =>
  connect(path, label, BUSY_TIMEOUT_MS, inThisThread(path));

function connect(path: string, label: string, busyTimeoutMs: number, channel: Channel): Connection {
  const others = createOthersWatch(path === MEMORY_PATH);
  const writes = createWriteCounts();
  const dialect = createDialect(() => createDriver(channel, busyTimeoutMs, others.note, writes.add));
  return {
    kind: 'sqlite',
    db: new Kysely<Database>({ dialect }),
    label,
    othersStamp: others.stamp,
    tableStamp(table) {
      const count = others.stamp();
      return count === null ? null : `${count} ${writes.of(table)}`;
    },
  };
}

/** The tables that a statement of ours writes to, found in its text, as one that was not built from a query has nothing else. */
const WRITTEN = /\b(?:insert into|update|delete from) "?([a-z_]+)/g;

/** Counts this program's writes to each table. */
function createWriteCounts() {
  const counts = new Map<string, number>();
  return {
    /** Counts a write to each table. */
    add(tables: ReadonlySet<string>): void {
      for (const table of tables) counts.set(table, (counts.get(table) ?? 0) + 1);
    },
    of: (table: string): number => counts.get(table) ?? 0,
  };
}

function tablesWritten(asked: CompiledQuery): ReadonlySet<string> {
  const statements = isBatch(asked) ? asked.batch : [asked];
  const writing = statements.filter(({ query }) => !SelectQueryNode.is(query));
  return new Set(writing.flatMap(({ sql }) => [...sql.matchAll(WRITTEN)].map(([, table]) => table!)));
}

/** Keeps what transactions have brought about the writes of other programs; nobody else writes to a database in memory. */
function createOthersWatch(alone: boolean) {
  let seen = { count: 0, atMs: Number.NEGATIVE_INFINITY };
  return {
    note(count: number): void {
      seen = { count, atMs: performance.now() };
    },
    stamp: (): number | null => (alone || performance.now() - seen.atMs < OTHERS_SEEN_MS ? seen.count : null),
  };
}

/** The way to an engine. */
interface Channel {
  /** Whether reads have a connection of their own. */
  readonly separateReader: boolean;
  execute(request: SqliteRequest): Promise<SqliteAnswer>;
  close(): Promise<void>;
}

function inThisThread(path: string): Channel {
  const engine = createSqliteEngine(path);
  return {
    separateReader: path !== MEMORY_PATH,
    execute: async (request) => engine.execute(request),
    close: async () => engine.close(),
  };
}

function inWorker(path: string): Channel {
  const worker = createWorkerPool<typeof task>(builtUrl('./sqlite-engine.js', import.meta.url), {
    setup: { path },
    noun: 'database statement',
  });
  return {
    separateReader: true,
    execute: (request) => worker.run('execute', request),
    async close() {
      const closed = worker.run('close', null).then(() => worker.close());
      await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

/** An error of SQLite, or of the check of its file, with its code. */
class SqliteFailure extends Error {
  readonly code: string;
  readonly rescued: string | null;
  readonly outside: boolean;

  constructor({ code, message, rescued, outside }: SqliteError) {
    super(message);
    this.code = code;
    this.rescued = rescued;
    this.outside = outside;
  }
}

function createDialect(createDriver: () => Driver): Dialect {
  return {
    createDriver,
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

interface SqliteConnection extends DatabaseConnection {
  /** The transaction of this connection; null where there is none. It is opened, and waits for the write lock, with its first statement. */
  transaction: {
    readonly handle: SqliteHandle;
    readonly sinceMs: number;
    opened: boolean;
    /** Tables that it has written to. */
    readonly tables: Set<string>;
  } | null;
}

/** Makes the driver; `onOthers` is told of the writes of others, and `onWrite` of those to tables before and after each. */
function createDriver(
  channel: Channel,
  busyTimeoutMs: number,
  onOthers: (count: number) => void,
  onWrite: (tables: ReadonlySet<string>) => void,
): Driver {
  const writing = createQueue();
  const reading = createQueue();

  async function once(request: SqliteRequest): Promise<SqliteResult & { readonly more?: readonly SqliteResult[] }> {
    const answer = await channel.execute(request);
    if ('error' in answer) throw new SqliteFailure(answer.error);
    if (answer.othersWrote !== undefined) onOthers(answer.othersWrote);
    return answer;
  }

  /** Runs a statement that opens a transaction or is in none, again and again while another program holds a lock; `sinceMs` is when it first had to wait. */
  async function patiently(request: SqliteRequest, sinceMs = performance.now()) {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
      try {
        return await once(request);
      } catch (error) {
        const waitMs = error instanceof SqliteFailure && error.outside ? patienceFor(error.code, busyTimeoutMs) : 0;
        if (performance.now() - sinceMs >= waitMs) throw error;
        await delay(pauseMs);
      }
    }
  }

  const request = (handle: SqliteHandle, scope: SqliteScope, asked: CompiledQuery): SqliteRequest => {
    const [first, ...more] = (isBatch(asked) ? asked.batch : [asked]).map(toStatement);
    return { handle, scope, ...first!, ...(more.length > 0 ? { more } : {}) };
  };

  /** Statements that change something outside a transaction get one of their own; what a raw text does cannot be told. */
  async function alone(asked: CompiledQuery) {
    const { query } = asked;
    const sinceMs = performance.now();
    const tables = tablesWritten(asked);
    const leave = await writing.enter();
    onWrite(tables);
    try {
      const single = !isBatch(asked) && (RawNode.is(query) || SelectQueryNode.is(query));
      return await patiently(request('writer', single ? 'none' : 'alone', asked), sinceMs);
    } finally {
      onWrite(tables);
      leave();
    }
  }

  async function inTransaction(transaction: NonNullable<SqliteConnection['transaction']>, asked: CompiledQuery) {
    const { handle, sinceMs, opened } = transaction;
    const tables = tablesWritten(asked);
    for (const table of tables) transaction.tables.add(table);
    onWrite(tables);
    if (opened) return once(request(handle, 'inside', asked));
    try {
      const result = await patiently(request(handle, 'begin', asked), sinceMs);
      transaction.opened = true;
      return result;
    } catch (error) {
      // Where the statement failed, the transaction is open and is to be rolled back.
      transaction.opened = !(error instanceof SqliteFailure && error.outside);
      throw error;
    }
  }

  const leaving = new WeakMap<SqliteConnection, () => void>();

  function createConnection(): SqliteConnection {
    const connection: SqliteConnection = {
      transaction: null,
      async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
        const { sql, query } = compiled;
        // As a migration writes them.
        if (sql === 'begin') await begin(connection, {});
        else if (sql === 'commit' || sql === 'rollback') await end(connection, sql);
        if (sql === 'begin' || sql === 'commit' || sql === 'rollback') return { rows: [] };
        const result = connection.transaction
          ? await inTransaction(connection.transaction, compiled)
          : channel.separateReader && SelectQueryNode.is(query)
            ? await patiently(request('reader', 'none', compiled))
            : await alone(compiled);
        if (!isBatch(compiled)) return toQueryResult(result);
        return { rows: [result, ...(result.more ?? [])].map(toQueryResult) as R[] };
      },
      // biome-ignore lint/correctness/useYield: nothing here streams.
      async *streamQuery() {
        throw new Error('SQLite is read in pages, not streamed.');
      },
    };
    return connection;
  }

  async function begin(own: SqliteConnection, { accessMode }: TransactionSettings): Promise<void> {
    const sinceMs = performance.now();
    const snapshot = accessMode === 'read only' && channel.separateReader;
    leaving.set(own, await (snapshot ? reading : writing).enter());
    own.transaction = { handle: snapshot ? 'snapshot' : 'writer', sinceMs, opened: false, tables: new Set() };
  }

  async function end(own: SqliteConnection, text: 'commit' | 'rollback'): Promise<void> {
    if (own.transaction?.opened) await once({ handle: own.transaction.handle, scope: 'inside', text, parameters: [] });
    // After a failed commit, the rollback is still to come.
    release(own);
  }

  function release(own: SqliteConnection): void {
    if (own.transaction) onWrite(own.transaction.tables);
    own.transaction = null;
    leaving.get(own)?.();
    leaving.delete(own);
  }

  return {
    init: async () => {},
    acquireConnection: async () => createConnection(),
    beginTransaction: (connection, settings) => begin(connection as SqliteConnection, settings),
    commitTransaction: (connection) => end(connection as SqliteConnection, 'commit'),
    rollbackTransaction: (connection) => end(connection as SqliteConnection, 'rollback'),
    releaseConnection: async (connection) => release(connection as SqliteConnection),
    destroy: () => channel.close(),
  };
}

const toStatement = ({ sql, parameters }: CompiledQuery): SqliteStatement => ({ text: sql, parameters });

function toQueryResult<R>({ rows, changes }: SqliteResult): QueryResult<R> {
  return { rows: rows as R[], ...(changes === null ? {} : { numAffectedRows: BigInt(changes) }) };
}

function patienceFor(code: string, busyTimeoutMs: number): number {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return busyTimeoutMs;
  return code === 'FILE_CUT' ? CUT_TIMEOUT_MS : 0;
}

interface Queue {
  /** Resolves when everybody who came before has left, with the function to leave. */
  enter(): Promise<() => void>;
}

function createQueue(): Queue {
  let last: Promise<void> = Promise.resolve();
  return {
    async enter() {
      const before = last;
      let leave = () => {};
      last = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
      return leave;
    },
  };
}
