import { beforeEach, describe, expect, test } from 'vitest';
import type { Caller, CallerChannel, CommandContext } from '../../../src/commands/command.ts';
import { complete, dispatch, press } from '../../../src/commands/dispatch.ts';
import type { PastCall } from '../../../src/core/accuracy.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import type { PostResult } from '../../../src/services/subscriptions/publishing-port.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { fakeContext, somebody } from '../fakes.ts';

const CHANNELS: readonly CallerChannel[] = [
  { id: '11', name: 'markets', kind: 'text', missing: [], callerMissing: [], callerReads: true },
  {
    id: '12',
    name: 'locked',
    kind: 'text',
    missing: ['Embed Links', 'Attach Files'],
    callerMissing: [],
    callerReads: true,
  },
  { id: '13', name: 'Rooms', kind: 'other', missing: [], callerMissing: [], callerReads: true },
];
const manager: Caller = {
  ...somebody,
  mayManageServer: true,
  channel: (id) => CHANNELS.find((channel) => channel.id === id) ?? null,
};

let context: CommandContext;
let tested: string[];
let testResult: PostResult;

beforeEach(() => {
  const fake = fakeContext().context;
  const report = believableReport({ horizon: '1d' });
  const last: PastCall = {
    symbol: 'BTC',
    horizon: '1d',
    originMs: report.originMs,
    targetMs: report.targetMs,
    lastPrice: report.lastPrice,
    quantiles: report.quantiles,
    pUp: 0.5,
    model: 'm',
    actualPrice: report.lastPrice,
    band: 50,
    position: 0,
    revised: false,
    isScored: true,
  };
  tested = [];
  testResult = { kind: 'sent', reason: null };
  context = {
    ...fake,
    services: {
      ...fake.services,
      accuracy: { ...fake.services.accuracy, last: async () => last },
      publishing: {
        ...fake.services.publishing,
        async test(id, channelId) {
          tested.push(`${id} ${channelId}`);
          return testResult;
        },
      },
    },
  };
});

const run = (line: string, caller: Caller = manager) => dispatch(line, caller, context);
const click = (customId: string, caller: Caller = manager, values: readonly string[] = []) =>
  press(customId, values, caller, context);
const idsOf = (reply: Reply) =>
  reply.components.flatMap((row) => row.components.flatMap((one) => ('custom_id' in one ? [one.custom_id] : [])));

async function subscribe(line = '/subscribe <#11> "BTC, ETH" 09:30 London'): Promise<string> {
  const preview = await run(line);
  const made = await click(idsOf(preview)[0]!);
  return /Subscription (\w+)/.exec(made.embeds[0]!.footer!.text)![1]!;
}

