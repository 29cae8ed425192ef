/**
 * Times the retrainings of a running bot while it serves: the built program with its default settings, against a Discord on the loopback address and
 * an exchange that answers like Binance with the candles of a folder, moved so that they end today. The bot fetches what it learns from, trains
 * the daily and the hourly model one after the other and judges them, while one `/forecast` a second is asked.
 * Usage: npm run build && node scripts/bench-retraining.mjs --candles DIR [--json OUT.json]
 * DIR has `1d/COIN.csv` and `1h/COIN.csv` in the layout of docs/console.md; 150 and 60 of them are what a bot learns from by default.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createViteServer } from 'vitest/node';
import { DEFAULT_SYMBOLS } from '../dist/core/asset.js';

const { values } = parseArgs({ options: { candles: { type: 'string' }, json: { type: 'string' } } });
if (!values.candles) throw new Error('Say where the candles are: --candles DIR');
const TOKEN = 'MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gx7Zzz.not-a-real-signature-of-any-bot-00000';
const STEP_MS = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };
const root = fileURLToPath(new URL('..', import.meta.url));

/** Candles of every coin by interval: rows `[open time ms, open, high, low, close, volume]`, oldest first. */
const series = { '1d': new Map(), '1h': new Map() };
for (const [interval, coins] of Object.entries(series)) {
  for (const name of readdirSync(join(values.candles, interval))) {
    const lines = readFileSync(join(values.candles, interval, name), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const rows = lines.map((line) => {
      const [time, ...numbers] = line.split(',');
      return [Date.parse(time), ...numbers.map(Number)];
    });
    coins.set(name.replace(/\.csv$/, ''), rows);
  }
}
const newestMs = Math.max(...[...series['1d'].values()].map((rows) => rows.at(-1)[0]));
const shiftMs = Math.floor(Date.now() / STEP_MS['1d']) * STEP_MS['1d'] - newestMs;

/** Coins that are asked for: those of the default ones that are in both folders up to the end. */
const coinsAsked = DEFAULT_SYMBOLS.filter((coin) =>
  Object.values(series).every((coins) => newestMs - (coins.get(coin)?.at(-1)[0] ?? 0) < STEP_MS['1d']),
);

/** Rows of a coin from `fromMs` to `toMs` in moved time, those that have not begun left out. */
function rowsOf(interval, coin, fromMs, toMs) {
  const step = STEP_MS[interval];
  if (interval === '1m') {
    // Minutes are made from the hour they are in, on a straight line.
    const minutes = [];
    for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs && minutes.length < 1_000; ms += step) {
      const hour =
        rowsOf('1h', coin, ms - (ms % STEP_MS['1h']), ms)[0] ?? rowsOf('1d', coin, ms - (ms % STEP_MS['1d']), ms)[0];
      if (!hour) continue;
      const price = hour[1] + ((hour[4] - hour[1]) * (ms % STEP_MS['1h'])) / STEP_MS['1h'];
      minutes.push([ms, price, price, price, price, hour[5] / 60]);
    }
    return minutes;
  }
  const rows = series[interval].get(coin) ?? [];
  const end = Math.min(toMs, Date.now());
  return rows
    .filter(([ms]) => ms + shiftMs >= fromMs && ms + shiftMs <= end)
    .slice(0, 1_000)
    .map(([ms, ...numbers]) => [ms + shiftMs, ...numbers]);
}

