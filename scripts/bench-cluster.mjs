/**
 * Measures a bot of two shards, three workers and a trainer on one machine, against a Discord on the loopback address: posts that are all due at once
 * while people ask. The exchange is the simulated one. The database and Redis are those of DATABASE_URL and REDIS_URL; the database has to be empty.
 * Usage: npm run build && DATABASE_URL=postgres://… REDIS_URL=redis://… node scripts/bench-cluster.mjs [--posts 10000] [--asked 40] [--json OUT.json]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';
import { startSimulationThread } from '../dist/sources/simulated/thread.js';
import { openStorage } from '../dist/storage/open-storage.js';

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '10000' },
    asked: { type: 'string', default: '40' },
    json: { type: 'string' },
  },
});
const { DATABASE_URL, REDIS_URL, PATH } = process.env;
if (!DATABASE_URL || !REDIS_URL) throw new Error('Set DATABASE_URL (an empty PostgreSQL database) and REDIS_URL.');
const TOKEN = 'MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gx7Zzz.not-a-real-signature-of-any-bot-00000';
const GUILDS = 50;
/** The jobs of the start are over by then, and every process has drawn once. */
const SETTLE_MS = 15_000;
const START_LIMIT_MS = 180_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const count = Number(values.posts);
const guildIds = Array.from({ length: GUILDS }, (_, i) => String((BigInt(262_144 + i) << 22n) + 5n));
const channelOf = (i) => String(BigInt(guildIds[i % GUILDS]) + 1n + BigInt(i));

// The stand-in for Discord is written in TypeScript, for the tests.
const vite = await createViteServer({
  root,
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: 'custom',
});
const { LoopbackDiscord } = await vite.ssrLoadModule('/test/support/discord/loopback-discord.ts');
const discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now, guildIds, maxConcurrency: 1 });
const exchange = await startSimulationThread({ seed: 1, shiftMs: new Float64Array(new SharedArrayBuffer(8)) });
const folder = await mkdtemp(join(tmpdir(), 'candlecast-cluster-'));
const storage = await openStorage(DATABASE_URL, { now: Date.now });
const children = [];

/** Starts a process and waits until it says that it is there. */
async function start(role, says, more = {}) {
  const child = spawn(process.execPath, [join(root, 'dist/main.js')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH,
      ROLE: role,
      DATABASE_URL,
      REDIS_URL,
      DISCORD_TOKEN: TOKEN,
      DISCORD_API_URL: discord.apiUrl,
      SYMBOLS: 'BTC',
      MARKET_SOURCES: 'binance',
      BINANCE_URL: exchange.url,
      COINGECKO_URL: exchange.url,
      BLOCKCHAIN_URL: exchange.url,
      FEARGREED_URL: exchange.url,
      NEWS_FEEDS: 'off',
      SUBREDDITS: 'off',
      LOG_LEVEL: 'warn',
      ...more,
    },
  });
  children.push({ child, role });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const untilMs = performance.now() + START_LIMIT_MS;
  while (!says.test(said)) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`A ${role} did not start: ${said}`);
    await sleep(200);
  }
}

/** Processor time of the processes of each role and of the stand-in for Discord up to now, in ms; of the processes only on Linux. */
async function processorMs() {
  const used = { 'stand-in': (process.cpuUsage().user + process.cpuUsage().system) / 1_000 };
  for (const { child, role } of children) {
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => null);
    if (stat === null) continue;
    // User and system time in hundredths of a second, the 14th and 15th field; the name before them may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    used[role] = (used[role] ?? 0) + (Number(fields[11]) + Number(fields[12])) * 10;
  }
  return used;
}

const answersMs = [];
let asked = 0;
/** Somebody else asks in each server in turn, a forecast every fourth time; the time counts from Discord's sending to the answer in full. */
function ask() {
  const number = asked++;
  const who = { guildId: guildIds[number % GUILDS], userId: String(1_200_000_000_000_000_000n + BigInt(number)) };
  const startMs = performance.now();
  const interaction =
    number % 4 === 3
      ? discord.command('forecast', [{ name: 'symbol', type: 3, value: 'BTC' }], who)
      : discord.command('help', [], who);
  interaction.answered.next().then(() => answersMs.push(performance.now() - startMs));
  return interaction;
}
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? null;

