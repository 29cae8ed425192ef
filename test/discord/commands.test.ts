import { type APIApplicationCommandSubcommandOption, InteractionResponseType, MessageFlags } from 'discord.js';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { NO_PREFERENCES } from '../../src/core/settings.ts';
import type { Reply } from '../../src/render/reply.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { GUILD_ID, text, USER_ID } from '../support/discord/payloads.ts';
import {
  type BotSetup,
  type DiscordTest,
  type TestBot,
  type TestClock,
  TOKEN,
  textReply,
  useLoopbackDiscord,
} from './bot.ts';
import { chartCommand, commandThat, heldCommand, PIXEL_PNG } from './sample-commands.ts';

let clock: TestClock;
let discord: LoopbackDiscord;
let startBot: DiscordTest['start'];
let bot: TestBot;

async function start(setup: BotSetup): Promise<void> {
  bot = await startBot(setup);
}

useLoopbackDiscord((test) => {
  ({ clock, discord, start: startBot } = test);
});

describe('a slash command', () => {
  it('is deferred first and then answered with embed, picture, select and button', async () => {
    await start({ commands: [chartCommand] });
    const asked = discord.command('chart', [text('symbol', 'BTC')]);
    expect(await asked.acknowledged.next()).toEqual({
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      ephemeral: false,
    });
    const reply = await asked.answered.next();
    expect(reply.embeds[0]).toMatchObject({ title: 'BTC in 1d', image: { url: 'attachment://BTC-1d.png' } });
    expect(reply.files).toHaveLength(1);
    expect(reply.files[0]).toMatchObject({ name: 'BTC-1d.png', contentType: 'image/png', description: 'Chart of BTC' });
    expect(reply.files[0]?.data.equals(PIXEL_PNG)).toBe(true);
    expect(reply.components).toHaveLength(2);
    expect(reply.ephemeral).toBe(false);
  });

  it('pings nobody, whatever its text says', async () => {
    await start({ commands: [commandThat('shout', async () => textReply('@everyone <@1>'))] });
    await discord.command('shout').answered.next();
    const edit = discord.rest.requests.find(({ method }) => method === 'PATCH');
    expect(edit?.json).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it('answers only the caller when the options ask for it', async () => {
    await start({ commands: [chartCommand] });
    const asked = discord.command('chart', [text('symbol', 'BTC'), { name: 'private', type: 5, value: true }]);
    expect((await asked.acknowledged.next()).ephemeral).toBe(true);
    expect((await asked.answered.next()).ephemeral).toBe(true);
  });

  it.each([
    ['asks for privacy where external apps may not speak up', { installed: 'user', externalApps: false }, true],
    ['answers everybody where external apps may', { installed: 'user', externalApps: true }, false],
    ['answers everybody in a server that has the bot', { installed: 'guild', externalApps: false }, false],
    ['answers in a direct message', { place: 'dm' }, false],
  ] as const)('%s', async (_, asking, ephemeral) => {
    await start({ commands: [chartCommand] });
    const asked = discord.command('chart', [text('symbol', 'BTC')], asking);
    expect((await asked.acknowledged.next()).ephemeral).toBe(ephemeral);
    expect((await asked.answered.next()).embeds).toHaveLength(1);
  });

  it('hands the command its options and who asked, subcommands included', async () => {
    const seen: unknown[] = [];
    const paper = commandThat('paper', async (options, caller) => {
      seen.push(options, caller);
      return textReply('ok');
    });
    const rule = { type: 3, name: 'rule', description: 'A rule' } as const;
    const days = { type: 4, name: 'days', description: 'For so many days' } as const;
    const subcommand: APIApplicationCommandSubcommandOption = {
      type: 1,
      name: 'start',
      description: 'Starts',
      options: [rule, days],
    };
    const command: Command = { ...paper, definition: { ...paper.definition, options: [subcommand] } };
    await start({ commands: [command], ownerIds: [USER_ID] });
    const options = [
      { name: 'start', type: 1, options: [text('rule', 'median'), { name: 'days', type: 4, value: 30 }] },
    ];
    await discord.command('paper', options, { locale: 'de' }).answered.next();
    expect(seen).toEqual([
      { subcommand: 'start', rule: 'median', days: 30 },
      {
        userId: USER_ID,
        isOwner: true,
        guildId: GUILD_ID,
        channelId: expect.any(String),
        locale: 'de',
        guildLocale: 'en-US',
        preferences: NO_PREFERENCES,
        mayManageServer: false,
        channel: expect.any(Function),
      },
    ]);
  });

  it('is answered where Discord leaves out what discord.js takes for granted', async () => {
    await start({ commands: [chartCommand] });
    const asked = discord.command('chart', [text('symbol', 'BTC')], { bare: true });
    expect((await asked.answered.next()).embeds).toHaveLength(1);
  });

  it('that Discord still lists but the bot has not is answered in private', async () => {
    await start({ commands: [chartCommand] });
    const reply = await discord.command('gone').answered.next();
    expect(reply).toMatchObject({ ephemeral: true, embeds: [{ title: 'CC_USAGE: I no longer have that command.' }] });
  });
});

describe('a command that takes long', () => {
  it('edits its progress into the reply, at most every two and a half seconds, and the answer comes last', async () => {
    let answer: (text: string) => void = () => {};
    const answering = new Promise<string>((resolve) => {
      answer = resolve;
    });
    let say: (text: string) => void = () => {};
    const command = commandThat(
      'train',
      async (_options, _caller, _context, progress) => {
        say = (text) => progress?.(textReply(text));
        say('a tenth');
        return textReply(await answering);
      },
      { timeLimitMs: 600_000 },
    );
    await start({ commands: [command] });
    const asked = discord.command('train');
    expect((await asked.answered.next()).content).toBe('a tenth');
    say('a quarter');
    say('half');
    await bot.sleep.elapse(2_500);
    expect((await asked.answered.next()).content).toBe('half');
    expect(bot.sleep.pending).toContain(600_000);
    say('nearly all');
    answer('done');
    expect((await asked.answered.next()).content).toBe('done');
    // The next comparison of the commands with Discord's is all that is left.
    expect(bot.sleep.pending).toEqual([30 * 60_000]);
  });

  it('is given up while the interaction can still be answered, whatever it asked for', async () => {
    const held = heldCommand('ages');
    await start({ commands: [{ ...held.command, timeLimitMs: 3_600_000 }] });
    const asked = discord.command('ages');
    await bot.sleep.elapse(14.5 * 60_000);
    expect((await asked.answered.next()).embeds[0]?.title).toContain('CC_TIMEOUT');
    held.release();
  });
});

describe('a command that fails', () => {
  it('shows the code and the remedy of a known error', async () => {
    const command = commandThat('ask', async () => {
      throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'There is no coin "XYZ".');
    });
    await start({ commands: [command] });
    const reply = await discord.command('ask').answered.next();
    expect(reply.embeds[0]?.title).toBe('CC_UNKNOWN_SYMBOL: There is no coin "XYZ".');
    expect(reply.embeds[0]?.description).toContain('Pick one of the suggestions');
    expect(reply.embeds[0]?.footer).toBeUndefined();
    expect(bot.log.at('error')).toEqual([]);
  });

  it('does not leave in the log what the person typed', async () => {
    const command = commandThat('ask', async () => {
      throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'No coin is called "<@900000000000000001> of "Elm Street" 7".');
    });
    await start({ commands: [command] });
    await discord.command('ask').answered.next();
    expect(await bot.log.logged('interaction answered with an error')).toMatchObject({
      code: 'CC_UNKNOWN_SYMBOL',
      problem: 'No coin is called "…".',
    });
    expect(bot.log.text).not.toMatch(/900000000000000001|Elm/);
  });

  it('shows only a reference for an unexpected error, which the log has with the cause', async () => {
    const command = commandThat('ask', async () => {
      throw new TypeError('cannot read /home/bot/secret.key');
    });
    await start({ commands: [command] });
    const reply = await discord.command('ask').answered.next();
    expect(JSON.stringify(reply)).not.toContain('secret.key');
    expect(reply.embeds[0]?.title).toContain('CC_INTERNAL');
    const facts = await bot.log.logged('interaction failed unexpectedly');
    expect(reply.embeds[0]?.footer?.text).toBe(`Reference ${String(facts['reference'])}`);
    expect(facts).toMatchObject({
      name: '/ask',
      error: { name: 'TypeError', message: 'cannot read /home/bot/secret.key' },
    });
  });

  it('is answered even when it throws before it returns a promise', async () => {
    const command = commandThat('ask', () => {
      throw new RangeError('at once');
    });
    await start({ commands: [command] });
    expect((await discord.command('ask').answered.next()).embeds[0]?.title).toContain('CC_INTERNAL');
  });

  it('is answered in private when it cannot even say whether it is private', async () => {
    const isPrivate = () => {
      throw new TypeError('no such option');
    };
    await start({ commands: [commandThat('ask', async () => textReply('never'), { isPrivate })] });
    const reply = await discord.command('ask').answered.next();
    expect(reply).toMatchObject({ ephemeral: true, embeds: [{ title: expect.stringContaining('CC_INTERNAL') }] });
  });

  it('is answered when what it made is more than Discord takes', async () => {
    await start({ commands: [commandThat('long', async () => textReply('x'.repeat(2_001)))] });
    const reply = await discord.command('long').answered.next();
    expect(reply.embeds[0]?.title).toContain('CC_INTERNAL');
    expect(discord.rest.violations.splice(0)).toEqual([expect.stringContaining('content')]);
  });

  it('is given up after the limit with CC_TIMEOUT, and what comes later is dropped', async () => {
    const slow = heldCommand('slow');
    await start({ commands: [slow.command] });
    const asked = discord.command('slow');
    await slow.started;
    await bot.sleep.elapse(60_000);
    expect((await asked.answered.next()).embeds[0]?.title).toBe('CC_TIMEOUT: The answer took longer than 60 seconds.');
    slow.release();
    await bot.surface.stop();
    expect(asked.answered.pending).toBe(0);
  });

  it('that fails after its limit leaves the cause in the log', async () => {
    let fail: (error: Error) => void = () => {};
    const work = new Promise<Reply>((_, reject) => {
      fail = reject;
    });
    await start({ commands: [commandThat('slow', () => work)] });
    const asked = discord.command('slow');
    await expect.poll(() => asked.original).not.toBeNull();
    await bot.sleep.elapse(60_000);
    expect((await asked.answered.next()).embeds[0]?.title).toContain('CC_TIMEOUT');
    fail(new Error('the disk is full'));
    expect(await bot.log.logged('an answer failed after its time limit')).toMatchObject({
      name: '/slow',
      error: { message: 'the disk is full' },
    });
  });
});

