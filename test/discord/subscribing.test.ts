import { ApplicationCommandOptionType, ComponentType, PermissionFlagsBits } from 'discord.js';
import { describe, expect, it } from 'vitest';
import { clientKnowledge } from '../../src/discord/channels.ts';
import type { FakeContext } from '../commands/fakes.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import type { SentMessage } from '../support/discord/messages.ts';
import { CHANNEL_ID, GUILD_ID, text } from '../support/discord/payloads.ts';
import { type TestBot, useRealCommands } from './bot.ts';

const MANAGER = { permissions: PermissionFlagsBits.ManageGuild };
const channel = (id: string) => ({ name: 'channel', type: ApplicationCommandOptionType.Channel, value: id });

let discord: LoopbackDiscord;
let bot: TestBot;
let context: FakeContext['context'];

useRealCommands((test) => {
  ({ discord, bot } = test);
  ({ context } = test.fake);
});

const OPTIONS = [channel(CHANNEL_ID), text('symbols', 'BTC,ETH'), text('time', '09:00'), text('timezone', 'London')];
const subscribe = (asking = {}) => discord.command('subscribe', OPTIONS, { ...MANAGER, ...asking }).answered.next();
const words = (message: SentMessage) => JSON.stringify([message.content, message.embeds]);
const buttonOf = (message: SentMessage, label: string): string => {
  const rows = message.components.flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []));
  const found = rows.find((one) => 'label' in one && one.label === label);
  if (!found || !('custom_id' in found)) throw new Error(`there is no button ${label}`);
  return found.custom_id;
};

describe('/subscribe on Discord', () => {
  it('previews, then saves at the press of the button, for the person alone to see', async () => {
    const preview = await subscribe();
    expect(preview.ephemeral).toBe(true);
    expect(preview.files.map(({ name }) => name)).toEqual(['btc.png', 'eth.png']);
    expect(await context.services.subscriptions.list(GUILD_ID)).toEqual([]);
    const pressed = discord.press(preview.id, buttonOf(preview, 'Subscribe'), null, MANAGER);
    const made = await pressed.answered.next();
    expect(made.content).toContain(`<#${CHANNEL_ID}>`);
    expect(made.files).toEqual([]);
    expect(await context.services.subscriptions.list(GUILD_ID)).toMatchObject([{ channelId: CHANNEL_ID }]);
  });

  it('goes by what Discord says that the bot may do in that very channel', async () => {
    const lacking = String(PermissionFlagsBits.ViewChannel | PermissionFlagsBits.SendMessages);
    expect(words(await subscribe({ appPermissions: lacking }))).toContain('I lack: Embed Links, Attach Files');
    // Where Discord does not say it, what the gateway told is known.
    expect(words(await subscribe({ appPermissions: null }))).toContain('Nothing is saved');
  });

  it('needs Manage Server or Administrator, also at the button', async () => {
    expect(words(await subscribe({ permissions: 0n }))).toContain('CC_NOT_ALLOWED');
    const preview = await subscribe({ permissions: PermissionFlagsBits.Administrator });
    expect(preview.content).toContain('Nothing is saved');
    const pressed = discord.press(preview.id, buttonOf(preview, 'Subscribe'), null, { permissions: 0n });
    expect(words(await pressed.followedUp.next())).toContain('CC_NOT_ALLOWED');
    expect(await context.services.subscriptions.list(GUILD_ID)).toEqual([]);
  });

  it('completes time zones and, for managers, the subscriptions there are', async () => {
    const zone = discord.autocomplete('subscribe', [{ ...text('timezone', 'kolk'), focused: true }], MANAGER);
    expect((await zone.choices.next()).map(({ value }) => value)).toEqual(['Asia/Kolkata']);
    const preview = await subscribe();
    await discord.press(preview.id, buttonOf(preview, 'Subscribe'), null, MANAGER).answered.next();
    const typed = { name: 'pause', type: 1, options: [{ ...text('id', ''), focused: true }] };
    const choices = await discord.autocomplete('subscriptions', [typed], MANAGER).choices.next();
    expect(choices.map(({ name }) => name)).toEqual([expect.stringContaining('BTC, ETH in #markets at 09:00')]);
    expect(await discord.autocomplete('subscriptions', [typed], {}).choices.next()).toEqual([]);
  });
});

describe('what the client knows of channels', () => {
  it('is what the bot lacks there, and nothing of others', () => {
    const knowledge = clientKnowledge(() => bot.surface.client);
    expect(knowledge.missing(CHANNEL_ID)).toEqual([]);
    expect(knowledge.missing('1100000000000000099')).toBeNull();
    expect(knowledge.readsHistory(CHANNEL_ID)).toBe(false);
    expect(knowledge.isAnnouncement(CHANNEL_ID)).toBe(false);
    expect(knowledge.isAnnouncement('1100000000000000099')).toBeNull();
    expect(knowledge.guildOf(CHANNEL_ID)).toBe(GUILD_ID);
    expect(knowledge.systemChannel(GUILD_ID)).toBeNull();
  });
});
