/**
 * Measures the built program under load, against a Discord on the loopback address that refuses what Discord refuses: many people ask for
 * forecasts within one second, and twenty people ask for two backtests each while others ask for /help. The exchange is the simulated one, in
 * this process; the database is a temporary file. `--cold` asks as soon as the bot is connected, when nothing is stored or computed yet;
 * `--only` leaves out the backtests. Twenty seconds after the start models are trained in the background; `--settle 900` asks when that is over.
 * Usage: npm run build && node scripts/bench-load.mjs [--people 1000] [--coins 30] [--settle 20] [--cold] [--only] [--profile DIR] [--json OUT.json]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';
import { DEFAULT_SYMBOLS } from '../dist/core/asset.js';
import { startSimulationThread } from '../dist/sources/simulated/thread.js';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '1000' },
    coins: { type: 'string', default: '30' },
    settle: { type: 'string', default: '20' },
    cold: { type: 'boolean', default: false },
    only: { type: 'boolean', default: false },
    profile: { type: 'string' },
    json: { type: 'string' },
  },
});
const people = Number(values.people);
const coins = DEFAULT_SYMBOLS.slice(0, Number(values.coins));
const TOKEN = 'MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gx7Zzz.not-a-real-signature-of-any-bot-00000';
/** What is not answered by then counts as lost. */
const LIMIT_MS = 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const person = (i) => `12${String(i).padStart(17, '0')}`;
const text = (name, value) => ({ name, type: 3, value });

// The stand-in for Discord is written in TypeScript, for the tests.
const vite = await createViteServer({
  root,
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: 'custom',
});
const { LoopbackDiscord } = await vite.ssrLoadModule('/test/support/discord/loopback-discord.ts');
const discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now });
const exchange = await startSimulationThread({ seed: 1, shiftMs: new Float64Array(new SharedArrayBuffer(8)) });
const folder = await mkdtemp(join(tmpdir(), 'candlecast-load-'));
const profiling = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(values.profile)}`] : [];
const bot = spawn(process.execPath, [...profiling, join(root, 'dist/main.js')], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
  env: {
    PATH: process.env.PATH,
    DISCORD_TOKEN: TOKEN,
    DISCORD_API_URL: discord.apiUrl,
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    MARKET_SOURCES: 'binance',
    BINANCE_URL: exchange.url,
    COINGECKO_URL: exchange.url,
    BLOCKCHAIN_URL: exchange.url,
    FEARGREED_URL: exchange.url,
    NEWS_FEEDS: 'off',
    SUBREDDITS: 'off',
    LOG_LEVEL: 'warn',
  },
});
let log = '';
bot.stderr.on('data', (chunk) => {
  log += chunk;
});
const ended = new Promise((done) => bot.once('exit', done));

/** Asks and measures from the moment Discord sends the interaction. */
function ask(name, options, userId) {
  const startMs = performance.now();
  const asked = { acknowledgedMs: null, answeredMs: null, refused: null, done: null };
  const interaction = discord.command(name, options, { userId });
  interaction.acknowledged.next().then(() => {
    asked.acknowledgedMs = performance.now() - startMs;
  });
  const finish = async () => {
    for (;;) {
      const { embeds, files } = await interaction.answered.next();
      const words = JSON.stringify(embeds);
      // A progress message of a backtest is no answer.
      if (name === 'backtest' && files.length === 0 && !words.includes('CC_')) continue;
      asked.answeredMs = performance.now() - startMs;
      asked.refused = /CC_[A-Z_]+/.exec(words)?.[0] ?? null;
      return;
    }
  };
  asked.done = Promise.race([finish(), sleep(LIMIT_MS, undefined, { ref: false })]);
  return asked;
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
function times(all) {
  const known = all.filter((ms) => ms !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  return { n: known.length, medianMs: quantile(known, 0.5), p99Ms: quantile(known, 0.99), maxMs: known.at(-1) };
}
function summary(what, asked) {
  const acknowledged = times(asked.map((one) => one.acknowledgedMs));
  const answered = times(asked.map((one) => one.answeredMs));
  const refusals = {};
  for (const { refused } of asked) if (refused) refusals[refused] = (refusals[refused] ?? 0) + 1;
  const shown = (one) =>
    one
      ? `${one.n} (median ${one.medianMs.toFixed(0)} ms, p99 ${one.p99Ms.toFixed(0)} ms, last ${one.maxMs.toFixed(0)} ms)`
      : '0';
  process.stdout.write(
    `${what}\n  asked        ${asked.length}\n  acknowledged ${shown(acknowledged)}\n  answered     ${shown(answered)}\n`,
  );
  process.stdout.write(`  refused      ${JSON.stringify(refusals)}\n`);
  return { asked: asked.length, acknowledged, answered, refusals };
}

async function settled(asked) {
  await Promise.all(asked.map(({ done }) => done));
  return asked;
}

/** People who ask for forecasts, evenly within one second. */
async function rush() {
  const asked = [];
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const startMs = performance.now();
  for (let i = 0; i < people; i++) {
    const waitMs = startMs + (i * 1000) / people - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    asked.push(ask('forecast', [text('symbol', coins[i % coins.length])], person(i)));
  }
  process.stdout.write(`asked for ${(performance.now() - startMs).toFixed(0)} ms; `);
  await settled(asked);
  // Where the stand-in itself is late, the figures are of it and not of the bot.
  process.stdout.write(`the stand-in for Discord was late by ${((delay.max - 10e6) / 1e6).toFixed(0)} ms at most\n`);
  return asked;
}

/** Twenty people with two backtests each, and meanwhile one /help after the other by somebody else. */
async function backtests() {
  const heavy = [];
  for (let i = 0; i < 40; i++) {
    const options = [text('symbol', coins[i % coins.length]), { name: 'days', type: 4, value: 1500 - i }];
    heavy.push(ask('backtest', options, person(100_000 + (i >> 1))));
  }
  const light = [];
  for (let i = 0; i < 50; i++) {
    await sleep(100);
    light.push(ask('help', [], person(200_000 + i)));
  }
  return { light: await settled(light), heavy: await settled(heavy) };
}

try {
  await Promise.race([discord.gateway.identified.next(), ended.then(() => Promise.reject(new Error(log)))]);
  while (discord.rest.registered.size === 0) await sleep(50);
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, load: loadavg()[0] };
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load.toFixed(1)}\n`,
  );
  if (!values.cold) {
    await sleep(Number(values.settle) * 1_000);
    for (const [i, coin] of coins.entries()) await ask('forecast', [text('symbol', coin)], person(900_000 + i)).done;
  }
  const forecasts = summary(
    `/forecast of ${coins.length} coins by ${people} people within one second${values.cold ? ', nothing computed yet' : ''}`,
    await rush(),
  );
  const { light, heavy } = values.only ? { light: [], heavy: [] } : await backtests();
  const help = summary('/help while twenty people have two backtests each', light);
  const backtested = summary('their backtests', heavy);
  const result = { machine, people, coins: coins.length, cold: values.cold, forecasts, help, backtests: backtested };
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (discord.rest.violations.length > 0)
    process.stdout.write(`Discord's rules were broken: ${discord.rest.violations[0]}\n`);
} finally {
  bot.kill('SIGTERM');
  await ended;
  await discord.close();
  await exchange.close();
  await vite.close();
  await rm(folder, { recursive: true, force: true });
  if (process.env.BENCH_LOG) process.stderr.write(log);
}
