import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotCluster } from '../support/bot-cluster.ts';
import { hasNamespaces, type ServerAway, startPostgresAway, startRedisAway } from '../support/network-namespace.ts';

/** Long enough for every lease and time-out to run out. */
const CUT_MS = 90_000;
const POSTS = 80;
const WITHIN = { timeout: 240_000, interval: 250 };

// Six minutes, for the long form alone.
const isRun = process.env['CHAOS'] !== undefined && hasNamespaces;
describe.skipIf(!isRun)('two shards, three workers and a trainer (needs namespaces)', () => {
  let redis: ServerAway;
  let postgres: ServerAway;
  let cluster: BotCluster;
  let late: IntervalHistogram;
  beforeEach(async () => {
    late = monitorEventLoopDelay();
    late.enable();
    redis = await startRedisAway();
    postgres = await startPostgresAway();
    cluster = await BotCluster.open(postgres.url, { REDIS_URL: redis.url });
  });
  afterEach(async () => {
    await cluster.close();
    await redis.end();
    await postgres.end();
    expect(cluster.discord.rest.violations).toEqual([]);
    // What came in while this process stood still is counted at once afterwards.
    expect(cluster.discord.rest.worstSecond()).toBeLessThanOrEqual(50 * (1 + late.max / 1e9));
    expect(cluster.discord.gateway.early).toEqual([]);
    expect(Math.max(...cluster.asked.map(({ interaction }) => interaction.responses))).toBeLessThanOrEqual(1);
  });
  const posted = (channels: readonly string[]) => cluster.posts(channels).filter((posts) => posts > 0).length;
  const unanswered = () => cluster.asked.filter(({ answers }) => answers.length === 0);
  const withError = () => cluster.asked.filter(({ answers }) => answers.some((text) => text.includes('CC_')));

  it('go on while the network to Redis, then the one to PostgreSQL, is cut for 90 seconds', {
    timeout: 900_000,
  }, async () => {
    await cluster.startAll();
    const stopAsking = cluster.askEvery(250);
    const before = await cluster.subscribe(POSTS, Date.now());
    await expect.poll(() => posted(before), WITHIN).toBeGreaterThan(0);
    redis.pull();
    const during = await cluster.subscribe(POSTS, Date.now());
    await wait(CUT_MS);
    redis.plug();
    const after = await cluster.subscribe(POSTS, Date.now());
    const channels = [...before, ...during, ...after];
    await expect.poll(() => posted(channels), WITHIN).toBe(channels.length);
    stopAsking();
    await expect.poll(unanswered, { timeout: 60_000 }).toEqual([]);
    // Nobody noticed.
    expect(withError()).toEqual([]);

    channels.push(...(await cluster.subscribe(POSTS, Date.now())));
    postgres.pull();
    const cutMs = Date.now();
    const asking = cluster.askEvery(1_000);
    const refused = cluster.command('accuracy', [], { userId: '1200000000000000999' });
    await expect.poll(() => refused.answers.join(), WITHIN).toContain('CC_DATABASE');
    await wait(cutMs + CUT_MS - Date.now());
    postgres.plug();
    await expect.poll(() => posted(channels), WITHIN).toBe(channels.length);
    asking();
    // Told what is the matter, or answered, but nobody was left without a word.
    await expect.poll(unanswered, { timeout: 60_000 }).toEqual([]);
    const again = cluster.command('accuracy', [], { userId: '1200000000000000998' });
    await expect.poll(() => again.answers.join(), WITHIN).toMatch(/./);
    expect(again.answers.join()).not.toContain('CC_');
    expect(cluster.posts(channels)).toEqual(channels.map(() => 1));
    expect(cluster.discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
    // None of them ended.
    for (const { child } of cluster.running.values()) expect(child.exitCode).toBeNull();
  });
});
