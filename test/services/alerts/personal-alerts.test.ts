import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { LivePrice } from '../../../src/core/market.ts';
import type { AlertRule } from '../../../src/core/personal-alert.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createPersonalAlertService, type PersonalAlertService } from '../../../src/services/alerts/personal-alerts.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';

let storage: Storage;
let service: PersonalAlertService;
let nowMs: number;
let price: number;
let doubted: LivePrice['doubted'];
let expected: number;
let recorded: number;
let asked: string[];

const { signal } = new AbortController();
const asset = KNOWN_ASSETS[0]!;

beforeEach(async () => {
  [nowMs, price, doubted, expected, recorded, asked] = [ORIGIN_MS, 100, null, 1, 0, []];
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
  service = createPersonalAlertService({
    alerts: storage.personalAlerts,
    assets: { resolve: () => asset },
    prices: {
      lastTrade: async (symbol) => ({
        ...{
          symbol,
          price,
          atMs: nowMs,
          fetchedAtMs: nowMs,
          source: 'binance',
          kind: 'trade' as const,
          doubted,
          failures: [],
        },
      }),
    },
    forecast: async (symbol, horizon) => {
      asked.push(horizon);
      const report = believableReport({ symbol, horizon, price, originMs: nowMs });
      return { ...report, volatility: { expected: expected * 0.03, usual: 0.03 } };
    },
    record: async () => recorded++,
    random: seededRandom(5),
    now: () => nowMs,
    logger: silentLogger,
  });
});

afterEach(() => storage.close());

const set = (rule: AlertRule, userId = '1', rest: object = {}) =>
  service.add({
    ...{
      userId,
      guildId: '2',
      madeChannelId: '3',
      channelId: null,
      symbol: 'BTC',
      rule,
      days: 30,
      locale: 'en-GB',
      ...rest,
    },
  });
const posts = async (id: string) => storage.posts.recent(id, 10);

/** Checks at each price, a minute apart, and returns after how many of them the alert was told. */
async function through(id: string, prices: readonly number[]): Promise<number[]> {
  const told: number[] = [];
  for (const [i, next] of prices.entries()) {
    [price, nowMs] = [next, nowMs + MINUTE_MS];
    if ((await service.check(signal)).told > 0) told.push(i);
  }
  expect(await posts(id)).toHaveLength(told.length);
  return told;
}

