import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { type KillableProcesses, openKillableProcesses } from '../support/killable-processes.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

/** Kills at random moments; CI sets `CHAOS=100`. */
const KILLS = Number(process.env['CHAOS'] ?? 6);
const now = () => Date.now();

let processes: KillableProcesses;
let discord: LoopbackDiscord;
let storage: Storage;

beforeEach(async () => {
  processes = await openKillableProcesses('publishing-process.mjs');
  ({ discord, storage } = processes);
});

afterEach(() => processes.close());

const channelOf = (i: number) => String(1_200_000_000_000_000_000n + BigInt(i));

/** Subscriptions in as many channels, all due since a minute. */
async function dueSubscriptions(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    discord.channels.put(channelOf(i));
    const dueMs = Math.floor(now() / 60_000) * 60_000;
    const localTime = new Date(dueMs).toISOString().slice(11, 16);
    await storage.subscriptions.insert(
      sampleSubscription({ id: `s${i}`, channelId: channelOf(i), localTime, nextDueMs: dueMs }),
      10_000,
    );
  }
}

function postsPerChannel(count: number): number[] {
  return Array.from({ length: count }, (_, i) => discord.channels.posts(channelOf(i)).length);
}

async function states(count: number): Promise<string[]> {
  const found = await Promise.all(Array.from({ length: count }, (_, i) => storage.posts.recent(`s${i}`, 5)));
  return found.map((posts) => posts.map(({ state }) => state).join());
}

const ones = (count: number) => Array.from({ length: count }, () => 1);

/** Every process takes a second to start, so what differs least is left to CI. */
const KILL_POINTS = [
  'before subscriptions.advance',
  'after subscriptions.advance',
  'after posts.claim',
  'after posts.beginAll',
  'after port.send',
  'after posts.finish',
  ...(process.env['CHAOS'] ? ['before posts.claim', 'making', 'before posts.beginAll', 'before posts.finish'] : []),
];

describe('publishing, killed with kill -9', () => {
  // Without the nonce is the harder half; with it, a few minutes of CI.
  const halves = [
    ['long after Discord has forgotten the nonce', 0],
    ['while Discord knows the nonce', 3 * 60_000],
  ] as const;
  it.each(process.env['CHAOS'] ? halves : halves.slice(0, 1))(
    'at every step posts once in every channel, %s',
    { timeout: 180_000 },
    async (_name, nonceKeptMs) => {
      discord.channels.nonceKeptMs = nonceKeptMs;
      const count = 60;
      await dueSubscriptions(count);
      for (const killAt of KILL_POINTS) {
        // These are called once for all, and for many posts together.
        const killAfter = /sub|beginAll/.test(killAt) ? 0 : 2;
        const { exit } = await processes.start({ killAt, killAfter });
        expect({ killAt, signal: (await exit)[1] }).toEqual({ killAt, signal: 'SIGKILL' });
      }
      expect((await (await processes.start()).exit)[0]).toBe(0);
      expect(postsPerChannel(count)).toEqual(ones(count));
      expect(new Set(await states(count))).toEqual(new Set(['sent']));
    },
  );

  it('after sending would post twice if it did not look, which is how this test knows that it can fail', async () => {
    discord.channels.nonceKeptMs = 0;
    await dueSubscriptions(4);
    const { exit } = await processes.start({ killAt: 'after port.send', killAfter: 0 });
    expect((await exit)[1]).toBe('SIGKILL');
    expect((await (await processes.start({ blind: true })).exit)[0]).toBe(0);
    expect(postsPerChannel(4)).toContain(2);
  });

  it(`at ${KILLS} random moments posts once in every channel`, { timeout: 60_000 + KILLS * 4_000 }, async () => {
    const random = seededRandom(Number(process.env['CHAOS_SEED'] ?? 20_261_121));
    const count = 20 + KILLS * 12;
    await dueSubscriptions(count);
    // Half of the time the nonce is of no help, and only looking into the channel is.
    for (let kill = 0; kill < KILLS; kill++) {
      discord.channels.nonceKeptMs = kill % 2 === 0 ? 0 : 3 * 60_000;
      const { child, exit } = await processes.start();
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 400));
      child.kill('SIGKILL');
      await exit;
    }
    expect((await (await processes.start()).exit)[0]).toBe(0);
    expect(postsPerChannel(count)).toEqual(ones(count));
    expect(new Set(await states(count))).toEqual(new Set(['sent']));
  });
});

describe('two processes on one database', () => {
  it('post once in every channel, also when the first is killed on the way', { timeout: 180_000 }, async () => {
    const count = 80;
    await dueSubscriptions(count);
    const [first, second] = await Promise.all([processes.start(), processes.start()]);
    while (postsPerChannel(count).filter((posts) => posts > 0).length < count / 3) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    first.child.kill('SIGKILL');
    expect((await second.exit)[0]).toBe(0);
    expect(postsPerChannel(count)).toEqual(ones(count));
  });
});