describe('Discord in a bad mood', () => {
  it('is told nothing more when the first response came too late', async () => {
    const held = heldCommand('held');
    await start({ commands: [held.command] });
    const asked = discord.command('held');
    clock.nowMs += 3_001;
    expect(await bot.log.logged('interaction can no longer be answered')).toMatchObject({ code: 10062, name: '/held' });
    expect(held.runs()).toBe(0);
    expect(asked.original).toBeNull();
  });

  it('is told nothing more when somebody else already acknowledged', async () => {
    const held = heldCommand('held');
    await start({ commands: [held.command] });
    const asked = discord.command('held');
    asked.respond({ json: { type: 5, data: { flags: MessageFlags.Ephemeral } }, files: [] });
    expect(await bot.log.logged('interaction can no longer be answered')).toMatchObject({ code: 40060 });
    expect(held.runs()).toBe(0);
  });

  it('gets the answer again after a 429 and after a 5xx', async () => {
    await start({ commands: [chartCommand] });
    const path = /messages\/@original$/;
    discord.fail({ method: 'PATCH', path, status: 429, times: 1, retryAfterSeconds: 0.01 });
    discord.fail({ method: 'PATCH', path, status: 502, times: 2 });
    const reply = await discord.command('chart', [text('symbol', 'ETH')]).answered.next();
    expect(reply.files[0]?.data.equals(PIXEL_PNG)).toBe(true);
    const edits = discord.rest.requests.filter(({ method }) => method === 'PATCH');
    expect(edits.map(({ status }) => status)).toEqual([429, 502, 502, 200]);
  });

  it('gets the answer after a wait when it was down for longer than discord.js retries', async () => {
    await start({ commands: [chartCommand] });
    discord.fail({ method: 'PATCH', path: /@original$/, status: 503, times: 4 });
    const asked = discord.command('chart', [text('symbol', 'ETH')]);
    await bot.sleep.elapse(1_000);
    expect((await asked.answered.next()).embeds[0]?.title).toBe('ETH in 1d');
  });

  it('loses no more than the answer when it stays down', async () => {
    await start({ commands: [chartCommand, commandThat('ping', async () => textReply('pong'))] });
    discord.fail({ method: 'PATCH', path: /@original$/, status: 503, times: 24 });
    discord.command('chart', [text('symbol', 'ETH')]);
    for (const waitMs of [1_000, 4_000, 1_000, 4_000]) await bot.sleep.elapse(waitMs);
    await bot.log.logged('error reply could not be delivered');
    expect((await discord.command('ping').answered.next()).content).toBe('pong');
  });

  it('never sees a token of an interaction in the log', async () => {
    await start({ commands: [commandThat('long', async () => textReply('x'.repeat(2_001)))] });
    const asked = discord.command('long');
    await asked.answered.next();
    discord.rest.violations.splice(0);
    expect(bot.log.text).toContain('/webhooks/1100000000000000001/[token]/messages');
    expect(bot.log.text).not.toContain(asked.token);
    expect(bot.log.text).not.toContain(TOKEN);
  });
});

