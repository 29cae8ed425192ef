import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe } from 'vitest';

/** A Redis server of a test on 127.0.0.1; it keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, empty. */
  start(): Promise<void>;
  /** Stops it from answering without closing connections, as a cut cable would; `resume` undoes it. */
  freeze(): void;
  resume(): void;
}

export const REDIS_BINARY = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/usr/bin/valkey-server'].find(
  existsSync,
);

/** Describes tests that share a Redis server; skipped where none is installed. `server` may be called inside tests only. */
export function describeWithRedis(name: string, tests: (server: () => RedisServer) => void): void {
  describe.skipIf(REDIS_BINARY === undefined)(`${name} (needs redis-server)`, () => {
    let server: RedisServer & { end(): Promise<void> };
    beforeAll(async () => {
      server = await startRedis();
    }, 30_000);
    afterAll(() => server?.end());
    tests(() => server);
  });
}

async function startRedis(): Promise<RedisServer & { end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-redis-'));
  const port = await freePort();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  let child: ChildProcess | null = null;
  const start = async () => {
    child = spawn(REDIS_BINARY!, options, { stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 200 || child.exitCode !== null) throw new Error('redis-server does not start.');
      await sleep(50);
    }
  };
  const kill = async () => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async end() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a server at that port says PONG, or asks for a password. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const [data] = (await once(socket, 'data')) as [Buffer];
    return /PONG|NOAUTH/.test(data.toString());
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('No free port.');
  return address.port;
}