describe('/subscribe', () => {
  test('shows what it would do and saves nothing until the button is pressed', async () => {
    const preview = await run('/subscribe channel:<#11> symbols:"btc, Ethereum" time:9am timezone:London report:both');
    expect(limitProblems(preview)).toEqual([]);
    expect(preview.content).toContain('Nothing is saved');
    expect(preview.content).toContain('Forecast, 1 day ahead');
    expect(preview.embeds.map(({ title }) => title)).toEqual([
      'New subscription',
      expect.stringContaining('Bitcoin (BTC) · $98,123'),
      expect.stringContaining('Ethereum (ETH) · $98,123'),
    ]);
    expect(JSON.stringify(preview.embeds)).toContain('Last call');
    expect(preview.files.map(({ name }) => name)).toEqual(['btc.png', 'eth.png']);
    // 21 November 2026, midnight: London is at UTC.
    expect(JSON.stringify(preview.embeds[0])).toContain(`<t:${(ORIGIN_MS + 9 * 3_600_000) / 1000}:f>`);
    expect(await context.services.subscriptions.list('2')).toEqual([]);

    const [confirm] = idsOf(preview);
    const made = await click(confirm!);
    expect(made.content).toContain('Subscribed');
    expect(await context.services.subscriptions.list('2')).toMatchObject([
      { channelId: '11', symbols: ['BTC', 'ETH'], localTime: '09:00', timeZone: 'Europe/London', report: 'both' },
    ]);
  });

  test('warns of coins that the channel gets already, and says when they were added nevertheless', async () => {
    await subscribe('/subscribe <#11> "BTC, ETH" 09:30 London');
    const preview = await run('/subscribe <#11> "ETH, SOL" 10:00 London');
    expect(preview.content).toContain('⚠️ <#11> already gets ETH every day at 09:30.');
    const made = await click(idsOf(preview)[0]!);
    expect(made.content).toBe(
      'Subscribed. <#11> gets its first post at the time below.\n⚠️ Added nevertheless: <#11> now gets ETH twice. /subscriptions remove takes one away.',
    );
    const other = await run('/subscribe <#11> ADA 10:00 London');
    expect(other.content).not.toContain('already gets');
    expect((await click(idsOf(other)[0]!)).content).not.toContain('nevertheless');
    const weekly = await run('/subscribe <#11> ETH 10:00 London report:weekly');
    expect(weekly.content).not.toContain('already gets');
  });

  test('saves once, for the person who asked, and nothing after Cancel', async () => {
    const [confirm, cancel] = idsOf(await run('/subscribe <#11> BTC 09:00'));
    await expect(click(confirm!, { ...manager, userId: '99' })).rejects.toMatchObject({
      code: 'CC_SUBSCRIPTION_UNKNOWN',
    });
    await click(confirm!);
    await expect(click(confirm!)).rejects.toMatchObject({ code: 'CC_SUBSCRIPTION_UNKNOWN' });
    const [second] = idsOf(await run('/subscribe <#11> BTC 09:00'));
    await click(second!.replace('confirm', 'cancel'));
    await expect(click(second!)).rejects.toMatchObject({ code: 'CC_SUBSCRIPTION_UNKNOWN' });
    expect(await context.services.subscriptions.list('2')).toHaveLength(1);
    expect(cancel).toContain('cancel');
  });

  test('hints at UTC where no time zone was given', async () => {
    expect((await run('/subscribe <#11> BTC 09:00')).content).toContain('the time is in UTC');
    expect((await run('/subscribe <#11> BTC 09:00 timezone:Tokyo')).content).not.toContain('in UTC');
  });

  test.each([
    ['/subscribe <#12> BTC 09:00', 'CC_CHANNEL', 'Embed Links, Attach Files'],
    ['/subscribe <#13> BTC 09:00', 'CC_CHANNEL', 'not a channel for messages'],
    ['/subscribe <#99> BTC 09:00', 'CC_CHANNEL', 'cannot see'],
    ['/subscribe <#11> BTC 25:00', 'CC_USAGE', 'not a time of day'],
    ['/subscribe <#11> BTC 09:00 Londn', 'CC_UNKNOWN_TIME_ZONE', 'Londn'],
    ['/subscribe <#11> USDT 09:00', 'CC_STABLECOIN', 'USDT'],
    ['/subscribe <#11> NOPE 09:00', 'CC_UNKNOWN_SYMBOL', 'NOPE'],
    ['/subscribe <#11> "," 09:00', 'CC_USAGE', 'No coin'],
    ['/subscribe <#11> "BTC ETH XRP BNB SOL DOGE TRX ADA LINK XLM BCH" 09:00', 'CC_SUBSCRIPTION_LIMIT', '10 coins'],
    ['/subscribe <#11> BTC 09:00 flip_alert:30', 'CC_USAGE', '50 to 95'],
  ])('%s is refused with %s', async (line, code, words) => {
    await expect(run(line)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await context.services.subscriptions.list('2')).toEqual([]);
  });

  test('needs Manage Server, whatever Discord let through, and a server', async () => {
    const [confirm] = idsOf(await run('/subscribe <#11> BTC 09:00'));
    const member = { ...manager, mayManageServer: false };
    for (const attempt of [
      run('/subscribe <#11> BTC 09:00', member),
      run('/subscribe <#11> BTC 09:00', { ...manager, guildId: null }),
      run('/subscriptions list', member),
      click(confirm!, member),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'CC_NOT_ALLOWED' });
    }
  });

  test('looks at the channel again when it is confirmed', async () => {
    const [confirm] = idsOf(await run('/subscribe <#11> BTC 09:00'));
    const lost: Caller = { ...manager, channel: () => ({ ...CHANNELS[0]!, missing: ['Send Messages'] }) };
    await expect(click(confirm!, lost)).rejects.toMatchObject({ code: 'CC_CHANNEL' });
    await click(confirm!);
    expect(await context.services.subscriptions.list('2')).toHaveLength(1);
  });

  test('stops at twenty in a server', async () => {
    for (let i = 0; i < 20; i++) await subscribe('/subscribe <#11> BTC 09:00');
    await expect(run('/subscribe <#11> BTC 09:00')).rejects.toMatchObject({ code: 'CC_SUBSCRIPTION_LIMIT' });
    const list = await run('/subscriptions list');
    expect(limitProblems(list)).toEqual([]);
    expect(list.embeds[0]?.fields).toHaveLength(20);
  });
});

