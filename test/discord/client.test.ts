import { GatewayIntentBits } from 'discord.js';
import Keyv from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import { CandlecastError, errorLine } from '../../src/core/errors.ts';
import { startDiscord } from '../../src/discord/client.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID, CHANNEL_ID, GUILD_ID, text } from '../support/discord/payloads.ts';
import {
  type BotSetup,
  botOptions,
  type DiscordTest,
  type TestBot,
  type TestClock,
  TOKEN,
  textReply,
  useLoopbackDiscord,
} from './bot.ts';
import { chartCommand, commandThat, heldCommand } from './sample-commands.ts';

const ping = commandThat('ping', async () => textReply('pong'));

let clock: TestClock;
let discord: LoopbackDiscord;
let start: DiscordTest['start'];

/** Starts a bot that cannot come up and returns the error, the log and the manual sleep with it. */
function startFailing(setup: BotSetup, on: Pick<LoopbackDiscord, 'apiUrl'> = discord) {
  const { parts, ...options } = botOptions(on, clock, setup);
  const error = startDiscord(options).then(
    () => Promise.reject(new Error('the bot came up')),
    (failure: unknown) => {
      if (failure instanceof CandlecastError) return failure;
      throw failure;
    },
  );
  return { error, ...parts };
}

useLoopbackDiscord((test) => {
  ({ clock, discord, start } = test);
});

