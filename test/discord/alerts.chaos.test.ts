import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { type KillableProcesses, openKillableProcesses } from '../support/killable-processes.ts';
import { sampleAlert } from '../support/personal-alerts.ts';
import { describeInPostgres } from '../support/postgres.ts';

/** Kills at random moments, half of them on each database; CI sets `CHAOS=100`. Each takes about 1.4 s of processor time. */
const KILLS = Number(process.env['CHAOS'] ?? 24) / 2;
/** Alerts set anew before each kill, enough that a process is killed while it works. */
const PER_KILL = 12;
const PER_RANDOM_KILL = 4;
/** Processes at once. What takes longest is to start one, which is done beside the others. */
const AT_ONCE = 3;
const now = () => Date.now();

let processes: KillableProcesses;
let discord: LoopbackDiscord;
let storage: Storage;
let alerts: number;

async function open(databaseUrl?: string): Promise<void> {
  processes = await openKillableProcesses('alert-process.mjs', databaseUrl);
  ({ discord, storage } = processes);
  alerts = 0;
}

afterEach(() => processes.close());

const personOf = (i: number) => String(1_300_000_000_000_000_000n + BigInt(i));
const channelOf = (i: number) => String(1_200_000_000_000_000_000n + BigInt(i));
const madeIn = (i: number) => String(1_400_000_000_000_000_000n + BigInt(i));
const idOf = (i: number) => `A${String(i).padStart(7, '0')}`;
/** Of four alerts, two go to a person, one to a channel, and one to a person who takes no direct messages. */
const goesTo = (i: number) => (['person', 'channel', 'person', 'closed'] as const)[i % 4]!;

/** Sets alerts, each of a person of its own, whose moment has come. */
async function setAlerts(count: number): Promise<void> {
  for (const end = alerts + count; alerts < end; alerts++) {
    const i = alerts;
    const inChannel = goesTo(i) === 'channel';
    discord.channels.put(madeIn(i));
    if (inChannel) discord.channels.put(channelOf(i));
    if (goesTo(i) === 'closed') discord.channels.closeDms(personOf(i));
    const alert = sampleAlert({
      ...{ id: idOf(i), userId: personOf(i), guildId: String(i), madeChannelId: madeIn(i), symbol: `C${i % 5}` },
      ...{ channelId: inChannel ? channelOf(i) : null, createdMs: now(), expiresMs: now() + DAY_MS },
    });
    expect(await storage.personalAlerts.insert(alert)).toBe('added');
  }
}

/** What arrived for each alert: in private, in its channel, and where it was set. */
const arrivals = () =>
  Array.from({ length: alerts }, (_, i) => ({
    privately: discord.channels.directPosts(personOf(i)).length,
    channel: discord.channels.posts(channelOf(i)).length,
    madeIn: discord.channels.posts(madeIn(i)).length,
  }));
const wanted = (i: number) => ({
  privately: goesTo(i) === 'person' ? 1 : 0,
  channel: goesTo(i) === 'channel' ? 1 : 0,
  madeIn: goesTo(i) === 'closed' ? 1 : 0,
});

async function expectOnce(): Promise<void> {
  const wrong = arrivals().map((arrived, i) => ({ alert: i, goesTo: goesTo(i), arrived, wanted: wanted(i) }));
  expect(wrong.filter(({ arrived, wanted }) => !isDeepStrictEqual(arrived, wanted))).toEqual([]);
  for (let i = 0; i < alerts; i++) {
    const alert = await storage.personalAlerts.byId(idOf(i));
    expect(alert).toMatchObject({ state: 'fired', undelivered: goesTo(i) === 'closed' });
  }
}

const KILL_POINTS = [
  'before alerts.apply',
  'after alerts.apply',
  'after posts.claim',
  'making',
  'before posts.beginAll',
  'after posts.beginAll',
  'after port.notify',
  'after port.send',
  'before posts.queue',
  'after posts.queue',
  'before posts.finish',
  'after posts.finish',
  'before alerts.noteUndelivered',
];

