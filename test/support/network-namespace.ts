import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres, unprivilegedUser } from './postgres-server.ts';
import { REDIS_BINARY } from './redis.ts';

const PORT = 7_000;
const binaries = binariesOf();

/** Whether namespaces with a PostgreSQL and a Redis in them can be made here: by root on Linux, with the programs installed. */
export const hasNamespaces =
  process.getuid?.() === 0 && binaries !== null && REDIS_BINARY !== undefined && canMakeNamespaces();

/** A server in a network of its own, which is joined to this one by a cable that can be pulled: then every packet is lost, and nobody is told. */
export interface ServerAway {
  readonly url: string;
  pull(): void;
  plug(): void;
  end(): Promise<void>;
}

let made = 0;

/** Starts a Redis in a network of its own. */
export async function startRedisAway(): Promise<ServerAway> {
  const network = openNetwork();
  const options = ['--port', `${PORT}`, '--bind', network.address, '--protected-mode', 'no', '--save', ''];
  const child = spawn('ip', ['netns', 'exec', network.name, REDIS_BINARY!, ...options], { stdio: 'ignore' });
  await untilListening(network.address);
  return {
    ...network,
    url: `redis://${network.address}:${PORT}`,
    async end() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      network.close();
    },
  };
}

/** Starts a PostgreSQL in a network of its own, with an empty database. */
export async function startPostgresAway(): Promise<ServerAway> {
  const network = openNetwork();
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-away-'));
  const user = unprivilegedUser();
  chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const run = (program: string, ...args: string[]) => {
    const as = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
    execFileSync('ip', ['netns', 'exec', network.name, ...as, join(binaries!, program), ...args], {
      cwd: folder,
      stdio: 'ignore',
      env,
    });
  };
  run('initdb', '-D', data, '-U', 'candlecast', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all 198.18.0.0/16 trust\n');
  const options = `-h ${network.address} -p ${PORT} -k ${folder} -c fsync=off -c max_connections=200`;
  run('pg_ctl', '-D', data, '-l', join(folder, 'log'), '-o', options, '-w', '-t', '60', 'start');
  return {
    ...network,
    url: `postgres://candlecast@${network.address}:${PORT}/postgres`,
    async end() {
      run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      network.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A namespace and the cable to it; the names of devices may have fifteen letters. */
function openNetwork() {
  const number = made++;
  const name = `cc${process.pid}-${number}`;
  const [near, far] = [`${name}n`, `${name}f`];
  const net = `198.18.${number}`;
  ip(`netns add ${name}`);
  ip(`link add ${near} type veth peer name ${far} netns ${name}`);
  ip(`address add ${net}.1/24 dev ${near}`);
  ip(`link set ${near} up`);
  ip(`-n ${name} address add ${net}.2/24 dev ${far}`);
  ip(`-n ${name} link set lo up`);
  ip(`-n ${name} link set ${far} up`);
  return {
    name,
    address: `${net}.2`,
    // The far end: this machine keeps its address and route, and hears nothing.
    pull: () => ip(`-n ${name} link set ${far} down`),
    plug: () => ip(`-n ${name} link set ${far} up`),
    close: () => ip(`netns delete ${name}`),
  };
}

function ip(command: string): void {
  execFileSync('ip', command.split(' '), { stdio: 'ignore' });
}

function canMakeNamespaces(): boolean {
  const name = `cc${process.pid}-try`;
  const isMade = spawnSync('ip', ['netns', 'add', name]).status === 0;
  if (isMade) spawnSync('ip', ['netns', 'delete', name]);
  return isMade;
}

function binariesOf(): string | null {
  const found = findPostgres();
  return found && 'binaries' in found ? found.binaries : null;
}

async function untilListening(address: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(PORT, address);
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`Nothing listens at ${address}:${PORT}.`);
}
