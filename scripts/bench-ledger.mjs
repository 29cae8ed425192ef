/**
 * Makes a ledger of some years, as a bot that never stopped would have kept it, and measures it: bytes a forecast, the start on it, and `/accuracy`
 * of several windows, each in a process of its own. Prices are a random walk and stand in the candles too; rows are chained and scored by the functions
 * of the bot; each model serves for a week, and a checkpoint is made every hour. The bot is down for two hours in every ten days. FILE is made, and stays.
 * Usage: npm run build && node scripts/bench-ledger.mjs [--years 5] [--coins 30] [--measure] FILE    (--measure: FILE is there already)
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import Sqlite from 'libsql';
import { DEFAULT_SYMBOLS } from '../dist/core/asset.js';
import { HORIZON_NAMES, HORIZONS } from '../dist/core/horizon.js';
import { NO_HASH } from '../dist/core/ledger.js';
import { probabilityAbove, QUANTILE_LEVELS } from '../dist/core/quantiles.js';
import { seededRandom } from '../dist/core/random.js';
import { DAY_MS, HOUR_MS } from '../dist/core/time.js';
import { normalQuantile } from '../dist/ml/baselines/distributions.js';
import { scoreForecast } from '../dist/ml/scoring/ledger-score.js';
import { createAccuracyService } from '../dist/services/accuracy/accuracy.js';
import {
  checkpointHash,
  entryHash,
  modelHash,
  outcomeHash,
  toCheckpointRow,
  toLedgerRow,
  toModelRow,
  toOutcomeRow,
} from '../dist/storage/ledger-row-mapping.js';
import { openStorage } from '../dist/storage/open-storage.js';
import { rebuildSums } from '../dist/storage/score-sums-audit.js';
import { openSqlite } from '../dist/storage/sqlite.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    years: { type: 'string', default: '5' },
    coins: { type: 'string', default: '30' },
    measure: { type: 'boolean', default: false },
    one: { type: 'string' },
  },
});
const [file] = positionals;
if (file === undefined) {
  process.stderr.write('Usage: node scripts/bench-ledger.mjs [--years 5] [--coins 30] [--measure] FILE\n');
  process.exit(2);
}
const START_MS = Date.UTC(2021, 0, 1);
const hours = Math.round(Number(values.years) * 365.25) * 24;
const endMs = START_MS + hours * HOUR_MS;
const coins = DEFAULT_SYMBOLS.slice(0, Number(values.coins));
const print = (line) => process.stdout.write(`${line}\n`);
const silent = { error() {}, warn() {}, info() {}, debug() {} };

if (values.one !== undefined) print(JSON.stringify(await measureOne(JSON.parse(values.one))));
else {
  if (!values.measure) {
    if (existsSync(file)) throw new Error(`${file} is there already; --measure measures it.`);
    await generate();
  }
  await measure();
}

async function generate() {
  const now = () => endMs;
  await (await openStorage(`sqlite:${file}`, { now })).close();
  const started = performance.now();
  const { forecasts } = fill();
  const filled = performance.now();
  const connection = openSqlite(file, file);
  await connection.db.transaction().execute((transaction) => rebuildSums(transaction));
  await connection.db.destroy();
  const seconds = (ms) => `${(ms / 1_000).toFixed(0)} s`;
  print(
    `${forecasts} forecasts written in ${seconds(filled - started)}, their sums counted in ${seconds(performance.now() - filled)}`,
  );
}

/** Writes all rows of the ledger and of the outcomes, in the order in which the bot would have. */
function fill() {
  const database = new Sqlite(file);
  for (const pragma of ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -400000']) database.pragma(pragma);
  const statementFor = (table, row) => {
    const columns = Object.keys(row);
    const names = columns.map((column) => `"${column}"`).join(', ');
    const statement = database.prepare(`insert into ${table} (${names}) values (${columns.map(() => '?').join(', ')})`);
    return (one) => statement.run(columns.map((column) => one[column]));
  };
  const random = seededRandom(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const z = QUANTILE_LEVELS.map(normalQuantile);
  const prices = new Map(coins.map((symbol, i) => [symbol, 100 * (i + 1)]));
  const horizons = {
    '1h': HORIZON_NAMES.filter((name) => HORIZONS[name].interval === '1h'),
    '1d': HORIZON_NAMES.filter((name) => HORIZONS[name].interval === '1d'),
  };
  const due = new Map();
  const ends = { ledger: NO_HASH, outcomes: NO_HASH, model_cards: NO_HASH, checkpoints: NO_HASH };
  const counts = { ledger: 0, outcomes: 0, model_cards: 0, checkpoints: 0 };
  const inserts = new Map();
  const insert = (table, row) => {
    if (!inserts.has(table)) inserts.set(table, statementFor(table, row));
    inserts.get(table)(row);
  };
  const addToChain = (table, body, hash, toRow) => {
    insert(table, toRow({ ...body, hash }));
    ends[table] = hash;
  };
  const models = new Map();
  const modelOf = (interval, originMs) => {
    const version = `${interval}-${new Date(originMs - (originMs % (7 * DAY_MS))).toISOString().slice(0, 10)}`;
    if (models.get(interval) === version) return version;
    models.set(interval, version);
    const sha256 = createHash('sha256').update(version).digest('hex');
    const body = { number: ++counts.model_cards, interval, version, sha256, recordedAtMs: originMs + 60_000 };
    addToChain('model_cards', body, modelHash(body, ends.model_cards), toModelRow);
    return version;
  };
  const candle = (symbol, interval, closeMs, open, close) =>
    insert('candles', {
      symbol,
      interval,
      open_time_ms: closeMs - (interval === '1h' ? HOUR_MS : DAY_MS),
      open,
      high: Math.max(open, close) * 1.001,
      low: Math.min(open, close) / 1.001,
      close,
      volume: 1_000,
      source: 'binance',
      fetched_at_ms: closeMs + 30_000,
      flag: null,
    });
  // Nothing is changed or replaced here, and looking for that at every row takes half of the time.
  const triggers = database.prepare("select name, sql from sqlite_master where type = 'trigger'").all([]);
  for (const { name } of triggers) database.exec(`drop trigger ${name}`);
  const midnight = new Map(prices);
  database.exec('begin');
  for (let hour = 0; hour <= hours; hour++) {
    const originMs = START_MS + hour * HOUR_MS;
    const sigma = 0.006 * (1.2 + Math.sin(hour / 400));
    const market = normal();
    for (const symbol of coins) {
      const open = prices.get(symbol);
      const close = open * Math.exp(sigma * (0.7 * market + 0.71 * normal()));
      prices.set(symbol, close);
      candle(symbol, '1h', originMs, open, close);
      if (hour % 24 !== 0) continue;
      candle(symbol, '1d', originMs, midnight.get(symbol), close);
      midnight.set(symbol, close);
    }
    for (const entry of due.get(originMs) ?? []) {
      const actualPrice = prices.get(entry.symbol);
      const scoredAtMs = originMs + 600_000;
      const score = scoreForecast(entry, { actualPrice, source: 'binance', scoredAtMs, revision: 0 });
      const body = { ...score, number: ++counts.outcomes };
      addToChain('outcomes', body, outcomeHash(body, ends.outcomes), toOutcomeRow);
    }
    due.delete(originMs);
    const isDown = hour % 240 >= 100 && hour % 240 < 102;
    if (isDown || hour === hours) continue;
    for (const interval of hour % 24 === 0 ? ['1h', '1d'] : ['1h']) {
      for (const symbol of coins) {
        for (const horizon of horizons[interval]) {
          const { steps } = HORIZONS[horizon];
          const lastPrice = prices.get(symbol);
          const scale = 0.0072 * Math.sqrt(steps * (interval === '1d' ? 24 : 1));
          const drift = 0.05 * scale * normal();
          const quantiles = z.map((level) => Math.fround(lastPrice * Math.exp(drift + 0.95 * scale * level)));
          const entry = {
            sequence: ++counts.ledger,
            cause: 'scheduled',
            symbol,
            interval,
            horizon,
            originMs,
            targetMs: originMs + steps * (interval === '1d' ? DAY_MS : HOUR_MS),
            lastPrice,
            quantiles,
            pUp: probabilityAbove(quantiles, lastPrice),
            climatology: z.map((level) => Math.fround(lastPrice * Math.exp(scale * level))),
            model: modelOf(interval, originMs),
            source: 'binance',
            sentimentShare: null,
            issuedAtMs: originMs + 60_000,
          };
          addToChain('ledger', entry, entryHash(entry, ends.ledger), toLedgerRow);
          if (due.has(entry.targetMs)) due.get(entry.targetMs).push(entry);
          else due.set(entry.targetMs, [entry]);
        }
      }
    }
    const body = {
      number: ++counts.checkpoints,
      atMs: originMs + 61_000,
      forecasts: counts.ledger,
      marks: 0,
      outcomes: counts.outcomes,
      models: counts.model_cards,
      calls: 0,
      odds: 0,
    };
    const empty = { marks: NO_HASH, calls: NO_HASH, odds: NO_HASH };
    const hashes = { ...empty, forecasts: ends.ledger, outcomes: ends.outcomes, models: ends.model_cards };
    addToChain('checkpoints', body, checkpointHash(body, hashes, ends.checkpoints), toCheckpointRow);
    if (hour % 240 === 239) database.exec('commit; begin');
    if (hour % 8_760 === 8_759)
      process.stderr.write(`${counts.ledger} forecasts until ${new Date(originMs).toISOString()}\n`);
  }
  const track = database.prepare(
    'insert into tracked_coins (interval, symbol, from_ms, until_ms) values (?, ?, ?, null)',
  );
  for (const interval of ['1h', '1d']) for (const symbol of coins) track.run([interval, symbol, START_MS]);
  database.exec('commit');
  for (const { sql } of triggers) database.exec(sql);
  database.close();
  return { forecasts: counts.ledger };
}

/** One measurement in a process of its own: the start, or a report. */
async function measureOne({ days, symbol, horizon }) {
  const now = () => endMs + 5 * 60_000;
  const started = performance.now();
  const storage = await openStorage(`sqlite:${file}`, { now });
  const openedMs = performance.now() - started;
  if (days === undefined) {
    // What the jobs of the first minutes read.
    await storage.ping();
    await storage.record.checkpoint();
    for (const interval of ['1h', '1d']) await storage.ledger.scheduledAt(interval, endMs);
    await storage.ledger.unscored(endMs - 14 * DAY_MS, endMs, 2_000);
    await storage.outcomes.recent(endMs - 3 * DAY_MS, '1h');
    await storage.outcomes.recent(endMs - 10 * DAY_MS, '1d');
    const startMs = performance.now() - started;
    await storage.close();
    return { openedMs, startMs };
  }
  const service = createAccuracyService({
    outcomes: storage.outcomes,
    liveOutcomes: storage.liveOutcomes,
    schedule: storage.schedule,
    models: { serving: async () => ({ card: { evaluation: null } }) },
    assets: { search: () => [], resolve: (name) => ({ symbol: name, name }) },
    simulated: () => false,
    logger: silent,
    now,
  });
  const asked = performance.now();
  const report = await service.report({ days, ...(symbol ? { symbol } : {}), ...(horizon ? { horizon } : {}) });
  const ms = performance.now() - asked;
  const again = performance.now();
  // Another window, so that it is computed, by a process that has computed one before.
  await service.report({ days: days - 1, ...(symbol ? { symbol } : {}), ...(horizon ? { horizon } : {}) });
  const againMs = performance.now() - again;
  const shown = report.horizons.find((one) => one.horizon === report.shown);
  await storage.close();
  return {
    ms,
    againMs,
    n: report.horizons.reduce((sum, one) => sum + one.n, 0),
    missing: shown.missing,
    expected: shown.expected,
  };
}

async function measure() {
  const run = async (one) => {
    const options = ['--years', values.years, '--coins', values.coins, '--one', JSON.stringify(one), file];
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), ...options]);
    return JSON.parse(stdout);
  };
  const start = await run({});
  print(`start: opened in ${start.openedMs.toFixed(0)} ms, with the first reads ${start.startMs.toFixed(0)} ms`);
  const database = new Sqlite(file);
  const count = (table) => database.prepare(`select count(*) as n from ${table}`).all([])[0].n;
  const forecasts = count('ledger');
  const { size } = statSync(file);
  print(
    `${forecasts} forecasts, ${count('outcomes')} outcomes, ${count('score_sums')} rows of sums: ${(size / 1e6).toFixed(0)} MB, ${(size / forecasts).toFixed(0)} bytes a forecast`,
  );
  for (const { name, bytes } of sizes(database)) print(`  ${name}: ${(bytes / forecasts).toFixed(1)} bytes a forecast`);
  database.close();
  print('| days | coins | forecasts | first report, ms | another one, ms |\n|---|---|---|---|---|');
  for (const days of [60, 365, 1_826]) {
    for (const symbol of ['BTC', null]) {
      const { ms, againMs, n } = await run({ days, symbol });
      print(`| ${days} | ${symbol ?? 'all'} | ${n} | ${ms.toFixed(0)} | ${againMs.toFixed(0)} |`);
    }
  }
}

/** Bytes of each table and index, where SQLite was built to tell. */
function sizes(database) {
  try {
    return database
      .prepare('select name, sum(pgsize) as bytes from dbstat group by name having bytes > 100000 order by bytes desc')
      .all([]);
  } catch {
    return [];
  }
}