describe('/subscriptions', () => {
  test('lists, shows, pauses, resumes and removes by buttons', async () => {
    const id = await subscribe();
    const list = await run('/subscriptions list');
    expect(JSON.stringify(list.embeds)).toContain('<#11>');
    expect(idsOf(list)).toEqual(['sub:show']);
    const shown = await click('sub:show', manager, [id]);
    expect(idsOf(shown)).toEqual([`sub:pause:${id}`, `sub:test:${id}`, `sub:remove:${id}`, 'sub:list']);
    const paused = await click(`sub:pause:${id}`);
    expect(JSON.stringify(paused.embeds)).toContain('paused');
    expect(idsOf(paused)[0]).toBe(`sub:resume:${id}`);
    expect(JSON.stringify((await click(`sub:resume:${id}`)).embeds)).toContain('active');
    expect(idsOf(await click(`sub:remove:${id}`))).toEqual([`sub:sure:${id}`, 'sub:list']);
    expect(await context.services.subscriptions.list('2')).toHaveLength(1);
    expect((await click(`sub:sure:${id}`)).content).toContain('Removed');
    expect(await context.services.subscriptions.list('2')).toEqual([]);
  });

  test('changes what is named and nothing else', async () => {
    const id = await subscribe();
    await run(`/subscriptions edit id:${id} time:18:45 symbols:SOL flip_alert:70 band_alerts:true`);
    const [changed] = await context.services.subscriptions.list('2');
    expect(changed).toMatchObject({
      channelId: '11',
      symbols: ['SOL'],
      localTime: '18:45',
      timeZone: 'Europe/London',
      alerts: { bandBreak: true, flipAt: 0.7 },
      nextDueMs: ORIGIN_MS + 18.75 * 3_600_000,
    });
    await run(`/subscriptions edit ${id} flip_alert:0`);
    expect((await context.services.subscriptions.list('2'))[0]?.alerts).toEqual({ bandBreak: true, flipAt: null });
    await expect(run(`/subscriptions edit ${id} channel:<#12>`)).rejects.toMatchObject({ code: 'CC_CHANNEL' });
  });

  test('changes a time although the bot may not post there at the moment', async () => {
    const id = await subscribe();
    const lost: Caller = { ...manager, channel: () => null };
    await run(`/subscriptions edit ${id} time:18:45`, lost);
    expect(await context.services.subscriptions.list('2')).toMatchObject([{ localTime: '18:45' }]);
    await expect(run(`/subscriptions edit ${id} channel:<#11>`, lost)).rejects.toMatchObject({ code: 'CC_CHANNEL' });
  });

  test('posts a test and says how it went', async () => {
    const id = await subscribe();
    expect((await run(`/subscriptions test ${id}`)).content).toBe('Posted to <#11>.');
    testResult = { kind: 'failed', reason: 'I lack Send Messages' };
    expect((await click(`sub:test:${id}`)).content).toBe('Could not post to <#11>: I lack Send Messages.');
    expect(tested).toEqual([`${id} 11`, `${id} 11`]);
  });

  test('of another server are unknown', async () => {
    const id = await subscribe();
    const elsewhere = { ...manager, guildId: '777' };
    for (const name of ['pause', 'resume', 'test', 'remove']) {
      await expect(run(`/subscriptions ${name} ${id}`, elsewhere)).rejects.toMatchObject({
        code: 'CC_SUBSCRIPTION_UNKNOWN',
      });
    }
    await expect(click(`sub:sure:${id}`, elsewhere)).rejects.toMatchObject({ code: 'CC_SUBSCRIPTION_UNKNOWN' });
  });

  test.each(['sub:dance:x', 'sub:pause:x:y', 'sub:pause:../../x'])('the custom id %s is refused', async (customId) => {
    await expect(click(customId)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });
});

describe('suggestions', () => {
  const suggest = (name: string, option: string, value: string, caller = manager) =>
    complete(name, { name: option, value }, caller, context).map((choice) => choice.value);

  test('complete the last of several coins and leave out those named', () => {
    expect(suggest('subscribe', 'symbols', 'BTC, ET')).toContain('BTC, ETH');
    expect(suggest('subscribe', 'symbols', 'BTC, B')).not.toContain('BTC, BTC');
    expect(suggest('subscribe', 'symbols', '')).toContain('BTC');
  });

  test('find time zones by city', () => {
    expect(suggest('subscribe', 'timezone', 'toky')).toEqual(['Asia/Tokyo']);
  });

  test('offer the subscriptions of the server to those who manage it', async () => {
    const id = await subscribe();
    expect(suggest('subscriptions', 'id', '')).toEqual([id]);
    expect(suggest('subscriptions', 'id', 'markets')).toEqual([id]);
    expect(suggest('subscriptions', 'id', 'nothing')).toEqual([]);
    expect(suggest('subscriptions', 'id', '', { ...manager, mayManageServer: false })).toEqual([]);
  });
});
