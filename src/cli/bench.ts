import { availableParallelism, cpus } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type App, buildApp } from '../app/app.ts';
import { createMovableClock } from '../app/environment.ts';
import type { Caller } from '../commands/command.ts';
import { dispatch } from '../commands/dispatch.ts';
import { COMMANDS } from '../commands/registry.ts';
import type { Config } from '../config.ts';
import { silentLogger } from '../core/logger.ts';
import { seededRandom } from '../core/random.ts';
import { NO_PREFERENCES } from '../core/settings.ts';
import { type Clock, DAY_MS, type Sleep } from '../core/time.ts';
import {
  measurePeak,
  measurePredict,
  measureTraining,
  type PeakShare,
  type PredictSpeed,
  REFERENCE_FLOPS,
} from '../ml/engine/benchmark.ts';
import type { CoinInput } from '../ml/features/build.ts';
import { toColumns } from '../ml/features/columns.ts';
import { isTensorflowInstalled } from '../ml/tensorflow/load-tensorflow.ts';
import { measureTensorflow } from '../ml/tensorflow/measure.ts';
import { startTraining } from '../ml/workers/training.ts';
import { TRAINING_DEFAULTS } from '../services/models/training.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeOutput } from './output-files.ts';

/** The options of `npm run bench`. */
export const OPTIONS = commandOptions('bench', { json: jsonTarget });

const COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'ADA', 'LINK', 'LTC'];
const CALLER: Caller = {
  userId: 'bench',
  isOwner: true,
  guildId: null,
  channelId: null,
  locale: 'en-GB',
  preferences: NO_PREFERENCES,
  mayManageServer: false,
  channel: () => null,
};

/** Speed of training the reference network. */
interface TrainSpeed {
  readonly model: 'reference';
  readonly backend: string;
  readonly threads: number;
  readonly samplesPerSecond: number;
}

/** How fast the backends are. */
interface EngineSpeeds {
  readonly train: readonly TrainSpeed[];
  readonly predict: PredictSpeed;
  /** One core's measured peak, how much of it the matrix kernel reaches, and training as a whole on one thread. */
  readonly peak: PeakShare & { readonly trainingGflops: number };
  /** By native TensorFlow; only where it is installed. */
  readonly predictTfjsNode?: PredictSpeed;
}

/** What `--json` holds; times in ms, speeds per second. */
interface BenchResult extends EngineSpeeds {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly command: {
    readonly coldMs: number;
    readonly warmMs: number;
    readonly cachedMs: number;
    readonly perSecond: number;
  };
  readonly eventLoop: { readonly p99Ms: number; readonly maxMs: number; readonly forecastsAnswered: number };
  readonly memory: { readonly rssMb: number };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Measures speed and memory on this machine: prints a table, and JSON to a file or, for `-`, to standard output alone. */
export async function runBench(
  args: readonly string[],
  { config, now, sleep }: { config: Config; now: Clock; sleep: Sleep },
): Promise<number> {
  const { json: target } = OPTIONS.read(args).values;
  const say = (line: string) => (target === '-' ? process.stderr : process.stdout).write(`${line}\n`);
  const cores = availableParallelism();
  say(`${cpus()[0]?.model ?? 'unknown processor'}, ${cores} cores, Node ${process.version}`);

  const speeds = await measureEngines(say);

  const clock = createMovableClock(now, () => performance.now());
  const app = await buildApp({
    config,
    surface: 'terminal',
    simulate: 'always',
    version: 'bench',
    node: process.version,
    logger: silentLogger,
    clock,
    sleep,
    random: seededRandom(1),
  });
  try {
    const command = await measureCommands(app, () => clock.move(DAY_MS));
    say(
      `/forecast ${command.coldMs.toFixed(0)} ms cold, ${command.warmMs.toFixed(0)} ms with a new candle, ${command.cachedMs.toFixed(1)} ms repeated; ${command.perSecond.toFixed(0)} commands/s`,
    );
    const eventLoop = await measureEventLoop(app);
    say(
      `gateway   event loop delayed by ${eventLoop.p99Ms.toFixed(1)} ms at p99 (${eventLoop.maxMs.toFixed(0)} ms at worst) while training; ${eventLoop.forecastsAnswered} forecasts answered meanwhile`,
    );
    const memory = { rssMb: process.memoryUsage.rss() / 1024 / 1024 };
    say(`memory    ${memory.rssMb.toFixed(0)} MB resident`);
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores, node: process.version };
    const result: BenchResult = { machine, ...speeds, command, eventLoop, memory };
    const json = `${JSON.stringify(result, null, 2)}\n`;
    if (target === '-') process.stdout.write(json);
    else if (target) await writeOutput(target, json);
    return 0;
  } finally {
    await app.close();
  }
}

const ask = (app: App, symbol: string, horizon = '1d') =>
  dispatch(`/forecast symbol:${symbol} horizon:${horizon}`, CALLER, app.context, COMMANDS);

async function timed(job: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await job();
  return performance.now() - startedMs;
}

