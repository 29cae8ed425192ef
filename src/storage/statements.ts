import { setImmediate as nextTurn } from 'node:timers/promises';
import { CandlecastError } from '../core/errors.ts';

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
  '57P01': UNAVAILABLE,
  '57P02': UNAVAILABLE,
  '57P03': UNAVAILABLE,
};

/** All that `pg` and `pg-pool` say of a connection that timed out or was lost: these errors have no code. */
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
 * with every secret taken out: driver errors may carry the address they were given.
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
 * Hands the rows on in bounded chunks and lets other work run between them: SQLite works on this very thread, and a
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
