// No container engine is needed here: follows the Dockerfile by hand in two empty folders, one a stage, then starts the image's command
// as a user without rights, in nothing but the image's environment, asks the health check, and ends it by SIGTERM.
// Usage, as root: node .ci/check-image.mjs FOLDER
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const project = join(dirname(fileURLToPath(import.meta.url)), '..');
assert(process.argv[2], 'Usage: node .ci/check-image.mjs FOLDER');
const work = resolve(process.argv[2]);
/** The user `node` of Node's images. */
const UID = 1000;
const ENDS_WITHIN_MS = 10_000;
const PORT = 19_464;

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
chmodSync(work, 0o755);
// The image's user must be able to reach it, as it could in a container; temporary folders are their owner's alone.
for (let folder = dirname(work); folder !== dirname(folder); folder = dirname(folder)) {
  const { mode, uid } = statSync(folder);
  if (!(mode & 0o001) && uid === process.getuid()) chmodSync(folder, mode | 0o001);
}

const lines = readFileSync(join(project, 'Dockerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');
const allowed = readFileSync(join(project, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));
const ignored = readFileSync(join(project, '.dockerignore'), 'utf8').split('\n').includes('*');
assert(ignored, '.dockerignore lets more in than it names');

const stages = new Map();
let stage;
for (const line of lines) {
  const [, instruction, rest] = /^(\w+)\s+(.*)$/.exec(line);
  if (instruction === 'FROM') {
    const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'final';
    stage = { name, root: join(work, name), environment: {}, user: 'root', command: null, health: null, volumes: [] };
    mkdirSync(stage.root);
    stages.set(name, stage);
  } else if (instruction === 'WORKDIR') {
    assert.equal(rest, '/app');
    stage.folder = join(stage.root, rest);
    mkdirSync(stage.folder, { recursive: true });
  } else if (instruction === 'ENV') {
    for (const pair of rest.split(/\s+/)) stage.environment[pair.split('=')[0]] = pair.split('=')[1];
  } else if (instruction === 'COPY') {
    copy(rest);
  } else if (instruction === 'RUN') {
    const environment = {
      PATH: process.env.PATH,
      HOME: work,
      npm_config_cache: join(work, 'npm'),
      ...stage.environment,
    };
    const text = rest.replaceAll('node:node', `${UID}:${UID}`);
    execFileSync('sh', ['-ec', text], { cwd: stage.folder, env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
  } else if (instruction === 'USER') stage.user = rest;
  else if (instruction === 'CMD') stage.command = JSON.parse(rest);
  else if (instruction === 'HEALTHCHECK') stage.health = JSON.parse(/ CMD (\[.*\])$/.exec(rest)[1]);
  else if (instruction === 'VOLUME') stage.volumes.push(rest);
  else assert.equal(instruction, 'EXPOSE', `the check does not know ${instruction}`);
}

function copy(text) {
  const from = /^--from=(\w+) /.exec(text)?.[1];
  const words = text.replace(/^--from=\w+ /, '').split(/\s+/);
  const target = words.pop();
  for (const source of words) {
    const within = (name) => allowed.some((one) => name === one || name.startsWith(`${one}/`));
    if (!from) assert(within(source), `${source} is kept out of the image by .dockerignore`);
    const path = from ? join(stages.get(from).root, source) : join(project, source);
    const isFolder = statSync(path).isDirectory();
    const to =
      isFolder || !target.endsWith('/')
        ? join(stage.folder, target)
        : join(stage.folder, target, source.split('/').at(-1));
    cpSync(path, to, { recursive: true, verbatimSymlinks: true });
  }
}

const { folder, environment, command, health, user, volumes } = stages.get('final');
assert.equal(user, 'node', 'the image must not run as root');
assert.deepEqual(volumes, ['/app/data']);
for (const tool of ['typescript', 'assemblyscript', 'binaryen', 'vitest', '@biomejs/biome', 'playwright-core']) {
  assert(!existsSync(join(folder, 'node_modules', tool, 'package.json')), `${tool} is in the image`);
}

const asUser = ['--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--no-new-privs', '--inh-caps=-all'];
// Without a token: the page, on made-up prices where no source answers.
const inside = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  ...environment,
  METRICS_PORT: String(PORT),
  CONSOLE_PORT: '0',
};
const [program, ...args] = command;
assert.equal(program, 'node');
const bot = spawn('setpriv', [...asUser, '--', process.execPath, ...args], {
  cwd: folder,
  env: inside,
  stdio: ['ignore', 'pipe', 'pipe'],
});
let said = '';
bot.stdout.on('data', (data) => (said += data));
bot.stderr.on('data', (data) => (said += data));
const ended = new Promise((resolve) => bot.on('exit', (code, signal) => resolve({ code, signal })));
try {
  await until(
    () => said.includes('Open http'),
    60_000,
    () => `it did not start:\n${said}`,
  );
  await until(healthy, 30_000, () => 'the health check fails');
} catch (error) {
  bot.kill('SIGKILL');
  throw error;
}
const stoppedAt = performance.now();
bot.kill('SIGTERM');
const outcome = await Promise.race([ended, sleep(ENDS_WITHIN_MS, null, { ref: false })]);
if (outcome === null) bot.kill('SIGKILL');
assert.deepEqual(outcome, { code: 0, signal: null }, `SIGTERM did not end it in ${ENDS_WITHIN_MS / 1_000} s`);
assert(!healthy(), 'the health check passes without a bot');
const seconds = ((performance.now() - stoppedAt) / 1_000).toFixed(1);
const size = execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0];
process.stdout.write(
  `The image's files take ${size} MB without Node's own; its command runs as uid ${UID}, is healthy, and ends in ${seconds} s.\n`,
);

function healthy() {
  try {
    const [, ...words] = health;
    execFileSync(process.execPath, words, { env: inside, stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

async function until(condition, limitMs, message) {
  for (const end = performance.now() + limitMs; performance.now() < end; await sleep(200)) if (condition()) return;
  assert.fail(message());
}
