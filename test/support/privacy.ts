import { silentLogger } from '../../src/core/logger.ts';
import { createPrivacyService, type PrivacyService } from '../../src/services/privacy/privacy.ts';
import { openStorage } from '../../src/storage/open-storage.ts';

/** The real service over an empty database in memory, opened when it is first used. */
export function privacyInMemory(now: () => number): PrivacyService {
  let opened: Promise<PrivacyService> | undefined;
  const service = () => {
    opened ??= openStorage('sqlite::memory:', { now }).then(({ privacy }) =>
      createPrivacyService({ repository: privacy, clockIsRight: () => true, now, logger: silentLogger }),
    );
    return opened;
  };
  return {
    kept: async (of) => (await service()).kept(of),
    exportData: async (of) => (await service()).exportData(of),
    deleteData: async (of) => (await service()).deleteData(of),
    syncServers: async (...servers) => (await service()).syncServers(...servers),
    serverLeft: async (guildId) => (await service()).serverLeft(guildId),
    serverJoined: async (guildId) => (await service()).serverJoined(guildId),
    connect: (ask) => void service().then((made) => made.connect(ask)),
    deleteDeparted: async (ms) => (await service()).deleteDeparted(ms),
  };
}
