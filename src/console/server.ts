import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { DEFAULT_SYMBOLS } from '../core/asset.ts';
import { CandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { PublicRecord } from '../core/public-record.ts';
import { type AnswerOptions, createAnswers } from './answers.ts';
import { type ConsoleGuild, channelStates, createApi, createGuildApi } from './api.ts';
import { catalogue, chooseExamples } from './catalogue.ts';
import { addRecordRoutes } from './record-route.ts';
import { refusal, refuseForeignRequests, strictHeaders } from './security.ts';
import type { ConsoleState } from './wire.ts';

/** What the console page is served with. */
export interface ConsoleOptions extends AnswerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Channels and a movable clock; default none. */
  readonly guild?: ConsoleGuild;
  /** Computes the public track record, which is then served at `/record`; without it there is none. */
  readonly publicRecord?: () => Promise<PublicRecord>;
  /** The tracked coins, which the examples are about; default those of a bot without settings. */
  readonly symbols?: readonly string[];
  /** Name in the page's header; default `Candlecast`. */
  readonly title?: string;
}

/** A console page that is being served. */
export interface RunningConsole {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/** Only this machine can connect. */
const ADDRESS = '127.0.0.1';

/** Serves the console page on 127.0.0.1; throws `CC_PORT_IN_USE` when the port cannot be taken. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { context, commands, logger, symbols = DEFAULT_SYMBOLS, title = 'Candlecast' } = options;
  const entries = catalogue(commands);
  const guild: ConsoleGuild = options.guild ?? { feed: null, timeMachine: null };
  const movable = guild.timeMachine !== null;
  const state = (): ConsoleState => ({
    title,
    version: context.version,
    banner: options.simulatedBanner?.() ?? null,
    nowMs: context.now(),
    commands: entries,
    channels: channelStates(guild),
    movable,
    examples: chooseExamples(entries, symbols, movable),
  });
  const app = new Hono();
  app.use(strictHeaders());
  app.use(refuseForeignRequests());
  app.route('/api', createApi(createAnswers(options), state, createGuildApi(guild, context.now, logger)));
  const { publicRecord } = options;
  if (publicRecord) addRecordRoutes(app, { publicRecord, now: context.now, logger });
  addStaticRoutes(app, await loadPage(logger));
  app.notFound((c) => {
    const allowed = c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.path.startsWith('/api/');
    return c.json(refusal(allowed ? 'There is nothing here.' : 'Use GET here.'), allowed ? 404 : 405);
  });
  app.onError((error, c) => {
    logger.error({ error: describeError(error), path: c.req.path }, 'The console could not answer a request.');
    return c.json({ error: { code: 'CC_INTERNAL', message: 'Something went wrong that should not have.' } }, 500);
  });

  const server = createAdaptorServer({ fetch: app.fetch, hostname: ADDRESS });
  server.listen(options.port, ADDRESS);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw portError(error, options.port);
  }
  server.on('error', (error) => logger.error({ error: describeError(error) }, 'The console had a connection problem.'));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${ADDRESS}:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}

function portError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new CandlecastError('CC_PORT_IN_USE', `Port ${port} is already in use.`, {
      cause: error,
      context: { port },
      remedy: 'Set CONSOLE_PORT to another port, or stop the program that uses it.',
    });
  }
  if (code === 'EACCES') {
    return new CandlecastError('CC_PORT_IN_USE', `Port ${port} may not be used by this account.`, {
      cause: error,
      context: { port },
      remedy: 'Set CONSOLE_PORT to a port above 1023.',
    });
  }
  return error;
}

/** One file of the page, held in memory. */
interface StaticFile {
  readonly contentType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The font of the charts, the same on every machine. */
const FONTS = {
  '/inter-400.ttf': '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  '/inter-600.ttf': '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
} as const;

/**
 * Reads the page's files once, by the path they are served at. A request is looked up in this map and never becomes a path on
 * disk, so no request reaches any other file.
 */
async function loadPage(logger: Logger): Promise<ReadonlyMap<string, StaticFile>> {
  const folder = new URL('./page/', import.meta.url);
  const files = new Map<string, StaticFile>();
  for (const name of await readdir(folder)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const data = new Uint8Array(await readFile(new URL(name, folder)));
    files.set(name === 'index.html' ? '/' : `/${name}`, { contentType, data });
  }
  const require = createRequire(import.meta.url);
  for (const [path, source] of Object.entries(FONTS)) {
    try {
      files.set(path, { contentType: 'font/ttf', data: new Uint8Array(await readFile(require.resolve(source))) });
    } catch (error) {
      logger.warn(
        { error: describeError(error), font: source },
        'The console shows the system font: its own cannot be read.',
      );
    }
  }
  return files;
}

/** Serves the page's files from memory; every other path is not found. */
function addStaticRoutes(app: Hono, files: ReadonlyMap<string, StaticFile>): void {
  app.get('*', (c) => {
    const file = files.get(c.req.path);
    if (!file) return c.notFound();
    // Fonts never change under their name; everything else is asked for again, so that an update shows at once.
    const caching = file.contentType === 'font/ttf' ? 'public, max-age=604800, immutable' : 'no-cache';
    return c.body(file.data, 200, { 'content-type': file.contentType, 'cache-control': caching });
  });
}
