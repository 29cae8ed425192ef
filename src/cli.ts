import { setTimeout as sleepFor } from 'node:timers/promises';
import type { App } from './app/app.ts';
import { createLogger, createMovableClock, packageVersion, readDotEnv, SOAK_SETTINGS } from './app/environment.ts';
import { type Config, givenSettings, loadConfig } from './config.ts';
import { asCandlecastError, CandlecastError, errorLine } from './core/errors.ts';
import { backendOf } from './ml/model/backend.ts';

const now = Date.now;
const sleep = (ms: number, signal?: AbortSignal) => sleepFor(ms, undefined, signal ? { signal } : {});

/** Settings for a command in the terminal: it logs errors only, unless LOG_LEVEL sets more. */
function settings(defaults: Readonly<Record<string, string>> = {}) {
  readDotEnv();
  return loadConfig({ ...defaults, LOG_LEVEL: 'error' });
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

/** The bot as `npm run console` talks to it. */
async function consoleApp(): Promise<App> {
  const { buildApp } = await import('./app/app.ts');
  const config = settings();
  const app = await buildApp({
    config,
    logger: createLogger(config),
    clock: createMovableClock(now, () => performance.now()),
    sleep,
    random: Math.random,
    surface: 'terminal',
    simulate: 'fallback',
    version: packageVersion(),
    node: process.version,
  });
  // A setting asks for invented prices; the fallback to them has to be told, and the reply is on standard output.
  if (app.simulation) process.stderr.write(`${app.simulation}\n`);
  return app;
}

/** The models as the bot keeps them. */
async function openModels(config: Config) {
  const [{ buildModels }, { openOwnModels }] = await Promise.all([
    import('./app/models.ts'),
    import('./app/own-models.ts'),
  ]);
  const logger = createLogger(config);
  const { store, close } = await openOwnModels(config.DATABASE_URL, { now, logger });
  return { ...buildModels({ logger, now, store }), close };
}

/** A command of the terminal; its module is loaded when it is called, so that the others start faster. */
interface CliCommand {
  readonly name: string;
  readonly help: () => Promise<string>;
  /** Returns the exit code: 0, or 1 where a check failed. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

function command<Module extends { readonly OPTIONS: { help(): string } }>(
  name: string,
  load: () => Promise<Module>,
  run: (module: Module, args: readonly string[]) => Promise<number>,
): CliCommand {
  return { name, help: async () => (await load()).OPTIONS.help(), run: async (args) => run(await load(), args) };
}

const COMMANDS: readonly CliCommand[] = [
  command(
    'console',
    () => import('./cli/console.ts'),
    ({ runConsole }, args) => runConsole({ args, build: consoleApp, out: process.stdout, errors: process.stderr }),
  ),
  command(
    'train',
    () => import('./cli/train.ts'),
    async ({ runTrain }, args) => {
      const config = settings();
      await runTrain({
        args,
        openGate: () => openModels(config),
        now,
        out: process.stdout,
        progress: process.stderr,
        threads: config.ML_THREADS,
        backend: backendOf(config.ML_BACKEND),
        signal: interruption(),
        cpuMs: () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1000;
        },
      });
      return 0;
    },
  ),
  command(
    'model',
    () => import('./cli/model.ts'),
    async ({ runModel }, args) => {
      const { promotion, close } = await openModels(settings());
      await runModel({ args, promotion, out: process.stdout }).finally(close);
      return 0;
    },
  ),
  command(
    'evaluate',
    () => import('./cli/evaluate.ts'),
    async ({ runEvaluate }, args) => {
      const config = settings();
      const { configuredSchedule } = await import('./app/event-calendar.ts');
      const events = await configuredSchedule(config);
      await runEvaluate({
        args,
        now,
        out: process.stdout,
        progress: process.stderr,
        threads: config.ML_THREADS,
        events,
      });
      return 0;
    },
  ),
  command(
    'odds',
    () => import('./cli/odds.ts'),
    async ({ runOdds }, args) => {
      await runOdds({ args, now, out: process.stdout });
      return 0;
    },
  ),
  command(
    'doctor',
    () => import('./cli/doctor.ts'),
    ({ runDoctor }, args) =>
      runDoctor({
        args,
        settings,
        given: givenSettings,
        logger: createLogger,
        models: async (config) => {
          const { models, close } = await openModels(config);
          return models.status().finally(close);
        },
        version: packageVersion(),
        node: process.version,
        now,
        sleep,
        random: Math.random,
        out: process.stdout,
      }),
  ),
  command(
    'migrate',
    () => import('./cli/migrate.ts'),
    async ({ runMigrate }, args) => {
      await runMigrate({ args, databaseUrl: settings().DATABASE_URL, out: process.stdout });
      return 0;
    },
  ),
  command(
    'backup',
    () => import('./cli/backup.ts'),
    async ({ runBackup }, args) => {
      const { DATABASE_URL } = settings();
      await runBackup({ args, databaseUrl: DATABASE_URL, version: packageVersion(), now, out: process.stdout });
      return 0;
    },
  ),
  command(
    'restore',
    async () => {
      const { RESTORE_OPTIONS, runRestore } = await import('./cli/backup.ts');
      return { OPTIONS: RESTORE_OPTIONS, runRestore };
    },
    async ({ runRestore }, args) => {
      await runRestore({ args, databaseUrl: settings().DATABASE_URL, out: process.stdout });
      return 0;
    },
  ),
  {
    name: 'record',
    help: async () => (await import('./cli/record.ts')).recordHelp(),
    async run(args) {
      const { runRecord } = await import('./cli/record.ts');
      const config = settings();
      return runRecord({
        args,
        config,
        logger: createLogger(config),
        version: packageVersion(),
        now,
        out: process.stdout,
        progress: process.stderr,
        signal: interruption(),
      });
    },
  },
  command(
    'backtest',
    () => import('./cli/backtest.ts'),
    async ({ runBacktest }, args) => {
      await runBacktest({ args, now, out: process.stdout, progress: process.stderr, threads: settings().ML_THREADS });
      return 0;
    },
  ),
  command(
    'sentiment',
    () => import('./cli/sentiment.ts'),
    async ({ runSentiment }, args) => {
      await runSentiment({ args, out: process.stdout });
      return 0;
    },
  ),
  command(
    'bench',
    () => import('./cli/bench.ts'),
    ({ runBench }, args) => runBench(args, { config: settings(), now, sleep }),
  ),
  command(
    'soak',
    () => import('./cli/soak.ts'),
    ({ runSoak }, args) => runSoak(args, { config: settings(SOAK_SETTINGS), now, sleep, version: packageVersion() }),
  ),
];

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const names = COMMANDS.map((one) => one.name);
  if (name === '--help') {
    process.stdout.write(`Usage: npm run COMMAND -- …, which --help describes.\n\nCommands: ${names.join(', ')}.\n`);
    return 0;
  }
  const called = COMMANDS.find((one) => one.name === name);
  if (!called) {
    throw new CandlecastError('CC_USAGE', `There is no command "${name}".`, {
      remedy: `Commands: ${names.join(', ')}.`,
    });
  }
  if (!args.includes('--help')) return called.run(args);
  process.stdout.write(await called.help());
  return 0;
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`${errorLine(error)}\n`);
    return asCandlecastError(error).code === 'CC_USAGE' ? 2 : 1;
  })
  // Output to a pipe may still be buffered; ending now would cut it off.
  .then((code) => process.stdout.write('', () => process.exit(code)));
