import { REST } from 'discord.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alertMessage } from '../../src/commands/alerts/alert-message.ts';
import { KNOWN_ASSETS } from '../../src/core/asset.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { LivePrice } from '../../src/core/market.ts';
import type { AlertRule } from '../../src/core/personal-alert.ts';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createPublisher } from '../../src/discord/publisher.ts';
import type { Reply } from '../../src/render/reply.ts';
import { createPersonalAlertService, type PersonalAlertService } from '../../src/services/alerts/personal-alerts.ts';
import { createPublishingService, type PublishingService } from '../../src/services/subscriptions/publishing.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { believableReport } from '../render/forecast/believable-report.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID, CHANNEL_ID, GUILD_ID, USER_ID } from '../support/discord/payloads.ts';
import { turnAlone } from '../support/publishing-turn.ts';
import { type TestClock, TOKEN, useLoopbackDiscord } from './bot.ts';

const { signal } = new AbortController();
const MESSAGE = { method: 'POST', path: /^\/channels\/\d+\/messages$/ };
const asset = KNOWN_ASSETS.find(({ symbol }) => symbol === 'BTC')!;

let clock: TestClock;
let discord: LoopbackDiscord;
let storage: Storage;
let price: number;
let doubted: LivePrice['doubted'];
let readsHistory: boolean;

/** A bot's process: what checks alerts, and what publishes. */
interface Process {
  readonly alerts: PersonalAlertService;
  readonly publishing: PublishingService;
}
let bot: Process;

function botProcess(owner: string): Process {
  const { now } = clock;
  const rest = new REST({ version: '10', api: discord.apiUrl, retries: 0, globalRequestsPerSecond: 10_000 });
  return {
    alerts: createPersonalAlertService({
      alerts: storage.personalAlerts,
      assets: { resolve: () => asset },
      prices: {
        lastTrade: async (symbol) => ({
          ...{ symbol, price, atMs: now(), fetchedAtMs: now(), source: 'binance', kind: 'trade' as const, doubted },
          failures: [],
        }),
      },
      forecast: async (symbol, horizon) => believableReport({ symbol, horizon, price, originMs: now() }),
      record: async () => null,
      random: seededRandom(owner.length),
      now,
      logger: silentLogger,
    }),
    publishing: createPublishingService<Reply>({
      subscriptions: storage.subscriptions,
      posts: storage.posts,
      turn: turnAlone(storage.leases, now, owner),
      port: createPublisher({
        rest: rest.setToken(TOKEN),
        knowledge: {
          selfId: APPLICATION_ID,
          missing: () => [],
          isAnnouncement: () => false,
          readsHistory: () => readsHistory,
          guildOf: () => GUILD_ID,
          systemChannel: () => null,
        },
        now,
        logger: silentLogger,
        redact: (text) => text,
      }),
      makeMessage: () => Promise.reject(new Error('nothing is subscribed to')),
      personal: { alerts: storage.personalAlerts, makeMessage: alertMessage },
      owner,
      now,
      logger: silentLogger,
    }),
  };
}

useLoopbackDiscord(async (test) => {
  ({ clock, discord } = test);
  [price, doubted, readsHistory] = [100, null, true];
  discord.channels.put(CHANNEL_ID);
  storage = await openStorage('sqlite::memory:', { now: clock.now });
  bot = botProcess('one');
});
afterEach(() => storage.close());

const set = (changes: object = {}, rule: AlertRule = { kind: 'price', side: 'above', level: 105 }) =>
  bot.alerts.add({
    ...{ userId: USER_ID, guildId: GUILD_ID, madeChannelId: CHANNEL_ID, channelId: null, symbol: 'BTC', rule },
    ...{ days: 30, locale: 'en-GB', ...changes },
  });

/** A minute goes by, in which the jobs of a process run once. */
async function minute(at = price, of = bot): Promise<void> {
  clock.nowMs += MINUTE_MS;
  price = at;
  await of.alerts.check(signal);
  await of.publishing.publishDue(signal);
}

/** What arrived in private and in the channel, in words. */
function arrived() {
  const words = (posts: ReturnType<LoopbackDiscord['channels']['posts']>) =>
    posts.map(({ message }) => JSON.stringify(message.embeds));
  return {
    privately: words(discord.channels.directPosts(USER_ID)),
    channel: words(discord.channels.posts(CHANNEL_ID)),
  };
}
const state = async (id: string) => storage.personalAlerts.byId(id);

