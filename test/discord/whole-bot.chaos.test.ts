import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'libsql';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastFinalOpenMs } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import {
  type BuiltBot,
  builtSettings,
  csvMarket,
  hasFaketime,
  movableClock,
  startBuiltBot,
} from '../support/built-bot.ts';
import type { LoopbackInteraction } from '../support/discord/interaction.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID, guildPayload, text } from '../support/discord/payloads.ts';
import { liveMarket } from '../support/live-market.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { makeSmallDisk } from '../support/small-disk.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TOKEN } from './bot.ts';

/** Minutes of the built bot, which CI takes in a step of its own (`CHAOS`). */
const isSlowLeftOut = process.env['CHAOS'] === undefined;
const MANAGER = { permissions: 1n << 5n };
const WITHIN = { timeout: 150_000, interval: 250 };

let folder: string;
let discord: LoopbackDiscord;
/** How far Discord's clock has gone on beyond the true one. */
let discordAheadMs: number;
let settings: Record<string, string>;
let storage: Storage;
let bots: BuiltBot[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-whole-'));
  discordAheadMs = 0;
  discord = await LoopbackDiscord.start({ token: TOKEN, now: () => Date.now() + discordAheadMs });
  discord.channels.put(CHANNEL_ID);
  settings = builtSettings(folder, discord.apiUrl);
  storage = await openStorage(settings['DATABASE_URL']!, { now: Date.now });
  bots = [];
});
afterEach(async () => {
  for (const { child } of bots) child.kill('SIGKILL');
  await storage.close();
  await discord.close();
  await rm(folder, { recursive: true, force: true });
  expect(discord.rest.violations).toEqual([]);
});

/** Starts the built bot and waits until it is connected. */
async function start(more: Readonly<Record<string, string>> = {}): Promise<BuiltBot> {
  const bot = startBuiltBot(folder, { ...settings, ...more });
  bots.push(bot);
  await Promise.race([
    discord.gateway.identified.next(),
    bot.exit.then(() => Promise.reject(new Error(`the bot has ended: ${bot.said.text}`))),
  ]);
  return bot;
}

/** A subscription of a channel whose post is due at this minute of a clock. */
async function subscribe(channelId: string, nowMs: number): Promise<void> {
  const dueMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const localTime = new Date(dueMs).toISOString().slice(11, 16);
  const one = sampleSubscription({ channelId, symbols: ['BTC'], localTime, nextDueMs: dueMs });
  await storage.subscriptions.insert(one, 5);
}

/** Everything a reply says. */
async function answer(interaction: LoopbackInteraction): Promise<string> {
  const { content, embeds } = await interaction.answered.next();
  return JSON.stringify([content, embeds]);
}