const exchange = createServer((request, response) => {
  const { pathname, searchParams: query } = new URL(request.url, 'http://localhost');
  const answer = (value, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const coin = (query.get('symbol') ?? '').replace(/USDT$/, '');
  if (pathname === '/api/v3/ping') return answer({});
  if (pathname === '/api/v3/exchangeInfo') {
    return answer({ symbols: [...series['1d'].keys()].map((name) => ({ symbol: `${name}USDT`, status: 'TRADING' })) });
  }
  if (pathname === '/api/v3/ticker/24hr') {
    // Coins with hours are traded the most, so that the hourly model learns from those.
    const list = [...series['1d']].map(([name, rows]) => {
      const price = rows.at(-1)[4];
      return {
        symbol: `${name}USDT`,
        lastPrice: String(price),
        volume: String((series['1h'].has(name) ? 2e9 : 1e8) / price),
      };
    });
    return answer(list);
  }
  if (pathname !== '/api/v3/klines') return answer({}, 404);
  if (!series['1d'].has(coin)) return answer({ code: -1121, msg: 'Invalid symbol.' }, 400);
  const interval = query.get('interval');
  const rows = rowsOf(interval, coin, Number(query.get('startTime') ?? 0), Number(query.get('endTime') ?? Date.now()));
  answer(rows.map(([ms, ...numbers]) => [ms, ...numbers.map(String), ms + STEP_MS[interval] - 1]));
});
await new Promise((done) => exchange.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${exchange.address().port}`;

// The stand-in for Discord is written in TypeScript, for the tests.
const vite = await createViteServer({
  root,
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: 'custom',
});
const { LoopbackDiscord } = await vite.ssrLoadModule('/test/support/discord/loopback-discord.ts');
const discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now });
const folder = await mkdtemp(join(tmpdir(), 'candlecast-retraining-'));
const startMs = Date.now();
const bot = spawn(process.execPath, [join(root, 'dist/main.js')], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
  env: {
    PATH: process.env.PATH,
    DISCORD_TOKEN: TOKEN,
    DISCORD_API_URL: discord.apiUrl,
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    MARKET_SOURCES: 'binance',
    BINANCE_URL: url,
    COINGECKO_URL: url,
    BLOCKCHAIN_URL: url,
    FEARGREED_URL: url,
    RATE_SOURCES: 'off',
    NEWS_FEEDS: 'off',
    SUBREDDITS: 'off',
    LOG_LEVEL: 'info',
  },
});
const ended = new Promise((done) => bot.once('exit', done));
const retrainings = [];
let log = '';
let rest = '';
bot.stderr.on('data', (chunk) => {
  log += chunk;
  rest += chunk;
  const lines = rest.split('\n');
  rest = lines.pop();
  for (const line of lines) {
    if (!line.includes('a model was retrained and judged')) continue;
    const { interval, version, seconds, verdict } = JSON.parse(line);
    retrainings.push({ interval, version, seconds, endedS: (Date.now() - startMs) / 1_000, reason: verdict.reason });
    process.stdout.write(
      `${interval}: ${seconds} s, ended ${((Date.now() - startMs) / 1_000).toFixed(0)} s after the start. ${verdict.reason}\n`,
    );
  }
});

/** Processor seconds and resident MB of the bot, and of the processes that it started. */
function usage() {
  const of = (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return { cpuS: (Number(stat[11]) + Number(stat[12])) / 100, residentMb: (Number(stat[21]) * 4_096) / 2 ** 20 };
  };
  const children = readFileSync(`/proc/${bot.pid}/task/${bot.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return { bot: of(bot.pid), children: children.map(of) };
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const summary = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length === 0
    ? null
    : { n: sorted.length, medianMs: quantile(sorted, 0.5), p95Ms: quantile(sorted, 0.95), longestMs: sorted.at(-1) };
};

try {
  await Promise.race([discord.gateway.identified.next(), ended.then(() => Promise.reject(new Error(log)))]);
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version, load: loadavg()[0] };
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load.toFixed(1)}\n`,
  );
  const asked = { training: [], otherwise: [] };
  const most = { botMb: 0, childrenMb: 0, bothMb: 0 };
  let [childCpuS, lastChildCpuS] = [0, 0];
  const refused = {};
  const untilMs = Date.now() + 3_600_000;
  let quietUntilMs = null;
  for (let i = 0; Date.now() < untilMs; i++) {
    const beginMs = performance.now();
    const { bot: own, children } = usage();
    const childrenMb = children.reduce((sum, { residentMb }) => sum + residentMb, 0);
    const cpuS = children.reduce((sum, one) => sum + one.cpuS, 0);
    if (cpuS < lastChildCpuS) childCpuS += lastChildCpuS;
    lastChildCpuS = cpuS;
    most.botMb = Math.max(most.botMb, own.residentMb);
    most.childrenMb = Math.max(most.childrenMb, childrenMb);
    most.bothMb = Math.max(most.bothMb, own.residentMb + childrenMb);
    const option = { name: 'symbol', type: 3, value: coinsAsked[i % coinsAsked.length] };
    const kind = children.length > 0 ? 'training' : 'otherwise';
    const interaction = discord.command('forecast', [option], { userId: `12${String(i).padStart(17, '0')}` });
    interaction.answered.next().then(({ embeds }) => {
      asked[kind].push(performance.now() - beginMs);
      const [code] = /CC_[A-Z_]+/.exec(JSON.stringify(embeds)) ?? [];
      if (code) refused[code] = (refused[code] ?? 0) + 1;
    });
    if (retrainings.length >= 2) quietUntilMs ??= Date.now() + 30_000;
    if (quietUntilMs !== null && Date.now() > quietUntilMs) break;
    await sleep(Math.max(0, 1_000 - (performance.now() - beginMs)));
  }
  const result = {
    machine,
    retrainings,
    trainingCpuS: childCpuS + lastChildCpuS,
    botCpuS: usage().bot.cpuS,
    most,
    coins: coinsAsked.length,
    forecasts: { whileTraining: summary(asked.training), otherwise: summary(asked.otherwise), refused },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  bot.kill('SIGTERM');
  await ended;
  await discord.close();
  exchange.close();
  await vite.close();
  await rm(folder, { recursive: true, force: true });
  if (process.env.BENCH_LOG) process.stderr.write(log);
}
