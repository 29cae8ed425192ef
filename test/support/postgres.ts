import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';

/** A PostgreSQL server with an empty database for one test file. */
interface PostgresServer {
  /** Address of the empty database. */
  readonly url: string;
  /** Makes another empty database and returns its address. */
  createDatabase(): Promise<string>;
  /** Restarts the server as after a crash: every connection breaks. Null for a server that was not started for this. */
  readonly restart: (() => Promise<void>) | null;
  /** Drops what was made, and ends the server if it was started for this. */
  stop(): Promise<void>;
}

/**
 * Where a PostgreSQL for tests comes from: the one named by `TEST_POSTGRES_URL`, or binaries on this machine; null when
 * there is neither, so that the suite can say that it was skipped.
 */
function findPostgres(): { readonly url: string } | { readonly binaries: string } | null {
  const url = process.env['TEST_POSTGRES_URL'];
  if (url) return { url };
  const installed = '/usr/lib/postgresql';
  const versions = existsSync(installed)
    ? readdirSync(installed).map((version) => join(installed, version, 'bin'))
    : [];
  const binaries = [...versions.reverse(), '/usr/local/bin', '/usr/bin'].find((folder) =>
    ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(folder, name))),
  );
  return binaries ? { binaries } : null;
}

/** Starts a throw-away server on 127.0.0.1, or uses the one that is already there. */
async function startPostgres(): Promise<PostgresServer> {
  const found = findPostgres();
  if (!found) throw new Error('There is no PostgreSQL on this machine.');
  const {
    url: serverUrl,
    end,
    restart,
  } = 'url' in found ? { url: found.url, end() {}, restart: null } : await startServer(found.binaries);
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
    restart,
    async stop() {
      for (const name of made) await queryPostgres(serverUrl, `drop database ${name} with (force)`);
      end();
    },
  };
}

/** Describes tests that share a server; they are skipped where there is none. `server` may be called inside tests only. */
export function describeInPostgres(name: string, tests: (server: () => PostgresServer) => void): void {
  describe.skipIf(findPostgres() === null)(`${name} (needs a server or its binaries)`, () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(() => server?.stop());
    tests(() => server);
  });
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

async function startServer(binaries: string): Promise<{ readonly url: string; end(): void; restart(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-postgres-'));
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? unprivilegedUser() : null;
  if (user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const run = (program: string, ...args: string[]) =>
    execFileSync(join(binaries, program), args, {
      cwd: folder,
      // Not a pipe: the server would keep it open and this call would wait for it.
      stdio: 'ignore',
      env,
      ...(user ?? {}),
    });
  const data = join(folder, 'data');
  const log = join(folder, 'log');
  const port = await freePort();
  const options = `-h 127.0.0.1 -p ${port} -k ${folder} -c fsync=off -c shared_buffers=16MB -c max_connections=100`;
  try {
    run('initdb', '-D', data, '-U', 'candlecast', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
    run('pg_ctl', '-D', data, '-l', log, '-o', options, '-w', '-t', '30', 'start');
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://candlecast:not-needed@127.0.0.1:${port}/postgres`,
    async restart() {
      const child = spawn(
        join(binaries, 'pg_ctl'),
        ['-D', data, '-l', log, '-o', options, '-m', 'immediate', '-w', '-t', '30', 'restart'],
        { cwd: folder, stdio: 'ignore', env, ...(user ?? {}) },
      );
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`pg_ctl restart ended with code ${code}.`);
    },
    end() {
      run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function unprivilegedUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('No free port.');
  return address.port;
}
