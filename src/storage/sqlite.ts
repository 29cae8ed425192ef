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
import { builtUrl } from '../core/build-path.ts';
import { createWorkerPool } from '../workers/worker-pool.ts';
import { type Connection, MEMORY_PATH } from './connection.ts';
import type { Database } from './schema.ts';
import {
  createSqliteEngine,
  type SqliteAnswer,
  type SqliteHandle,
  type SqliteRequest,
  type task,
} from './sqlite-engine.ts';

/** How long a statement waits for a lock of another program. Nothing else waits with it. */
const BUSY_TIMEOUT_MS = 15_000;
/** A checkpoint of another process makes a file look cut short for a moment. */
const CUT_TIMEOUT_MS = 500;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 100;
const CLOSE_MS = 2_000;

/**
 * Opens or creates a SQLite file (its folder too) with the first statement, in write-ahead mode, so that readers and the one writer do not
 * block each other. Its statements run in a worker thread: a slow disk, a long query or a lock of another program never stops this one.
 * A database in memory has nothing to wait for and stays on this thread.
 */
export function openSqlite(path: string, label: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Connection {
  const channel = path === MEMORY_PATH ? inMemory() : inWorker(path);
  return { kind: 'sqlite', db: new Kysely<Database>({ dialect: createDialect(channel, busyTimeoutMs) }), label };
}

/** The way to an engine. */
interface Channel {
  /** Whether reads have a connection of their own. */
  readonly separateReader: boolean;
  execute(request: SqliteRequest): Promise<SqliteAnswer>;
  close(): Promise<void>;
}

function inMemory(): Channel {
  const engine = createSqliteEngine(MEMORY_PATH);
  return {
    separateReader: false,
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
  /** Where what was in a file that is gone has been saved; null where it was not. */
  readonly rescued: string | null;

  constructor(code: string, message: string, rescued: string | null) {
    super(message);
    this.code = code;
    this.rescued = rescued;
  }
}

function createDialect(channel: Channel, busyTimeoutMs: number): Dialect {
  return {
    createDriver: () => createDriver(channel, busyTimeoutMs),
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

interface SqliteConnection extends DatabaseConnection {
  /** The handle on which a transaction is open; null where none is. */
  transaction: SqliteHandle | null;
}

function createDriver(channel: Channel, busyTimeoutMs: number): Driver {
  const writing = createQueue();
  const reading = createQueue();

  async function once(request: SqliteRequest): Promise<{ rows: readonly unknown[]; changes: number | null }> {
    const answer = await channel.execute(request);
    if ('error' in answer) throw new SqliteFailure(answer.error.code, answer.error.message, answer.error.rescued);
    return answer;
  }

  /** Runs a statement that belongs to no transaction yet, again and again while another program holds a lock; `sinceMs` is when it first had to wait. */
  async function patiently(request: SqliteRequest, sinceMs = performance.now()) {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
      try {
        return await once(request);
      } catch (error) {
        const waitMs = error instanceof SqliteFailure ? patienceFor(error.code, busyTimeoutMs) : 0;
        if (performance.now() - sinceMs >= waitMs) throw error;
        await delay(pauseMs);
      }
    }
  }

  const outside = (handle: SqliteHandle, text: string, parameters: readonly unknown[] = []): SqliteRequest => ({
    handle,
    text,
    parameters,
    inTransaction: false,
  });
  const inside = (handle: SqliteHandle, text: string, parameters: readonly unknown[] = []): SqliteRequest => ({
    ...outside(handle, text, parameters),
    inTransaction: true,
  });

  /** A statement that changes something outside a transaction gets one of its own; what it is cannot be told of raw text. */
  async function alone({ sql, parameters, query }: CompiledQuery) {
    const sinceMs = performance.now();
    const leave = await writing.enter();
    try {
      if (RawNode.is(query) || SelectQueryNode.is(query)) {
        return await patiently(outside('writer', sql, parameters), sinceMs);
      }
      await patiently(outside('writer', 'begin'), sinceMs);
      try {
        const result = await once(inside('writer', sql, parameters));
        await once(inside('writer', 'commit'));
        return result;
      } catch (error) {
        await once(inside('writer', 'rollback'));
        throw error;
      }
    } finally {
      leave();
    }
  }

  const leaving = new WeakMap<SqliteConnection, () => void>();

  function createConnection(): SqliteConnection {
    const connection: SqliteConnection = {
      transaction: null,
      async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
        const { sql, parameters, query } = compiled;
        // As a migration writes them.
        if (sql === 'begin') await begin(connection, {});
        else if (sql === 'commit' || sql === 'rollback') await end(connection, sql);
        if (sql === 'begin' || sql === 'commit' || sql === 'rollback') return { rows: [] };
        const { rows, changes } = connection.transaction
          ? await once(inside(connection.transaction, sql, parameters))
          : channel.separateReader && SelectQueryNode.is(query)
            ? await patiently(outside('reader', sql, parameters))
            : await alone(compiled);
        return { rows: rows as R[], ...(changes === null ? {} : { numAffectedRows: BigInt(changes) }) };
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
    const leave = await (snapshot ? reading : writing).enter();
    try {
      await patiently(outside(snapshot ? 'snapshot' : 'writer', 'begin'), sinceMs);
    } catch (error) {
      leave();
      throw error;
    }
    own.transaction = snapshot ? 'snapshot' : 'writer';
    leaving.set(own, leave);
  }

  async function end(own: SqliteConnection, text: 'commit' | 'rollback'): Promise<void> {
    if (own.transaction) await once(inside(own.transaction, text));
    // After a failed commit, the rollback is still to come.
    release(own);
  }

  function release(own: SqliteConnection): void {
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
