import { setTimeout as sleepFor } from 'node:timers/promises';
import { buildApp, buildModels } from './app/app.ts';
import { createLogger, packageVersion, readDotEnv } from './app/environment.ts';
import { createMovableClock } from './app/movable-clock.ts';
import { parseConsole, runConsole } from './cli/console.ts';
import { runTrain, type TrainCommand } from './cli/train.ts';
import { givenSettings, loadConfig } from './config.ts';
import { asCandlecastError, CandlecastError, errorLine } from './core/errors.ts';
import { backendOf } from './ml/model/backend.ts';

const now = Date.now;
const sleep = (ms: number, signal?: AbortSignal) => sleepFor(ms, undefined, signal ? { signal } : {});

/** Settings for a command in the terminal: it logs errors only, unless LOG_LEVEL asks for more. */
function settings() {
  readDotEnv();
  return loadConfig({ LOG_LEVEL: 'error' });
}

/** A signal that Ctrl+C aborts; a second Ctrl+C ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    process.stderr.write('\nStopping; press Ctrl+C again to end at once.\n');
    controller.abort();
    process.once('SIGINT', () => process.exit(130));
  });
  return controller.signal;
}

async function consoleCommand(args: readonly string[]): Promise<number> {
  const call = parseConsole(args);
  const config = settings();
  const logger = createLogger(config);
  const app = await buildApp({
    config,
    logger,
    clock: createMovableClock(now),
    sleep,
    random: Math.random,
    surface: 'terminal',
    simulate: 'never',
    version: packageVersion(),
    node: process.version,
  });
  try {
    return await runConsole(app, call);
  } finally {
    await app.close();
  }
}

async function trainCommand(args: readonly string[]): Promise<number> {
  const config = settings();
  const { ML_BACKEND, ML_THREADS } = config;
  const { promotion } = buildModels({ logger: createLogger(config), now });
  const call: TrainCommand = {
    args,
    promotion,
    now,
    out: process.stdout,
    progress: process.stderr,
    threads: ML_THREADS,
    backend: backendOf(ML_BACKEND),
    signal: interruption(),
  };
  if (!args.includes('--compare')) await runTrain(call);
  else {
    const { runCompare } = await import('./cli/compare.ts');
    await runCompare(call, () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    });
  }
  return 0;
}

async function modelCommand(args: readonly string[]): Promise<number> {
  const { runModel } = await import('./cli/model.ts');
  const { promotion } = buildModels({ logger: createLogger(settings()), now });
  await runModel({ args, promotion, out: process.stdout });
  return 0;
}

async function evaluateCommand(args: readonly string[]): Promise<number> {
  const { ML_THREADS } = settings();
  const { runEvaluate } = await import('./cli/evaluate.ts');
  await runEvaluate({ args, now, out: process.stdout, progress: process.stderr, threads: ML_THREADS });
  return 0;
}

async function sentimentCommand(args: readonly string[]): Promise<number> {
  const { runSentiment } = await import('./cli/sentiment.ts');
  await runSentiment({ args, out: process.stdout });
  return 0;
}

async function backtestCommand(args: readonly string[]): Promise<number> {
  const { ML_THREADS } = settings();
  const { runBacktest } = await import('./cli/backtest.ts');
  await runBacktest({ args, now, out: process.stdout, progress: process.stderr, threads: ML_THREADS });
  return 0;
}

async function doctorCommand(args: readonly string[]): Promise<number> {
  const { runDoctor } = await import('./cli/doctor.ts');
  return runDoctor({
    args,
    settings,
    given: givenSettings,
    logger: createLogger,
    models: (logger) => buildModels({ logger, now }).models.status(),
    version: packageVersion(),
    node: process.version,
    now,
    sleep,
    random: Math.random,
    out: process.stdout,
  });
}

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  console: consoleCommand,
  train: trainCommand,
  model: modelCommand,
  evaluate: evaluateCommand,
  doctor: doctorCommand,
  backtest: backtestCommand,
  sentiment: sentimentCommand,
  // Loaded when asked for: the others start faster without it.
  bench: async (args) => (await import('./cli/bench.ts')).runBench(args, { config: settings(), now, sleep }),
};

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (!command) {
    throw new CandlecastError('CC_USAGE', `There is no command "${name}".`, {
      remedy: `Commands: ${Object.keys(COMMANDS).join(', ')}.`,
    });
  }
  return command(args);
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`${errorLine(error)}\n`);
    return asCandlecastError(error).code === 'CC_USAGE' ? 2 : 1;
  })
  // What was written to a pipe may still be on its way; ending now would cut it off.
  .then((code) => process.stdout.write('', () => process.exit(code)));
