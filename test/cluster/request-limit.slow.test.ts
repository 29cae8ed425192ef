import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createPublishingTurn } from '../../src/cluster/publishing-turn.ts';
import { CHANNEL_RATE, createRequestLimit, type RequestLimit } from '../../src/cluster/request-limit.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { describeWithRedis } from '../support/redis.ts';

const ENTRY = fileURLToPath(new URL('../support/limit-process.mjs', import.meta.url));
/** Short, so that nobody waits long for it. */
const LEASE_MS = 3_000;

interface Grant {
  readonly kind: string;
  readonly atMs: number;
  readonly by: number;
}

/** Starts processes that take as fast as they can; what they took is collected until the test ends. */
function start(count: number, options: { readonly databaseUrl: string; readonly redisUrl?: string }) {
  const grants: Grant[] = [];
  const children: ChildProcess[] = [];
  for (let by = 0; by < count; by++) {
    const child = spawn(process.execPath, [ENTRY, JSON.stringify({ ...options, leaseMs: LEASE_MS })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let rest = '';
    child.stdout?.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [kind = '', atMs] = line.split(' ');
        grants.push({ kind, atMs: Number(atMs), by });
      }
    });
  }
  const end = () => children.forEach((child) => void child.kill('SIGKILL'));
  onTestFinished(end);
  return { grants, children };
}

/** The most that lie within any second. */
function worstSecond(grants: readonly Grant[]): number {
  const times = grants.map(({ atMs }) => atMs).sort((a, b) => a - b);
  let worst = 0;
  let from = 0;
  for (const [to, atMs] of times.entries()) {
    while (times[from]! <= atMs - 1_000) from++;
    worst = Math.max(worst, to - from + 1);
  }
  return worst;
}

