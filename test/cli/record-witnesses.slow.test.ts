import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/record-verify.ts';
import type { WitnessReport } from '../../src/cli/record-witnesses.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { headOf, recordLine } from '../../src/core/record.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { type TestClock, TOKEN, useLoopbackDiscord } from '../discord/bot.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID } from '../support/discord/payloads.ts';
import { type Forgery, forgeRecord } from '../support/forge-record.ts';
import { unissued } from '../support/ledger.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { keepWitnessedRecord, WITNESS_CHANNELS, type WitnessedRecord } from '../support/witnessed-record.ts';

let clock: TestClock;
let discord: LoopbackDiscord;
let folder: string;
let record: WitnessedRecord;
let copies = 0;

useLoopbackDiscord((test) => {
  ({ clock, discord } = test);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-witnesses-'));
});
afterEach(async () => {
  await record.storage.close();
  await rm(folder, { recursive: true, force: true });
});

/** Keeps a record of so many posts, two forecasts each. */
const keep = async (count: number) => {
  record = await keepWitnessedRecord(discord, clock, folder, count);
};

/** What the command has said. */
const said = { out: '', progress: '' };

/** What the command says, its exit code, and what it found on Discord. */
async function verify(path = record.path, ...args: string[]) {
  said.out = '';
  const collecting = (stream: keyof typeof said) => ({
    write(text: string) {
      said[stream] += text;
      return true;
    },
  });
  const command = (json: readonly string[]) => ({
    args: ['verify', ...args, ...json],
    config: loadConfig({
      DISCORD_TOKEN: TOKEN,
      DISCORD_API_URL: discord.apiUrl,
      DATABASE_URL: `sqlite:${path}`,
    }),
    logger: silentLogger,
    version: '0.0.0',
    now: clock.now,
    out: collecting('out'),
    progress: collecting('progress'),
    signal: AbortSignal.timeout(60_000),
  });
  const code = await run(command([]));
  const text = said.out;
  said.out = '';
  await run(command(['--json', '-']));
  const { witnesses } = JSON.parse(said.out) as { witnesses: WitnessReport };
  return { code, text, witnesses };
}

/** The link of a post. */
const linkOf = (i: number) =>
  `https://discord.com/channels/${GUILD_ID}/${record.posts[i]!.channelId}/${record.posts[i]!.messageId}`;

/** A copy of the record that is rewritten; the messages stay as they are. */
const forged = async (forgery: Forgery): Promise<string> => {
  const path = join(folder, `forged-${++copies}.db`);
  const database = new Sqlite(record.path, { timeout: 10_000 });
  database.exec(`vacuum into '${path}'`);
  database.close();
  await forgeRecord(path, forgery);
  return path;
};

