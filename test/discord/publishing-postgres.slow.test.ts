import { setTimeout as wait } from 'node:timers/promises';
import { REST } from 'discord.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/core/time.ts';
import { createPublisher } from '../../src/discord/publisher.ts';
import { publishJob } from '../../src/jobs/publish.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { createPublishingService } from '../../src/services/subscriptions/publishing.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID } from '../support/discord/payloads.ts';
import { describeInOwnPostgres } from '../support/postgres.ts';
import { turnAlone } from '../support/publishing-turn.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { LogRecorder, TOKEN } from './bot.ts';

const COUNT = 60;
const channelOf = (i: number) => String(1_200_000_000_000_000_000n + BigInt(i));
const DUE_MS = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const STARTED_MS = Date.now();

describeInOwnPostgres('publishing while PostgreSQL restarts', (server) => {
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const sleep = (ms: number, signal?: AbortSignal) =>
    wait(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
  let discord: LoopbackDiscord;
  let storage: Storage;

  beforeEach(async () => {
    discord = await LoopbackDiscord.start({ token: TOKEN, now });
    // As after some minutes: the channel has to be searched.
    discord.channels.nonceKeptMs = 0;
    storage = await openStorage(await server().createDatabase(), { now });
    for (let i = 0; i < COUNT; i++) {
      discord.channels.put(channelOf(i));
      const localTime = new Date(DUE_MS).toISOString().slice(11, 16);
      const one = sampleSubscription({ id: `s${i}`, channelId: channelOf(i), localTime, nextDueMs: DUE_MS });
      await storage.subscriptions.insert(one, 10_000);
    }
  });
  afterEach(async () => {
    await storage.close();
    await discord.close();
    expect(discord.rest.violations).toEqual([]);
  });

  it('posts once in every channel, without being started again', { timeout: 180_000 }, async () => {
    const { restart } = server();
    const log = new LogRecorder();
    const discordPort = createPublisher({
      rest: new REST({ version: '10', api: discord.apiUrl }).setToken(TOKEN),
      knowledge: {
        selfId: APPLICATION_ID,
        guildOf: () => null,
        missing: () => [],
        isAnnouncement: () => false,
        readsHistory: () => true,
        systemChannel: () => null,
      },
      now,
      logger: log,
      redact: (text) => text,
    });
    let sends = 0;
    let restarting: Promise<void> | null = null;
    const publishing = createPublishingService({
      subscriptions: storage.subscriptions,
      posts: storage.posts,
      turn: turnAlone(storage.leases, now),
      port: {
        ...discordPort,
        send: async (...args) => {
          sends++;
          if (sends === 20) restarting = restart();
          return discordPort.send(...args);
        },
      },
      makeMessage: async (post) => ({
        content: `Post for ${post.subscriptionId}`,
        embeds: [{ title: 'A post', footer: { text: `Not advice · ${post.id}` } }],
        files: [],
        components: [],
      }),
      owner: 'this process',
      now,
      logger: log,
      concurrency: 8,
    });
    const scheduler = createScheduler({
      jobs: [publishJob(publishing, null, now)],
      runs: storage.jobRuns,
      owner: 'this process',
      now,
      sleep,
      random: () => 0,
      logger: log,
    });
    const sent = async () => {
      const posts = await Promise.all(Array.from({ length: COUNT }, (_, i) => storage.posts.recent(`s${i}`, 5)));
      return posts.flat().filter(({ state }) => state === 'sent').length;
    };

    await scheduler.tick();
    expect(restarting).not.toBeNull();
    await restarting;
    expect(log.at('error')).not.toEqual([]);
    // For half a second after the last failure nobody asks a server that was away.
    await expect.poll(() => sent().catch(() => null), { timeout: 60_000 }).not.toBeNull();
    for (let ticks = 0; ticks < 20 && (await sent()) < COUNT; ticks++) {
      offsetMs += 15_000;
      await scheduler.tick();
    }
    expect(await sent()).toBe(COUNT);
    expect(now() - STARTED_MS).toBeLessThan(6 * MINUTE_MS);
    const perChannel = Array.from({ length: COUNT }, (_, i) => discord.channels.posts(channelOf(i)).length);
    expect(perChannel).toEqual(Array.from({ length: COUNT }, () => 1));
    const runs = await storage.jobRuns.lastRuns(now());
    expect(runs).toMatchObject([{ job: 'publish', outcome: 'ok' }]);
    await scheduler.stop();
  });
});
