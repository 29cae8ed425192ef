import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import type { FakeContext } from '../commands/fakes.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { text } from '../support/discord/payloads.ts';
import { type TestBot, useRealCommands } from './bot.ts';

let discord: LoopbackDiscord;
let bot: TestBot;
let fake: FakeContext;

useRealCommands((test) => {
  ({ discord, bot, fake } = test);
});

describe("the bot's own commands on Discord", () => {
  it('are registered as they are defined, each with contexts and integration types', async () => {
    expect(await bot.surface.registration).toMatchObject({ global: 'registered' });
    const registered = discord.rest.registered.get('global') ?? [];
    expect(registered.map(({ name }) => name)).toEqual(COMMANDS.map(({ definition }) => definition.name));
    for (const { contexts, integration_types } of registered) {
      expect(contexts?.length).toBeGreaterThan(0);
      expect(integration_types?.length).toBeGreaterThan(0);
    }
  });

  it('/forecast answers with embed, chart and components; refresh and horizon replace the message', async () => {
    const reply = await discord.command('forecast', [text('symbol', 'BTC'), text('horizon', '3d')]).answered.next();
    expect(reply.embeds[0]?.title).toContain('BTC');
    expect(reply.files[0]?.data).toEqual(Buffer.of(0x89, 0x50));
    expect(reply.embeds[0]?.image?.url).toBe(`attachment://${reply.files[0]?.name}`);
    const refreshed = await discord.press(reply.id, 'fc:refresh:BTC:3d').answered.next();
    const moved = await discord.press(reply.id, 'fc:horizon:BTC:3d', ['7d']).answered.next();
    expect([refreshed.id, moved.id]).toEqual([reply.id, reply.id]);
    expect(moved.files).toHaveLength(1);
    expect(fake.asked).toEqual([
      { symbol: 'BTC', horizon: '3d' },
      { symbol: 'BTC', horizon: '3d', refresh: true },
      { symbol: 'BTC', horizon: '7d' },
    ]);
  });

  it('/forecast of an unknown coin suggests others, with the code', async () => {
    const reply = await discord.command('forecast', [text('symbol', 'BTX')]).answered.next();
    expect(JSON.stringify(reply.embeds)).toContain('CC_UNKNOWN_SYMBOL');
    expect(JSON.stringify(reply.embeds)).toContain('**BTC**');
  });

  it('/forecast with options that are not those of its definition is answered with its usage', async () => {
    const options = [text('symbol', 'BTC'), text('horizon', '2w')];
    const reply = await discord.command('forecast', options).answered.next();
    expect(JSON.stringify(reply.embeds)).toContain('CC_USAGE');
    expect(fake.asked).toEqual([]);
  });

  it('/forecast suggests coins while its symbol is typed', async () => {
    const choices = await discord.autocomplete('forecast', [{ ...text('symbol', 'bt'), focused: true }]).choices.next();
    expect(choices[0]).toEqual({ name: 'BTC (Bitcoin)', value: 'BTC' });
  });

  it.each(['help', 'status'])('/%s answers the caller alone', async (name) => {
    const reply = await discord.command(name, [], { place: 'dm' }).answered.next();
    expect(reply.ephemeral).toBe(true);
    expect(reply.embeds.length).toBeGreaterThan(0);
  });
});
