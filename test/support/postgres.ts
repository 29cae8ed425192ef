import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { findPostgres, type PostgresProcess, startPostgres } from './postgres-server.ts';

/** A PostgreSQL server with an empty database for one test file. */
interface PostgresDatabases {
  /** Address of the empty database. */
  readonly url: string;
  /** Makes another empty database and returns its address. */
  createDatabase(): Promise<string>;
}

/** One that no other file uses. */
interface OwnPostgres extends PostgresDatabases {
  /** Restarts the server as after a crash: every connection breaks. */
  restart(): Promise<void>;
}

/**
 * Describes tests with databases of their own on the server that all files of a run share (`test/setup/postgres.ts`); they are skipped where there is
 * none. `server` may be called inside tests only.
 */
export function describeInPostgres(name: string, tests: (server: () => PostgresDatabases) => void): void {
  describe.skipIf(findPostgres() === null)(`${name} (needs a server or its binaries)`, () => {
    let databases: Databases;
    beforeAll(async () => {
      databases = await createDatabases(inject('postgresUrl'));
    });
    afterAll(() => databases?.drop());
    tests(() => databases);
  });
}

/** The same with a server that was started for this file and may be restarted; skipped where there are no binaries to start. */
export function describeInOwnPostgres(name: string, tests: (server: () => OwnPostgres) => void): void {
  const found = findPostgres();
  const binaries = found && 'binaries' in found ? found.binaries : null;
  describe.skipIf(binaries === null)(`${name} (needs a server or its binaries)`, () => {
    let own: PostgresProcess;
    let databases: Databases;
    beforeAll(async () => {
      own = await startPostgres(binaries!);
      databases = await createDatabases(own.url);
    });
    afterAll(() => own?.end());
    tests(() => ({ ...databases, restart: own.restart }));
  });
}

interface Databases extends PostgresDatabases {
  drop(): Promise<void>;
}

async function createDatabases(serverUrl: string): Promise<Databases> {
  const made: string[] = [];
  const createDatabase = async () => {
    const name = `candlecast_test_${randomUUID().replaceAll('-', '')}`;
    await queryPostgres(serverUrl, `create database ${name}`);
    made.push(name);
    const url = new URL(serverUrl);
    url.pathname = name;
    return url.href;
  };
  return {
    url: await createDatabase(),
    createDatabase,
    async drop() {
      for (const name of made) await queryPostgres(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Runs one statement over a connection of its own. */
export async function queryPostgres(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
