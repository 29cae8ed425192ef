// What one `/forecast BTC` runs: the files and functions of src/ on the main thread, of the built program on the simulated market.
//
//   npm run build && node scripts/walk-forecast.mjs [--list] [command]
//
// V8 counts calls (precise coverage) from when the start's background work is over until the command is answered. A file counts where a function other
// than its module body runs. The database of a simulated market is in memory, so the engine of SQLite runs on this thread too; worker threads are left out.
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
/** Nothing of src/ runs for so long once the start is over: longer than a thread takes to decode a model. */
const QUIET_MS = 2_000;
/** When the start is given up as one that does not end. */
const START_TIMEOUT_MS = 60_000;

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
const startedAt = performance.now();
do {
  if (performance.now() - startedAt > START_TIMEOUT_MS) throw new Error("The start's background work does not end.");
  await sleep(QUIET_MS);
} while ((await calledSinceLast()).length > 0);
const exitCode = await runOnce(line, {
  context: app.context,
  commands: COMMANDS,
  json: true,
  write: () => undefined,
  writeError: (text) => process.stderr.write(text),
});
const walk = await calledSinceLast();
await app.close();
if (exitCode !== 0) process.exit(exitCode);

if (list) for (const { file, called } of walk) process.stdout.write(`${file}: ${called.join(', ')}\n`);
const functions = walk.reduce((sum, { called }) => sum + called.length, 0);
process.stdout.write(`${line}: ${walk.length} files of src, ${functions} functions on the main thread\n`);

/** The files of src/ whose functions were called since this was last asked, with their functions: V8 counts from zero after each answer. */
async function calledSinceLast() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
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
}
