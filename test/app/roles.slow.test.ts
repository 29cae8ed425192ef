import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationCommandOptionType, PermissionFlagsBits } from 'discord.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdsGuild } from '../../src/core/shards.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { type BuiltBot, builtSettings, startBuiltBot } from '../support/built-bot.ts';
import type { LoopbackInteraction } from '../support/discord/interaction.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { channelOf, text } from '../support/discord/payloads.ts';
import { liveMarket } from '../support/live-market.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const WITHIN = { timeout: 90_000, interval: 200 };
const OWNER = '1100000000000000066';
/** Eight servers, half of them on each of two shards. */
const GUILDS = Array.from({ length: 8 }, (_, i) => String((BigInt(262_144 + i) << 22n) + 5n));
const onShard = (first: number, count = 2) => GUILDS.filter((id) => holdsGuild({ first, last: first, count }, id));

describeInPostgres('two shards, a worker and a trainer of the built program', (server) => {
  let folder: string;
  let discord: LoopbackDiscord;
  let url: string;
  let storage: Storage;
  let settings: Record<string, string>;
  const bots: BuiltBot[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'candlecast-roles-'));
    discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now, guildIds: GUILDS, maxConcurrency: 16 });
    for (const guildId of GUILDS) discord.channels.put(channelOf(guildId), { guildId });
    url = await server().createDatabase();
    storage = await openStorage(url, { now: Date.now });
    settings = {
      ...builtSettings(folder, discord.apiUrl),
      ...(await liveMarket()),
      DATABASE_URL: url,
      OWNER_IDS: OWNER,
    };
  });
  afterEach(async () => {
    for (const { child, exit } of bots.splice(0)) {
      child.kill('SIGKILL');
      await exit;
    }
    await storage.close();
    await discord.close();
    await rm(folder, { recursive: true, force: true });
    expect(discord.rest.violations).toEqual([]);
  });

  /** Starts a process, and waits until it says so. */
  async function start(more: Readonly<Record<string, string>>, says: RegExp): Promise<BuiltBot> {
    const bot = startBuiltBot(folder, { ...settings, ...more });
    bots.push(bot);
    await expect.poll(() => bot.said.text, WITHIN).toMatch(says);
    return bot;
  }
  const startShard = (shards: string) => start({ ROLE: 'shard', SHARDS: shards }, /Connected to Discord/);
  const startWorker = () => start({ ROLE: 'worker' }, /Worker: candles, forecasts, scores and posts. No gateway./);

  /** Somebody else each time, in one server after the other. */
  const asker = (i: number) => ({ guildId: GUILDS[i % 8]!, userId: String(1_200_000_000_000_000_000n + BigInt(i)) });

  async function answer(interaction: LoopbackInteraction): Promise<string> {
    const { content, embeds } = await interaction.answered.next();
    return JSON.stringify([content, embeds]);
  }
  const status = (guildId: string, userId?: string) =>
    answer(discord.command('status', [], { guildId, ...(userId ? { userId } : {}) }));
  const posts = (guildId: string) => discord.channels.posts(channelOf(guildId));
  const subscribe = async (id: string, guildId: string, at: number) => {
    const dueMs = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const localTime = new Date(dueMs).toISOString().slice(11, 16);
    const one = { id, guildId, channelId: channelOf(guildId), symbols: ['BTC'], localTime, nextDueMs: dueMs };
    await storage.subscriptions.insert(sampleSubscription(one), 5);
  };

  it('answer each server once, run each job once, and post without a gateway', { timeout: 300_000 }, async () => {
    for (const [i, guildId] of GUILDS.entries()) await subscribe(`sub0000${i}`, guildId, Date.now());
    const first = await startShard('0/2');
    const second = await startShard('1/2');
    expect(first.said.text).toContain('with shard 0 of 2, in 4 servers');
    expect(second.said.text).toContain('with shard 1 of 2, in 4 servers');
    expect(discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
    // Nobody runs jobs yet, which is said wherever it is asked.
    expect(await status(GUILDS[0]!)).toContain('new forecasts, posts and scores are not being made.');
    expect(await status(GUILDS[0]!, OWNER)).toContain('no new models are being trained');

    const worker = await startWorker();
    const trainer = await start({ ROLE: 'trainer', DISCORD_TOKEN: '' }, /Trainer: trains models/);
    // Every channel gets its post from the worker, which has no gateway.
    await expect.poll(() => GUILDS.map((guildId) => posts(guildId).length), WITHIN).toEqual(GUILDS.map(() => 1));
    expect(discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
    // What the shards know of the channels came to it: none was asked whether it has followers.
    expect(discord.rest.requests.filter(({ path }) => path.endsWith('/crosspost'))).toEqual([]);
    // The process of shard 0 alone registers the commands.
    const puts = discord.rest.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/commands'));
    expect(puts).toHaveLength(1);

    await expect.poll(() => status(GUILDS[0]!, OWNER), WITHIN).toContain('**trainer**');
    const answers = await Promise.all(GUILDS.map((guildId) => status(guildId)));
    for (const text of answers) {
      expect(text).toMatch(/Everything works|Forecasts work/);
      expect(text).not.toMatch(/late|are not being made|no new models/);
    }
    // A shard tells of jobs and sources what the worker knows; of processes to owners alone.
    await expect.poll(() => status(GUILDS[0]!, OWNER), WITHIN).toMatch(/\*\*Binance\*\* 🟢 ok/i);
    expect(answers[0]).not.toContain('Processes');
    const told = await status(GUILDS[0]!, OWNER);
    expect(told).toContain('ingest-candles-1d');
    for (const words of ['**shard** · shard 0 of 2', '**shard** · shard 1 of 2', '**worker**'])
      expect(told).toContain(words);
    const runs = async () => (await storage.jobRuns.lastRuns(Date.now())).map(({ job }) => job);
    await expect.poll(runs, WITHIN).toEqual(expect.arrayContaining(['publish', 'ingest-training']));
    for (const bot of [worker, trainer]) expect(bot.said.text).not.toContain('Connected to Discord');

    // Each notes that a server removed the bot only of its own.
    expect(await storage.privacy.departedBefore(Date.now() + MINUTE_MS)).toEqual([]);
    bots[2]!.child.kill('SIGTERM');
    expect(await worker.exit).toEqual([0, null]);
    await expect.poll(() => status(GUILDS[1]!), WITHIN).toMatch(/are not being made since <t:\d+:R>/);
  });

  it('tell the worker of channels that it may not post in, and of a change there', { timeout: 300_000 }, async () => {
    const guildId = onShard(1)[0]!;
    const role = (permissions: bigint) => ({ id: guildId, name: '@everyone', permissions: String(permissions) });
    const change = (permissions: bigint) =>
      discord.gateway.route(guildId, 'GUILD_ROLE_UPDATE', { guild_id: guildId, role: role(permissions) });
    const missing = async () => (await storage.channelFacts.changedSince(null)).facts[0]?.channels[0]?.missing;
    await subscribe('sub00001', guildId, Date.now());
    await startShard('0-1/2');
    await expect.poll(missing, WITHIN).toEqual([]);
    change(0n);
    await expect.poll(missing, WITHIN).toContain('Send Messages');
    // A channel that gets its first alert is told of at once: a worker will not have to ask whether it has followers.
    const alerted = onShard(0)[0]!;
    const set = {
      name: 'add',
      type: ApplicationCommandOptionType.Subcommand,
      options: [
        ...[text('symbol', 'BTC'), text('when', 'above'), text('price', '9000000')],
        { name: 'channel', type: ApplicationCommandOptionType.Channel, value: channelOf(alerted) },
      ],
    };
    const manager = { guildId: alerted, permissions: PermissionFlagsBits.ManageGuild };
    await answer(discord.command('alert', [set], manager));
    const known = async () =>
      (await storage.channelFacts.changedSince(null)).facts.find((one) => one.guildId === alerted)?.channels;
    await expect
      .poll(known, WITHIN)
      .toEqual([{ channelId: channelOf(alerted), announcement: false, missing: [], readsHistory: false }]);
    await startWorker();
    // The post is refused without a request, and people are told what to allow.
    const reason = async () => (await storage.subscriptions.byId('sub00001'))?.stateReason;
    const lacking = {
      key: 'refusals.lacking',
      values: { permissions: { list: expect.arrayContaining(['View Channel']) } },
    };
    await expect.poll(reason, WITHIN).toEqual(lacking);
    const sent = () => discord.rest.requests.filter(({ path }) => path.includes(channelOf(guildId)));
    expect(sent()).toEqual([]);
    change((1n << 10n) | (1n << 11n) | (1n << 14n) | (1n << 15n));
    await expect.poll(missing, WITHIN).toEqual([]);
    await queryPostgres(url, 'update posts set not_before_ms = 0');
    await expect.poll(() => posts(guildId).length, WITHIN).toBe(1);
  });

  it('never answer for one shard twice: a second process connects and waits, and takes over when the first ends', {
    timeout: 300_000,
  }, async () => {
    const first = await startShard('0-1/2');
    const second = await start(
      { ROLE: 'shard', SHARDS: '0-1/2' },
      /Shard 0 of 2 is held by another process since .*; waiting until that one ends/,
    );
    // It is connected before its turn, so that it answers at once when that comes.
    await expect.poll(() => discord.gateway.connectedShards(), WITHIN).toEqual(['0/2', '0/2', '1/2', '1/2']);
    const asked: LoopbackInteraction[] = [];
    const asking = setInterval(() => asked.push(discord.command('help', [], asker(asked.length))), 50);
    first.child.kill('SIGTERM');
    expect(await first.exit).toEqual([0, null]);
    await expect.poll(() => second.said.text, WITHIN).toContain('Connected to Discord');
    clearInterval(asking);
    // Not one was left without its answer while the shards changed hands, nor told to come again.
    for (const interaction of asked) expect(await answer(interaction)).toContain('/forecast');
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter(({ responses }) => responses !== 1)).toEqual([]);
    expect(discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);

    // A killed one is followed as soon as its lease is over.
    const third = await start({ ROLE: 'shard', SHARDS: '0/2' }, /held by another process/);
    second.child.kill('SIGKILL');
    await expect.poll(() => third.said.text, WITHIN).toContain('Connected to Discord');
  });

  it('say that processes run with different numbers of shards', { timeout: 300_000 }, async () => {
    await startShard('0-1/2');
    await startShard('0-3/4');
    await expect.poll(() => status(GUILDS[0]!), WITHIN).toContain('parts of the bot contradict each other');
    await expect.poll(() => status(GUILDS[0]!, OWNER), WITHIN).toContain('processes with 2 and 4 shards run at once');
  });

  it('say that the database is away, lose and double nothing, and go on by themselves', {
    timeout: 400_000,
  }, async () => {
    const proxy = await TcpProxy.start(url);
    settings['DATABASE_URL'] = proxy.url;
    await startShard('0-1/2');
    await startWorker();
    await expect.poll(() => status(GUILDS[0]!, OWNER), WITHIN).toContain('ingest-candles-1d');
    proxy.silence();
    proxy.silentFromNow = true;
    expect(await status(GUILDS[0]!)).toContain('Not well: the bot’s database cannot be used.');
    const [refused] = await Promise.all(GUILDS.map((_, i) => answer(discord.command('accuracy', [], asker(i)))));
    expect(refused).toContain('CC_DATABASE');
    expect(refused).toContain('the server does not answer');
    expect(await answer(discord.command('help', [], asker(9)))).toContain('/forecast');
    await subscribe('sub00001', GUILDS[0]!, Date.now());
    proxy.silentFromNow = false;
    await expect.poll(() => posts(GUILDS[0]!).length, WITHIN).toBe(1);
    await expect.poll(() => status(GUILDS[0]!, OWNER), WITHIN).toContain('ingest-candles-1d');
    expect(discord.gateway.connectedShards()).toEqual(['0/2', '1/2']);
    proxy.close();
  });
});
