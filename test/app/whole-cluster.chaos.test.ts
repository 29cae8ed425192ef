import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { shardOfGuild } from '../../src/core/shards.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { type Asked, BotCluster, SHARDS_AND_WORKERS } from '../support/bot-cluster.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { describeWithRedis } from '../support/redis.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

/** Kills at random moments, about one a second; CI sets `CHAOS=100`. */
const isShort = process.env['CHAOS'] === undefined;
const KILLS = Number(process.env['CHAOS'] ?? 5);
/** Minutes over which posts come due: as long as processes are killed. */
const MINUTES = Math.ceil(KILLS / 50);
const POSTS = isShort ? 60 : 200;
const WITHIN = { timeout: 240_000, interval: 250 };
/** How long a shard is without an answer whose process was killed. */
const LEASE_MS = 12_000;
const CONNECTED = /Connected to Discord/;
/** What a later version leaves behind that has only added: this one may go on. */
const NEWER_SCHEMA = `
  alter table posts add column later_column text;
  insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2099-01-01T00:00:00.000Z');
  update schema_readers set newest = '9999-from-the-future'`;
const shard = (id: number) => SHARDS_AND_WORKERS[`shard ${id}`]!;

describeWithRedis('two shards, three workers and a trainer', (redis) => {
  describeInPostgres('of the built program', (postgres) => {
    let cluster: BotCluster;
    beforeEach(async () => {
      cluster = await BotCluster.open(await postgres().createDatabase(), { REDIS_URL: redis().url });
    });
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail' && process.env['CLUSTER_LOG'])
        writeFileSync(process.env['CLUSTER_LOG'], cluster.said());
      await cluster.close();
      expect(cluster.discord.rest.violations).toEqual([]);
      expect(cluster.discord.rest.worstSecond()).toBeLessThanOrEqual(50);
      expect(cluster.discord.gateway.early).toEqual([]);
      // Nobody tried to answer what another process had answered.
      expect(Math.max(...cluster.asked.map(({ interaction }) => interaction.responses))).toBeLessThanOrEqual(1);
    });

    const unanswered = () =>
      cluster.asked.filter(({ interaction, answers }) => interaction.receivers > 0 && answers.length === 0);

    it('post once in each channel and answer nothing twice, killed at random moments', {
      timeout: 600_000,
    }, async () => {
      const random = seededRandom(17);
      await cluster.startAll();
      const channels: string[] = [];
      for (let minute = 0; minute <= MINUTES; minute++) {
        channels.push(...(await cluster.subscribe(POSTS, Date.now() + minute * MINUTE_MS)));
      }
      const stopAsking = cluster.askEvery(200);
      const kills: { readonly name: string; readonly atMs: number }[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        await wait(100 + random() * 1_400);
        const name = Object.keys(SHARDS_AND_WORKERS)[Math.floor(random() * 5)]!;
        await cluster.end(name, 'SIGKILL');
        kills.push({ name, atMs: Date.now() });
        cluster.launch(name, SHARDS_AND_WORKERS[name]!);
      }
      await expect
        .poll(() => cluster.posts(channels).filter((posts) => posts > 0).length, WITHIN)
        .toBe(channels.length);
      stopAsking();
      expect(cluster.posts(channels)).toEqual(channels.map(() => 1));
      // Who was asked in vain had asked a process that was killed.
      await expect.poll(() => unanswered().filter((one) => !wasKilled(one)), { timeout: 60_000 }).toEqual([]);
      function wasKilled({ guildId, askedMs }: Asked): boolean {
        const name = `shard ${shardOfGuild(guildId, 2)}`;
        return kills.some(
          (kill) => kill.name === name && kill.atMs > askedMs - LEASE_MS && kill.atMs < askedMs + 5_000,
        );
      }
    });

    it('are replaced one after the other on a schema that a newer version has added to, and every question is answered and every post sent once', {
      timeout: 420_000,
    }, async () => {
      await cluster.startAll();
      await queryPostgres(cluster.databaseUrl, NEWER_SCHEMA);
      const stopAsking = cluster.askEvery(100);
      const channels = await cluster.subscribe(POSTS, Date.now() + MINUTE_MS);
      for (const name of Object.keys(SHARDS_AND_WORKERS).filter((name) => name.startsWith('worker'))) {
        await cluster.start(`next ${name}`, { ROLE: 'worker' }, /Worker: candles/);
        expect(await cluster.end(name, 'SIGTERM')).toEqual([0, null]);
      }
      expect(await cluster.end('trainer', 'SIGTERM')).toEqual([0, null]);
      await cluster.start('next trainer', { ROLE: 'trainer', DISCORD_TOKEN: '' }, /Trainer: trains/);
      for (const id of [0, 1]) {
        const next = await cluster.start(`next shard ${id}`, shard(id), /held by another process since .*; waiting/);
        expect(await cluster.end(`shard ${id}`, 'SIGTERM')).toEqual([0, null]);
        await expect.poll(() => next.said.text, WITHIN).toMatch(CONNECTED);
      }
      await expect
        .poll(() => cluster.posts(channels).filter((posts) => posts > 0).length, WITHIN)
        .toBe(channels.length);
      await wait(2_000);
      stopAsking();
      expect(cluster.posts(channels)).toEqual(channels.map(() => 1));
      await expect.poll(unanswered, { timeout: 60_000 }).toEqual([]);
      // Not one server was without a connection, and nobody was told to come again.
      expect(cluster.asked.filter(({ interaction }) => interaction.receivers === 0)).toEqual([]);
      expect(cluster.asked.filter(({ answers }) => answers.some((text) => text.includes('CC_')))).toEqual([]);
      expect(cluster.discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
    });

    it.skipIf(isShort)(
      'go on without Redis, and say that PostgreSQL is away; nothing is lost or doubled',
      {
        timeout: 420_000,
      },
      async () => {
        const proxy = await TcpProxy.start(cluster.databaseUrl);
        cluster.settings['DATABASE_URL'] = proxy.url;
        await cluster.startAll();
        const stopAsking = cluster.askEvery(250);
        const channels = await cluster.subscribe(POSTS, Date.now());
        const posted = () => cluster.posts(channels).filter((posts) => posts > 0).length;
        await expect.poll(posted, WITHIN).toBeGreaterThan(0);
        await redis().kill();
        // Nobody posts until the turn that all had together is over; then one does.
        await expect.poll(posted, WITHIN).toBe(channels.length);
        await redis().start();
        await wait(4_000);
        channels.push(...(await cluster.subscribe(POSTS / 2, Date.now())));
        await expect.poll(posted, WITHIN).toBe(channels.length);
        stopAsking();
        await expect.poll(unanswered, { timeout: 60_000 }).toEqual([]);
        expect(cluster.asked.filter(({ answers }) => answers.some((text) => text.includes('CC_')))).toEqual([]);

        proxy.silence();
        proxy.silentFromNow = true;
        channels.push(...(await cluster.subscribe(POSTS / 2, Date.now())));
        const refused = cluster.command('accuracy', [], { userId: '1200000000000000999' });
        await expect.poll(() => refused.answers.join(), WITHIN).toContain('CC_DATABASE');
        expect(refused.answers.join()).toContain('the server does not answer');
        await wait(5_000);
        proxy.silentFromNow = false;
        await expect.poll(posted, WITHIN).toBe(channels.length);
        expect(cluster.posts(channels)).toEqual(channels.map(() => 1));
        expect(cluster.discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
        proxy.close();
      },
    );
  });
});