describe('connecting', () => {
  it('asks for the Guilds intent alone and reports its application', async () => {
    const bot = await start({ applicationId: APPLICATION_ID });
    expect((await discord.gateway.identified.next()).intents).toBe(GatewayIntentBits.Guilds);
    expect(bot.surface.applicationId).toBe(APPLICATION_ID);
    expect(bot.log.at('warn')).toEqual([]);
  });

  it('says so when the configured application is not that of the token', async () => {
    const bot = await start({ applicationId: '1' });
    expect(bot.log.at('warn')).toEqual([expect.stringContaining('DISCORD_APPLICATION_ID')]);
  });

  it.each([
    ['a token Discord does not know', `${TOKEN.slice(0, -5)}99999`],
    ['an empty token', '  '],
    ['a token with a line break in it', `${TOKEN.slice(0, 20)}\n${TOKEN.slice(20)}`],
    ['a token with a letter no header carries', `${TOKEN}ü`],
  ])('refuses %s in one line that does not hold it', async (_, token) => {
    const { error, log } = startFailing({ token });
    const line = errorLine(await error);
    expect(line).toMatch(/^CC_DISCORD_TOKEN: .*developer portal/);
    expect(line).not.toContain('\n');
    if (token.trim()) expect(line + log.text).not.toContain(token);
  });

  it('refuses what is no token of Discord before it asks Discord', async () => {
    const { parts: _, ...options } = botOptions(discord, clock, { token: 'my-password', apiUrl: undefined });
    await expect(startDiscord(options)).rejects.toThrow('three parts');
  });

  it('takes the token with the word Bot and spaces around it', async () => {
    await start({ token: ` Bot ${TOKEN}\n` });
    expect((await discord.gateway.identified.next()).token).toBe(TOKEN);
  });

  it.each([
    ['nothing listens', { status: 0 }],
    ['it answers with errors', { status: 503 }],
    ['it asks to wait for hours', { status: 429, retryAfterSeconds: 3_600 }],
    ['its address is blocked by Cloudflare', { status: 403, html: true }],
    ['Cloudflare asks it to slow down', { status: 429, html: true }],
    ['it refuses one request as unauthorised', { status: 401 }],
  ])('keeps trying when %s, and lets everything else begin', async (_, { status, ...fault }) => {
    if (status === 401) discord.fail({ method: 'GET', path: /gateway/, status: 503, times: 4 });
    else if (status === 0) discord.fail({ method: 'GET', path: /gateway/, status: 502, times: 4 });
    if (status > 0) discord.fail({ method: 'GET', path: /gateway/, status, times: status === 503 ? 9 : 1, ...fault });
    const outages: unknown[] = [];
    const { parts, ...options } = botOptions(discord, clock, {
      commands: [ping],
      onOutage: (link) => outages.push(link),
    });
    const started = startDiscord(options);
    await parts.sleep.elapse(2_000);
    if (status === 503) {
      await parts.sleep.elapse(3_000);
    }
    const surface = await started;
    expect(outages).toHaveLength(1);
    expect(parts.log.at('warn')).toContainEqual(expect.stringContaining('not connected to Discord, trying again'));
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
    expect(parts.fatal).toEqual([]);
    await surface.stop();
  });

  it('waits longer and longer while the address of the gateway is answered with HTTP 500, and then connects', async () => {
    const attempts = 6;
    // discord.js asks four times in each attempt.
    discord.fail({ method: 'GET', path: /^\/gateway\/bot$/, status: 500, times: 4 * attempts });
    const { parts, ...options } = botOptions(discord, clock, { commands: [ping] });
    const started = startDiscord(options);
    for (const waitMs of [2_000, 3_000, 5_000, 5_000, 10_000, 20_000]) await parts.sleep.elapse(waitMs);
    const surface = await started;
    expect(discord.rest.requests.filter(({ path }) => path === '/gateway/bot')).toHaveLength(4 * attempts + 1);
    expect(new Set(parts.log.at('warn'))).toEqual(
      new Set(['not connected to Discord, trying again: Discord answers with HTTP 500.']),
    );
    expect(surface.status()).toMatchObject({ problems: [], shards: { ready: 1, total: 1 } });
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
    expect(parts.fatal).toEqual([]);
    await surface.stop();
  });

  it('begins anew when a gateway never says hello', async () => {
    discord.gateway.mute = true;
    const { parts, ...options } = botOptions(discord, clock, {});
    const started = startDiscord(options);
    await discord.gateway.opened.next();
    discord.gateway.mute = false;
    await parts.sleep.elapse(60_000);
    await parts.sleep.elapse(2_000);
    const surface = await started;
    expect(parts.log.at('warn')).toContainEqual(expect.stringContaining('within 60 seconds'));
    await surface.stop();
  });

  it('gives up when it is told to, without an error of its own', async () => {
    discord.fail({ method: 'GET', path: /gateway/, status: 503, times: 99 });
    const stop = new AbortController();
    const { error, log } = startFailing({ signal: stop.signal });
    await log.logged('not connected to Discord, trying again: Discord answers with HTTP 503.');
    stop.abort();
    expect(await error).toMatchObject({ code: 'CC_STOPPING' });
  });

  it('answers on each shard as soon as that one is ready', async () => {
    discord.rest.shards = 2;
    const bot = await start({ commands: [ping] });
    expect((await discord.gateway.identified.next()).shard).toEqual([0, 2]);
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
    expect(bot.log.at('info')).not.toContain('every shard is connected');
    expect(bot.surface.status().shards).toEqual({ ready: 1, total: 2 });
  });

  it.each([
    [4004, 'CC_DISCORD_TOKEN', 'does not accept the bot token'],
    [4013, 'CC_DISCORD_REFUSED', 'intents'],
    [4014, 'CC_DISCORD_REFUSED', 'not allowed to use'],
  ])('says plainly what close code %i means', async (closeCode, code, words) => {
    discord.gateway.refuseWith = closeCode;
    const { error, sleep } = startFailing({});
    expect(await error).toMatchObject({ code, message: expect.stringContaining(words), context: { closeCode } });
    expect(sleep.pending).toEqual([]);
  });
});

