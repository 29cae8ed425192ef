import type { Subscription } from '../../src/core/subscription.ts';

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