const channels = (grants: readonly Grant[]) => grants.filter(({ kind }) => kind === 'channel');
const nowMs = () => Number(process.hrtime.bigint() / 1_000n) / 1_000;
/** Waits until `count` channel grants came after a moment; a machine under load takes its time. */
async function until(grants: readonly Grant[], fromMs: number, count: number): Promise<void> {
  for (let tries = 0; channels(grants).filter(({ atMs }) => atMs > fromMs).length < count; tries++) {
    if (tries > 600) throw new Error('There are too few grants.');
    await sleep(50);
  }
}
function expectWithinLimits(grants: readonly Grant[]): void {
  expect(worstSecond(grants)).toBeLessThanOrEqual(50);
  // The cell grants 41; what is more was granted before and noticed late, by a process that had to wait for the processor.
  expect(worstSecond(channels(grants))).toBeLessThanOrEqual(45);
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'candlecast-limit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const sqlite = () => `sqlite:${join(folder, 'limit.db')}`;

describeWithRedis('three processes that ask as fast as they can', (server) => {
  it('share forty a second, and stay below fifty while Redis dies and comes back', { timeout: 180_000 }, async () => {
    const { grants } = start(3, { databaseUrl: sqlite(), redisUrl: server().url });
    await until(grants, 0, 120);
    await server().kill();
    const killedMs = nowMs();
    // Then one of them alone goes on.
    await until(grants, killedMs + LEASE_MS / 2, 80);
    const alone = channels(grants).filter(({ atMs }) => atMs > killedMs + LEASE_MS);
    const most = Math.max(...[0, 1, 2].map((by) => alone.filter((one) => one.by === by).length));
    // The others may send a few a second as other requests.
    expect(most / alone.length).toBeGreaterThan(0.75);
    await server().start();
    const backMs = nowMs();
    await until(grants, backMs, 200);
    const late = channels(grants).slice(-80);
    expect(new Set(late.map(({ by }) => by)).size).toBe(3);
    expectWithinLimits(grants);
  });

  it('go on at the same pace when the clock of Redis is set', { timeout: 180_000 }, async () => {
    const { grants } = start(3, { databaseUrl: sqlite(), redisUrl: server().url });
    const redis = new Redis(server().url);
    onTestFinished(() => redis.disconnect());
    await until(grants, 0, 80);
    // What a clock leaves behind that was an hour ahead, a day ahead, and a day late.
    for (const offsetMs of [HOUR_MS, DAY_MS, -DAY_MS]) {
      const [seconds] = await redis.time();
      await redis.set('candlecast:requests:test:channel', `${(Number(seconds) * 1_000 + offsetMs) * 1_000}`);
      const setMs = nowMs();
      await until(grants, setMs, 80);
      // An hour otherwise.
      expect(nowMs() - setMs).toBeLessThan(30_000);
    }
    expectWithinLimits(grants);
  });
});

describeInPostgres('three processes on PostgreSQL without Redis', (server) => {
  it('leave it to one at a time, and to another when that one dies', { timeout: 180_000 }, async () => {
    const { grants, children } = start(3, { databaseUrl: server().url });
    await until(grants, 0, 120);
    const by = channels(grants).at(-1)!.by;
    children[by]!.kill('SIGKILL');
    const killedMs = nowMs();
    await until(grants, killedMs + LEASE_MS, 80);
    const later = channels(grants).filter(({ atMs }) => atMs > killedMs + LEASE_MS);
    expect(later.every((one) => one.by !== by)).toBe(true);
    expectWithinLimits(grants);
  });
});

describe('one process without Redis', () => {
  let time: number;
  let taken: number;
  let databaseFails: boolean;
  let limit: RequestLimit;
  beforeEach(() => {
    time = 1_000;
    taken = 0;
    databaseFails = false;
    const leaseUntil = new Map<string, number>();
    const leases = {
      async takeFor(name: string, owner: string, ms: number) {
        taken++;
        if (databaseFails) throw new Error('The database is away.');
        if (name === 'requests') {
          if ((leaseUntil.get(name) ?? 0) > time) return false;
          leaseUntil.set(name, time + ms);
        }
        return owner !== '';
      },
      release: async () => undefined,
    };
    const parts = {
      redis: null,
      leases,
      owner: 'one',
      monotonic: () => time,
      // A wait for an answer does not pass the time, because the answer comes at once.
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (!signal) time += ms;
        else await new Promise((_resolve, reject) => signal.addEventListener('abort', reject, { once: true }));
      },
    };
    limit = createRequestLimit({ ...parts, bot: 'b', turn: createPublishingTurn(parts) });
  });

  it('sends forty a second to channels, with nothing made up for after a pause', async () => {
    const fromMs = time;
    for (let i = 0; i < 41; i++) await limit.take('channel');
    expect(time - fromMs).toBeCloseTo(39 * CHANNEL_RATE.spacingMs, -1);
    time += 60_000;
    const laterMs = time;
    for (let i = 0; i < 5; i++) await limit.take('channel');
    expect(time - laterMs).toBe(75);
    // Not a question to the database for each.
    expect(taken).toBeLessThan(10);
  });

  it('sends three others a second by the database, and one in two seconds while that is away', async () => {
    const fromMs = time;
    for (let i = 0; i < 4; i++) await limit.take('other');
    expect(time - fromMs).toBeGreaterThanOrEqual(1_000);
    databaseFails = true;
    const awayMs = time;
    for (let i = 0; i < 3; i++) await limit.take('other');
    expect(time - awayMs).toBeGreaterThanOrEqual(4_000);
  });

  it('holds everything back while Discord asks for it, and no longer than a minute', async () => {
    const fromMs = time;
    limit.pause(3_000);
    await limit.take('channel');
    expect(time - fromMs).toBeGreaterThanOrEqual(3_000);
    limit.pause(Number.POSITIVE_INFINITY);
    limit.pause(Number.NaN);
    await limit.take('other');
    expect(time - fromMs).toBeLessThanOrEqual(64_000);
  });

  it('lets go of a request that is given up, and keeps the order of the others', async () => {
    const giveUp = new AbortController();
    const order: string[] = [];
    await limit.take('channel');
    await limit.take('channel');
    const first = limit.take('channel', giveUp.signal).catch(() => order.push('given up'));
    const second = limit.take('channel').then(() => order.push('second'));
    const third = limit.take('channel').then(() => order.push('third'));
    giveUp.abort();
    await Promise.all([first, second, third]);
    expect(order).toEqual(['given up', 'second', 'third']);
  });
});
