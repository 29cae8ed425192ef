import { GatewayIntentBits } from 'discord.js';
import Keyv from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import { CandlecastError, errorLine } from '../../src/core/errors.ts';
import { startDiscord } from '../../src/discord/client.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID, GUILD_ID, text } from '../support/discord/payloads.ts';
import {
  type BotSetup,
  botOptions,
  type DiscordTest,
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

  it('says that Discord is unreachable when nothing listens', async () => {
    const gone = await LoopbackDiscord.start({ token: TOKEN, now: clock.now });
    await gone.close();
    const error = await startFailing({}, gone).error;
    expect(error).toMatchObject({ code: 'CC_DISCORD_UNREACHABLE', retryable: true });
    expect(error.message).toBe('Discord cannot be reached (ECONNREFUSED).');
  });

  it('says that Discord is unreachable when it answers with errors', async () => {
    discord.fail({ method: 'GET', path: /gateway/, status: 503, times: 9 });
    expect(await startFailing({}).error).toMatchObject({
      code: 'CC_DISCORD_UNREACHABLE',
      message: expect.stringContaining('503'),
    });
  });

  it('does not wait for hours when Discord asks it to', async () => {
    discord.fail({ method: 'GET', path: /gateway/, status: 429, times: 9, retryAfterSeconds: 3_600 });
    expect(await startFailing({}).error).toMatchObject({
      code: 'CC_DISCORD_UNREACHABLE',
      message: expect.stringContaining('3601 seconds'),
    });
  });

  it('gives up on a gateway that never says hello', async () => {
    discord.gateway.mute = true;
    const { error, sleep } = startFailing({});
    await discord.gateway.opened.next();
    await sleep.elapse(60_000);
    expect(await error).toMatchObject({
      code: 'CC_DISCORD_UNREACHABLE',
      message: expect.stringContaining('60 seconds'),
    });
  });

  it.each([
    [4004, 'CC_DISCORD_TOKEN', 'does not accept the bot token'],
    [4011, 'CC_DISCORD_REFUSED', 'more servers'],
    [4013, 'CC_DISCORD_REFUSED', 'intents'],
    [4014, 'CC_DISCORD_REFUSED', 'not allowed to use'],
  ])('says plainly what close code %i means', async (closeCode, code, words) => {
    discord.gateway.refuseWith = closeCode;
    const { error, sleep } = startFailing({});
    expect(await error).toMatchObject({ code, message: expect.stringContaining(words), context: { closeCode } });
    expect(sleep.pending).toEqual([]);
  });
});

describe('registering commands', () => {
  const keyValue = () => new Keyv<string>();
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

  it('goes on without when Discord refuses, says why, and tries again at the next start', async () => {
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
    await bot.sleep.elapse(8_000);
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
