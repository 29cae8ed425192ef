import type { ChangedFacts, ChannelFacts, PostingFacts } from '../core/channel-facts.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { holdsGuild, type ShardRange } from '../core/shards.ts';
import { HOUR_MS, type Sleep } from '../core/time.ts';
import type { ChannelKnowledge } from './channels.ts';

/** Where shards keep what they know of the channels that are posted to. */
export interface FactStore {
  /** Channels with subscriptions or alerts by server, of all servers or of some. */
  postedTo(guildIds?: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  write(facts: readonly PostingFacts[]): Promise<void>;
  /** Says that something has changed in servers; it concerns those alone whose posts are refused. */
  stampRefused(guildIds: readonly string[]): Promise<void>;
}

/** Writes what the gateway knows down for processes without one. */
export interface FactWriter {
  /** Begins: all channels that are posted to, now and every hour, and what changes in between. Returns at once. */
  start(): void;
  /** Something has changed in a server. */
  note(guildId: string): void;
  /** Another channel of a server is posted to from now on; its facts are written at once, before its first post. */
  notePostedTo(guildId: string): void;
}

/** What a writer is made of. */
export interface FactWriterOptions {
  readonly knowledge: ChannelKnowledge;
  /** Whether the gateway knows the server at present. */
  readonly isKnown: (guildId: string) => boolean;
  readonly store: FactStore;
  /** Called with each server whose facts may have changed in the store. */
  readonly onWritten?: (guildId: string) => void;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Ends the writing. */
  readonly signal: AbortSignal;
}

/** Changes that come together are written together, this much later. */
const GATHER_MS = 1_000;
/** After a failure of the store. */
const RETRY_MS = 10_000;

/** Makes a writer. Only servers with subscriptions or alerts in channels cost anything beyond a look into a set. */
export function createFactWriter(options: FactWriterOptions): FactWriter {
  const { knowledge, isKnown, store, sleep, logger, signal } = options;
  /** Servers that are posted to, of all shards. */
  let postedTo = new Set<string>();
  const changed = new Set<string>();
  let flushing = false;
  let started = false;

  const factsOf = (guildId: string, channelIds: readonly string[]): PostingFacts => ({
    guildId,
    systemChannelId: knowledge.systemChannel(guildId),
    channels: channelIds.map(
      (channelId): ChannelFacts => ({
        channelId,
        announcement: knowledge.isAnnouncement(channelId),
        missing: knowledge.missing(channelId),
        readsHistory: knowledge.readsHistory(channelId),
      }),
    ),
  });

  async function write(channels: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const facts = [...channels].flatMap(([guildId, ids]) => (isKnown(guildId) ? [factsOf(guildId, ids)] : []));
    if (facts.length > 0) await store.write(facts);
  }

  async function flush(): Promise<void> {
    while (changed.size > 0 && !signal.aborted) {
      await sleep(GATHER_MS, signal);
      const guildIds = [...changed];
      changed.clear();
      try {
        await writeOf(guildIds);
      } catch (error) {
        for (const guildId of guildIds) changed.add(guildId);
        logger.warn({ code: asCandlecastError(error).code }, 'facts about channels could not be written yet');
        await sleep(RETRY_MS, signal);
      }
    }
  }

  async function writeOf(guildIds: readonly string[]): Promise<void> {
    await write(await store.postedTo(guildIds));
    await store.stampRefused(guildIds);
    for (const guildId of guildIds) options.onWritten?.(guildId);
  }

  function gather(guildId: string): void {
    changed.add(guildId);
    if (flushing || signal.aborted) return;
    flushing = true;
    // It ends by the signal alone otherwise.
    flush()
      .catch(() => undefined)
      .finally(() => {
        flushing = false;
      });
  }

  async function syncHourly(): Promise<void> {
    for (;;) {
      let waitMs = HOUR_MS;
      try {
        const all = await store.postedTo();
        postedTo = new Set(all.keys());
        await write(all);
      } catch (error) {
        logger.warn({ code: asCandlecastError(error).code }, 'facts about channels could not be written yet');
        waitMs = RETRY_MS;
      }
      await sleep(waitMs, signal);
    }
  }

  return {
    start() {
      if (started) for (const guildId of postedTo) gather(guildId);
      else syncHourly().catch(() => undefined);
      started = true;
    },
    note(guildId) {
      if (postedTo.has(guildId)) gather(guildId);
    },
    notePostedTo(guildId) {
      postedTo.add(guildId);
      if (signal.aborted) return;
      writeOf([guildId]).catch(() => gather(guildId));
    },
  };
}

/** Where a process without a gateway reads what shards have written. */
export interface SharedFacts {
  /** What has changed since that moment of the database's clock, or everything; and the newest stamp. */
  changedSince(ms: number | null): Promise<{ readonly facts: readonly ChangedFacts[]; readonly newestMs: number }>;
  /** The shards that are connected. */
  connected(): Promise<readonly ShardRange[]>;
}

/** What is known without a gateway. */
export interface SharedKnowledge extends ChannelKnowledge {
  /** Begins to follow changes, and calls `onChange` with each server in which something has changed. */
  follow(onChange: (guildId: string) => void): void;
  /** Reads at once what has changed. Never rejects. */
  refresh(): Promise<void>;
}

/** What it is made of. */
export interface SharedKnowledgeOptions {
  readonly facts: SharedFacts;
  /** The bot's own user id; null until Discord has said it. */
  readonly selfId: () => string | null;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

const READ_MS = 2_000;
/** Rows of other transactions may become visible this much after later ones. */
const OVERLAP_MS = 10_000;
/** After so many readings everything is read anew, in case the database's clock was set back. */
const READINGS = 300;

/**
 * Makes the knowledge of a process without a gateway from what shards have written. Of a server whose shard is not connected nothing is known, because what
 * was written may no longer be so: Discord is asked instead.
 */
export function createSharedKnowledge(options: SharedKnowledgeOptions): SharedKnowledge {
  const { facts, selfId, sleep, logger, signal } = options;
  const channels = new Map<string, ChannelFacts & { readonly guildId: string }>();
  const guilds = new Map<string, { readonly systemChannelId: string | null }>();
  /** The newest stamp of each server, so that a change that is read twice counts once. */
  const stamps = new Map<string, number>();
  let connected: readonly ShardRange[] = [];
  let newestMs: number | null = null;
  let readings = 0;
  let onChange: (guildId: string) => void = () => undefined;
  let failing = false;

  async function refresh(): Promise<void> {
    try {
      const since = newestMs === null || readings % READINGS === 0 ? null : newestMs - OVERLAP_MS;
      const [changed, shards] = [await facts.changedSince(since), await facts.connected()];
      for (const { guildId, systemChannelId, changedMs, channels: some } of changed.facts) {
        if (systemChannelId !== undefined) guilds.set(guildId, { systemChannelId });
        for (const channel of some) channels.set(channel.channelId, { ...channel, guildId });
        if (stamps.get(guildId) === changedMs) continue;
        stamps.set(guildId, changedMs);
        if (readings > 0) onChange(guildId);
      }
      connected = shards;
      newestMs = since === null ? changed.newestMs : Math.max(newestMs ?? since, changed.newestMs);
      readings++;
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted)
        logger.warn({ code: asCandlecastError(error).code }, 'what shards know of channels could not be read');
      failing = true;
    }
  }

  async function follow(): Promise<void> {
    for (;;) {
      await refresh();
      await sleep(READ_MS, signal);
    }
  }

  const channelOf = (id: string) => {
    const channel = channels.get(id);
    return channel && connected.some((range) => holdsGuild(range, channel.guildId)) ? channel : null;
  };
  return {
    get selfId() {
      return selfId();
    },
    missing: (id) => channelOf(id)?.missing ?? null,
    isAnnouncement: (id) => channelOf(id)?.announcement ?? null,
    readsHistory: (id) => channelOf(id)?.readsHistory ?? null,
    guildOf: (id) => channels.get(id)?.guildId ?? null,
    systemChannel: (guildId) => guilds.get(guildId)?.systemChannelId ?? null,
    refresh,
    follow(listener) {
      onChange = listener;
      // It ends by the signal alone.
      follow().catch(() => undefined);
    },
  };
}