it('a record kept in 200 posts is borne out by all of them, and after each forgery fails at the right row', async () => {
  for (const id of WITNESS_CHANNELS) discord.channels.put(id);
  await keep(200);
  // What people write in between is no witness, whatever it looks like.
  for (const id of WITNESS_CHANNELS) discord.channels.say(id, 'Record 9999 · ffffffffffffffffffff');
  discord.channels.put(CHANNEL_ID, { guildId: GUILD_ID, refuses: 50001 });
  const honest = await verify();
  expect(honest.code).toBe(0);
  // No table names the channels: Discord does.
  expect(honest.witnesses).toMatchObject({ messages: 200, channels: 3, forecasts: 400, fault: null, faults: 0 });
  expect(honest.text).toContain('200 messages in 3 channels, 2026-11-21 13:00 UTC to 2026-11-29');
  expect(honest.text).toContain('Not read: #channel-020 of server');
  expect(honest.text).toContain('I can no longer see the channel');

  // One forecast with hindsight. The 139th post holds forecasts 277 and 278.
  const one = await verify(
    await forged({ forecast: (entry) => (entry.sequence === 277 ? { ...entry, pUp: 0.99 } : entry) }),
  );
  expect(one.code).toBe(1);
  expect(one.witnesses).toMatchObject({
    faults: 62,
    fault: { kind: 'changed', witness: { url: linkOf(138) }, forecasts: { from: 277, to: 278 } },
    lastGood: { url: linkOf(137) },
  });
  expect(one.text).toContain(
    'one of forecasts 277 to 278, or an outcome from 267 on, or rows of calls from 1 on or of odds from 1 on, is not what it was',
  );
  expect(one.text).toContain(linkOf(138));
  expect(one.text).toContain(linkOf(137));
  expect(one.text).toContain('62 messages of 200 in 3 channels');

  const every = await verify(await forged({ forecast: (entry) => ({ ...entry, pUp: 0.5 }) }));
  expect(every.code).toBe(1);
  expect(every.witnesses).toMatchObject({
    faults: 200,
    fault: { kind: 'changed', witness: { url: linkOf(0) }, forecasts: { from: 1, to: 2 } },
    lastGood: null,
  });

  const cut = await verify(await forged({ lastForecast: 380 }));
  expect(cut.code).toBe(1);
  expect(cut.witnesses).toMatchObject({
    faults: 10,
    fault: { kind: 'changed', witness: { url: linkOf(190) }, forecasts: { from: 381, to: 382 } },
    lastGood: { url: linkOf(189) },
  });
  expect(cut.text).toContain('The end of the record was cut off, or an older copy was put back');
  expect(cut.text).toContain('forecasts 381 to 382 were there then, and the record ends at 380 now');
}, 120_000);

