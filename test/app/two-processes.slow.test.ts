import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { type BuiltBot, builtSettings, startBuiltBot } from '../support/built-bot.ts';
import type { LoopbackInteraction } from '../support/discord/interaction.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID } from '../support/discord/payloads.ts';
import { liveMarket } from '../support/live-market.ts';
import { describeInPostgres } from '../support/postgres.ts';

const WITHIN = { timeout: 60_000, interval: 100 };
const WAITS = /Another process on the same database answers for this bot.*; waiting until that one ends/;
const OWNER = '1100000000000000066';

let folder: string;
let discord: LoopbackDiscord;
let settings: Record<string, string>;
const bots: BuiltBot[] = [];
let standing: number | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-two-'));
  discord = await LoopbackDiscord.start({
    token: TOKEN,
    now: () => standing ?? Date.now(),
    guildIds: [GUILD_ID],
    maxConcurrency: 16,
  });
  discord.channels.put(CHANNEL_ID);
  settings = { ...builtSettings(folder, discord.apiUrl), ...(await liveMarket()), OWNER_IDS: OWNER };
});
afterEach(async () => {
  for (const { child, exit } of bots.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
  await discord.close();
  await rm(folder, { recursive: true, force: true });
  expect(discord.rest.violations).toEqual([]);
});

async function start(says: RegExp, more: Readonly<Record<string, string>> = {}): Promise<BuiltBot> {
  const bot = startBuiltBot(folder, { ...settings, ...more });
  bots.push(bot);
  await expect.poll(() => bot.said.text, WITHIN).toMatch(says);
  return bot;
}
const asker = (i: number) => ({ userId: String(1_200_000_000_000_000_000n + BigInt(i)) });
async function answer(interaction: LoopbackInteraction): Promise<string> {
  const { content, embeds } = await interaction.answered.next();
  return JSON.stringify([content, embeds]);
}

/** Two processes that know nothing of shards: one answers, the other waits, says so, and takes over without a gap. */
async function takeOver(): Promise<void> {
  const first = await start(/Connected to Discord/);
  const second = await start(WAITS, { METRICS_PORT: '0', LOG_LEVEL: 'info' });
  // So that an orchestrator ends the other one only now.
  const port = /"port":(\d+),"msg":"metrics are served"/.exec(second.said.text)![1];
  const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
  await expect.poll(readiness, { timeout: 90_000, interval: 500 }).toMatchObject({ ready: true });
  await expect.poll(() => discord.gateway.connectedShards(), WITHIN).toEqual(['0/1', '0/1']);
  const status = () => answer(discord.command('status', [], { userId: OWNER }));
  // As fast as one person may ask.
  await expect.poll(status, { timeout: 90_000, interval: 3_000 }).toMatch(/\*\*all\*\*.*this one waits/);
  expect(first.said.text).not.toMatch(/several processes hold/);

  const asked: LoopbackInteraction[] = [];
  const asking = setInterval(() => asked.push(discord.command('help', [], asker(asked.length))), 100);
  await expect.poll(() => asked.length, WITHIN).toBeGreaterThan(10);
  first.child.kill('SIGTERM');
  expect(await first.exit).toEqual([0, null]);
  await expect.poll(() => second.said.text, WITHIN).toContain('this one answers for the bot now');
  const before = asked.length;
  await expect.poll(() => asked.length, WITHIN).toBeGreaterThan(before + 10);
  clearInterval(asking);
  for (const interaction of asked) expect(await answer(interaction)).toContain('/forecast');
  expect(asked.filter(({ responses }) => responses !== 1)).toEqual([]);
}

describe('one process after the other', () => {
  it('answers what came in between, as far as Discord still takes an answer', { timeout: 300_000 }, async () => {
    const first = await start(/Connected to Discord/);
    expect(await answer(discord.command('help', [], asker(0)))).toContain('/forecast');
    first.child.kill('SIGTERM');
    expect(await first.exit).toEqual([0, null]);
    // The clock of the stand-in stands still meanwhile, so that a slow machine is not too late for all of them.
    standing = Date.now();
    const between = Array.from({ length: 5 }, (_, i) => discord.command('help', [], asker(i + 1)));
    await start(/Connected to Discord/);
    for (const interaction of between) expect(await answer(interaction)).toContain('/forecast');
    standing = null;
    const after = discord.command('help', [], asker(9));
    expect(await answer(after)).toContain('/forecast');
    expect([...between, after].map(({ responses }) => responses)).toEqual([1, 1, 1, 1, 1, 1]);
    // The old session has ended; nobody identified twice.
    await expect.poll(() => discord.gateway.connectedShards(), WITHIN).toEqual(['0/1']);
  });
});

describe('two processes with one token on one SQLite file', () => {
  it('answer once: the second waits, says so, and takes over', { timeout: 300_000 }, takeOver);

  it('need not wait for one that was killed', { timeout: 300_000 }, async () => {
    const first = await start(/Connected to Discord/);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = await start(/Connected to Discord/);
    expect(await answer(discord.command('help'))).toContain('/forecast');
    expect(second.said.text).not.toMatch(WAITS);
  });

  it('hold shards of their own beside each other', async () => {
    const url = settings['DATABASE_URL']!;
    const [one, other] = [await openStorage(url, { now: Date.now }), await openStorage(url, { now: Date.now })];
    const [a, b] = [one.shardLeases!, other.shardLeases!];
    const range = { first: 0, last: 1, count: 4 };
    expect(await a.takeShards('a', range, 1)).toBeNull();
    expect(await b.takeShards('b', { first: 1, last: 2, count: 4 }, 1)).toEqual({ shard: 1, sinceMs: null });
    // The part that was free is free still.
    expect(await b.takeShards('b', { first: 2, last: 3, count: 4 }, 1)).toBeNull();
    expect(await b.areHeldByOthers('b', range)).toBe(true);
    expect(await a.areHeldByOthers('a', range)).toBe(false);
    expect(await a.keepShards('a', range, 1)).toBe(true);
    await a.releaseShards('a');
    expect(await b.areHeldByOthers('b', range)).toBe(false);
    expect(await b.takeShards('b', range, 1)).toBeNull();
    await b.releaseShards('b');
    await Promise.all([one.close(), other.close()]);
  });
});

describe('two processes with one token and a database each', () => {
  it('cannot know of each other, and say that somebody else answers', { timeout: 300_000 }, async () => {
    const [first, second] = [
      await start(/Connected to Discord/),
      await start(/Connected to Discord/, { DATABASE_URL: `sqlite:${join(folder, 'other.db')}` }),
    ];
    let asked = 0;
    const asking = setInterval(() => discord.command('help', [], asker(asked++)), 200);
    const said = () => first.said.text + second.said.text;
    await expect
      .poll(said, WITHIN)
      .toContain('another program answers with this token')
      .finally(() => clearInterval(asking));
    const status = () => answer(discord.command('status', [], { userId: OWNER }));
    await expect
      .poll(status, { timeout: 90_000, interval: 3_000 })
      .toContain('another program answers with this token');
  });
});

describeInPostgres('two processes with one token on one PostgreSQL', (server) => {
  it('answer once: the second waits, says so, and takes over', { timeout: 300_000 }, async () => {
    settings['DATABASE_URL'] = await server().createDatabase();
    await takeOver();
  });
});
