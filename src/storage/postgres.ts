import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely';
import pg from 'pg';
import type { Logger } from '../core/logger.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { Connection } from './connection.ts';
import type { Database } from './schema.ts';

/** How long PostgreSQL may take, all in ms. */
export interface PostgresLimits {
  /** For a new connection, or for a free one of the pool. */
  readonly connectMs: number;
  /** For one statement; the server ends it then. */
  readonly statementMs: number;
  /** For the answer to one statement; the connection is given up then. Longer than `statementMs`, so that a slow statement costs no connection. */
  readonly answerMs: number;
  /** For connections to end by themselves when the pool is closed. */
  readonly closeMs: number;
}

/** The limits of the bot: an answer within seconds, or an error. */
export const POSTGRES_LIMITS: PostgresLimits = {
  connectMs: 5_000,
  statementMs: 5_000,
  answerMs: 6_000,
  closeMs: 1_500,
};

/** The limits of work on the whole database: changing its tables, copying it. */
export const LONG_POSTGRES_LIMITS: PostgresLimits = {
  ...POSTGRES_LIMITS,
  statementMs: 10 * MINUTE_MS,
  answerMs: 11 * MINUTE_MS,
};

const MAX_CONNECTIONS = 5;
const KEEP_ALIVE_AFTER_MS = 15_000;
/** A server that could not be reached is asked again after this, by whoever needs it next. */
const ASK_AGAIN_MS = 500;

/**
 * Makes a pool of PostgreSQL connections; the first query connects. 64-bit integers arrive as numbers: all of ours are
 * ms or counts, far below 2^53.
 */
export function openPostgres(
  url: string,
  label: string,
  logger: Logger,
  limits: PostgresLimits = POSTGRES_LIMITS,
): Connection {
  return {
    kind: 'postgres',
    db: new Kysely<Database>({ dialect: new PostgresDialect({ pool: createPool(url, logger, limits) }) }),
    label,
  };
}

/**
 * A pool that outlives its connections. `pg` throws the error of a connection in use at the process when nobody listens, lets a
 * connection that stopped answering back into the pool, and waits without end for one when it is closed.
 */
function createPool(url: string, logger: Logger, limits: PostgresLimits): PostgresPool {
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: limits.connectMs,
    statement_timeout: limits.statementMs,
    query_timeout: limits.answerMs,
    // A transaction whose process was stopped must not hold its locks for ever.
    idle_in_transaction_session_timeout: 2 * limits.answerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: 'candlecast',
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once('close', () => sockets.delete(socket));
    },
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === pg.types.builtins.INT8 && format !== 'binary'
          ? Number
          : pg.types.getTypeParser(oid, format ?? 'text')) as typeof pg.types.getTypeParser,
    },
  });
  const onError = (error: Error & { code?: string }) => {
    logger.warn({ code: error.code ?? null }, 'a database connection broke');
  };
  // Of an idle connection; the pool replaces it by itself.
  pool.on('error', onError);
  // Of one in use; the statement under way fails too.
  pool.on('connect', (client) => client.on('error', () => {}));
  /** When a connection was last found dead; older ones are not trusted after that. */
  let generation = 0;
  const generations = new WeakMap<pg.PoolClient, number>();
  pool.on('connect', (client) => generations.set(client, generation));

  /** Why the server could not be reached the last time; null once it could. */
  let unreachable: Error | null = null;
  let mayAsk = true;

  /**
   * Connects, or takes a free connection. While the server is away one asks for it at a time, and the others fail at once: each
   * would wait for seconds, and people with it.
   */
  async function connectOnce(): Promise<pg.PoolClient> {
    if (unreachable) {
      if (!mayAsk) throw unreachable;
      mayAsk = false;
    }
    try {
      const client = await pool.connect();
      unreachable = null;
      mayAsk = true;
      return client;
    } catch (error) {
      // With every connection in use, it is this process that is busy.
      const isBusy = pool.idleCount === 0 && pool.totalCount >= MAX_CONNECTIONS && unreachable === null;
      if (isBusy) throw error;
      unreachable = error as Error;
      mayAsk = false;
      setTimeout(() => {
        mayAsk = true;
      }, ASK_AGAIN_MS).unref();
      throw error;
    }
  }

  async function acquire(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await connectOnce();
      if (generations.get(client) === generation) return client;
      client.release(true);
    }
  }

  async function connect(): Promise<PostgresPoolClient> {
    let client: pg.PoolClient | null = await acquire();
    let inTransaction = false;

    async function run<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
      if (!client) {
        // The server has rolled back already. A failure of this would hide why.
        if (text === 'rollback') return { command: 'ROLLBACK' as never, rowCount: 0, rows: [] };
        throw new Error('Connection terminated');
      }
      const used = client;
      try {
        return (await used.query(text, [...values])) as unknown as PostgresQueryResult<R>;
      } catch (error) {
        if (!isLost(error)) throw error;
        client = null;
        // The others may be as dead, which each would show only after its own time limit.
        if (generations.get(used) === generation) generation++;
        used.release(true);
        onError(error as Error);
        throw error;
      }
    }

    const query = async <R>(text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<R>> => {
      const starts = STARTS_TRANSACTION.test(text);
      const repeatable = !inTransaction && (starts || READS.test(text));
      if (starts) inTransaction = true;
      else if (ENDS_TRANSACTION.test(text)) inTransaction = false;
      try {
        return await run<R>(text, values);
      } catch (error) {
        if (client || !repeatable) throw error;
        client = await acquire();
        return run<R>(text, values);
      }
    };
    return {
      query: query as PostgresPoolClient['query'],
      release() {
        client?.release();
        client = null;
      },
    };
  }

  return {
    connect,
    async end() {
      const ended = pool.end();
      const inTime = await Promise.race([ended.then(() => true), delay(limits.closeMs, false, { ref: false })]);
      if (inTime) return;
      for (const socket of sockets) socket.destroy();
      await Promise.race([ended, delay(limits.closeMs, undefined, { ref: false })]);
    },
  };
}

/** Kysely writes statements in lower case; a select or the beginning of a transaction changes nothing and may be sent again. */
const STARTS_TRANSACTION = /^(?:begin|start transaction)/;
const ENDS_TRANSACTION = /^(?:commit|rollback$)/;
const READS = /^select /;

/** SQLSTATEs with which the server ends the connection: the classes of broken connections and of a server that stops. */
const ENDING_STATES = /^(?:08|57P0[1-5]|25P03)/;

/** Whether the connection is of no use after this error: everything but the server's answer that a statement failed. */
const isLost = (error: unknown): boolean =>
  !(error instanceof pg.DatabaseError) || error.severity === 'FATAL' || ENDING_STATES.test(error.code ?? '');
