import { ApplicationCommandOptionType, ComponentType, PermissionFlagsBits } from 'discord.js';
import { describe, expect, it } from 'vitest';
import { clientKnowledge } from '../../src/discord/channels.ts';
import type { FakeContext } from '../commands/fakes.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import type { SentMessage } from '../support/discord/messages.ts';
import { CHANNEL_ID, FORUM_ID, GUILD_ID, STAGE_ID, text, VOICE_ID } from '../support/discord/payloads.ts';
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

  it.each([VOICE_ID, STAGE_ID])(
    'takes the text chat of voice channel %s where bot and person may connect',
    async (id) => {
      const options = [channel(id), ...OPTIONS.slice(1)];
      const ask = (asking: object) => discord.command('subscribe', options, { ...MANAGER, ...asking }).answered.next();
      const { ViewChannel, SendMessages, EmbedLinks, AttachFiles, Connect } = PermissionFlagsBits;
      const all = ViewChannel | SendMessages | EmbedLinks | AttachFiles | Connect;
      expect(words(await ask({ channelPermissions: all }))).toContain('I lack: Connect');
      expect(words(await ask({ appPermissions: String(all) }))).toContain('you lack Connect');
      const preview = await ask({ channelPermissions: all, appPermissions: String(all) });
      expect(preview.content).toContain('Nothing is saved');
    },
  );

  it('refuses a forum in a plain sentence', async () => {
    const options = [channel(FORUM_ID), ...OPTIONS.slice(1)];
    const reply = await discord.command('subscribe', options, MANAGER).answered.next();
    expect(words(reply)).toContain('#questions is a forum, where messages');
  });

  it('needs a person who may write in that channel themself', async () => {
    expect(words(await subscribe({ channelPermissions: 0n }))).toContain('You cannot see that channel.');
    const mute = await subscribe({ channelPermissions: PermissionFlagsBits.ViewChannel });
    expect(words(mute)).toContain('#markets: you lack Send Messages.');
    expect(words(mute)).toContain('CC_NOT_ALLOWED');
  });

  it('saves and cancels a preview for the person alone who asked for it', async () => {
    const preview = await subscribe();
    const other = { ...MANAGER, userId: '1100000000000000031' };
    for (const label of ['Subscribe', 'Cancel']) {
      const pressed = discord.press(preview.id, buttonOf(preview, label), null, other);
      expect(words(await pressed.followedUp.next())).toContain('belongs to somebody else');
    }
    const made = await discord.press(preview.id, buttonOf(preview, 'Subscribe'), null, MANAGER).answered.next();
    expect(made.content).toContain('Subscribed');
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
