import { silentLogger } from '../../src/core/logger.ts';
import { DEFAULT_SERVER_SETTINGS, type ServerSettings } from '../../src/core/settings.ts';
import { createServerSettingsService } from '../../src/services/setup/server-settings.ts';
import type { ServerSettingsRepository } from '../../src/storage/settings-repository.ts';

/** Settings of servers in memory, under a clock that stands still. */
export function serverSettingsInMemory(nowMs = 0) {
  const kept = new Map<string, ServerSettings>();
  const welcomed = new Set<string>();
  const repository: ServerSettingsRepository = {
    find: async (guildIds) => guildIds.map((id) => kept.get(id) ?? DEFAULT_SERVER_SETTINGS),
    save: async (guildId, settings) => void kept.set(guildId, settings),
    async claimWelcome(guildId) {
      if (welcomed.has(guildId)) return false;
      welcomed.add(guildId);
      return true;
    },
    releaseWelcome: async (guildId) => void welcomed.delete(guildId),
  };
  return createServerSettingsService({
    repository,
    onChange: () => undefined,
    now: () => nowMs,
    sleep: () => new Promise(() => undefined),
    logger: silentLogger,
  });
}

/** No addresses. */
export const NO_LINKS = { invite: null, privacy: null, terms: null, support: null };
