import { afterEach, beforeEach, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { SubscriptionState } from '../../../src/core/subscription.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import {
  createSubscriptionService,
  type SubscriptionService,
} from '../../../src/services/subscriptions/subscriptions.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
let storage: Storage;
let service: SubscriptionService;

let warned: string[];
let delisted: Set<string>;
beforeEach(async () => {
  warned = [];
  delisted = new Set();
  storage = await openStorage('sqlite::memory:', { now: () => NOW });
  service = createSubscriptionService({
    subscriptions: storage.subscriptions,
    assets: {
      resolve(text) {
        const symbol = text.toUpperCase();
        if (delisted.has(symbol)) throw new CandlecastError('CC_UNKNOWN_SYMBOL', `No coin is called "${symbol}".`);
        return { symbol, name: text, rank: 1, marketCapUsd: 1, stablecoin: false };
      },
    },
    drafts: { get: async () => undefined, set: async () => undefined, delete: async () => false },
    now: () => NOW,
    random: () => 0,
    logger: { ...silentLogger, warn: (_facts, message) => warned.push(message) },
  });
});
afterEach(() => storage.close());

const add = async (state: SubscriptionState) => {
  const made = sampleSubscription({
    state,
    stateSinceMs: NOW - 47 * HOUR_MS,
    stateReason: 'I lack Send Messages',
    localTime: '09:00',
    timeZone: 'UTC',
    nextDueMs: NOW - DAY_MS,
  });
  await storage.subscriptions.insert(made, 9);
  return made;
};

it.each(['failing', 'stopped', 'retired'] as const)(
  'one that is %s goes on in another channel, from its next time',
  async (state) => {
    const { guildId, id } = await add(state);
    await service.edit(guildId, id, { channelId: 'other' });
    expect(await storage.subscriptions.byId(id)).toMatchObject({
      channelId: 'other',
      state: 'active',
      stateSinceMs: NOW,
      stateReason: null,
      nextDueMs: NOW + 21 * HOUR_MS,
    });
  },
);

it('one that is paused stays so in another channel, and one that is failing stays so where only its coins change', async () => {
  const paused = await add('paused');
  await service.edit(paused.guildId, paused.id, { channelId: 'other' });
  expect(await storage.subscriptions.byId(paused.id)).toMatchObject({ channelId: 'other', state: 'paused' });
  await storage.subscriptions.remove(paused.id);
  const failing = await add('failing');
  await service.edit(failing.guildId, failing.id, { symbols: 'SOL' });
  expect(await storage.subscriptions.byId(failing.id)).toMatchObject({ symbols: ['SOL'], state: 'failing' });
});

it('an edit checks only the settings that are given, so a coin delisted since does not block another time', async () => {
  const { guildId, id } = await add('active');
  const [coin] = (await storage.subscriptions.byId(id))!.symbols;
  delisted.add(coin!);
  const changed = await service.edit(guildId, id, { localTime: '18:30', bandBreak: true });
  expect(await storage.subscriptions.byId(id)).toEqual(changed);
  expect(changed).toMatchObject({
    symbols: ['BTC', 'ETH'],
    localTime: '18:30',
    alerts: { bandBreak: true, flipAt: null },
    nextDueMs: NOW + 6.5 * HOUR_MS,
  });
  await expect(service.edit(guildId, id, { symbols: coin! })).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
  expect(await service.edit(guildId, id, { flipAtPct: 70 })).toMatchObject({
    alerts: { bandBreak: true, flipAt: 0.7 },
  });
});

it('suggestions that cannot be read are none, and the log says so', async () => {
  await storage.close();
  expect(service.recall('2')).toEqual([]);
  await expect.poll(() => warned).toEqual(['subscriptions could not be read for suggestions']);
  storage = await openStorage('sqlite::memory:', { now: () => NOW });
});
