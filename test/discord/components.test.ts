import { InteractionResponseType } from 'discord.js';
import { describe, expect, it } from 'vitest';
import type { ComponentHandler } from '../../src/commands/command.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import type { SentMessage } from '../support/discord/messages.ts';
import { text } from '../support/discord/payloads.ts';
import { type DiscordTest, type TestClock, useLoopbackDiscord } from './bot.ts';
import { chartCommand, chartReply, chartSelect, PIXEL_PNG, refreshButton } from './sample-commands.ts';

const OTHER_USER = '1100000000000000031';

let clock: TestClock;
let discord: LoopbackDiscord;
let start: DiscordTest['start'];

/** The message of `/chart symbol:BTC`. */
async function chart(options: { readonly private?: boolean } = {}): Promise<SentMessage> {
  const given = [text('symbol', 'BTC'), ...(options.private ? [{ name: 'private', type: 5, value: true }] : [])];
  return discord.command('chart', given).answered.next();
}

useLoopbackDiscord((test) => {
  ({ clock, discord } = test);
  start = (setup) => test.start({ commands: [chartCommand], ...setup });
});

describe('a select', () => {
  it('replaces the message it hangs on, picture included', async () => {
    await start({ components: [chartSelect] });
    const before = await chart();
    const chosen = discord.press(before.id, 'chart:BTC', ['7d']);
    expect((await chosen.acknowledged.next()).type).toBe(InteractionResponseType.DeferredMessageUpdate);
    const after = await chosen.answered.next();
    expect(after.id).toBe(before.id);
    expect(after.embeds[0]?.title).toBe('BTC in 7d');
    expect(after.files.map(({ name }) => name)).toEqual(['BTC-7d.png']);
    expect(after.files[0]?.data.equals(PIXEL_PNG)).toBe(true);
  });

  it('takes the old text and the old picture away when the new reply has none', async () => {
    const plain: ComponentHandler = {
      prefix: 'chart',
      execute: async () => ({ embeds: [{ title: 'No picture' }], files: [], components: [] }),
    };
    await start({ components: [plain] });
    const before = await chart();
    expect(before.files).toHaveLength(1);
    const after = await discord.press(before.id, 'chart:BTC', ['7d']).answered.next();
    expect(after).toMatchObject({ id: before.id, embeds: [{ title: 'No picture' }], files: [], components: [] });
  });

  it('works on an old message after a restart', async () => {
    const first = await start({ components: [chartSelect] });
    const message = await chart();
    await first.surface.stop();
    clock.nowMs += 30 * 24 * 3_600_000;
    await start({ components: [chartSelect] });
    const after = await discord.press(message.id, 'chart:BTC', ['3d']).answered.next();
    expect(discord.message(message.id)).toEqual(after);
    expect(after.embeds[0]?.title).toBe('BTC in 3d');
  });
});

describe('a button', () => {
  it('may be pressed by anybody who sees the message, and the handler gets who it was', async () => {
    const callers: string[] = [];
    const watching: ComponentHandler = {
      prefix: 'refresh',
      execute: async (press, caller, context) => {
        callers.push(caller.userId);
        return refreshButton.execute(press, caller, context);
      },
    };
    await start({ components: [watching] });
    const message = await chart();
    const after = await discord.press(message.id, 'refresh:BTC|1d', null, { userId: OTHER_USER }).answered.next();
    expect(after.id).toBe(message.id);
    expect(callers).toEqual([OTHER_USER]);
  });

  it('leaves a private message private', async () => {
    await start({ components: [refreshButton] });
    const message = await chart({ private: true });
    expect((await discord.press(message.id, 'refresh:BTC|1d').answered.next()).ephemeral).toBe(true);
  });

  it('hammered by one person makes two answers, not a hundred', async () => {
    let runs = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: ComponentHandler = {
      prefix: 'refresh',
      execute: async () => {
        runs++;
        await gate;
        return chartReply('BTC', '1d');
      },
    };
    const bot = await start({ components: [slow] });
    const message = await chart();
    const presses = Array.from({ length: 100 }, () => discord.press(message.id, 'refresh:BTC|1d'));
    const refusals = await Promise.all(presses.slice(2).map((press) => press.answered.next()));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ ephemeral: true, embeds: [{ title: expect.stringContaining('CC_BUSY') }] });
      expect(refusal.id).not.toBe(message.id);
    }
    release();
    await Promise.all(presses.slice(0, 2).map((press) => press.answered.next()));
    expect(runs).toBe(2);
    await bot.surface.stop();
  });

  it('that fails tells only the person who pressed, and leaves the message as it was', async () => {
    const failing: ComponentHandler = {
      prefix: 'refresh',
      execute: async () => {
        throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No market source answered.');
      },
    };
    await start({ components: [failing] });
    const message = await chart();
    const pressed = discord.press(message.id, 'refresh:BTC|1d');
    expect(await pressed.followedUp.next()).toMatchObject({
      ephemeral: true,
      embeds: [{ title: 'CC_SOURCE_UNAVAILABLE: No market source answered.' }],
    });
    expect(discord.message(message.id)).toEqual(message);
  });

  it('of an older version is answered with what to do', async () => {
    await start({ components: [] });
    const message = await chart();
    const reply = await discord.press(message.id, 'refresh:BTC|1d').answered.next();
    expect(reply).toMatchObject({
      ephemeral: true,
      embeds: [{ description: 'Call the command again for a new one.' }],
    });
    expect(reply.id).not.toBe(message.id);
  });

  it('on a message that was deleted meanwhile is dropped', async () => {
    const bot = await start({ components: [refreshButton] });
    const message = await chart();
    discord.fail({ method: 'PATCH', path: /@original$/, status: 404, code: 10008, times: 1 });
    discord.press(message.id, 'refresh:BTC|1d');
    expect(await bot.log.logged('interaction can no longer be answered')).toMatchObject({
      code: 10008,
      name: 'refresh',
    });
  });

  it('whose answer is ready only after a quarter of an hour is dropped', async () => {
    const late: ComponentHandler = {
      prefix: 'refresh',
      execute: async () => {
        clock.nowMs += 15 * 60_000 + 1;
        return chartReply('BTC', '1d');
      },
    };
    const bot = await start({ components: [late] });
    const message = await chart();
    discord.press(message.id, 'refresh:BTC|1d');
    expect(await bot.log.logged('interaction can no longer be answered')).toMatchObject({ code: 50027 });
  });
});
