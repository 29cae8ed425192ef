import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { REST } from 'discord.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChannelKnowledge } from '../../src/discord/channels.ts';
import { createClient } from '../../src/discord/connection.ts';
import { REFUSALS } from '../../src/discord/post-outcome.ts';
import { createPublisher, type Publisher } from '../../src/discord/publisher.ts';
import { BotRest } from '../../src/discord/requests.ts';
import type { Reply } from '../../src/render/reply.ts';
import { dailyPostReply } from '../../src/render/subscriptions/daily-post.ts';
import { believableReport } from '../render/forecast/believable-report.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID, CHANNEL_ID, GUILD_ID, USER_ID } from '../support/discord/payloads.ts';
import { ENGLISH } from '../support/english.ts';
import { worded } from '../support/reasons.ts';
import { LogRecorder, type TestClock, TOKEN, useLoopbackDiscord } from './bot.ts';
import { PIXEL_PNG } from './sample-commands.ts';

const POST = { method: 'POST', path: /^\/channels\/\d+\/messages$/ };
const NONCE = 'k7m2qx9a-dt5x3k2';

/** The pace is kept by the limit that is not here. */
const FAST = { rejectOnRateLimit: () => true, globalRequestsPerSecond: 10_000 };

let clock: TestClock;
let discord: LoopbackDiscord;
let port: Publisher;
let known: { -readonly [name in keyof ChannelKnowledge]: ChannelKnowledge[name] };
let log: LogRecorder;

useLoopbackDiscord((test) => {
  ({ clock, discord } = test);
  discord.channels.put(CHANNEL_ID);
  known = {
    selfId: APPLICATION_ID,
    missing: () => [],
    isAnnouncement: () => false,
    readsHistory: () => true,
    guildOf: () => GUILD_ID,
    systemChannel: () => null,
  };
  log = new LogRecorder();
  port = publisher();
});

function publisher(
  options: { timeout?: number; retries?: number } = {},
  maxInvalidRequests?: number,
  rest = new REST({ version: '10', api: discord.apiUrl, retries: 1, ...FAST, ...options }),
): Publisher {
  return createPublisher({
    rest: rest.setToken(TOKEN),
    knowledge: known,
    now: clock.now,
    logger: log,
    redact: (text) => text,
    ...(maxInvalidRequests === undefined ? {} : { maxInvalidRequests }),
  });
}

function daily(postId = NONCE): Reply {
  const coins = ['BTC', 'ETH'].map((symbol) => ({
    symbol,
    report: believableReport({ symbol, name: symbol }),
    problem: null,
    chartPng: new Uint8Array(PIXEL_PNG),
    lastCall: null,
  }));
  return dailyPostReply({ coins, horizon: '1d', timeZone: 'UTC', postId, head: null, missed: 1, test: false }, ENGLISH);
}
const signal = () => AbortSignal.timeout(5_000);
const send = async (channelId = CHANNEL_ID, nonce = NONCE) =>
  worded(await port.send(channelId, daily(nonce), nonce, signal()));
const requests = () => discord.rest.requests.map(({ method, path }) => `${method} ${path}`);

