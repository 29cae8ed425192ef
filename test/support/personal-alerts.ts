import { silentLogger } from '../../src/core/logger.ts';
import { seededRandom } from '../../src/core/random.ts';
import {
  createPersonalAlertService,
  type PersonalAlertParts,
  type PersonalAlertService,
} from '../../src/services/alerts/personal-alerts.ts';
import { openStorage } from '../../src/storage/open-storage.ts';

/** The real service over an empty database in memory, opened when it is first used. */
export function alertsInMemory(
  parts: Pick<PersonalAlertParts, 'assets' | 'prices' | 'forecast' | 'now'>,
): PersonalAlertService {
  let opened: Promise<PersonalAlertService> | undefined;
  const random = seededRandom(1);
  const service = () => {
    opened ??= openStorage('sqlite::memory:', { now: parts.now }).then(({ personalAlerts }) =>
      createPersonalAlertService({
        ...parts,
        alerts: personalAlerts,
        record: async () => null,
        random,
        logger: silentLogger,
      }),
    );
    return opened;
  };
  return {
    add: async (...wanted) => (await service()).add(...wanted),
    list: async (of) => (await service()).list(of),
    remove: async (...one) => (await service()).remove(...one),
    check: async (signal) => (await service()).check(signal),
    prune: async (ms) => (await service()).prune(ms),
  };
}

/** A price that is always the last one of `price()`. */
export function priceOf(price: () => number, atMs: () => number): PersonalAlertParts['prices'] {
  return {
    lastTrade: async (symbol) => ({
      ...{ symbol, price: price(), atMs: atMs(), fetchedAtMs: atMs(), source: 'binance' },
      ...{ kind: 'trade' as const, doubted: null, failures: [] },
    }),
  };
}
