import { ComponentType } from 'discord-api-types/v10';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller, CommandContext } from '../../../src/commands/command.ts';
import { setupCommand, setupComponentHandler } from '../../../src/commands/setup/setup.ts';
import { toWire } from '../../../src/console/wire.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { welcomeReply } from '../../../src/render/setup/setup-reply.ts';
import { fakeContext, somebody } from '../fakes.ts';

const channel = (id: string, missing: string[] = []) => ({
  id,
  name: `name-of-${id}`,
  kind: 'text' as const,
  missing,
  callerMissing: [],
  callerReads: true,
});
const CHANNELS = [channel('123456789012345678'), channel('223456789012345678', ['Embed Links'])];
const [OPEN, LOCKED] = CHANNELS.map(({ id }) => id) as [string, string];
const manager: Caller = {
  ...somebody,
  mayManageServer: true,
  channel: (id) => CHANNELS.find((one) => one.id === id) ?? null,
};

let context: CommandContext;
beforeEach(() => {
  context = fakeContext().context;
});

/** The custom id of the control that does `action`. */
function idOf(reply: Reply, action: string): string {
  const ids = reply.components.flatMap((row) =>
    row.components.flatMap((one) => ('custom_id' in one ? one.custom_id : [])),
  );
  return ids.find((id) => id.startsWith(`setup:${action}:`))!;
}

const open = (options = {}, caller = manager) => setupCommand.execute(options, caller, context);
const choose = (reply: Reply, action: string, ...values: string[]) =>
  setupComponentHandler.execute({ rest: idOf(reply, action).slice('setup:'.length), values }, manager, context);

describe('/setup', () => {
  it('leads to a daily post by its menus alone', async () => {
    let reply = await open();
    expect(reply.embeds[0]!.description).toBe('Choose a channel, coins and a time below, then press **Post daily**.');
    expect(JSON.stringify(reply.components)).toContain('"disabled":true');
    reply = await choose(reply, 'channel', OPEN);
    reply = await choose(reply, 'coins', 'BTC', 'SOL');
    reply = await choose(reply, 'hour', '18');
    reply = await choose(reply, 'zone', 'Europe/Berlin');
    expect(reply.embeds[0]!.description).toBe(
      `**Post daily** will post BTC and SOL to <#${OPEN}> every day at 18:00 (Berlin).`,
    );
    expect(limitProblems(reply)).toEqual([]);
    const done = await choose(reply, 'save');
    expect(done.content).toBe(`Done. <#${OPEN}> gets its first post at the time below.`);
    const [made] = await context.services.subscriptions.list(somebody.guildId!);
    expect(made).toMatchObject({
      channelId: OPEN,
      symbols: ['BTC', 'SOL'],
      localTime: '18:00',
      timeZone: 'Europe/Berlin',
      report: 'daily',
      horizon: '1d',
    });
  });

  it('warns of coins that the channel gets already', async () => {
    const chosen = await choose(await open(), 'channel', OPEN);
    await choose(await choose(chosen, 'coins', 'BTC'), 'save');
    const again = await choose(await open(), 'channel', OPEN);
    const overlapping = await choose(again, 'coins', 'ETH', 'BTC');
    expect(overlapping.embeds[0]!.description).toContain(
      `⚠️ <#${OPEN}> already gets BTC every day at 09:00. A second post would repeat that.`,
    );
    expect((await choose(again, 'coins', 'ETH')).embeds[0]!.description).not.toContain('already');
  });

  it('refuses a channel in which the bot cannot write, and names what is missing', async () => {
    await expect(choose(await open(), 'channel', LOCKED)).rejects.toThrow(/Embed Links/);
  });

  it('keeps what is set for the server, and forgets the role on request', async () => {
    await open({
      language: 'de',
      horizon: '3d',
      posts: 'compact',
      alert_role: '987654321098765432',
      weekly_calls: true,
    });
    const { serverSettings } = context.services;
    expect(await serverSettings.of(somebody.guildId!)).toEqual({
      language: 'de',
      currency: null,
      horizon: '3d',
      postStyle: 'compact',
      alertRoleId: '987654321098765432',
      weeklyCalls: true,
    });
    const shown = await open({ language: 'server', no_mentions: true, weekly_calls: false });
    expect(shown.embeds[0]!.description).toMatch(/^Saved\.\n/);
    expect(await serverSettings.of(somebody.guildId!)).toMatchObject({
      language: null,
      alertRoleId: null,
      weeklyCalls: false,
      horizon: '3d',
    });
    await choose(await choose(shown, 'channel', OPEN), 'save');
    expect(await context.services.subscriptions.list(somebody.guildId!)).toMatchObject([{ horizon: '3d' }]);
  });

  it('is for managers of a server', async () => {
    await expect(open({}, { ...manager, mayManageServer: false })).rejects.toThrow(/Manage Server/);
    await expect(open({}, { ...manager, guildId: null })).rejects.toThrow(/belong to a server/);
    const reply = await open();
    const press = { rest: idOf(reply, 'coins').slice('setup:'.length), values: ['BTC'] };
    await expect(setupComponentHandler.execute(press, somebody, context)).rejects.toThrow(/Manage Server/);
  });

  it.each(['nothing:1.BTC.9.0', 'hour:1.BTC.24.0', 'hour:1.BTC.9.99', 'hour:1.btc.9.0', 'hour'])(
    'refuses the custom id %s',
    async (rest) => {
      const pressed = setupComponentHandler.execute({ rest, values: ['BTC'] }, manager, context);
      await expect(pressed).rejects.toMatchObject({ code: 'CC_USAGE' });
    },
  );

  it('takes a custom id in which nothing is chosen yet', async () => {
    const reply = await setupComponentHandler.execute({ rest: 'coins:..9.0', values: ['BTC'] }, manager, context);
    expect(idOf(reply, 'coins')).toBe('setup:coins:.BTC.9.0');
  });

  it.each(LANGUAGES)('fits into a message in %s, with long tickers and every link', async (locale) => {
    const links = Object.fromEntries(
      ['invite', 'privacy', 'terms', 'support'].map((name) => [name, `https://example.org/${'x'.repeat(200)}`]),
    ) as unknown as CommandContext['links'];
    context = { ...context, links };
    const caller = { ...manager, locale };
    const long = ['ABCDEFGHIJKLMNO', 'BCDEFGHIJKLMNOP', 'CDEFGHIJKLMNOPQ', 'DEFGHIJKLMNOPQR', 'EFGHIJKLMNOPQRS'];
    let reply = await setupCommand.execute({}, caller, context);
    for (const [action, values] of [
      ['channel', [OPEN]],
      ['coins', long],
    ] as const) {
      const press = { rest: idOf(reply, action).slice('setup:'.length), values };
      reply = await setupComponentHandler.execute(press, caller, context);
      expect(limitProblems(reply)).toEqual([]);
    }
    expect(limitProblems(welcomeReply(links, translatorFor(locale)))).toEqual([]);
  });

  it('offers the channels of the page in place of those of Discord there', async () => {
    const [row] = toWire(await open()).components;
    expect(row!.components[0]).toMatchObject({
      type: ComponentType.StringSelect,
      options: [{ label: '#general' }, { label: '#forecasts' }],
    });
  });
});