try {
  for (let i = 0; i < count; i++) discord.channels.put(channelOf(i), { guildId: guildIds[i % GUILDS] });
  // Before the shards start: they tell the workers of the channels of subscriptions, which else ask Discord about each.
  for (let i = 0; i < count; i++) {
    const subscription = {
      id: `b${String(i).padStart(6, '0')}`,
      guildId: guildIds[i % GUILDS],
      channelId: channelOf(i),
      createdBy: '1100000000000000030',
      symbols: ['BTC'],
      horizon: '1d',
      report: 'daily',
      localTime: '00:00',
      timeZone: 'UTC',
      alerts: { bandBreak: false, flipAt: null },
      locale: 'en-GB',
      state: 'active',
      stateSinceMs: 1_000,
      stateReason: null,
      createdAtMs: 1_000,
      // Not due before all are written.
      nextDueMs: Date.now() + 24 * 3_600_000,
    };
    await storage.subscriptions.insert(subscription, 1_000_000);
  }
  for (const shards of ['0/2', '1/2']) await start('shard', /Connected to Discord/, { SHARDS: shards });
  for (let i = 0; i < 3; i++) await start('worker', /Worker: candles/);
  await start('trainer', /Trainer: trains/, { DISCORD_TOKEN: '' });
  for (let i = 0; i < GUILDS; i++) ask();
  await sleep(SETTLE_MS);
  answersMs.length = 0;
  asked = 0;

  const dueMs = Math.floor(Date.now() / 60_000) * 60_000;
  const localTime = new Date(dueMs).toISOString().slice(11, 16);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  await client.query(`update subscriptions set next_due_ms = ${dueMs}, local_time = '${localTime}'`);
  await client.end();
  discord.rest.authorisedAtMs.length = 0;
  const before = await processorMs();
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const interactions = [];
  const asking = setInterval(() => interactions.push(ask()), 1_000 / Number(values.asked));
  const postsOf = () => Array.from({ length: count }, (_, i) => discord.channels.posts(channelOf(i)));
  const open = () => postsOf().filter((posts) => posts.length === 0).length;
  const untilMs = performance.now() + 240_000 + (count / 40) * 3_000;
  while (open() > 0 && performance.now() < untilMs) await sleep(1_000);
  clearInterval(asking);
  const after = await processorMs();
  await sleep(3_000);

  const posts = postsOf();
  const times = posts.flat().map(({ atMs }) => atMs);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  const sorted = answersMs.toSorted((a, b) => a - b);
  const result = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      node: process.version,
      load: loadavg(),
    },
    posts: {
      asked: count,
      once: posts.filter(({ length }) => length === 1).length,
      twice: posts.filter(({ length }) => length > 1).length,
      perSecond: Number((times.length / seconds).toFixed(1)),
    },
    /** With what the interactions of the same time took. */
    processorMsPerPost: Object.fromEntries(
      Object.entries(after).map(([name, ms]) => [name, Number(((ms - (before[name] ?? 0)) / count).toFixed(1))]),
    ),
    requests: { worstSecond: discord.rest.worstSecond(), earlyIdentifies: discord.gateway.early.length },
    // What came in while the stand-in for Discord stood still is counted at once afterwards.
    standInLateMs: Math.round((delay.max - 10e6) / 1e6),
    interactions: {
      asked: interactions.length,
      answered: sorted.length,
      twice: interactions.filter(({ responses }) => responses > 1).length,
      medianMs: Math.round(quantile(sorted, 0.5)),
      p95Ms: Math.round(quantile(sorted, 0.95)),
      maxMs: Math.round(sorted.at(-1)),
    },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  for (const { child } of children) child.kill('SIGKILL');
  await storage.close();
  await exchange.close();
  await discord.close();
  await vite.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit();