describe('a post', () => {
  it('arrives with its charts, pings nobody, and the same nonce again brings back the first', async () => {
    const first = await send();
    expect(first).toEqual({ kind: 'sent', messageId: expect.any(String) });
    expect(await send()).toEqual(first);
    const [post, ...more] = discord.channels.posts(CHANNEL_ID);
    expect(more).toEqual([]);
    expect(post?.nonce).toBe(NONCE);
    expect(post?.message.files.map(({ name, description }) => [name, description])).toEqual([
      ['btc.png', expect.stringContaining('Fan chart of BTC')],
      ['eth.png', expect.stringContaining('Fan chart of ETH')],
    ]);
    expect(post?.message.content).toContain('One post before this one was left out');
  });

  it('in an announcement channel is passed on to the followers, and where that fails it can be tried again', async () => {
    discord.channels.put(CHANNEL_ID, { announcement: true });
    known.isAnnouncement = () => true;
    expect(await send()).toEqual({ kind: 'sent', messageId: expect.any(String) });
    expect(discord.channels.posts(CHANNEL_ID)[0]?.crossposted).toBe(true);
    discord.fail({ method: 'POST', path: /crosspost$/, status: 429, times: 1, retryAfterSeconds: 3_000 });
    const second = await send(CHANNEL_ID, 'another-d1');
    expect(second).toMatchObject({ kind: 'sent', followersWait: true });
    const id = 'messageId' in second ? second.messageId : '';
    discord.fail({ method: 'POST', path: /crosspost$/, status: 403, code: 50013, times: 1 });
    port = publisher();
    expect(await port.crosspost(CHANNEL_ID, id, signal())).toMatchObject({ kind: 'forbidden' });
    expect(await port.crosspost(CHANNEL_ID, id, signal())).toMatchObject({ kind: 'sent' });
    // Passed on already.
    expect(await port.crosspost(CHANNEL_ID, id, signal())).toMatchObject({ kind: 'sent' });
    expect(await port.crosspost(CHANNEL_ID, '1', signal())).toMatchObject({ kind: 'gone' });
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(2);
  });

  it('in a channel that is not known yet is passed on where it has followers', async () => {
    known.isAnnouncement = () => null;
    expect(await send()).toEqual({ kind: 'sent', messageId: expect.any(String) });
    discord.channels.put(CHANNEL_ID, { announcement: true });
    expect(await send(CHANNEL_ID, 'another-d1')).toEqual({ kind: 'sent', messageId: expect.any(String) });
    expect(discord.channels.posts(CHANNEL_ID).map(({ crossposted }) => crossposted)).toEqual([false, true]);
  });
});

describe('what Discord may answer', () => {
  it.each([
    [10003, 404, { kind: 'gone', reason: 'the channel was deleted' }],
    [10004, 404, { kind: 'gone' }],
    [50008, 400, { kind: 'forbidden', reason: expect.stringContaining('takes no messages') }],
    [50024, 400, { kind: 'forbidden', reason: expect.stringContaining('takes no messages') }],
    [200000, 400, { kind: 'forbidden', reason: expect.stringContaining('AutoMod') }],
    [200001, 400, { kind: 'forbidden', reason: expect.stringContaining('AutoMod') }],
    [240000, 400, { kind: 'forbidden', reason: expect.stringContaining('harmful links') }],
    [40005, 413, { kind: 'invalid', reason: expect.stringContaining('too large') }],
    [0, 413, { kind: 'invalid', reason: expect.stringContaining('too large') }],
    [0, 404, { kind: 'busy', maybeSent: false }],
    [50001, 403, { kind: 'forbidden' }],
    [50013, 403, { kind: 'forbidden' }],
    [50083, 400, { kind: 'forbidden', reason: 'the thread is archived' }],
    [0, 403, { kind: 'forbidden' }],
    [50035, 400, { kind: 'invalid' }],
    [130000, 503, { kind: 'busy', maybeSent: true }],
    [0, 500, { kind: 'busy', maybeSent: true }],
    [0, 502, { kind: 'busy', maybeSent: true }],
    [0, 401, { kind: 'busy', maybeSent: false, retryAfterMs: 600_000 }],
    [20028, 429, { kind: 'busy', maybeSent: false }],
  ])('%i with %i is understood', async (code, status, outcome) => {
    discord.fail({ ...POST, status, code, times: 9, retryAfterSeconds: 7 });
    expect(await send()).toMatchObject(outcome);
    expect(discord.channels.posts(CHANNEL_ID)).toEqual([]);
  });

  it.each([404, 413])('%i from something in front of Discord does not end anything', async (status) => {
    discord.fail({ ...POST, status, html: true, times: 1 });
    expect((await send()).kind).not.toBe('gone');
    expect(await send()).toMatchObject({ kind: 'sent' });
  });

  it('a refusal of the address is no refusal of the channel, and nothing more is asked for a while', async () => {
    discord.fail({ ...POST, status: 403, html: true, times: 1 });
    expect(await send()).toMatchObject({ kind: 'busy', maybeSent: false, reason: expect.stringContaining('address') });
    expect(await send(CHANNEL_ID, 'second-d1')).toMatchObject({ kind: 'busy', retryAfterMs: 60_000 });
    expect(port.problem()).toContain('address');
    expect(requests()).toHaveLength(1);
    clock.nowMs += 60_000;
    discord.fail({ ...POST, status: 403, html: true, times: 1 });
    expect(await send()).toMatchObject({ kind: 'busy' });
    expect(await send()).toMatchObject({ kind: 'busy', retryAfterMs: 120_000 });
    clock.nowMs += 120_000;
    expect(await send()).toMatchObject({ kind: 'sent' });
    expect(port.problem()).toBeNull();
    expect(log.at('error')).toHaveLength(2);
  });

  it('every code with a meaning stands in the documentation', async () => {
    const page = await readFile('docs/subscriptions.md', 'utf8');
    expect([...REFUSALS.keys()].filter((code) => !page.includes(String(code)))).toEqual([]);
  });

  it('a 429 says how long to wait', async () => {
    discord.fail({ ...POST, status: 429, times: 1, retryAfterSeconds: 7 });
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: 'busy', maybeSent: false });
    // discord.js adds a little for the difference of clocks.
    expect('retryAfterMs' in outcome && outcome.retryAfterMs).toBeGreaterThanOrEqual(7_000);
  });

  it('a hiccup is got over at once, without a second message where the first was taken', async () => {
    discord.fail({ ...POST, status: 500, times: 1, but: 'effect' });
    expect(await send()).toMatchObject({ kind: 'sent' });
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(1);
  });

  it('nothing at all leaves open whether the message was taken, and looking finds it', async () => {
    port = publisher({ timeout: 50, retries: 0 });
    discord.channels.nonceKeptMs = 0;
    discord.fail({ ...POST, status: 500, times: 1, but: 'effect-then-hang' });
    expect(await send()).toMatchObject({ kind: 'busy', maybeSent: true });
    const found = await port.find(CHANNEL_ID, NONCE, clock.nowMs, signal());
    expect(found).toEqual({ kind: 'found', messageId: discord.channels.posts(CHANNEL_ID)[0]?.message.id });
    discord.fail({ ...POST, status: 500, times: 1, but: 'hang' });
    expect(await send(CHANNEL_ID, 'second-d1')).toMatchObject({ kind: 'busy', maybeSent: true });
    expect(await port.find(CHANNEL_ID, 'second-d1', clock.nowMs, signal())).toEqual({ kind: 'absent' });
  });

  it('is not asked for when the signal has ended', async () => {
    const stopped = AbortSignal.abort();
    expect(await port.send(CHANNEL_ID, daily(), NONCE, stopped)).toMatchObject({ kind: 'busy', maybeSent: false });
    expect(requests()).toEqual([]);
  });
});

