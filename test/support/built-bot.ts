import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { TOKEN } from '../discord/bot.ts';
import { candleFolder } from './candle-files.ts';
import { walk } from './candles.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));
/** Candles that are read: enough for every model. */
const CANDLES = 900;

/** The library of faketime for programs with threads; empty where faketime is not installed. */
const LIBRARY =
  spawnSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).stdout?.trim() ?? '';
/** Whether the clock of a started bot can be moved here. */
export const hasFaketime = LIBRARY !== '';

/** One process of the built bot, and what it has said on both streams. */
export interface BuiltBot {
  readonly child: ChildProcess;
  readonly said: { text: string };
  /** Its exit code and signal. */
  readonly exit: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
}

/** Settings of the built bot for a folder and a loopback Discord: a token, one coin, and no provider that answers. */
export function builtSettings(folder: string, apiUrl: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: `sqlite:${join(folder, 'one.db')}`,
    DISCORD_TOKEN: TOKEN,
    DISCORD_API_URL: apiUrl,
    NEWS_FEEDS: 'off',
    SUBREDDITS: 'off',
    SYMBOLS: 'BTC',
    LOG_LEVEL: 'warn',
    ...NOBODY,
  };
}

/** A market of files: daily candles of BTC up to the last close by the true clock. */
export function csvMarket(): { readonly MARKET_SOURCES: string } {
  const startMs = (Math.floor(Date.now() / DAY_MS) - CANDLES) * DAY_MS;
  return { MARKET_SOURCES: `csv:${candleFolder({ BTC: walk(CANDLES, '1d', 1, startMs) })}` };
}

/** Starts the built bot; with `clock`, as {@link movableClock} makes it, under a clock of its own. */
export function startBuiltBot(folder: string, settings: Readonly<Record<string, string>>): BuiltBot {
  const child = spawn(process.execPath, [MAIN], { cwd: folder, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said.text += chunk));
  const exit = once(child, 'exit').then(([code, signal]) => [code, signal] as const);
  return { child, said, exit };
}

/** A clock for built bots of one folder: settings that start them under it, and a function that sets it, such as to `+30d`. */
export function movableClock(folder: string): {
  readonly settings: Readonly<Record<string, string>>;
  set(offset: string): Promise<void>;
} {
  const file = join(folder, 'clock');
  return {
    settings: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Timers keep to the true passing of time, as they do where a clock is set.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    async set(offset) {
      // Renamed, so that nobody reads half of it.
      await writeFile(`${file}.new`, offset);
      await rename(`${file}.new`, file);
    },
  };
}