describe.skipIf(isSlowLeftOut || !hasFaketime)('the built bot whose clock is wrong', () => {
  it.each([
    ['stays two minutes ahead', '+8m'],
    ['was set right meanwhile', '+6m'],
  ])(
    'posts once when it is killed between sending and recording, and its clock %s',
    { timeout: 360_000 },
    async (_, later) => {
      const channelId = '1200000000000000001';
      discord.channels.put(channelId);
      const clock = movableClock(folder);
      const market = csvMarket();
      await subscribe(channelId, Date.now() + 2 * MINUTE_MS);
      const path = new RegExp(`^/channels/${channelId}/messages$`);
      discord.fail({ method: 'POST', path, status: 500, times: 1, but: 'effect-then-hang' });
      await clock.set('+2m');
      const first = await start({ ...clock.settings, ...market });
      await expect.poll(() => discord.channels.posts(channelId).length, WITHIN).toBe(1);
      first.child.kill('SIGKILL');
      await first.exit;

      discordAheadMs = 6 * MINUTE_MS;
      await clock.set(later);
      await start({ ...clock.settings, ...market });
      const state = async () => (await storage.posts.recent('sub00001', 5)).map((post) => post.state).join();
      await expect.poll(state, WITHIN).toBe('sent');
      expect(discord.channels.posts(channelId)).toHaveLength(1);
    },
  );

  it('records nothing and takes no open candle for closed, and goes on when it is set right', {
    timeout: 360_000,
  }, async () => {
    const clock = movableClock(folder);
    const aheadMs = HOUR_MS - (Date.now() % HOUR_MS) + 3 * MINUTE_MS;
    await clock.set(`+${Math.round(aheadMs / 1_000)}`);
    await start({ ...clock.settings, ...(await liveMarket()) });
    const forecast = () => answer(discord.command('forecast', [text('symbol', 'BTC'), text('horizon', '4h')]));
    expect(await forecast()).toContain('BTC');
    expect(await answer(discord.command('status'))).toMatch(/clock is wrong \([^"]* ahead\), so nothing is recorded/);
    const newest = (await storage.candles.span('BTC', '1h'))!.toMs;
    expect(newest).toBeLessThanOrEqual(lastFinalOpenMs(Date.now(), '1h'));
    expect(await storage.ledger.head()).toBeNull();

    await clock.set('+0');
    await expect
      .poll(
        async () => {
          await forecast();
          return storage.ledger.head();
        },
        { ...WITHIN, interval: 3_000 },
      )
      .not.toBeNull();
    expect(await answer(discord.command('status'))).not.toContain('clock is wrong');
  });

  it('goes on after a year back and a year forward', { timeout: 600_000 }, async () => {
    const clock = movableClock(folder);
    const yearMs = 365 * DAY_MS;
    await subscribe(CHANNEL_ID, Date.now() + 12 * HOUR_MS);
    await clock.set('+0');
    const bot = await start(clock.settings);
    const nextDue = async () => (await storage.subscriptions.byId('sub00001'))!.nextDueMs;
    const published = async (byMs: number) =>
      (await storage.jobRuns.lastRuns(byMs)).find(({ job }) => job === 'publish')?.startedMs ?? 0;
    await answer(discord.command('status'));
    await clock.set('-365d');
    await expect.poll(nextDue, WITHIN).toBeLessThanOrEqual(Date.now() - yearMs + DAY_MS);
    await expect.poll(() => published(Date.now() - yearMs), WITHIN).toBeGreaterThan(0);
    await clock.set('+0');
    const rightMs = Date.now();
    await expect.poll(() => published(Date.now()), WITHIN).toBeGreaterThan(rightMs);
    await expect.poll(nextDue, WITHIN).toBeGreaterThan(rightMs);
    expect(await nextDue()).toBeLessThanOrEqual(Date.now() + DAY_MS);
    // The one of twelve hours ago is too late, and those of the year are not made up for.
    expect(discord.channels.posts(CHANNEL_ID)).toEqual([]);
    expect(bot.child.exitCode).toBeNull();
  });

  it('posts once after it was suspended for 30 days in which a post was due each day', {
    timeout: 360_000,
  }, async () => {
    const clock = movableClock(folder);
    await subscribe(CHANNEL_ID, Date.now() + DAY_MS);
    await clock.set('+0');
    const bot = await start({ ...clock.settings, ...csvMarket() });
    await answer(discord.command('status'));
    bot.child.kill('SIGSTOP');
    await clock.set('+30d');
    discordAheadMs = 30 * DAY_MS;
    bot.child.kill('SIGCONT');
    const posts = () => storage.posts.recent('sub00001', 50);
    await expect.poll(async () => (await posts()).map(({ state }) => state).join(), WITHIN).toBe('sent');
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(1);
    // What was missed is said once, in the post that comes.
    expect(JSON.stringify(discord.channels.posts(CHANNEL_ID)[0]!.message)).toContain('posts before this one were');
  });
});

const disk = isSlowLeftOut || !hasFaketime ? null : makeSmallDisk(16);
afterAll(() => disk?.remove());

describe.skipIf(!disk)('the built bot whose disk is full', () => {
  it('says so, and posts what was due meanwhile once there is room, without a restart', {
    timeout: 360_000,
  }, async () => {
    settings = { ...settings, DATABASE_URL: `sqlite:${join(disk!.folder, 'one.db')}` };
    await storage.close();
    storage = await openStorage(settings['DATABASE_URL']!, { now: Date.now });
    await subscribe(CHANNEL_ID, Date.now() + 3 * MINUTE_MS);
    const clock = movableClock(folder);
    await clock.set('+0');
    const bot = await start({ ...clock.settings, ...csvMarket() });
    const status = () => answer(discord.command('status', [], { userId: `1100000000000000${asked++}` }));
    let asked = 1_000;
    expect(await status()).not.toContain('database cannot be used');
    disk!.fill();
    await clock.set('+3m');
    discordAheadMs = 3 * MINUTE_MS;
    await expect.poll(status, { ...WITHIN, interval: 2_000 }).toContain('database cannot be used');
    await expect.poll(() => bot.said.text, WITHIN).toContain('the disk is full');
    expect(discord.channels.posts(CHANNEL_ID)).toEqual([]);
    disk!.free();
    await expect.poll(() => discord.channels.posts(CHANNEL_ID).length, WITHIN).toBe(1);
    const states = async () => (await storage.posts.recent('sub00001', 5)).map(({ state }) => state);
    await expect.poll(states, WITHIN).toEqual(['sent']);
    expect(bot.child.exitCode).toBeNull();
  });
});

describe('the built bot on Discord', () => {
  it('asks Discord at a press of Test, after it was removed and invited again', { timeout: 120_000 }, async () => {
    await subscribe(CHANNEL_ID, Date.now() + 12 * HOUR_MS);
    await start(csvMarket());
    const option = { name: 'test', type: 1, options: [text('id', 'sub00001')] };
    const test = () => answer(discord.command('subscriptions', [option], MANAGER));
    discord.gateway.dispatch('GUILD_DELETE', { id: GUILD_ID });
    discord.channels.put(CHANNEL_ID, { refuses: 50001 });
    expect(await test()).toContain('Could not post');
    discord.channels.put(CHANNEL_ID);
    expect(await test()).toContain('Posted to');
    discord.gateway.dispatch('GUILD_CREATE', guildPayload());
    expect(await test()).toContain('Posted to');
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(2);
  });

  it('ends with a remedy when Discord ends the connection for good (4004)', { timeout: 120_000 }, async () => {
    const bot = await start(csvMarket());
    discord.gateway.disconnect(4004);
    expect(await bot.exit).toEqual([1, null]);
    expect(bot.said.text).toContain('CC_DISCORD_TOKEN');
    expect(bot.said.text).not.toContain(TOKEN);
  });

  it.skipIf(isSlowLeftOut)(
    'acknowledges everything in time while another program holds the database for 12 s',
    {
      timeout: 180_000,
    },
    async () => {
      await start(await liveMarket());
      await answer(discord.command('status'));
      const other = new Sqlite(join(folder, 'one.db'), { timeout: 10_000 });
      other.exec('begin immediate');
      const asked = [];
      // Discord takes an acknowledgement for three seconds.
      for (let i = 0; i < 24; i++) {
        asked.push(
          discord.command('forecast', [text('symbol', 'BTC'), text('horizon', i % 2 ? '1d' : '4h')], {
            userId: `11000000000000001${i + 10}`,
          }),
          discord.command('status', [], { userId: `11000000000000002${i + 10}` }),
          discord.command('subscriptions', [{ name: 'list', type: 1, options: [] }], MANAGER),
        );
        await wait(500);
      }
      other.exec('rollback');
      other.close();
      const acknowledged = asked.map((one) =>
        Promise.race([one.acknowledged.next().then(() => 'in time'), wait(10_000, 'late', { ref: false })]),
      );
      expect(new Set(await Promise.all(acknowledged))).toEqual(new Set(['in time']));
      expect(await answer(asked[0]!)).toContain('BTC');
    },
  );
});

describeInPostgres('the built bot on PostgreSQL', (server) => {
  it.skipIf(isSlowLeftOut)(
    'ends when it is told to, although every connection is silent',
    { timeout: 120_000 },
    async () => {
      const proxy = await TcpProxy.start(await server().createDatabase());
      const bot = await start({ ...(await liveMarket()), DATABASE_URL: proxy.url });
      await answer(discord.command('status'));
      proxy.silence();
      proxy.silentFromNow = true;
      discord.command('forecast', [text('symbol', 'BTC')]);
      discord.command('status');
      await wait(1_000);
      bot.child.kill('SIGTERM');
      expect(await Promise.race([bot.exit, wait(10_000, 'it goes on', { ref: false })])).toEqual([0, null]);
      proxy.close();
    },
  );
});
