import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type App, buildApp } from '../app/app.ts';
import { createMovableClock } from '../app/environment.ts';
import { dispatch, press } from '../commands/dispatch.ts';
import { COMMANDS, OWNER_COMMANDS } from '../commands/registry.ts';
import type { Config } from '../config.ts';
import { createChannelFeed, localCaller } from '../console/guild.ts';
import { CandlecastError } from '../core/errors.ts';
import { type Logger, silentLogger } from '../core/logger.ts';
import { seededRandom } from '../core/random.ts';
import { type Clock, DAY_MS, type Sleep } from '../core/time.ts';
import { heldMemory } from '../workers/held-memory.ts';
import { memoryOfThreads } from '../workers/worker-channel.ts';
import { commandOptions, jsonTarget, option, wholeNumber } from './options.ts';
import { writeOutput } from './output-files.ts';

/** The options of `npm run soak`. */
export const OPTIONS = commandOptions('soak', {
  days: option('N', 'simulated days', wholeNumber(1, 3_650).default(30)),
  json: jsonTarget,
});

const CALLER = localCaller('en-GB');

/** What people ask once a day about the tracked coins, of which there may be one. */
const askedAbout = ([first, second = first]: Config['SYMBOLS']) => [
  `/forecast symbol:${first} horizon:1d`,
  `/forecast symbol:${second} horizon:4h`,
  '/accuracy',
  `/sentiment symbol:${first}`,
  '/subscriptions list',
  '/paper status',
  '/model',
  '/status',
  '/help',
];
/** What is set up on the first day: a daily post with alerts, and the weekly report. */
const subscriptionsTo = (symbols: Config['SYMBOLS']) => [
  `/subscribe channel:forecasts symbols:${symbols.slice(0, 2).join(',')} time:09:00 band_alerts:true flip_alert:60`,
  `/subscribe channel:general symbols:${symbols[0]} time:10:00 report:weekly`,
];
const PAPER = '/paper start';

/** What is measured after each simulated day; memory after a garbage collection of every thread. */
export interface SoakDay {
  readonly day: number;
  readonly seconds: number;
  /** Processor time of all threads, that of the simulated exchange included. */
  readonly cpuSeconds: number;
  /** Resident memory of the whole process, simulated exchange included. V8's room for more objects, a third of it, comes and goes by tens of MB. */
  readonly rssMb: number;
  /** Resident memory outside all heaps: Node itself, buffers, what libraries in other languages take. */
  readonly outsideMb: number;
  /** Objects in all heaps. */
  readonly heapMb: number;
  /** The same by thread: `main`, and the others by the noun of their work. */
  readonly heapMbByThread: Readonly<Record<string, number>>;
  /** Buffers outside the heap of the main thread. */
  readonly externalMb: number;
  /** Resources that keep an event loop alive: sockets, timers, workers. */
  readonly handles: number;
  readonly rows: Readonly<Record<string, number>>;
}

/** What `--json` holds. */
export interface SoakResult {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly coins: number;
  readonly seconds: number;
  readonly days: readonly SoakDay[];
  /** Runs that failed, ran out of time or could not be stored, by the job's name. */
  readonly failedJobs: Readonly<Record<string, number>>;
  /** Posts that reached the channels. */
  readonly posts: number;
}

/**
 * Runs the bot on the simulated market through many days without retraining: every job at its time, posts, and the commands that people ask,
 * and prints what a day costs. The database is a file in a temporary folder. Returns 1 where a job failed.
 */
