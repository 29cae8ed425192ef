import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REST } from 'discord.js';
import Sqlite from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { clientKnowledge } from '../../src/discord/channels.ts';
import { createPublisher } from '../../src/discord/publisher.ts';
import { errorReply } from '../../src/render/error-embed.ts';
import { replyText } from '../../src/render/text.ts';
import { createWitnessService } from '../../src/services/record/witness.ts';
import { fakeContext } from '../commands/fakes.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { type Asking, CHANNEL_ID, GUILD_ID, text, VOICE_ID } from '../support/discord/payloads.ts';
import { keepWitnessedRecord, WITNESS_CHANNELS, type WitnessedRecord } from '../support/witnessed-record.ts';
import { type TestBot, type TestClock, TOKEN, useLoopbackDiscord } from './bot.ts';

const POSTS = 12;
/** View Channel and Read Message History, which everybody needs to read what was written. */
const READS = { permissions: 1n << 16n };

let clock: TestClock;
let discord: LoopbackDiscord;
let folder: string;
let record: WitnessedRecord;
let start: (setup: object) => Promise<TestBot>;

useLoopbackDiscord((test) => {
  ({ clock, discord, start } = test);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-verify-'));
  record = await keepWitnessedRecord(discord, clock, folder, POSTS, [CHANNEL_ID]);
  const witness = createWitnessService({ ...record.storage, isKept: true, now: clock.now, logger: silentLogger });
  const { context } = fakeContext();
  const bot = await start({
    commands: COMMANDS,
    errorReply,
    context: { ...context, now: clock.now, services: { ...context.services, witness } },
  });
  const publisher = createPublisher({
    rest: new REST({ version: '10', api: discord.apiUrl, globalRequestsPerSecond: 10_000 }).setToken(TOKEN),
    knowledge: clientKnowledge(() => bot.surface.client),
    now: clock.now,
    logger: silentLogger,
    redact: (words) => words,
  });
  witness.connect(publisher.read);
}, 180_000);
afterEach(async () => {
  await record.storage.close();
  await rm(folder, { recursive: true, force: true });
});

