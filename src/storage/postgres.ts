import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from '../core/logger.ts';
import type { Connection, Database } from './schema.ts';

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