describe('what was refused', () => {
  it('is not asked again for ten minutes', async () => {
    discord.channels.put(CHANNEL_ID, { refuses: 50013 });
    expect(await send()).toMatchObject({ kind: 'forbidden' });
    discord.channels.put(CHANNEL_ID, {});
    expect(await send()).toMatchObject({ kind: 'forbidden' });
    expect(requests()).toHaveLength(1);
    clock.nowMs += 10 * 60_000;
    expect(await send()).toMatchObject({ kind: 'sent' });
  });

  it('is asked again as soon as the server has changed something, or where somebody wants to know', async () => {
    discord.channels.put(CHANNEL_ID, { refuses: 50013 });
    await send();
    discord.channels.put(CHANNEL_ID, {});
    port.forgetRefusals('1100000000000000099');
    expect(await send()).toMatchObject({ kind: 'forbidden' });
    port.forgetRefusals(GUILD_ID);
    expect(await send()).toMatchObject({ kind: 'sent' });

    discord.channels.put(CHANNEL_ID, { refuses: 50001 });
    await send(CHANNEL_ID, 'second-d1');
    discord.channels.put(CHANNEL_ID, {});
    known.missing = () => ['Attach Files'];
    const asked = await port.send(CHANNEL_ID, daily('third-t1'), 'third-t1', signal(), { ask: true });
    expect(asked).toMatchObject({ kind: 'sent' });
  });

  it('in too great a number stops everything until ten minutes have passed', async () => {
    port = publisher({}, 3);
    for (let i = 0; i < 5; i++) {
      const id = `120000000000000000${i}`;
      discord.channels.put(id, { refuses: 50013 });
      expect(await send(id)).toMatchObject({ kind: i < 3 ? 'forbidden' : 'busy' });
    }
    const waiting = await send();
    expect(waiting).toMatchObject({ kind: 'busy', maybeSent: false });
    clock.nowMs += ('retryAfterMs' in waiting && waiting.retryAfterMs) || 0;
    expect(await send()).toMatchObject({ kind: 'sent' });
    expect(requests()).toHaveLength(4);
  });

  it('is not asked at all where a permission is known to be missing', async () => {
    known.missing = () => ['Attach Files'];
    expect(await send()).toEqual({ kind: 'forbidden', reason: 'I lack Attach Files' });
    expect(requests()).toEqual([]);
  });
});

