import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { type BuiltBot, builtSettings, startBuiltBot } from './built-bot.ts';
import type { LoopbackInteraction } from './discord/interaction.ts';
import { LoopbackDiscord } from './discord/loopback-discord.ts';
import { type GivenOption, text } from './discord/payloads.ts';
import { liveMarket } from './live-market.ts';
import { sampleSubscription } from './subscriptions.ts';

const WITHIN = { timeout: 120_000, interval: 200 };
const GUILDS = 8;
/** Servers of two shards, four each. */
const guildIds = Array.from({ length: GUILDS }, (_, i) => String((BigInt(262_144 + i) << 22n) + 5n));

const CONNECTED = /Connected to Discord/;
const shard = (id: number) => ({ ROLE: 'shard', SHARDS: `${id}/2` });
/** Settings of two shards and three workers, by the names that they run under. */
export const SHARDS_AND_WORKERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'shard 0': shard(0),
  'shard 1': shard(1),
  'worker 1': { ROLE: 'worker' },
  'worker 2': { ROLE: 'worker' },
  'worker 3': { ROLE: 'worker' },
};

/** What somebody asked, and what came of it. */
export interface Asked {
  readonly interaction: LoopbackInteraction;
  readonly guildId: string;
  readonly askedMs: number;
  /** Answers in full; more than one where the bot changed its answer. */
  readonly answers: string[];
}

/** Processes of the built program on one PostgreSQL, with or without Redis, and the Discord that they are on. */
export class BotCluster {
  readonly discord: LoopbackDiscord;
  readonly storage: Storage;
  readonly asked: Asked[] = [];
  /** Those that run, by a name of the test's choice. */
  readonly running = new Map<string, BuiltBot>();
  /** Where the test reaches the database. */
  readonly databaseUrl: string;
  /** What every process is started with; a test may change it before. */
  readonly settings: Record<string, string>;
  readonly #folder: string;
  /** Everything ever started, for the end and for what a failed test prints. */
  readonly #all: { readonly name: string; readonly bot: BuiltBot }[] = [];
  #channels = 0;

  private constructor(
    discord: LoopbackDiscord,
    storage: Storage,
    folder: string,
    databaseUrl: string,
    settings: Record<string, string>,
  ) {
    this.discord = discord;
    this.storage = storage;
    this.#folder = folder;
    this.databaseUrl = databaseUrl;
    this.settings = settings;
  }

  /** Opens the database and starts no process. Discord lets one shard identify every five seconds. */
  static async open(databaseUrl: string, more: Readonly<Record<string, string>>): Promise<BotCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'candlecast-cluster-'));
    const discord = await LoopbackDiscord.start({ token: TOKEN, now: Date.now, guildIds, maxConcurrency: 1 });
    const storage = await openStorage(databaseUrl, { now: Date.now });
    const settings = {
      ...builtSettings(folder, discord.apiUrl),
      ...(await liveMarket()),
      DATABASE_URL: databaseUrl,
      ...more,
    };
    return new BotCluster(discord, storage, folder, databaseUrl, settings);
  }

  /** Starts a process and does not wait for it. */
  launch(name: string, settings: Readonly<Record<string, string>>): BuiltBot {
    const bot = startBuiltBot(this.#folder, { ...this.settings, ...settings });
    this.running.set(name, bot);
    this.#all.push({ name, bot });
    return bot;
  }

  /** Starts a process and waits until it says so. */
  async start(name: string, settings: Readonly<Record<string, string>>, says: RegExp): Promise<BuiltBot> {
    const bot = this.launch(name, settings);
    await expect.poll(() => bot.said.text, WITHIN).toMatch(says);
    return bot;
  }

  /** Ends a process by a signal and waits for its end; its exit code and signal. */
  async end(name: string, signal: NodeJS.Signals): ReturnType<() => BuiltBot['exit']> {
    const { child, exit } = this.running.get(name)!;
    child.kill(signal);
    return exit;
  }

  /** Starts a trainer, two shards and three workers, one after the other. */
  async startAll(): Promise<void> {
    await this.start('trainer', { ROLE: 'trainer', DISCORD_TOKEN: '' }, /Trainer: trains/);
    for (const [name, settings] of Object.entries(SHARDS_AND_WORKERS))
      await this.start(name, settings, name.startsWith('shard') ? CONNECTED : /Worker: candles/);
  }

  /** Makes channels with a subscription each whose post is due at a minute; returns their ids. */
  async subscribe(count: number, atMs: number): Promise<string[]> {
    const dueMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const localTime = new Date(dueMs).toISOString().slice(11, 16);
    const channelIds: string[] = [];
    for (let i = 0; i < count; i++) {
      const number = this.#channels++;
      const guildId = guildIds[number % GUILDS]!;
      const channelId = String(BigInt(guildId) + 1n + BigInt(number));
      this.discord.channels.put(channelId, { guildId });
      const id = `s${String(number).padStart(5, '0')}`;
      const one = { id, guildId, channelId, symbols: ['BTC'], localTime, nextDueMs: dueMs };
      await this.storage.subscriptions.insert(sampleSubscription(one), 10_000);
      channelIds.push(channelId);
    }
    return channelIds;
  }

  /** How many posts each channel has. */
  posts(channelIds: readonly string[]): number[] {
    return channelIds.map((id) => this.discord.channels.posts(id).length);
  }

  /** Somebody else asks in each server in turn, a forecast every fourth time. */
  ask(): Asked {
    const number = this.asked.length;
    const guildId = guildIds[number % GUILDS]!;
    const userId = String(1_200_000_000_000_000_000n + BigInt(number));
    return number % 4 === 3
      ? this.command('forecast', [text('symbol', 'BTC')], { guildId, userId })
      : this.command('help', [], { guildId, userId });
  }

  command(
    name: string,
    options: readonly GivenOption[] = [],
    asking: { readonly guildId?: string; readonly userId?: string } = {},
  ): Asked {
    const guildId = asking.guildId ?? guildIds[0]!;
    const interaction = this.discord.command(name, options, { ...asking, guildId });
    const asked: Asked = { interaction, guildId, askedMs: Date.now(), answers: [] };
    const listen = async () => {
      for (;;) {
        const { content, embeds } = await interaction.answered.next();
        asked.answers.push(JSON.stringify([content, embeds]));
      }
    };
    void listen();
    this.asked.push(asked);
    return asked;
  }

  /** Asks again and again until the returned function is called. */
  askEvery(ms: number): () => void {
    const timer = setInterval(() => this.ask(), ms);
    return () => clearInterval(timer);
  }

  /** What was said by processes, such as for a test that fails. */
  said(): string {
    return this.#all.map(({ name, bot }) => `== ${name}\n${bot.said.text}`).join('\n');
  }

  async close(): Promise<void> {
    for (const { bot } of this.#all) {
      bot.child.kill('SIGKILL');
      await bot.exit;
    }
    await this.storage.close();
    await this.discord.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
