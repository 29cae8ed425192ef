import { silentLogger } from '../../src/core/logger.ts';
import type { Subscription } from '../../src/core/subscription.ts';
import type { AssetDirectory } from '../../src/market/assets.ts';
import type { PublishingService } from '../../src/services/subscriptions/publishing.ts';
import { createSubscriptionService, type SubscriptionService } from '../../src/services/subscriptions/subscriptions.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import type { SubscriptionRepository } from '../../src/storage/subscription-repository.ts';

/** A subscription for tests: daily at nine in UTC, two coins. */
export function sampleSubscription(changes: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub00001',
    guildId: '1100000000000000010',
    channelId: '1100000000000000020',
    createdBy: '1100000000000000030',
    symbols: ['BTC', 'ETH'],
    horizon: '1d',
    report: 'daily',
    localTime: '09:00',
    timeZone: 'UTC',
    alerts: { bandBreak: false, flipAt: null },
    locale: 'en-GB',
    state: 'active',
    stateSinceMs: 1_000,
    stateReason: null,
    createdAtMs: 1_000,
    nextDueMs: 10_000,
    ...changes,
  };
}

/** Publishing that has nothing to do. */
export const idlePublishing: PublishingService = {
  plan: async () => ({ due: 0, queued: 0, skipped: 0 }),
  publishDue: async () => ({ sent: 0, failed: 0, skipped: 0, delayed: 0, elsewhere: false }),
  test: async () => ({ kind: 'sent', reason: null }),
  status: async () => ({ late: 0, oldestDueMs: null, reason: null, failing: 0, problem: null }),
  prune: async () => 0,
};

/** The real service over a database in memory, opened when it is first used. */
export function subscriptionsInMemory(
  assets: Pick<AssetDirectory, 'resolve'>,
  now: () => number,
  random: () => number = Math.random,
): SubscriptionService {
  let opened: Promise<SubscriptionRepository> | undefined;
  const repository = () => {
    opened ??= openStorage('sqlite::memory:', { now }).then((storage) => storage.subscriptions);
    return opened;
  };
  const drafts = new Map<string, unknown>();
  return createSubscriptionService({
    subscriptions: new Proxy({} as SubscriptionRepository, {
      get:
        (_target, name: keyof SubscriptionRepository) =>
        async (...args: never[]) =>
          ((await repository())[name] as (...given: never[]) => unknown)(...args),
    }),
    assets,
    drafts: {
      get: async (key) => drafts.get(key),
      set: async (key, value) => drafts.set(key, value),
      delete: async (key) => drafts.delete(key),
    },
    now,
    random,
    logger: silentLogger,
  });
}