describe('looking for a post', () => {
  it('goes through a busy channel, and takes nobody else’s message for it', async () => {
    for (let i = 0; i < 130; i++) await send(CHANNEL_ID, `other${i}-d1`);
    await send();
    const sinceMs = clock.nowMs - 10_000;
    const found = await port.find(CHANNEL_ID, NONCE, sinceMs, signal());
    expect(found).toMatchObject({ kind: 'found' });
    known.selfId = '1';
    expect(await port.find(CHANNEL_ID, NONCE, sinceMs, signal())).toEqual({ kind: 'absent' });
  });

  it('finds it among the newest messages, however wrong the time is from which it is looked for', async () => {
    await send();
    const found = await port.find(CHANNEL_ID, NONCE, clock.nowMs + 30 * 86_400_000, signal());
    expect(found).toMatchObject({ kind: 'found' });
  });

  it('knows nothing where it may not read', async () => {
    known.readsHistory = () => false;
    expect(await port.find(CHANNEL_ID, NONCE, clock.nowMs, signal())).toEqual({ kind: 'unknown' });
    known.readsHistory = () => null;
    discord.channels.put(CHANNEL_ID, { historyHidden: true });
    expect(await port.find(CHANNEL_ID, NONCE, clock.nowMs, signal())).toEqual({ kind: 'unknown' });
    expect(log.at('warn')).toEqual([]);
    discord.channels.put(CHANNEL_ID, { refuses: 50001 });
    expect(await port.find(CHANNEL_ID, NONCE, clock.nowMs, signal())).toEqual({ kind: 'unknown' });
    expect(log.at('warn')).toEqual(['it could not be seen whether a post is there']);
    expect(await port.find('1200000000000000009', NONCE, clock.nowMs, signal())).toMatchObject({ kind: 'gone' });
  });
});

describe('a word to the subscriber', () => {
  const notice: Reply = { content: 'It failed.', embeds: [], files: [], components: [] };
  const notify = async () =>
    worded(await port.notify({ userId: USER_ID, guildId: GUILD_ID }, notice, 'a-n1', signal()));

  it('goes to their direct messages', async () => {
    expect(await notify()).toMatchObject({ kind: 'sent' });
    expect(discord.channels.directPosts(USER_ID)).toHaveLength(1);
  });

  it('goes to the server’s system channel where those are closed', async () => {
    discord.channels.closeDms(USER_ID);
    expect(await notify()).toMatchObject({ kind: 'forbidden', reason: 'direct messages are switched off' });
    clock.nowMs += 11 * 60_000;
    known.systemChannel = () => CHANNEL_ID;
    expect(await notify()).toMatchObject({ kind: 'sent' });
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(1);
  });
});

