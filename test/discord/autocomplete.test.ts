import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Choice, Command } from '../../src/commands/command.ts';
import { sendableChoices } from '../../src/discord/autocomplete.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { text, USER_ID } from '../support/discord/payloads.ts';
import { type DiscordTest, idleContext, type TestBot, type TestClock, textReply, useLoopbackDiscord } from './bot.ts';
import { chartCommand, commandThat } from './sample-commands.ts';

let clock: TestClock;
let discord: LoopbackDiscord;
let startBot: DiscordTest['start'];
let bot: TestBot;

async function start(...commands: Command[]): Promise<void> {
  bot = await startBot({ commands });
}

function typed(value: string) {
  return [{ ...text('symbol', value), focused: true }];
}

useLoopbackDiscord((test) => {
  ({ clock, discord, start: startBot } = test);
});

describe('autocompletion', () => {
  it('suggests what the command suggests', async () => {
    await start(chartCommand);
    expect(await discord.autocomplete('chart', typed('B')).choices.next()).toEqual([
      { name: 'BTC coin', value: 'BTC' },
      { name: 'BCH coin', value: 'BCH' },
    ]);
  });

  it('suggests in the language that somebody has chosen with /me, once it is known', async () => {
    const asked = commandThat('chart', async () => textReply(''), {
      autocomplete: (_focused, _context, { locale }) => [{ name: locale, value: 'x' }],
    });
    const context = idleContext(() => clock.nowMs);
    bot = await startBot({ commands: [asked], context });
    const nameNow = async () => (await discord.autocomplete('chart', typed('B')).choices.next())?.[0]?.name;
    expect(await nameNow()).toMatch(/^en/);
    await context.services.preferences.change(USER_ID, { language: 'pt' });
    expect(await nameNow()).toBe('pt');
  });

  it('suggests nothing when the command throws, and says so in the log', async () => {
    const broken = commandThat('chart', async () => textReply(''), {
      autocomplete: () => {
        throw new TypeError('no list');
      },
    });
    await start(broken);
    expect(await discord.autocomplete('chart', typed('B')).choices.next()).toEqual([]);
    expect(bot.log.at('error')).toEqual(['autocompletion failed']);
  });

  it('suggests nothing for a command without suggestions and for one that is gone', async () => {
    await start(commandThat('plain', async () => textReply('')));
    expect(await discord.autocomplete('plain', typed('B')).choices.next()).toEqual([]);
    expect(await discord.autocomplete('gone', typed('B')).choices.next()).toEqual([]);
  });

  it('that comes too late disturbs nothing', async () => {
    await start(chartCommand);
    discord.autocomplete('chart', typed('B'));
    clock.nowMs += 3_001;
    expect(await bot.log.logged('autocompletion came too late')).toMatchObject({ error: { code: 10062 } });
    expect(bot.log.at('error')).toEqual([]);
    expect(await discord.autocomplete('chart', typed('E')).choices.next()).toHaveLength(1);
  });

  it('is not held back by the limit on answers', async () => {
    await start(chartCommand);
    for (let i = 0; i < 30; i++) expect(await discord.autocomplete('chart', typed('B')).choices.next()).toHaveLength(2);
  });

  it('stays within what Discord takes, whatever the command suggests', async () => {
    const many: Choice[] = Array.from({ length: 40 }, (_, i) => ({
      name: `${'long name '.repeat(20)}${i}`,
      value: `v${i}`,
    }));
    await start(
      commandThat('chart', async () => textReply(''), { autocomplete: () => [{ name: 'x', value: '' }, ...many] }),
    );
    const choices = await discord.autocomplete('chart', typed('')).choices.next();
    expect(choices).toHaveLength(25);
    expect(choices[0]?.name).toHaveLength(100);
    expect(choices[0]?.name.endsWith('…')).toBe(true);
  });
});

describe('choices', () => {
  it('always keep the limits and never change a value', () => {
    const words = (maxLength: number) =>
      fc.array(fc.constantFrom('a', ' ', 'é', '😀', '日本'), { maxLength }).map((parts) => parts.join(''));
    const choice = fc.record({ name: words(120), value: words(110) });
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 40 }), (choices) => {
        const sent = sendableChoices(choices);
        expect(sent.length).toBeLessThanOrEqual(25);
        expect(new Set(sent.map(({ value }) => value)).size).toBe(sent.length);
        for (const { name, value } of sent) {
          expect(name.length).toBeGreaterThan(0);
          expect(name.length).toBeLessThanOrEqual(100);
          expect(Buffer.from(name, 'utf8').toString('utf8')).toBe(name);
          expect(choices.some((given) => given.value === value)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