describe('an alert that comes true', () => {
  it('is delivered once by direct message, with the price and the level, and never again', async () => {
    const { id } = await set();
    await minute(104.9);
    expect(arrived()).toEqual({ privately: [], channel: [] });
    await minute(106);
    for (const next of [104, 107, 90, 120]) await minute(next);
    const { privately, channel } = arrived();
    expect(privately).toEqual([expect.stringMatching(/BTC.*\$106.*\$105/)]);
    expect(channel).toEqual([]);
    expect(await state(id)).toMatchObject({ state: 'fired', undelivered: false });
  });

  it('goes to its channel, in the language of whoever set it, and pings nobody', async () => {
    await set({ channelId: CHANNEL_ID, locale: 'de' });
    for (const next of [106, 104, 106]) await minute(next);
    expect(arrived()).toEqual({ privately: [], channel: [expect.stringMatching(/106.*105.*erreicht/)] });
  });

  it('is told where it was set that it could not be delivered, without saying what it was about', async () => {
    discord.channels.closeDms(USER_ID);
    const { id } = await set();
    await minute(106);
    await minute(106);
    const { channel } = arrived();
    expect(channel).toEqual([expect.stringContaining(`<@${USER_ID}>`)]);
    expect(channel[0]).not.toMatch(/BTC|105|106/);
    expect(await state(id)).toMatchObject({ state: 'fired', undelivered: true });
    expect(arrived().privately).toEqual([]);
  });

  it('that its channel refuses is listed as not delivered', async () => {
    discord.channels.put(CHANNEL_ID, { refuses: 50013 });
    const { id } = await set({ channelId: CHANNEL_ID });
    await minute(106);
    await minute(106);
    expect(await state(id)).toMatchObject({ state: 'fired', undelivered: true });
    expect(arrived()).toEqual({ privately: [], channel: [] });
  });

  it('while the price is not confirmed waits, and is told once it is', async () => {
    await set();
    doubted = { symbol: 'BTC' } as NonNullable<LivePrice['doubted']>;
    await minute(500);
    await minute(500);
    expect(arrived().privately).toEqual([]);
    doubted = null;
    await minute(106);
    expect(arrived().privately).toHaveLength(1);
  });

  it('already when it is set has to go back first by more than a twitch', async () => {
    await set({}, { kind: 'price', side: 'above', level: 99.9 });
    for (const next of [100, 99.8, 100]) await minute(next);
    expect(arrived().privately).toEqual([]);
    await minute(99.6);
    await minute(100);
    expect(arrived().privately).toHaveLength(1);
  });

  it('after its time is over is told to nobody', async () => {
    const { id } = await set({ days: 1 });
    clock.nowMs += DAY_MS;
    await minute(106);
    expect(arrived()).toEqual({ privately: [], channel: [] });
    expect(await state(id)).toMatchObject({ state: 'expired' });
  });

  it('is delivered once by two processes that see it in the same minute', async () => {
    const other = botProcess('another');
    for (let i = 0; i < 10; i++) await set({}, { kind: 'price', side: 'above', level: 105 + i / 10 });
    clock.nowMs += MINUTE_MS;
    price = 110;
    await Promise.all([bot, other].map(({ alerts }) => alerts.check(signal)));
    for (let i = 0; i < 3; i++) await Promise.all([minute(110), minute(110, other)]);
    expect(arrived().privately).toHaveLength(10);
    expect(new Set(arrived().privately).size).toBe(10);
  });
});

describe('a direct message that may have arrived', () => {
  it.each([
    ['while Discord knows its nonce', 3 * MINUTE_MS],
    ['when Discord has forgotten its nonce', 0],
  ])('is looked for before it is sent again, %s', async (_name, nonceKeptMs) => {
    discord.channels.nonceKeptMs = nonceKeptMs;
    const { id } = await set();
    discord.fail({ ...MESSAGE, status: 500, times: 1, but: 'effect' });
    await minute(106);
    for (let i = 0; i < 4; i++) await minute(106);
    expect(arrived().privately).toHaveLength(1);
    expect(await storage.posts.recent(id, 5)).toMatchObject([{ state: 'sent' }]);
    expect(await state(id)).toMatchObject({ undelivered: false });
  });

  it('and did not is sent again', async () => {
    await set();
    discord.fail({ ...MESSAGE, status: 500, times: 1 });
    await minute(106);
    expect(arrived().privately).toEqual([]);
    for (let i = 0; i < 4; i++) await minute(106);
    expect(arrived().privately).toHaveLength(1);
  });
});

