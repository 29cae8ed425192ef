import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { type BuiltBot, builtSettings, hasFaketime, movableClock, startBuiltBot } from '../support/built-bot.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { TOKEN } from './bot.ts';

const DOCTOR = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const CHANNEL_ID = '1200000000000000001';
const now = () => Date.now();

let folder: string;
let settings: Record<string, string>;
let discord: LoopbackDiscord;
let storage: Storage;
let clock: ReturnType<typeof movableClock>;
let bots: BuiltBot[];

beforeEach(async () => {
  if (!hasFaketime) return;
  folder = await mkdtemp(join(tmpdir(), 'candlecast-clock-'));
  discord = await LoopbackDiscord.start({ token: TOKEN, now });
  discord.channels.put(CHANNEL_ID);
  bots = [];
  clock = movableClock(folder);
  settings = builtSettings(folder, discord.apiUrl);
  storage = await openStorage(settings['DATABASE_URL']!, { now });
});

afterEach(async () => {
  if (!hasFaketime) return;
  for (const { child } of bots) child.kill('SIGKILL');
  await storage.close();
  await discord.close();
  await rm(folder, { recursive: true, force: true });
});

function start(under: Readonly<Record<string, string>> = {}): BuiltBot {
  const bot = startBuiltBot(folder, { ...settings, ...under });
  bots.push(bot);
  return bot;
}

async function stop({ child, exit }: BuiltBot): Promise<void> {
  child.kill('SIGTERM');
  await exit;
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
    await clock.set('+365d');
    const ahead = start(clock.settings);
    await expect.poll(nextDue, WITHIN).toBeGreaterThan(yearMs);
    await stop(ahead);
    expect((await storage.jobRuns.lease('publish', yearMs + 3 * DAY_MS))!.scheduledMs).toBeGreaterThan(yearMs);

    const doctor = spawnSync(process.execPath, [DOCTOR, 'doctor'], { cwd: folder, env: settings, encoding: 'utf8' });
    expect(doctor.stdout).toContain('One subscription was planned by a clock that was far ahead.');

    const startedMs = now();
    const right = start();
    await expect.poll(nextDue, WITHIN).toBeLessThanOrEqual(now() + DAY_MS);
    await expect.poll(() => lastPublished(now()), WITHIN).toBeGreaterThan(startedMs);
    await stop(right);
  });

  it('a month ahead for a while, then right, goes on at once in the same process', { timeout: 180_000 }, async () => {
    await clock.set('+30d');
    const bot = start(clock.settings);
    const monthMs = now() + 29 * DAY_MS;
    await expect.poll(() => lastPublished(now() + 31 * DAY_MS), WITHIN).toBeGreaterThan(monthMs);
    await clock.set('+0');
    const rightMs = now();
    await expect.poll(() => lastPublished(now()), { ...WITHIN, timeout: 100_000 }).toBeGreaterThanOrEqual(rightMs);
    expect(bot.said.text).toContain('the clock was set, or the machine has slept');
    await stop(bot);
  });
});