describe('the messages of a short record', () => {
  beforeEach(() => keep(12), 60_000);

  it('bear witness without a message that somebody deleted, which is said of those that are remembered', async () => {
    const { channelId, messageId } = record.posts[5]!;
    await record.storage.subscriptions.insert(sampleSubscription({ channelId }), 5);
    const queued = {
      id: 'sub00001-d5',
      subscriptionId: 'sub00001',
      kind: 'daily',
      channelId,
      dueMs: clock.nowMs,
    } as const;
    await record.storage.posts.queueClaimed(
      { ...queued, payload: null, missed: 0 },
      { owner: 'one', nowMs: clock.nowMs, leaseMs: MINUTE_MS },
    );
    await record.storage.posts.finish('sub00001-d5', 'one', { state: 'sent', reason: null, messageId }, clock.nowMs);
    expect((await verify()).witnesses.gone).toEqual([]);
    discord.channels.remove(channelId, messageId);
    const { code, text, witnesses } = await verify();
    expect(code).toBe(0);
    expect(witnesses).toMatchObject({ messages: 11, gone: [linkOf(5)] });
    expect(text).toContain('1 post of the last weeks is in the channel no more');
  });

  it('do not fit where an outcome was rewritten', async () => {
    const { code, text, witnesses } = await verify(
      await forged({ outcome: (outcome) => (outcome.number === 5 ? { ...outcome, pinball: 0 } : outcome) }),
    );
    expect(code).toBe(1);
    // Outcomes 5 and 6 are of the forecasts of the third post; the eighth is the first that holds them.
    expect(witnesses.fault).toMatchObject({ kind: 'changed', witness: { url: linkOf(7) } });
    expect(text).toContain(
      'or an outcome from 5 on, or rows of calls from 1 on or of odds from 1 on, is not what it was',
    );
  });

  it('do not fit where the record was cut off and the bot has gone on', async () => {
    const path = await forged({ lastForecast: 16 });
    const storage = await openStorage(`sqlite:${path}`, { now: clock.now });
    for (let i = 0; i < 12; i++) {
      clock.nowMs += MINUTE_MS;
      await storage.ledger.append([unissued({ symbol: `C${i}`, horizon: '4h', originMs: clock.nowMs })], 'posted');
    }
    await storage.record.checkpoint();
    await storage.close();
    const { code, witnesses } = await verify(path);
    expect(code).toBe(1);
    expect(witnesses).toMatchObject({
      faults: 4,
      fault: { kind: 'changed', witness: { url: linkOf(8) }, forecasts: { from: 17, to: 18 } },
    });
  });

  it('do not fit although somebody with the token edits them to the heads of the rewritten record', async () => {
    const path = await forged({ forecast: (entry) => (entry.sequence === 20 ? { ...entry, pUp: 0.99 } : entry) });
    const storage = await openStorage(`sqlite:${path}`, { now: clock.now });
    clock.nowMs += DAY_MS;
    for (const { channelId, messageId, forecasts } of record.posts.slice(9)) {
      const checkpoint = (await storage.witnesses.checkpointsWith(forecasts)).at(-1)!;
      const text = `Not investment advice · ${recordLine(headOf(checkpoint))}`;
      discord.channels.edit(channelId, messageId, (message) => ({
        ...message,
        embeds: message.embeds.map((embed) => (embed.footer ? { ...embed, footer: { text } } : embed)),
      }));
    }
    await storage.close();
    const { code, text, witnesses } = await verify(path);
    expect(code).toBe(1);
    expect(witnesses).toMatchObject({ faults: 3, fault: { kind: 'edited', witness: { url: linkOf(9) } } });
    expect(text).toContain('The bot never edits a post');
  });

  it('show rows that were put in between afterwards, although the heads of later messages fit', async () => {
    // After the last post, forecasts that say they are six hours older; their moments are within the time to write them.
    const trueMs = clock.nowMs;
    clock.nowMs -= 6 * HOUR_MS;
    await record.storage.ledger.append([unissued({ symbol: 'SOL', horizon: '4h', originMs: clock.nowMs })], 'posted');
    clock.nowMs = trueMs;
    const { code, text, witnesses } = await verify();
    expect(code).toBe(1);
    expect(witnesses.fault).toMatchObject({ kind: 'backdated', forecasts: { from: 25, to: 25 } });
    expect(text).toContain('Forecast 25 says that it was written at');
    expect(text).toContain('it was put in afterwards');
  });

  it('are read as far back as is asked for', async () => {
    clock.nowMs += 2 * DAY_MS;
    const { witnesses } = await verify(record.path, '--since', '1');
    expect(witnesses).toMatchObject({ messages: 0, fromMs: null });
    expect((await verify(record.path, '--since', '3')).witnesses.messages).toBe(12);
    for (let i = 0; i < 150; i++) discord.channels.say(WITNESS_CHANNELS[0], 'hello');
    const { text, witnesses: some } = await verify(record.path, '--messages', '100');
    expect(some).toMatchObject({ messages: 8, partly: [{ id: WITNESS_CHANNELS[0] }] });
    expect(text).toContain('of which 100 messages were looked through (--messages)');
  });

  it('are found in a thread and in the channel of a subscription that Discord does not list', async () => {
    discord.channels.put(WITNESS_CHANNELS[0], { guildId: GUILD_ID, type: 11 });
    discord.channels.put(WITNESS_CHANNELS[1], {});
    expect((await verify()).witnesses).toMatchObject({ messages: 8, channels: 2 });
    await record.storage.subscriptions.insert(sampleSubscription({ channelId: WITNESS_CHANNELS[1] }), 5);
    expect((await verify()).witnesses).toMatchObject({ messages: 12, channels: 3 });
  });

  it('are left out without a token and where that is asked for', async () => {
    const before = discord.rest.requests.length;
    const { code, text, witnesses } = await verify(record.path, '--local');
    expect({ code, witnesses }).toEqual({ code: 0, witnesses: null });
    expect(text).toContain('were not looked at');
    expect(discord.rest.requests).toHaveLength(before);
  });

  it('are not asked for with a token that Discord refuses', async () => {
    discord.fail({ method: 'GET', path: /./, status: 401, times: 100 });
    await expect(verify()).rejects.toMatchObject({ code: 'CC_DISCORD_TOKEN' });
    // What was found in the database is said all the same.
    expect(said.out).toContain('in unbroken chains');
    discord.rest.faults.length = 0;
  });
});
