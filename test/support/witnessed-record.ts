import { join } from 'node:path';
import { REST } from 'discord.js';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createPublisher } from '../../src/discord/publisher.ts';
import { dailyPostReply } from '../../src/render/subscriptions/daily-post.ts';
import { createWitnessService } from '../../src/services/record/witness.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { TOKEN } from '../discord/bot.ts';
import { believableReport } from '../render/forecast/believable-report.ts';
import type { LoopbackDiscord } from './discord/loopback-discord.ts';
import { APPLICATION_ID, GUILD_ID } from './discord/payloads.ts';
import { ENGLISH } from './english.ts';
import { outcomeOf, unissued } from './ledger.ts';

/** A record in a file, whose posts stand in channels of the loopback Discord. */
export interface WitnessedRecord {
  readonly storage: Storage;
  /** The SQLite file. */
  readonly path: string;
  readonly posts: readonly { readonly channelId: string; readonly messageId: string; readonly forecasts: number }[];
}

/** Channels that are posted in in turn. */
export const WITNESS_CHANNELS = ['1100000000000000101', '1100000000000000102', '1100000000000000103'] as const;

/**
 * Keeps a record as the bot does: every hour two forecasts in a post, which carries the head, and the scores of those that came due. One post is
 * one request through the real publisher.
 */
export async function keepWitnessedRecord(
  discord: LoopbackDiscord,
  clock: { nowMs: number; now(): number },
  folder: string,
  count: number,
  channels: readonly string[] = WITNESS_CHANNELS,
): Promise<WitnessedRecord> {
  const path = join(folder, 'record.db');
  const storage = await openStorage(`sqlite:${path}`, { now: () => clock.nowMs });
  const witness = createWitnessService({ ...storage, isKept: true, now: clock.now, logger: silentLogger });
  for (const id of channels) discord.channels.put(id, { guildId: GUILD_ID });
  const publisher = createPublisher({
    // The clock stands still while posts are sent.
    rest: new REST({ version: '10', api: discord.apiUrl, globalRequestsPerSecond: 10_000 }).setToken(TOKEN),
    knowledge: {
      selfId: APPLICATION_ID,
      missing: () => [],
      isAnnouncement: () => false,
      readsHistory: () => true,
      guildOf: () => GUILD_ID,
      systemChannel: () => null,
    },
    now: clock.now,
    logger: silentLogger,
    redact: (text) => text,
  });
  discord.rest.bucket = { remaining: 10_000, resetAfterSeconds: 0.01 };
  const posts: WitnessedRecord['posts'][number][] = [];
  for (let i = 0; i < count; i++) {
    clock.nowMs += HOUR_MS;
    const originMs = clock.nowMs;
    clock.nowMs += 2_000;
    const symbols = ['BTC', 'ETH'];
    const made = symbols.map((symbol) => unissued({ symbol, horizon: '4h', originMs, lastPrice: 100 + i }));
    await storage.ledger.append(made, 'posted');
    const due = await storage.ledger.unscored(0, clock.nowMs - MINUTE_MS, 100);
    await storage.outcomes.add(due.map((entry) => ({ ...outcomeOf(entry, 101 + i), scoredAtMs: clock.nowMs })));
    const head = await witness.head();
    const coins = made.map(({ symbol, lastPrice, quantiles, targetMs }) => ({
      symbol,
      report: { ...believableReport({ symbol, name: symbol }), lastPrice, quantiles, originMs, targetMs },
      problem: null,
      chartPng: null,
      lastCall: null,
    }));
    const postId = `sub00001-d${i}`;
    const reply = dailyPostReply(
      { coins, horizon: '4h', timeZone: 'UTC', postId, head, missed: 0, test: false },
      ENGLISH,
    );
    const channelId = channels[i % channels.length]!;
    clock.nowMs += 3_000;
    const sent = await publisher.send(channelId, reply, postId, AbortSignal.timeout(30_000));
    if (sent.kind !== 'sent') throw new Error(`post ${i} was not sent: ${JSON.stringify(sent)}`);
    posts.push({ channelId, messageId: sent.messageId, forecasts: head!.forecasts });
  }
  return { storage, path, posts };
}
