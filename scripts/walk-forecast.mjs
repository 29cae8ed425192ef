// What one `/forecast BTC` runs: the files and functions of src/ on the main thread, of the built program on the simulated market.
//
//   npm run build && node scripts/walk-forecast.mjs [--list] [command]
//
// V8 counts calls (precise coverage) from when the bot is built until the command is answered. A file counts where a function other than its module
// body runs. The database of a simulated market is in memory, so the engine of SQLite runs on this thread too; worker threads are left out.
import { Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildApp } from '../dist/app/app.js';
import { createLogger, createMovableClock, packageVersion } from '../dist/app/environment.js';
import { COMMANDS } from '../dist/commands/registry.js';
import { loadConfig } from '../dist/config.js';
import { runOnce } from '../dist/console/terminal.js';

const list = process.argv.includes('--list');
const line = process.argv.slice(2).find((word) => word.startsWith('/')) ?? '/forecast BTC';
const dist = fileURLToPath(new URL('../dist/', import.meta.url));

const config = loadConfig({ LOG_LEVEL: 'error', MARKET_SOURCES: 'simulated' });
const app = await buildApp({
  config,
  logger: createLogger(config),
  clock: createMovableClock(Date.now, () => performance.now()),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
  random: Math.random,
  surface: 'terminal',
  simulate: 'fallback',
  version: packageVersion(),
  node: process.version,
});

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const exitCode = await runOnce(line, {
  context: app.context,
  commands: COMMANDS,
  json: true,
  write: () => undefined,
  writeError: (text) => process.stderr.write(text),
});
const { result } = await session.post('Profiler.takePreciseCoverage');
await app.close();
if (exitCode !== 0) process.exit(exitCode);

const walk = result
  .filter(({ url }) => url.startsWith('file:') && fileURLToPath(url).startsWith(dist))
  .map(({ url, functions }) => ({
    file: relative(dist, fileURLToPath(url)).replaceAll('\\', '/').replace(/\.js$/, '.ts'),
    // A function without a name at the first character is the module body.
    called: functions
      .filter(
        ({ functionName, ranges: [{ count, startOffset }] }) =>
          count > 0 && !(functionName === '' && startOffset === 0),
      )
      .map(({ functionName }) => functionName || '(unnamed)'),
  }))
  .filter(({ called }) => called.length > 0)
  .sort((a, b) => a.file.localeCompare(b.file));

if (list) for (const { file, called } of walk) process.stdout.write(`${file}: ${called.join(', ')}\n`);
const functions = walk.reduce((sum, { called }) => sum + called.length, 0);
process.stdout.write(`${line}: ${walk.length} files of src, ${functions} functions on the main thread\n`);