export async function runSoak(
  args: readonly string[],
  { config, now, sleep, version }: { config: Config; now: Clock; sleep: Sleep; version: string },
): Promise<number> {
  const { days, json } = OPTIONS.read(args).values;
  const say = (line: string) => (json === '-' ? process.stderr : process.stdout).write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'candlecast-soak-'));
  const clock = createMovableClock(now, () => performance.now());
  const failedJobs: Record<string, number> = {};
  const app = await buildApp({
    config,
    logger: countingFailures(failedJobs, say),
    clock,
    sleep,
    random: seededRandom(1),
    surface: 'console',
    simulate: 'always',
    simulatedFile: join(folder, 'soak.db'),
    version,
    node: process.version,
  });
  try {
    const measured = await soak(app, days, clock.now, say, config.SYMBOLS);
    const result: SoakResult = { ...measured, failedJobs };
    const text = `${JSON.stringify(result, null, 2)}\n`;
    if (json === '-') process.stdout.write(text);
    else if (json) await writeOutput(json, text);
    return Object.keys(result.failedJobs).length === 0 ? 0 : 1;
  } finally {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function soak(
  app: App,
  count: number,
  now: Clock,
  say: (line: string) => void,
  symbols: Config['SYMBOLS'],
): Promise<Omit<SoakResult, 'failedJobs'>> {
  const { timeMachine } = app;
  if (!timeMachine) throw new CandlecastError('CC_INTERNAL', 'The simulated market has no clock to move.');
  // What the console's page keeps of the channels is no part of a bot on Discord.
  const feed = createChannelFeed(now, { messages: 1, bytes: 0 });
  app.start(feed);
  await setUp(app, symbols);
  const asked = askedAbout(symbols);
  const startedMs = performance.now();
  const days: SoakDay[] = [];
  say('   day  seconds    CPU s   RSS MB  heap MB  handles      rows');
  for (let day = 1; day <= count; day++) {
    const fromMs = performance.now();
    const cpu = process.cpuUsage();
    await timeMachine.forward(DAY_MS, () => {});
    for (const line of asked) await dispatch(line, CALLER, app.context, [...COMMANDS, ...OWNER_COMMANDS]);
    const seconds = (performance.now() - fromMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuSeconds = (user + system) / 1e6;
    const measured: SoakDay = { day, seconds, cpuSeconds, ...(await measure()), rows: await app.rowCounts() };
    days.push(measured);
    const rows = sum(Object.values(measured.rows));
    say(
      [
        String(day).padStart(6),
        seconds.toFixed(1).padStart(8),
        cpuSeconds.toFixed(1).padStart(8),
        measured.rssMb.toFixed(0).padStart(8),
        measured.heapMb.toFixed(1).padStart(8),
        String(measured.handles).padStart(8),
        rows.toLocaleString('en').padStart(9),
      ].join(' '),
    );
  }
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  const seconds = (performance.now() - startedMs) / 1000;
  return { machine, coins: symbols.length, seconds, days, posts: feed.posted() };
}

/** Counts every run that the scheduler logs as failed, out of time or not stored, and says why. */
const countingFailures = (into: Record<string, number>, say: (line: string) => void): Logger => ({
  ...silentLogger,
  error(facts, message) {
    if (!('job' in facts) || typeof facts.job !== 'string') return;
    into[facts.job] = (into[facts.job] ?? 0) + 1;
    const error = 'err' in facts && facts.err instanceof Error ? `: ${facts.err.message}` : '';
    say(`${facts.job}: ${message}${error}`);
  },
});

/** Starts the paper portfolio and the subscriptions, each confirmed by the button of its preview. */
async function setUp({ context }: App, symbols: Config['SYMBOLS']): Promise<void> {
  await dispatch(PAPER, CALLER, context);
  for (const line of subscriptionsTo(symbols)) {
    const preview = await dispatch(line, CALLER, context);
    const buttons = preview.components.flatMap(({ components }) => components);
    const confirm = buttons.find((one) => 'custom_id' in one && one.custom_id.includes('confirm'));
    if (!confirm || !('custom_id' in confirm)) throw new CandlecastError('CC_INTERNAL', `${line} has no button.`);
    await press(confirm.custom_id, [], CALLER, context);
  }
}

/** Collects the garbage of every thread, so that only what is held counts, and measures. */
async function measure(): Promise<Omit<SoakDay, 'day' | 'seconds' | 'cpuSeconds' | 'rows'>> {
  const main = heldMemory();
  const threads = [{ noun: 'main', held: main }, ...(await memoryOfThreads())];
  const rss = process.memoryUsage.rss();
  const mb = (bytes: number) => Math.round(bytes / 104_857.6) / 10;
  return {
    rssMb: mb(rss),
    outsideMb: mb(rss - sum(threads.map(({ held }) => held.heapTotalBytes))),
    heapMb: mb(sum(threads.map(({ held }) => held.heapBytes))),
    heapMbByThread: Object.fromEntries(threads.map(({ noun, held }) => [noun, mb(held.heapBytes)])),
    externalMb: mb(main.externalBytes),
    handles: process.getActiveResourcesInfo().length,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
