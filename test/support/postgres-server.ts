import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A throw-away PostgreSQL server on 127.0.0.1. */
export interface PostgresProcess {
  /** Address of its database `postgres`. */
  readonly url: string;
  /** Restarts it as after a crash: every connection breaks. */
  restart(): Promise<void>;
  end(): void;
}

/**
 * Where a PostgreSQL for tests comes from: the one named by `TEST_POSTGRES_URL`, or binaries on this machine; null when
 * there is neither, so that the suite can say that it was skipped.
 */
export function findPostgres(): { readonly url: string } | { readonly binaries: string } | null {
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

/** Makes a cluster in a temporary folder and starts a server on it; takes about two seconds. */
export async function startPostgres(binaries: string): Promise<PostgresProcess> {
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
  const options = `-h 127.0.0.1 -p ${port} -k ${folder} -c fsync=off -c shared_buffers=16MB -c max_connections=200`;
  try {
    run('initdb', '-D', data, '-U', 'candlecast', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
    run('pg_ctl', '-D', data, '-l', log, '-o', options, '-w', '-t', '60', 'start');
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://candlecast:not-needed@127.0.0.1:${port}/postgres`,
    async restart() {
      const child = spawn(
        join(binaries, 'pg_ctl'),
        ['-D', data, '-l', log, '-o', options, '-m', 'immediate', '-w', '-t', '60', 'restart'],
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

export function unprivilegedUser(): { uid: number; gid: number } {
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