describe('one person who asks too much', () => {
  it('gets two answers at a time and a friendly word for the third, while others are served', async () => {
    const held = heldCommand('held');
    await start({ commands: [held.command] });
    const first = discord.command('held');
    const second = discord.command('held');
    const third = await discord.command('held').answered.next();
    expect(third).toMatchObject({
      ephemeral: true,
      embeds: [{ title: 'CC_BUSY: I am still working on what you asked before.' }],
    });
    const other = discord.command('held', [], { userId: '1100000000000000031' });
    await other.acknowledged.next();
    held.release();
    for (const asked of [first, second, other]) expect((await asked.answered.next()).content).toBe('done');
    expect(held.runs()).toBe(3);
  });
});

describe('an owner command', () => {
  const retrain = commandThat('retrain', async () => textReply('training'));

  it('runs for an owner', async () => {
    await start({ ownerCommands: [retrain], ownerIds: [USER_ID] });
    expect((await discord.command('retrain').answered.next()).content).toBe('training');
  });

  it('is refused to everybody else, in private', async () => {
    await start({ ownerCommands: [retrain], ownerIds: ['1'] });
    const reply = await discord.command('retrain').answered.next();
    expect(reply).toMatchObject({ ephemeral: true, embeds: [{ title: expect.stringContaining('CC_NOT_ALLOWED') }] });
  });
});
