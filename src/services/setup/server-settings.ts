import { LRUCache } from 'lru-cache';
import type { ServerSettings } from '../../core/server-settings.ts';
import { type Clock, MINUTE_MS, steadyClock } from '../../core/time.ts';
import type { ServerSettingsRepository } from '../../storage/server-settings-repository.ts';

/** What the managers of a server have set for it. Methods throw `CC_DATABASE`. */
export interface ServerSettingsService {
  /** As stored a minute ago at the earliest. */
  of(guildId: string): Promise<ServerSettings>;
  /** Changes what is given; returns all of it. */
  change(guildId: string, changes: Partial<ServerSettings>): Promise<ServerSettings>;
  /** Has `send` introduce the bot in a server, once in the life of its data; what could not be sent is tried again when the bot is invited again. */
  welcome(guildId: string, send: () => Promise<boolean>): Promise<void>;
}

/** A change in another process is seen this much later. */
const KEPT_MS = MINUTE_MS;
const MAX_SERVERS = 10_000;

/** Makes the service. */
export function createServerSettingsService(repository: ServerSettingsRepository, now: Clock): ServerSettingsService {
  const kept = new LRUCache<string, Promise<ServerSettings>>({
    max: MAX_SERVERS,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });

  function of(guildId: string): Promise<ServerSettings> {
    const known = kept.get(guildId);
    if (known) return known;
    const reading = repository.find(guildId);
    kept.set(guildId, reading);
    reading.catch(() => kept.delete(guildId));
    return reading;
  }

  return {
    of,
    async change(guildId, changes) {
      const settings = { ...(await repository.find(guildId)), ...changes };
      await repository.save(guildId, settings);
      kept.delete(guildId);
      return settings;
    },
    async welcome(guildId, send) {
      if (!(await repository.claimWelcome(guildId, now()))) return;
      if (!(await send())) await repository.releaseWelcome(guildId);
    },
  };
}
