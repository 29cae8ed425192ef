import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../../src/core/logger.ts';
import { NO_PREFERENCES, type Preferences } from '../../src/core/settings.ts';
import type { AssetDirectory } from '../../src/market/assets.ts';
import { createPreferenceService, type PreferenceService } from '../../src/services/preferences/preferences.ts';
import type { PreferenceRepository } from '../../src/storage/settings-repository.ts';

/** The settings of people in a map. */
export function preferenceMap(): PreferenceRepository {
  const kept = new Map<string, Preferences>();
  return {
    find: async (userIds) => userIds.map((id) => kept.get(id) ?? NO_PREFERENCES),
    async change(userId, change) {
      const next = { ...(kept.get(userId) ?? NO_PREFERENCES), ...change };
      kept.set(userId, next);
      return next;
    },
    remove: async (userId) => void kept.delete(userId),
  };
}

/** The real service over a map. */
export function preferencesInMemory(assets: Pick<AssetDirectory, 'resolve'>, now: () => number): PreferenceService {
  return createPreferenceService({
    repository: preferenceMap(),
    assets,
    onChange: () => undefined,
    now,
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
    logger: silentLogger,
  });
}