/** Cold: nothing stored. Warm: the history is stored and one candle is new. Cached: nothing has changed. All over HTTP against the simulated market. */
async function measureCommands(app: App, nextDay: () => void): Promise<BenchResult['command']> {
  const [first, ...others] = COINS;
  const coldMs = await timed(() => ask(app, first!));
  for (const symbol of others) await ask(app, symbol);
  nextDay();
  await ask(app, first!);
  const warm: number[] = [];
  for (const symbol of others) warm.push(await timed(() => ask(app, symbol)));
  const cached: number[] = [];
  for (let i = 0; i < 40; i++) cached.push(await timed(() => ask(app, COINS[i % COINS.length]!)));
  const calls = 400;
  const totalMs = await timed(async () => {
    let left = calls;
    const worker = async () => {
      while (left-- > 0) await ask(app, COINS[left % COINS.length]!);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  });
  return { coldMs, warmMs: median(warm), cachedMs: median(cached), perSecond: (1000 * calls) / totalMs };
}

/** How long the event loop of this thread is delayed while a model trains in others and forecasts are answered. */
async function measureEventLoop(app: App): Promise<BenchResult['eventLoop']> {
  const run = startTraining(
    trainingCoins(),
    null,
    {
      ...TRAINING_DEFAULTS['1d'],
      interval: '1d',
      seeds: [1],
      outOfSampleRefit: false,
      windowVisits: 200_000,
      patience: 10,
      // One training is enough: a refit would delay this thread in the same way.
      refit: false,
      threads: Math.max(1, availableParallelism() - 1),
      description: 'bench',
      command: 'bench',
      gitCommit: null,
    },
    () => {},
  );
  let training = true;
  const ended = run.result.finally(() => {
    training = false;
  });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let forecastsAnswered = 0;
  while (training) {
    await ask(app, COINS[forecastsAnswered % COINS.length]!, forecastsAnswered % 2 ? '3d' : '7d');
    forecastsAnswered++;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  delay.disable();
  await ended;
  // The monitor's own timer period is part of what it records.
  return {
    p99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
    maxMs: Math.max(0, delay.max / 1e6 - 5),
    forecastsAnswered,
  };
}

/** Random walks to train on: only the amount of work matters here. */
function trainingCoins(): CoinInput[] {
  return Array.from({ length: 10 }, (_, coin) => {
    const random = seededRandom(coin);
    let close = 100;
    const candles = Array.from({ length: 1_200 }, (_, day) => {
      const open = close;
      close *= Math.exp((random() - 0.5) * 0.1);
      const [high, low] = [
        Math.max(open, close) * (1 + random() * 0.02),
        Math.min(open, close) * (1 - random() * 0.02),
      ];
      return { openTimeMs: day * DAY_MS, open, high, low, close, volume: 1 + random() };
    });
    return { symbol: `C${coin}`, columns: toColumns(candles, '1d'), observations: new Map() };
  });
}

const EPOCHS = { epochs: 9, warmup: 3 };

/** Measures the built-in engine and, where it is installed, native TensorFlow beside it, in turn; prints a line for each. */
async function measureEngines(say: (line: string) => void): Promise<EngineSpeeds> {
  const now = () => performance.now();
  const native = isTensorflowInstalled();
  const train: TrainSpeed[] = [];
  const add = (backend: string, what: string, threads: number, samplesPerSecond: number) => {
    const speed = Math.round(samplesPerSecond).toLocaleString('en').padStart(7);
    say(`train     ${speed} samples/s, ${threads} thread${threads === 1 ? '' : 's'} (${what})`);
    train.push({ model: 'reference', backend, threads, samplesPerSecond });
  };
  let predictTfjsNode: PredictSpeed | null = null;
  for (const threads of new Set([1, availableParallelism()])) {
    const { samplesPerSecond, build } = await measureTraining({ threads, build: 'auto', now, ...EPOCHS });
    add(`wasm-${build}`, `WebAssembly, ${build}`, threads, samplesPerSecond);
    if (!native) continue;
    const forecasts = threads === 1 ? 40 : 0;
    const measured = await measureTensorflow({ threads, forecasts, ...EPOCHS });
    add('tfjs-node', 'native TensorFlow', threads, measured.samplesPerSecond);
    predictTfjsNode ??= measured.predict;
  }
  const predict = measurePredict(now);
  const forecasts = ({ singleMs, batch64Ms }: PredictSpeed, what: string) =>
    say(`predict   ${singleMs.toFixed(3)} ms one forecast, ${batch64Ms.toFixed(2)} ms a batch of 64 (${what})`);
  forecasts(predict, 'WebAssembly');
  if (predictTfjsNode) forecasts(predictTfjsNode, 'native TensorFlow');
  const measured = measurePeak(now);
  const single = train.find(({ backend, threads }) => threads === 1 && backend.startsWith('wasm'))!;
  const peak = { ...measured, trainingGflops: (single.samplesPerSecond * REFERENCE_FLOPS) / 1e9 };
  const share = (gflops: number) => `${gflops.toFixed(1)} GFLOP/s (${((100 * gflops) / peak.peakGflops).toFixed(0)} %)`;
  say(
    `peak      ${peak.peakGflops.toFixed(1)} GFLOP/s of one core (${peak.build}); matrix kernel ${share(peak.matmulGflops)}, training as a whole ${share(peak.trainingGflops)}`,
  );
  return { train, predict, peak, ...(predictTfjsNode ? { predictTfjsNode } : {}) };
}