describe('alerts of a process that is killed with kill -9', () => {
  beforeEach(() => open());

  it('at every step arrive once', { timeout: 240_000 }, async () => {
    discord.channels.nonceKeptMs = 0;
    for (const killAt of KILL_POINTS) {
      await setAlerts(PER_KILL);
      const { exit } = await processes.start({ killAt, killAfter: killAt.includes('alerts.apply') ? 0 : 1 });
      expect({ killAt, signal: (await exit)[1] }).toEqual({ killAt, signal: 'SIGKILL' });
    }
    expect((await (await processes.start()).exit)[0]).toBe(0);
    await expectOnce();
  });

  it('after sending would arrive twice if nobody looked, which is how this test knows that it can fail', async () => {
    discord.channels.nonceKeptMs = 0;
    await setAlerts(4);
    const { exit } = await processes.start({ killAt: 'after port.notify', killAfter: 0 });
    expect((await exit)[1]).toBe('SIGKILL');
    expect((await (await processes.start({ blind: true })).exit)[0]).toBe(0);
    expect(arrivals().map(({ privately }) => privately)).toContain(2);
  });

  it('arrive once from two processes, also when the first is killed on the way', { timeout: 120_000 }, async () => {
    await setAlerts(60);
    const [first, second] = await Promise.all([processes.start(), processes.start()]);
    while (arrivals().filter(({ privately }) => privately > 0).length < 8) {
      await wait(10);
    }
    first.child.kill('SIGKILL');
    expect((await second.exit)[0]).toBe(0);
    await expectOnce();
  });
});

/** Alerts that come due all the time, on one database that outlives every process; `together` as processes that share a Redis. */
async function killAtRandomMoments(together: boolean): Promise<void> {
  const random = seededRandom(Number(process.env['CHAOS_SEED'] ?? 20_261_130));
  // Discord takes its time, also for what it was asked by a process that is killed meanwhile.
  const answering = seededRandom(1);
  discord.rest.before = () => wait(answering() * 150);
  const start = () => processes.start({ together, endless: true });
  const running = Array.from({ length: AT_ONCE }, start);
  for (let kill = 0; kill < KILLS; kill++) {
    // The one that has worked longest.
    const { child, exit } = await running.shift()!;
    // Half of the time the nonce is of no help, and only looking for the message is.
    discord.channels.nonceKeptMs = kill % 2 === 0 ? 0 : 3 * 60_000;
    await setAlerts(PER_RANDOM_KILL);
    await wait(random() * 250);
    child.kill('SIGKILL');
    expect((await exit)[1]).toBe('SIGKILL');
    running.push(start());
  }
  for (const { child, exit } of await Promise.all(running)) {
    child.kill('SIGKILL');
    await exit;
  }
  expect((await (await processes.start()).exit)[0]).toBe(0);
  await expectOnce();
  const posts = await Promise.all(Array.from({ length: alerts }, (_, i) => storage.posts.recent(idOf(i), 1)));
  const takenOver = posts.filter(([post]) => post!.attempts > 1).length;
  // Some were taken up again: kills have hit the work, not the pauses alone. About one in ten does, so few kills may hit none.
  if (KILLS >= 50) expect(takenOver).toBeGreaterThan(0);
  const kills = KILLS + AT_ONCE;
  process.stdout.write(
    `${kills} kills, ${alerts} alerts, each arrived once; ${takenOver} of them were taken up more than once\n`,
  );
}

const LONG = { timeout: 120_000 + KILLS * 10_000 };

describe(`alerts of ${AT_ONCE} processes, one after the other killed with kill -9 at ${KILLS} random moments, arrive once`, () => {
  it('on SQLite, where one at a time publishes', LONG, async () => {
    await open();
    await killAtRandomMoments(false);
  });

  describeInPostgres('where all publish at the same time', (postgres) => {
    it('on PostgreSQL', LONG, async () => {
      await open(postgres().url);
      await killAtRandomMoments(true);
    });
  });
});
