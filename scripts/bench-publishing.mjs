/**
 * Measures planning and publishing of many subscriptions that are all due at once, over the built program and a database in a
 * temporary file (or DATABASE_URL). Discord is left out: what it allows, forty posts a second here, is far below what is measured.
 * Usage: node scripts/bench-publishing.mjs [--subscriptions 10000] [--json OUT.json]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { clockIn } from '../dist/core/local-time.js';
import { createPublishingService } from '../dist/services/subscriptions/publishing.js';
import { openStorage } from '../dist/storage/open-storage.js';

const { values } = parseArgs({
  options: { subscriptions: { type: 'string', default: '10000' }, json: { type: 'string' } },
});
const count = Number(values.subscriptions);
const folder = await mkdtemp(join(tmpdir(), 'candlecast-bench-'));
const ZONES = ['UTC', 'Europe/London', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
const nowMs = Date.UTC(2026, 10, 22, 12);
const now = () => nowMs;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const storage = await openStorage(process.env.DATABASE_URL ?? `sqlite:${join(folder, 'bench.db')}`, { now });
try {
  for (let i = 0; i < count; i++) {
    // Every minute of the last five hours, in six zones: as many different wall clocks as there may be.
    const timeZone = ZONES[i % ZONES.length];
    const dueMs = nowMs - (i % 300) * 60_000;
    const clock = { localTime: clockIn(timeZone, dueMs).time, timeZone };
    await storage.subscriptions.insert(
      {
        id: `b${i}`,
        guildId: `g${i % 1000}`,
        channelId: `c${i}`,
        createdBy: 'u',
        symbols: ['BTC', 'ETH'],
        horizon: '1d',
        report: i % 3 === 0 ? 'both' : 'daily',
        ...clock,
        alerts: { bandBreak: false, flipAt: null },
        locale: 'en-GB',
        state: 'active',
        stateSinceMs: 0,
        stateReason: null,
        createdAtMs: 0,
        nextDueMs: dueMs,
      },
      1_000_000,
    );
  }
  let posted = 0;
  const publishing = createPublishingService({
    subscriptions: storage.subscriptions,
    posts: storage.posts,
    turn: { hold: async () => true, release: async () => undefined },
    port: {
      send: async () => ({ kind: 'sent', messageId: String(posted++) }),
      find: async () => ({ kind: 'absent' }),
      notify: async () => ({ kind: 'sent', messageId: '0' }),
    },
    makeMessage: async (post) => post.id,
    owner: 'bench',
    now,
    logger: silent,
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let startMs = performance.now();
  const cpu = process.cpuUsage();
  const { due, queued, skipped } = await publishing.plan(nowMs);
  const planMs = performance.now() - startMs;
  const used = process.cpuUsage(cpu);
  delay.disable();
  const planMaxDelayMs = delay.max / 1e6;
  startMs = performance.now();
  await publishing.publishDue(new AbortController().signal);
  const publishMs = performance.now() - startMs;

  const result = {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version },
    database: storage.kind,
    plan: {
      subscriptions: due,
      queued,
      skipped,
      ms: Math.round(planMs),
      cpuMs: Math.round((used.user + used.system) / 1e3),
      longestPauseMs: Math.round(planMaxDelayMs),
    },
    publish: { posts: posted, ms: Math.round(publishMs), postsPerSecond: Math.round((posted / publishMs) * 1000) },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  await storage.close();
  await rm(folder, { recursive: true, force: true });
}
