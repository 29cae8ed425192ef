import { silentLogger } from '../../src/core/logger.ts';
import type { PersonalAlert } from '../../src/core/personal-alert.ts';
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

/** An alert to the person about BTC above 105, whose moment may come. */
export const sampleAlert = (changes: Partial<PersonalAlert> = {}): PersonalAlert => ({
  ...{ id: 'ALERT001', userId: 'ann', guildId: '2', madeChannelId: '3', channelId: null, symbol: 'BTC' },
  ...{ rule: { kind: 'price', side: 'above', level: 105 }, watch: { armed: true, band: null }, state: 'active' },
  ...{ locale: 'en-GB', createdMs: 1, expiresMs: 1_000, endedMs: null, undelivered: false },
  ...changes,
});