describe('alerts that people set', () => {
  it('tell once that a price has crossed a level, however often it goes on to cross it', async () => {
    const { id } = await set({ kind: 'price', side: 'above', level: 105 });
    expect(await through(id, [101, 104.9, 105.1, 104, 106, 99, 110])).toEqual([2]);
    const [alert] = await service.list({ userId: '1', guildId: null });
    expect(alert).toMatchObject({ id, state: 'fired' });
  });

  it('wait on the far side until the price has come back by more than a twitch', async () => {
    const { id, watch } = await set({ kind: 'price', side: 'below', level: 101 });
    expect(watch.armed).toBe(false);
    // 101.1 is not far enough from 101 to count.
    expect(await through(id, [100.5, 101.1, 100.9, 101.3, 100.9])).toEqual([4]);
  });

  it('are never told at a price that is not confirmed, nor set at one', async () => {
    const { id } = await set({ kind: 'price', side: 'above', level: 105 });
    doubted = { symbol: 'BTC' } as NonNullable<LivePrice['doubted']>;
    expect(await through(id, [200, 300])).toEqual([]);
    await expect(set({ kind: 'price', side: 'above', level: 500 })).rejects.toMatchObject({
      code: 'CC_PRICE_UNCONFIRMED',
    });
    doubted = null;
    expect(await through(id, [104])).toEqual([]);
  });

  it('watch the range of the forecast made when they were set, and the next one once that is over', async () => {
    const { id, watch } = await set({ kind: 'range', coverage: 80, horizon: '1d' });
    const { low, high, targetMs } = watch.band!;
    expect(recorded).toBe(1);
    expect(await through(id, [low * 1.001, high * 0.999])).toEqual([]);
    expect(asked).toEqual(['1d']);
    nowMs = targetMs + 1;
    // Far outside the old range, which is over: the new one starts here.
    expect(await through(id, [120])).toEqual([]);
    expect(recorded).toBe(2);
    expect(await through(id, [121])).toEqual([]);
    nowMs += HOUR_MS;
    price = 140;
    expect((await service.check(signal)).told).toBe(1);
  });

  it('tell when the odds of a level pass a threshold, in the direction that they have to go', async () => {
    const byMs = nowMs + 2 * DAY_MS;
    const rule = { kind: 'odds', direction: 'above', level: 103, byMs, chance: 0.5, rises: true } as const;
    const rising = await set(rule);
    const falling = await set({ ...rule, level: 97 });
    expect([rising.rule, falling.rule].map((one) => one.kind === 'odds' && one.rises)).toEqual([true, false]);
    expect(rising.expiresMs).toBe(byMs - HOUR_MS);
    expect(await through(rising.id, [101, 102, 104])).toEqual([2]);
    expect(await through(falling.id, [99, 98, 96])).toEqual([2]);
    await expect(set({ ...rule, byMs: nowMs + 8 * DAY_MS })).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('tell when a coin becomes much more restless, after it was not', async () => {
    expected = 1.6;
    const { id } = await set({ kind: 'restless' });
    expect(await through(id, [100, 100])).toEqual([]);
    expected = 1.2;
    expect(await through(id, [100])).toEqual([]);
    expected = 1.55;
    expect((await service.check(signal)).told).toBe(1);
  });

  it('end when their time is over, and are forgotten later', async () => {
    const { id, expiresMs } = await set({ kind: 'price', side: 'above', level: 105 }, '1', { days: 2 });
    expect(expiresMs).toBe(nowMs + 2 * DAY_MS);
    nowMs = expiresMs;
    expect(await through(id, [200])).toEqual([]);
    expect((await service.list({ userId: '1', guildId: null }))[0]!.state).toBe('expired');
    expect(await service.prune(nowMs + DAY_MS)).toBe(1);
  });

  it('are limited by person and by server', async () => {
    for (let i = 0; i < 20; i++) await set({ kind: 'price', side: 'above', level: 105 + i });
    await expect(set({ kind: 'restless' })).rejects.toThrow('20 alerts');
    await set({ kind: 'restless' }, '7');
    for (let i = 0; i < 50; i++) await set({ kind: 'restless' }, `p${i}`, { channelId: '9' });
    await expect(set({ kind: 'restless' }, 'p99', { channelId: '9' })).rejects.toThrow('50 alerts');
    await set({ kind: 'restless' }, 'p99');
  });

  it('are seen and removed by their person, and those of channels by who manages the server', async () => {
    const own = await set({ kind: 'restless' });
    const channel = await set({ kind: 'restless' }, '8', { channelId: '9' });
    const ids = async (guildId: string | null) =>
      (await service.list({ userId: '1', guildId })).map(({ id }) => id).sort();
    expect(await ids(null)).toEqual([own.id]);
    expect(await ids('2')).toEqual([own.id, channel.id].sort());
    expect(await service.remove(channel.id, { userId: '1', guildId: null })).toBeNull();
    expect(await service.remove(own.id, { userId: '8', guildId: '2' })).toBeNull();
    expect(await service.remove(channel.id, { userId: '1', guildId: '2' })).toMatchObject({ id: channel.id });
    expect(await service.remove(own.id, { userId: '1', guildId: null })).toMatchObject({ id: own.id });
  });

  it('are told by one of two processes that see the same', async () => {
    const { id } = await set({ kind: 'price', side: 'above', level: 105 });
    price = 106;
    const told = await Promise.all([service.check(signal), service.check(signal)]);
    expect(told.map((one) => one.told).sort()).toEqual([0, 1]);
    expect(await posts(id)).toHaveLength(1);
  });
});
