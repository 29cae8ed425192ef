import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROVIDER_URLS } from '../../src/core/sources.ts';
import { DAY_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { TOKEN } from './bot.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const DOCTOR = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const NOBODY = Object.fromEntries(Object.keys(PROVIDER_URLS).map((name) => [name, 'http://127.0.0.1:9']));
const CHANNEL_ID = '1200000000000000001';
const now = () => Date.now();
/** The library for programs with threads; empty where faketime is not installed. */
const LIBRARY =
  spawnSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const hasFaketime = LIBRARY !== '';

let folder: string;
let settings: Record<string, string>;
let discord: LoopbackDiscord;
let storage: Storage;
let children: ChildProcess[];

beforeEach(async () => {
  if (!hasFaketime) return;
  folder = await mkdtemp(join(tmpdir(), 'candlecast-clock-'));
  discord = await LoopbackDiscord.start({ token: TOKEN, now });
  discord.channels.put(CHANNEL_ID);
  children = [];
  settings = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: `sqlite:${join(folder, 'one.db')}`,
    DISCORD_TOKEN: TOKEN,
    DISCORD_API_URL: discord.apiUrl,
    NEWS_FEEDS: 'off',
    SUBREDDITS: 'off',
    SYMBOLS: 'BTC',
    LOG_LEVEL: 'warn',
    ...NOBODY,
    // Timers keep to the true passing of time, as they do where a clock is set.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  storage = await openStorage(settings['DATABASE_URL']!, { now });
});

afterEach(async () => {
  if (!hasFaketime) return;
  for (const child of children) child.kill('SIGKILL');
  await storage.close();
  await discord.close();
  await rm(folder, { recursive: true, force: true });
});

/** The built bot, with settings by which libfaketime moves its clock. */
function start(clock: Readonly<Record<string, string>> = {}) {
  const env = { ...settings, ...clock };
  const child = spawn(process.execPath, [MAIN], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said.text += chunk));
  return { child, said };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

const nextDue = async () => (await storage.subscriptions.byId('sub00001'))!.nextDueMs;
/** When the job that publishes last ran, by the clock of the process that ran it. */
const lastPublished = async (byMs: number) =>
  (await storage.jobRuns.lastRuns(byMs)).find(({ job }) => job === 'publish')?.startedMs ?? 0;

/** Due every day at this minute. */
async function subscribe(): Promise<void> {
  const dueMs = Math.floor(now() / MINUTE_MS) * MINUTE_MS;
  const localTime = new Date(dueMs).toISOString().slice(11, 16);
  const due = { channelId: CHANNEL_ID, localTime, nextDueMs: dueMs + DAY_MS };
  await storage.subscriptions.insert(sampleSubscription(due), 5);
}

const WITHIN = { timeout: 60_000, interval: 500 };

describe.skipIf(!hasFaketime)('the built bot under a clock that was wrong', () => {
  it('a year ahead for one start plans everything anew at the next', { timeout: 180_000 }, async () => {
    await subscribe();
    const yearMs = now() + 364 * DAY_MS;
    const { child } = start({ LD_PRELOAD: LIBRARY, FAKETIME: '+365d' });
    await expect.poll(nextDue, WITHIN).toBeGreaterThan(yearMs);
    await stop(child);
    expect((await storage.jobRuns.lease('publish', yearMs + 3 * DAY_MS))!.scheduledMs).toBeGreaterThan(yearMs);

    const doctor = spawnSync(process.execPath, [DOCTOR, 'doctor'], { cwd: folder, env: settings, encoding: 'utf8' });
    expect(doctor.stdout).toContain('One subscription was planned by a clock that was far ahead.');

    const startedMs = now();
    const right = start();
    await expect.poll(nextDue, WITHIN).toBeLessThanOrEqual(now() + DAY_MS);
    await expect.poll(() => lastPublished(now()), WITHIN).toBeGreaterThan(startedMs);
    await stop(right.child);
  });

  it('a month ahead for a while, then right, goes on at once in the same process', { timeout: 180_000 }, async () => {
    const clock = join(folder, 'clock');
    const set = async (offset: string) => {
      await writeFile(`${clock}.new`, offset);
      await rename(`${clock}.new`, clock);
    };
    await set('+30d');
    const moved = { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1' };
    const { child, said } = start(moved);
    const monthMs = now() + 29 * DAY_MS;
    await expect.poll(() => lastPublished(now() + 31 * DAY_MS), WITHIN).toBeGreaterThan(monthMs);
    await set('+0');
    const rightMs = now();
    await expect.poll(() => lastPublished(now()), { ...WITHIN, timeout: 100_000 }).toBeGreaterThanOrEqual(rightMs);
    expect(said.text).toContain('the clock was set, or the machine has slept');
    await stop(child);
  });
});