const linkOf = (channelId: string, messageId: string, guildId = GUILD_ID) =>
  `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
/** The link of the post of that place. */
const post = (i: number) => linkOf(record.posts[i]!.channelId, record.posts[i]!.messageId);
/** What the reply says. */
async function verify(what: string, asking: Asking = READS): Promise<string> {
  const { embeds, content } = await discord.command('verify', [text('record', what)], asking).answered.next();
  return replyText({ embeds, content, files: [], components: [] }, clock.nowMs).replace(/\s+/g, ' ');
}

it('says of a post which forecasts it shows, that they were written down before their outcome, and what came of them', async () => {
  const shown = await verify(post(2));
  expect(shown).toContain(
    'These 2 forecasts were written down before the outcome was known, and nothing about them was changed since.',
  );
  expect(shown).toContain('Forecast 5: BTC, 4 hours ahead');
  expect(shown).toContain('Forecast 6: ETH, 4 hours ahead');
  expect(shown).toContain('Written down 2026-11-21 15:00 UTC, 4 hours before its moment, 2026-11-21 19:00 UTC');
  expect(shown).toContain('By 1d-2024-01-01');
  expect(shown).toMatch(/It came to \$108(\.0+)? \(\+5\.9 %\), inside the 95 % range \(binance\)/);
  expect(shown).toMatch(/is dated 2026-11-21 15:00 UTC by Discord; it carries Record 6 · [0-9a-f]{20}\./);
  expect(shown).toContain('The hashes of 3 forecasts and 10 checkpoints were computed anew, up to checkpoint 12');
  expect(shown).toContain(', the newest.');
});

it('says of a forecast by its number that it is still open, and seals what no message stands for yet', async () => {
  expect(await verify('24')).toContain('This forecast was written down before the outcome is known');
  expect(await verify('#24')).toContain('Still open: it comes due');
  const { unissued } = await import('../support/ledger.ts');
  await record.storage.ledger.append([unissued({ symbol: 'SOL', horizon: '4h', originMs: clock.nowMs })], 'scheduled');
  const shown = await verify('25');
  expect(shown).toContain('Forecast 25: SOL, 4 hours ahead');
  expect(shown).toContain('up to checkpoint 13');
  expect(await verify('26')).toContain('There is no forecast 26: the last one is 25.');
});

it('stands for everything up to its head where a message shows no forecast, as an accuracy report does', async () => {
  clock.nowMs += MINUTE_MS;
  const answered = discord.command('accuracy', [], READS).answered;
  const { id } = await answered.next();
  const shown = await verify(linkOf(CHANNEL_ID, id));
  expect(shown).toMatch(
    /The record still leads through this message, sent .*: its head stands for everything up to forecast 24\./,
  );
  expect(shown).toContain('The last forecast in it, 24: ETH');
});

it('finds a message by its id alone in the channel of the question', async () => {
  expect(await verify(record.posts[0]!.messageId)).toContain('Forecast 1: BTC');
});

it('contradicts where the record was changed after the message, by the row that no longer fits or by the head', async () => {
  const database = new Sqlite(record.path, { timeout: 10_000 });
  database.exec('drop trigger ledger_no_update');
  database.exec('update ledger set p_up = 0.9 where sequence = 6');
  database.close();
  const changed = await verify(post(2));
  expect(changed).toContain(
    'The record does not bear this out. Forecast 6 has been changed, or does not follow the one before it',
  );
  expect(await verify('6')).toContain('The record does not bear this out.');
  // What came before it still holds.
  expect(await verify(post(1))).toContain('were written down before');
});

it('contradicts where the whole record was made anew', async () => {
  const { forgeRecord } = await import('../support/forge-record.ts');
  await forgeRecord(record.path, { forecast: (entry) => (entry.sequence === 5 ? { ...entry, pUp: 0.9 } : entry) });
  expect(await verify(post(1))).toContain('were written down before');
  expect(await verify(post(2))).toMatch(
    /The record does not bear this out\. The record was changed after 2026-11-21 15:00 UTC/,
  );
});

it('says what to do where it is no message of the bot, none with a head, or none at all', async () => {
  const said = discord.channels.say(CHANNEL_ID, 'Record 6 · ffffffffffffffffffff');
  expect(await verify(linkOf(CHANNEL_ID, said.id))).toContain('I did not write that message.');
  expect(await verify(linkOf(CHANNEL_ID, '1573760029163529999'))).toContain('no such message in that channel');
  const other = await discord.command('forecast', [text('symbol', 'BTC')], READS).answered.next();
  expect(await verify(linkOf(CHANNEL_ID, other.id))).toContain('carries no head of the record');
  for (const wrong of ['BTC', '-1', '0', 'https://example.com/channels/1/2/3']) {
    expect(await verify(wrong)).toContain('neither the link of a message nor the number of a forecast');
  }
  clock.nowMs += MINUTE_MS;
  discord.channels.put(CHANNEL_ID, { historyHidden: true });
  expect(await verify(post(0))).toContain('I cannot read that message');
});

it('reads nothing that the asker may not see: not of other servers, nor of channels without their permission', async () => {
  const read = () =>
    discord.rest.requests.filter(({ method, path }) => method === 'GET' && /\/messages\//.test(path)).length;
  discord.channels.put(VOICE_ID, { guildId: GUILD_ID });
  const elsewhere = linkOf(WITNESS_CHANNELS[0], record.posts[0]!.messageId, '1100000000000000099');
  expect(await verify(elsewhere)).toContain('That message is in another server.');
  const member = { ...READS, userId: '1100000000000000031' };
  expect(await verify(linkOf(VOICE_ID, record.posts[0]!.messageId), member)).toContain('You or I cannot see');
  expect(await verify(linkOf(WITNESS_CHANNELS[0], record.posts[0]!.messageId))).toContain('You or I cannot see');
  expect(await verify(linkOf(CHANNEL_ID, record.posts[0]!.messageId, '@me'))).toContain('That is a direct message.');
  const asDm = { place: 'dm' } as const;
  expect(await verify(post(0), asDm)).toContain('That message is in another server.');
  expect(read()).toBe(0);
  clock.nowMs += HOUR_MS;
  expect(await verify(post(0))).toContain('Forecast 1: BTC');
  expect(read()).toBe(1);
  // The owner of a server sees every channel of it.
  expect(await verify(linkOf(VOICE_ID, record.posts[0]!.messageId))).toContain('no such message');
  expect(read()).toBe(2);
});