describe('an alert of which a crash leaves open whether it was sent', () => {
  const MADE_IN = '1400000000000000001';

  /** The alert is sent to a channel that cannot be read, without an answer, and Discord forgets its nonce. */
  async function lose(channelId: string | null, locale = 'en-GB'): Promise<string> {
    discord.channels.put(MADE_IN);
    readsHistory = false;
    const { id } = await set({ channelId, madeChannelId: MADE_IN, locale });
    discord.fail({ ...MESSAGE, status: 500, times: 1, but: 'effect' });
    await minute(106);
    clock.nowMs += 3 * MINUTE_MS;
    return id;
  }
  const told = () => discord.channels.posts(MADE_IN).map(({ message }) => JSON.stringify(message.embeds));

  it('is not sent again, and where it was set this is told once, without saying what it was about', async () => {
    const id = await lose(CHANNEL_ID);
    for (let i = 0; i < 4; i++) await minute(106);
    expect(arrived().channel).toHaveLength(1);
    expect(told()).toEqual([expect.stringMatching(/may not have arrived.*cannot see whether it arrived/)]);
    expect(told()[0]).not.toMatch(/BTC|105|106/);
    expect(await state(id)).toMatchObject({ state: 'fired', undelivered: true });
  });

  it('is told of once when the process ends before it has noted that', async () => {
    const id = await lose(CHANNEL_ID);
    const failing = vi.spyOn(storage.personalAlerts, 'noteUndelivered').mockRejectedValueOnce(new Error('killed'));
    await expect(minute(106)).rejects.toThrow('killed');
    for (let i = 0; i < 4; i++) await minute(106);
    expect(failing).toHaveBeenCalledTimes(2);
    expect(told()).toHaveLength(1);
    expect(await state(id)).toMatchObject({ undelivered: true });
  });

  it.each([
    ['de', /vielleicht nicht an/],
    ['es-ES', /no haya llegado/],
    ['fr', /peut-être pas/],
    ['pt-BR', /talvez não/],
  ])('is told in the language of whoever set it: %s', async (locale, words) => {
    await lose(CHANNEL_ID, locale);
    for (let i = 0; i < 2; i++) await minute(106);
    expect(told()).toEqual([expect.stringMatching(words)]);
  });
});

describe('the message of an alert', () => {
  it('that would come too late is left out, which the list says', async () => {
    const { id } = await set();
    await bot.alerts.check(signal);
    price = 106;
    clock.nowMs += MINUTE_MS;
    await bot.alerts.check(signal);
    clock.nowMs += 7 * HOUR_MS;
    await minute(106);
    expect(arrived()).toEqual({ privately: [], channel: [] });
    expect(await state(id)).toMatchObject({ state: 'fired', undelivered: true });
  });

  it('that this version cannot read keeps nothing back that waits behind it', async () => {
    const odd = await set();
    const payload = JSON.stringify({ of: 'another version' });
    const { id: subscriptionId } = odd;
    const dueMs = clock.nowMs;
    await storage.posts.queue([
      { id: `${subscriptionId}-x`, subscriptionId, kind: 'personal', channelId: '', dueMs, payload, missed: 0 },
    ]);
    await minute(106);
    expect(arrived().privately).toHaveLength(1);
    expect((await storage.posts.recent(subscriptionId, 5)).map((post) => post.state).sort()).toEqual([
      'sent',
      'skipped',
    ]);
  });

  it('is not sent for an alert that was removed meanwhile', async () => {
    const { id } = await set();
    price = 106;
    await bot.alerts.check(signal);
    await bot.alerts.remove(id, { userId: USER_ID, guildId: null });
    await minute(106);
    expect(arrived()).toEqual({ privately: [], channel: [] });
  });
});
