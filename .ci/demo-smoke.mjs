// node .ci/demo-smoke.mjs FOLDER [npm ci's options]: sets a fresh copy up, starts its demo and asks for a forecast over HTTP.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a demo that hangs; a slow machine is no failure. */
const LIMIT_MS = 240_000;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [folder, ...options] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

const installMs = performance.now();
const install = spawnSync('npm', ['ci', ...options], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
if (install.status !== 0) throw new Error('npm ci failed.');
const startMs = performance.now();
// A group of its own, so that npm, its shell and the program end together.
const demo = spawn('npm', ['run', 'demo'], {
  cwd: folder,
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, CONSOLE_PORT: '0' },
});
const late = new AbortController();
try {
  const answer = await Promise.race([
    forecast(),
    sleep(LIMIT_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`No forecast within ${seconds(LIMIT_MS)}.`);
    }),
  ]);
  const endMs = performance.now();
  check(answer);
  say(
    `Node ${process.version}: npm ci ${seconds(startMs - installMs)}, npm run demo to the first forecast ${seconds(endMs - startMs)}`,
  );
} finally {
  late.abort();
  end(demo.pid);
}

/** Ends the whole group; that it has ended by itself is no error here. */
function end(pid) {
  try {
    process.kill(-pid, 'SIGINT');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function forecast() {
  let url;
  for await (const line of createInterface({ input: demo.stdout })) {
    say(`  ${line}`);
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url) break;
  }
  if (!url) throw new Error('The demo ended before it served the console.');
  const page = await fetch(url);
  if (!page.ok || !(await page.text()).includes('Candlecast')) throw new Error('The console page is not served.');
  const response = await fetch(`${url}/api/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ line: '/forecast BTC', locale: 'en-GB' }),
  });
  return response.json();
}

function check(answer) {
  if (!answer.ok) throw new Error(`The forecast was refused: ${JSON.stringify(answer.error ?? answer)}`);
  const text = JSON.stringify(answer.reply.embeds);
  if (!text.includes('SIMULATED')) throw new Error('The reply does not say SIMULATED.');
  const [file] = answer.reply.files;
  const bytes = Buffer.from(file?.base64 ?? '', 'base64');
  if (!bytes.subarray(0, PNG.length).equals(PNG)) throw new Error('The reply has no PNG.');
}
