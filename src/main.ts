import { setTimeout as sleepFor } from 'node:timers/promises';
import { type App, buildApp } from './app/app.ts';
import { createLogger, createMovableClock, DEMO_SETTINGS, packageVersion, readDotEnv } from './app/environment.ts';
import { startObserving } from './app/observing.ts';
import { connectToDiscord, type OnDiscordOptions, postWithoutGateway } from './app/on-discord.ts';
import { ROLE_TABLE } from './app/roles.ts';
import { COMMANDS, COMPONENT_HANDLERS, OWNER_COMMANDS } from './commands/registry.ts';
import { type Config, loadConfig } from './config.ts';
import { createChannelFeed } from './console/guild.ts';
import { startConsole } from './console/server.ts';
import { CandlecastError, errorLine } from './core/errors.ts';
import type { Logger } from './core/logger.ts';

const USAGE = `Usage: npm start           starts the bot: on Discord with DISCORD_TOKEN, else as a page on this machine
       npm run demo        the page with invented prices; needs no network and no token
       npm run console -- "/forecast BTC"   one command in the terminal

Settings are read from the environment and from .env; .env.example describes each. Other commands: node dist/cli.js --help.
`;

/** A service manager that waits five seconds sees the program end; what is not closed by then is cut off, as by a crash. */
const STOP_LIMIT_MS = 4_700;
/** The same for a process that may hand its shards over first: containers are given ten seconds. */
const HAND_OVER_LIMIT_MS = 9_500;
/** Before the program is built it has begun nothing that would have to be ended; the threads that are still starting take their time to end. */
const UNBUILT_LIMIT_MS = 1_500;
/** Ctrl+C reaches the program from the terminal and again from npm, which passes it on: the same signal this soon after is no second one. */
const SAME_SIGNAL_MS = 500;

const say = (line: string) => process.stdout.write(`${line}\n`);
const now = Date.now;
const sleep = (ms: number, signal?: AbortSignal) => sleepFor(ms, undefined, signal ? { signal } : {});

/** The program that runs. */
interface Started {
  stop(): Promise<void>;
  /** Whether another process may take over what this one answers. */
  hasSuccessor(): boolean;
}

/** Starts the surfaces that the settings enable. */
async function start(
  config: Config,
  demo: boolean,
  logger: Logger,
  signal: AbortSignal,
  onBuilt: () => void,
): Promise<Started> {
  const version = packageVersion();
  const observing = await startObserving({ config, version, logger, monotonic: () => performance.now(), sleep });
  signal.addEventListener('abort', observing.stopping);
  const role = ROLE_TABLE[config.ROLE];
  const token = demo || role.discord === 'none' ? undefined : config.DISCORD_TOKEN;
  const isAlone = config.ROLE === 'all';
  const app = await buildApp({
    config,
    logger,
    clock: createMovableClock(now, () => performance.now()),
    sleep,
    random: Math.random,
    surface: token ? 'discord' : isAlone ? 'console' : 'none',
    simulate: demo ? 'always' : token || !isAlone ? 'never' : 'fallback',
    version,
    node: process.version,
    metrics: observing.metrics,
    onPhase: say,
    onDatabaseAway(error, waitMs) {
      observing.waiting(error.message);
      process.stderr.write(`${errorLine(error)} I try again in ${waitMs / 1_000} seconds.\n`);
    },
  });
  onBuilt();
  observing.watch(app);
  try {
    signal.throwIfAborted();
    if (role.words !== null) say(role.words);
    const stopSurface = await openSurface(app, config, token, demo, logger, signal);
    return {
      hasSuccessor: () => token !== undefined && (app.siblings?.processes.hasOthers() ?? false),
      async stop() {
        await Promise.all([app.stopJobs(), stopSurface()]);
        await app.close();
        await observing.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Opens what the role and the settings ask for, and starts the jobs; returns what closes it. */
async function openSurface(
  app: App,
  config: Config,
  token: string | undefined,
  demo: boolean,
  logger: Logger,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const role = ROLE_TABLE[config.ROLE];
  if (role.discord === 'none') {
    app.start();
    return async () => undefined;
  }
  if (token === undefined) return servePage(app, config, demo, logger);
  const options: OnDiscordOptions = {
    app,
    config,
    token,
    logger,
    now,
    sleep,
    random: Math.random,
    say,
    onFatal: fail,
    signal,
  };
  return role.discord === 'gateway' ? connectToDiscord(options) : postWithoutGateway(options);
}

async function servePage(app: App, config: Config, demo: boolean, logger: Logger): Promise<() => Promise<void>> {
  const feed = createChannelFeed(app.context.now);
  const page = await startConsole({
    port: config.CONSOLE_PORT,
    context: app.context,
    symbols: config.SYMBOLS,
    commands: [...COMMANDS, ...OWNER_COMMANDS],
    components: COMPONENT_HANDLERS,
    logger,
    simulatedBanner: () => app.simulation,
    guild: { timeMachine: app.timeMachine, feed },
    publicRecord: app.publicRecord,
  });
  app.start(feed);
  if (!demo) say('DISCORD_TOKEN is not set, so the bot is not on Discord; this page does the same.');
  if (app.simulation) say(app.simulation);
  say(`Open ${page.url} and type /forecast BTC; the track record is at ${page.url}/record. Ctrl+C ends it.`);
  return () => page.close();
}

function fail(error: unknown): void {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = 1;
  // Threads and sockets may still be open when the start fails half-way; nothing unsaved is lost.
  setTimeout(() => process.exit(1), 200).unref();
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const unknown = args.find((arg) => arg !== '--demo');
  if (unknown)
    throw new CandlecastError('CC_USAGE', `The option ${unknown} is not known.`, {
      remedy: 'Usage: npm start, or npm run demo; --help says more.',
    });
  readDotEnv();
  const demo = args.includes('--demo');
  // The demo stores nothing on disk.
  const config = demo ? { ...loadConfig(DEMO_SETTINGS), DATABASE_URL: 'sqlite::memory:' } : loadConfig();
  const logger = createLogger(config);
  say(`Candlecast ${packageVersion()} on Node ${process.version}.`);
  // Whoever reads what is written may go away, and the bot goes on without them.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'unhandled rejection'));
  const stopping = new AbortController();
  const { signal } = stopping;
  let started: Started | null = null;
  let isBuilt = false;
  const end = () => started?.stop().then(() => process.exit(0), fail);
  let first: { readonly name: string; readonly atMs: number } | null = null;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const atMs = performance.now();
      if (first?.name === name && atMs - first.atMs < SAME_SIGNAL_MS) return;
      // Not by process.exit: Node may abort when a thread is still importing.
      if (first) process.kill(process.pid, 'SIGKILL');
      first = { name, atMs };
      stopping.abort();
      const mayHandOver = config.SHARDS !== undefined || started?.hasSuccessor() === true;
      const stopLimitMs = !isBuilt ? UNBUILT_LIMIT_MS : mayHandOver ? HAND_OVER_LIMIT_MS : STOP_LIMIT_MS;
      setTimeout(() => {
        logger.warn({}, 'not everything could be closed in time');
        process.exit(0);
      }, stopLimitMs);
      void end();
    });
  }
  try {
    started = await start(config, demo, logger, signal, () => {
      isBuilt = true;
    });
  } catch (error) {
    // Told to end while it was waiting for Discord.
    if (signal.aborted) process.exit(0);
    throw error;
  }
  if (signal.aborted) void end();
}

main().catch((error: unknown) => {
  fail(error);
  if (error instanceof CandlecastError && error.code === 'CC_USAGE') process.exitCode = 2;
});