describe('a clock that is set back by a month', () => {
  const MONTH_MS = 30 * 24 * 60 * 60_000;

  /** Sends through the bot's own REST client; discord.js reads the clock of the machine, which goes with that of the test. */
  function withClock(limits: {
    readonly globalRequestsPerSecond?: number;
    readonly whenLimited?: () => void;
    readonly ofClient?: boolean;
  }): void {
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => clock.nowMs);
    onTestFinished(() => wall.mockRestore());
    const { whenLimited, globalRequestsPerSecond = 50 } = limits;
    const rejectOnRateLimit = () => {
      whenLimited?.();
      return true;
    };
    const options = { version: '10', api: discord.apiUrl, rejectOnRateLimit, globalRequestsPerSecond };
    port = publisher({}, undefined, limits.ofClient ? clientRest(options) : new BotRest(options, clock.now));
  }
  /** The REST client of a gateway client, which answers interactions. */
  function clientRest(options: Parameters<typeof createClient>[0]): REST {
    const client = createClient(options, clock.now);
    onTestFinished(() => client.destroy());
    return client.rest;
  }
  const SENT = { kind: 'sent' };
  const BUSY = { kind: 'busy', reason: 'Discord asks me to slow down' };
  const sendNext = (n: number) => send(CHANNEL_ID, `n${n}-d1`);

  it.each([
    ['the publisher', false],
    ['the gateway client', true],
  ])(
    'leaves no limit of a channel behind that would last for the month, in the requests of %s',
    async (_of, ofClient) => {
      withClock({ ofClient });
      discord.rest.bucket = { remaining: 0, resetAfterSeconds: 5 };
      clock.nowMs += MONTH_MS;
      // The first answer names the bucket, the second one its limit.
      for (const [n, outcome] of [SENT, SENT, BUSY].entries()) expect(await sendNext(n)).toMatchObject(outcome);
      clock.nowMs -= MONTH_MS;
      expect(await sendNext(3)).toMatchObject(SENT);
    },
  );

  it('leaves no limit of all requests in a second behind', async () => {
    withClock({ globalRequestsPerSecond: 2 });
    clock.nowMs += MONTH_MS;
    expect(await sendNext(0)).toMatchObject(SENT);
    clock.nowMs -= MONTH_MS;
    for (let n = 1; n < 6; n++) {
      expect(await sendNext(n)).toMatchObject(SENT);
      clock.nowMs += 2_000;
    }
  });

  it('does not hold up what waited for its turn at that moment', async () => {
    withClock({
      whenLimited: () => {
        clock.nowMs -= MONTH_MS;
      },
    });
    discord.rest.bucket = { remaining: 0, resetAfterSeconds: 5 };
    for (let n = 0; n < 3; n++) expect(await sendNext(n)).toMatchObject(SENT);
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(3);
  });
});

describe('a signal that outlives its requests', () => {
  const bot = () => publisher({}, undefined, new BotRest({ version: '10', api: discord.apiUrl, ...FAST }, clock.now));

  it('has no listener left when they are over', async () => {
    port = bot();
    const { signal: longLived } = new AbortController();
    for (let n = 0; n < 12; n++) {
      expect(await port.send(CHANNEL_ID, daily(), `n${n}-d1`, longLived)).toMatchObject({ kind: 'sent' });
    }
    discord.fail({ ...POST, status: 502, times: 4 });
    expect(await port.send(CHANNEL_ID, daily(), 'last-d1', longLived)).not.toMatchObject({ kind: 'sent' });
    expect(getEventListeners(longLived, 'abort')).toEqual([]);
  });

  it('still ends the request that is under way', async () => {
    port = bot();
    discord.fail({ ...POST, status: 200, but: 'hang', times: 1 });
    const stop = new AbortController();
    discord.rest.before = () => stop.abort();
    const sending = port.send(CHANNEL_ID, daily(), NONCE, stop.signal);
    expect(await sending).toMatchObject({ kind: 'busy', maybeSent: true });
  });
});

describe('whether the bot is in a server', () => {
  it('is what Discord says now, and not known where it does not say', async () => {
    expect(await port.isMember(GUILD_ID)).toBe(true);
    expect(await port.isMember(String(BigInt(GUILD_ID) - 1n))).toBe(false);
    discord.rest.guilds.clear();
    expect(await port.isMember(GUILD_ID)).toBe(false);
    discord.fail({ method: 'GET', path: /guilds/, status: 403, times: 1 });
    expect(await port.isMember(GUILD_ID)).toBeNull();
    expect(await port.isMember('console')).toBeNull();
  });

  it('is not what a person is written to about whose id was deleted: their server is', async () => {
    known.systemChannel = () => CHANNEL_ID;
    const outcome = await port.notify({ userId: '', guildId: GUILD_ID }, daily(), NONCE, signal());
    expect(outcome).toMatchObject({ kind: 'sent' });
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(1);
  });
});