describe('the token', () => {
  const token = { method: 'POST', path: /^\/channels/ };
  const post = (bot: TestBot) => bot.surface.rest.post(`/channels/${CHANNEL_ID}/messages`, { body: MESSAGE });
  const MESSAGE = { content: 'x', allowed_mentions: { parse: [] } };

  it('outlives one 401: the request is made again once Discord has confirmed it', async () => {
    discord.channels.put(CHANNEL_ID);
    const bot = await start();
    discord.fail({ ...token, status: 401, times: 1 });
    await post(bot);
    await post(bot);
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(2);
    expect(bot.fatal).toEqual([]);
  });

  it('outlives a 401 of everything, and a Discord that cannot be asked about it', async () => {
    discord.channels.put(CHANNEL_ID);
    const bot = await start();
    discord.fail({ ...token, status: 401, times: 3 });
    await expect(post(bot)).rejects.toMatchObject({ code: 'CC_DISCORD_UNREACHABLE', retryable: true });
    discord.fail({ method: 'GET', path: /gateway/, status: 503, times: 1 });
    await expect(post(bot)).rejects.toMatchObject({ code: 'CC_DISCORD_UNREACHABLE', retryable: true });
    await post(bot);
    expect(bot.fatal).toEqual([]);
  });

  it('that is refused, also when Discord is asked about it, ends the bot and says so once', async () => {
    const bot = await start();
    discord.fail({ method: 'GET', path: /gateway/, status: 401, times: 9 });
    discord.fail({ ...token, status: 401, times: 9 });
    const posts = await Promise.allSettled([post(bot), post(bot)]);
    expect(posts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await bot.log.logged('Discord does not accept the bot token.');
    expect(bot.fatal.map(({ code }) => code)).toEqual(['CC_DISCORD_TOKEN']);
  });
});

describe('registering commands', () => {
  const keyValue = () => new Keyv<string>();
  const names = () => discord.rest.registered.get('global')?.map(({ name }) => name);
  const puts = () => discord.rest.requests.filter(({ method }) => method === 'PUT').map(({ path }) => path);

  it('puts all of them at once, and not again when nothing changed', async () => {
    const store = keyValue();
    const first = await start({ commands: [chartCommand, ping], keyValue: store });
    expect(await first.surface.registration).toEqual({ global: 'registered', devGuild: 'none' });
    expect(discord.rest.registered.get('global')?.map(({ name }) => name)).toEqual(['chart', 'ping']);
    const second = await start({ commands: [chartCommand, ping], keyValue: store });
    expect(await second.surface.registration).toEqual({ global: 'unchanged', devGuild: 'none' });
    expect(puts()).toHaveLength(1);
    const third = await start({ commands: [chartCommand], keyValue: store });
    expect(await third.surface.registration).toEqual({ global: 'registered', devGuild: 'none' });
    expect(puts()).toHaveLength(2);
  });

  it('puts owner commands into the dev guild alone, and takes them out when there are none left', async () => {
    const store = keyValue();
    const setup = { commands: [ping], devGuildId: GUILD_ID, keyValue: store };
    await start({ ...setup, ownerCommands: [commandThat('admin', async () => textReply(''))] });
    expect(discord.rest.registered.get('global')?.map(({ name }) => name)).toEqual(['ping']);
    expect(discord.rest.registered.get(GUILD_ID)?.map(({ name }) => name)).toEqual(['admin']);
    await start(setup);
    expect(discord.rest.registered.get(GUILD_ID)).toEqual([]);
    await start(setup);
    expect(puts()).toHaveLength(3);
  });

  it('goes on without when Discord refuses, says why, and tries again', async () => {
    const store = keyValue();
    const broken = commandThat('Not A Name', async () => textReply(''));
    const bot = await start({ commands: [ping, broken], keyValue: store });
    expect(await bot.surface.registration).toMatchObject({ global: 'failed' });
    expect(bot.log.at('error')).toEqual([expect.stringContaining('Discord refuses a definition')]);
    expect(discord.rest.violations.splice(0)).toEqual([expect.stringContaining('Command name is invalid')]);
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
    expect(await (await start({ commands: [ping], keyValue: store })).surface.registration).toMatchObject({
      global: 'registered',
    });
  });

  it.each([
    ['the bot is not in the dev guild', { status: 403, code: 50001 }, 'invite it again'],
    ['Discord asks to wait for hours', { status: 429, retryAfterSeconds: 7_200 }, '200 new commands a day'],
    ['Discord is down', { status: 503 }, 'does not answer'],
  ])('goes on and says what to do when %s', async (_, fault, words) => {
    discord.fail({ method: 'PUT', path: /guilds/, times: 9, ...fault });
    const admin = commandThat('admin', async () => textReply(''));
    const bot = await start({ commands: [ping], ownerCommands: [admin], devGuildId: GUILD_ID });
    expect(await bot.surface.registration).toEqual({ global: 'registered', devGuild: 'failed' });
    expect(bot.log.at('error')).toEqual([expect.stringContaining(words)]);
  });

  it('registers when the store cannot be read or written', async () => {
    const fails = () => Promise.reject(new CandlecastError('CC_DATABASE', 'The disk is full.'));
    const bot = await start({ commands: [ping], keyValue: { get: fails, set: fails } });
    expect(await bot.surface.registration).toMatchObject({ global: 'registered' });
    expect(bot.log.at('warn')).toHaveLength(2);
  });

  it('tries again until Discord takes them, and says so meanwhile', async () => {
    discord.fail({ method: 'PUT', path: /commands/, status: 502, times: 4 });
    const bot = await start({ commands: [ping] });
    expect(await bot.surface.registration).toMatchObject({ global: 'failed' });
    expect(bot.surface.status().problems).toEqual([expect.stringContaining('commands could not be registered')]);
    await bot.sleep.elapse(30_000);
    await bot.log.logged('commands registered');
    expect(names()).toEqual(['ping']);
    expect(bot.surface.status().problems).toEqual([]);
  });

  it('puts back what something else has overwritten, three times a day and no more', async () => {
    const bot = await start({ commands: [ping] });
    const overwrite = async () => {
      discord.rest.registered.set('global', [{ name: 'other', description: 'Of another program' }]);
      const asked = bot.sleep.pending.length;
      await bot.sleep.elapse(30 * 60_000);
      while (bot.sleep.pending.length < asked) await new Promise((resolve) => setImmediate(resolve));
    };
    for (let times = 0; times < 3; times++) {
      await overwrite();
      expect(names()).toEqual(['ping']);
    }
    await overwrite();
    await overwrite();
    expect(names()).toEqual(['other']);
    expect(bot.surface.status().problems).toEqual([expect.stringContaining('another program or version')]);
    expect(bot.log.at('error')).toEqual([expect.stringContaining('something else keeps registering')]);
    clock.nowMs += 24 * 60 * 60_000;
    await overwrite();
    expect(names()).toEqual(['ping']);
    expect(bot.surface.status().problems).toEqual([]);
  });

  it('leaves the command of the Entry Point where it is', async () => {
    const launch = { type: 4, name: 'launch', description: 'Open the Activity', handler: 2 } as const;
    discord.rest.registered.set('global', [launch as never]);
    const bot = await start({ commands: [ping] });
    expect(await bot.surface.registration).toMatchObject({ global: 'registered' });
    expect(names()).toEqual(['ping', 'launch']);
    expect(await (await start({ commands: [ping] })).surface.registration).toMatchObject({ global: 'unchanged' });
  });

  it('does not register again what Discord keeps in other words than it was given', async () => {
    const store = keyValue();
    await start({ commands: [ping], keyValue: store });
    // Discord forgets a field, as it does with contexts of commands of a server.
    const forgetful = () => {
      const [stored] = discord.rest.registered.get('global') ?? [];
      if (stored) discord.rest.registered.set('global', [{ ...stored, description: stored.description.toUpperCase() }]);
    };
    discord.rest.registered.set('global', []);
    discord.rest.before = (method) => (method === 'GET' ? forgetful() : undefined);
    expect(await (await start({ commands: [ping], keyValue: store })).surface.registration).toMatchObject({
      global: 'registered',
    });
    const third = await start({ commands: [ping], keyValue: store });
    expect(await third.surface.registration).toMatchObject({ global: 'unchanged' });
  });
});

describe('a connection that breaks', () => {
  it('is resumed, and what was asked meanwhile is answered', async () => {
    const bot = await start({ commands: [ping] });
    discord.gateway.cut();
    const asked = discord.command('ping');
    expect(await discord.gateway.resumed.next()).toBe(1);
    expect((await asked.answered.next()).content).toBe('pong');
    await bot.log.logged('gateway connection resumed');
  });

  it('is resumed when Discord asks for it', async () => {
    await start({ commands: [ping] });
    discord.gateway.askToReconnect();
    await discord.gateway.resumed.next();
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
  });

  it('is made anew when Discord has forgotten the session', async () => {
    await start({ commands: [ping] });
    await discord.gateway.identified.next();
    // discord.js leaves five seconds between two identifies; only its clock is moved.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
    try {
      discord.gateway.invalidateSession();
      await discord.gateway.identified.next();
    } finally {
      vi.useRealTimers();
    }
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
  });

  it('keeps its heartbeat', async () => {
    await start();
    discord.gateway.askForHeartbeat();
    expect(await discord.gateway.heartbeats.next()).toBe(2);
  });

  it('because Discord wants more shards is made anew with as many', async () => {
    const bot = await start({ commands: [ping] });
    await discord.gateway.identified.next();
    discord.rest.shards = 2;
    discord.gateway.disconnect(4011);
    await bot.sleep.elapse(2_000);
    expect((await discord.gateway.identified.next()).shard).toEqual([0, 2]);
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
    expect(bot.fatal).toEqual([]);
  });

  it('for good is reported once, in words', async () => {
    const bot = await start();
    discord.gateway.disconnect(4004);
    expect(await bot.log.logged('Discord does not accept the bot token.')).toMatchObject({ closeCode: 4004 });
    expect(bot.fatal.map(({ code }) => code)).toEqual(['CC_DISCORD_TOKEN']);
  });
});

describe('stopping', () => {
  it('waits for the command that runs, refuses new ones in a friendly way, and then disconnects', async () => {
    const held = heldCommand('held');
    const bot = await start({ commands: [held.command, ping] });
    const asked = discord.command('held');
    await held.started;
    const stopped = bot.surface.stop();
    const late = await discord.command('ping').answered.next();
    expect(late).toMatchObject({ ephemeral: true, embeds: [{ title: 'CC_STOPPING: I am being restarted.' }] });
    held.release();
    await stopped;
    expect((await asked.answered.next()).content).toBe('done');
    expect(await discord.gateway.closed.next()).toBe(1000);
  });

  it('does not wait forever for a command that hangs', async () => {
    const held = heldCommand('held');
    const bot = await start({ commands: [held.command] });
    discord.command('held');
    await held.started;
    const stopped = bot.surface.stop();
    await bot.sleep.elapse(2_500);
    await stopped;
    expect(bot.log.at('warn')).toEqual(['commands were still running when the bot was stopped']);
  });

  it('does not wait for a Discord that no longer answers', async () => {
    const bot = await start();
    discord.gateway.deaf = true;
    const stopped = bot.surface.stop();
    await bot.sleep.elapse(1_500);
    await stopped;
    expect(bot.log.at('info').at(-1)).toBe('disconnected from Discord');
  });

  it('twice is stopping once', async () => {
    const bot = await start();
    await Promise.all([bot.surface.stop(), bot.surface.stop()]);
    expect(bot.log.at('info').filter((message) => message.startsWith('disconnected'))).toHaveLength(1);
  });

  it('leaves nothing of the token in what was logged', async () => {
    const bot = await start({ commands: [chartCommand] });
    await discord.command('chart', [text('symbol', 'BTC')]).answered.next();
    await bot.surface.stop();
    expect(bot.log.lines.length).toBeGreaterThan(3);
    for (const part of TOKEN.split('.')) expect(bot.log.text).not.toContain(part);
  });
});
