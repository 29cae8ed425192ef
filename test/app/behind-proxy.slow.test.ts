import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proxyRequests } from '@discordjs/proxy';
import { REST } from 'discord.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MINUTE_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { type BuiltBot, builtSettings, startBuiltBot } from '../support/built-bot.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { CHANNEL_ID, GUILD_ID, text } from '../support/discord/payloads.ts';
import { liveMarket } from '../support/live-market.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const WITHIN = { timeout: 60_000, interval: 100 };

let folder: string;
let discord: LoopbackDiscord;
let proxy: Server;
let throughProxy: string[];
let bot: BuiltBot | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-proxy-'));
  discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now, guildIds: [GUILD_ID], maxConcurrency: 16 });
  discord.channels.put(CHANNEL_ID);
  throughProxy = [];
  const forward = proxyRequests(new REST({ api: discord.apiUrl, rejectOnRateLimit: () => true, retries: 0 }));
  proxy = createServer((request, response) => {
    throughProxy.push(`${request.method} ${request.url}`);
    // It throws what it does not know, and has ended the answer by then.
    Promise.resolve(forward(request, response)).catch(() => {});
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
});
afterEach(async () => {
  bot?.child.kill('SIGKILL');
  await bot?.exit;
  bot = null;
  proxy.closeAllConnections();
  await new Promise((closed) => proxy.close(closed));
  await discord.close();
  await rm(folder, { recursive: true, force: true });
});

it('registers, answers with a chart and posts once through @discordjs/proxy', { timeout: 180_000 }, async () => {
  const apiUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/api`;
  const settings = { ...builtSettings(folder, apiUrl), ...(await liveMarket()) };
  const storage = await openStorage(settings['DATABASE_URL']!, { now: Date.now });
  const dueMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const localTime = new Date(dueMs).toISOString().slice(11, 16);
  const wanted = { guildId: GUILD_ID, channelId: CHANNEL_ID, symbols: ['BTC'], localTime, nextDueMs: dueMs };
  await storage.subscriptions.insert(sampleSubscription(wanted), 5);
  await storage.close();

  bot = startBuiltBot(folder, settings);
  await expect.poll(() => bot!.said.text, WITHIN).toMatch(/Connected to Discord/);
  const asked = discord.command('forecast', [text('symbol', 'BTC')], { userId: '1200000000000000001' });
  const answer = await asked.answered.next();
  expect(JSON.stringify(answer.embeds)).toContain('BTC');
  expect(answer.files.map(({ name }) => name)).toEqual([expect.stringMatching(/\.png$/)]);
  expect(asked.responses).toBe(1);
  await expect.poll(() => discord.channels.posts(CHANNEL_ID).length, WITHIN).toBe(1);
  const [post] = discord.channels.posts(CHANNEL_ID);
  expect(post!.message.files.map(({ name }) => name)).toEqual(['btc.png']);

  // Whatever reached Discord came through the proxy.
  expect(throughProxy).toHaveLength(discord.rest.requests.length);
  for (const part of [/^PUT .*\/commands$/, /^POST .*\/callback/, /^POST \/api\/v10\/channels\/\d+\/messages/])
    expect(throughProxy).toContainEqual(expect.stringMatching(part));
  expect(discord.rest.violations).toEqual([]);
});
