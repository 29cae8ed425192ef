import { afterEach, beforeEach, expect, it } from 'vitest';
import { CALLS_A_DAY, type Call, scoreCall } from '../../src/core/calls.ts';
import { DAY_MS } from '../../src/core/time.ts';
import type { Storage } from '../../src/storage/open-storage.ts';

const START_MS = Date.UTC(2026, 10, 21, 12);
/** A call as the service makes it. */
export const sampleCall = (changes: Partial<Call> = {}): Call => ({
  symbol: 'BTC',
  horizon: '1d',
  originMs: START_MS,
  targetMs: START_MS + DAY_MS,
  lastPrice: 100,
  source: 'binance',
  claim: { sort: 'direction', pUp: 0.7 },
  bot: { pUp: 0.52, low: 95, high: 106, model: 'm' },
  usual: { low: 94, high: 107 },
  ...changes,
});
const ann = { guildId: 'g', userId: 'ann' };
const bob = { guildId: 'g', userId: 'bob' };

/** What every database keeps to about members' calls. */
export function describeCalls(open: () => Promise<Storage>): void {
  let storage: Storage;
  beforeEach(async () => {
    storage = await open();
  });
  afterEach(() => storage.close());

  it('are frozen, end once, and come back with their end, of their person and server alone', async () => {
    const { calls } = storage;
    expect(await calls.add(ann, sampleCall(), START_MS)).toBe(1);
    expect(await calls.add(bob, sampleCall({ symbol: 'ETH' }), START_MS)).toBe(2);
    expect(await calls.due(START_MS + DAY_MS - 1, 9)).toEqual([]);
    expect(await calls.due(START_MS + DAY_MS, 9)).toMatchObject([{ number: 1, end: null }, { number: 2 }]);
    const event = { kind: 'outcome', scores: scoreCall(sampleCall(), 103, 'binance 1m') } as const;
    expect(await calls.end([{ number: 1, event }], START_MS + DAY_MS)).toBe(1);
    expect(await calls.end([{ number: 1, event: { kind: 'void', reason: 'no-price' } }], START_MS + DAY_MS)).toBe(0);
    expect(await calls.end([{ number: 99, event }], START_MS + DAY_MS)).toBe(0);
    expect(await calls.ofPerson(ann, 9)).toEqual([{ number: 1, call: sampleCall(), end: event }]);
    expect(await calls.ofPerson({ ...ann, guildId: 'other' }, 9)).toEqual([]);
    expect(await calls.ofServer('g', START_MS + DAY_MS, START_MS + DAY_MS + 1, 9)).toMatchObject([
      { number: 2, userId: 'bob', end: null },
      { number: 1, userId: 'ann', end: { kind: 'outcome' } },
    ]);
    expect(await calls.ofServer('g', START_MS + DAY_MS + 1, START_MS + 9 * DAY_MS, 9)).toEqual([]);
    expect(await storage.ledger.verify()).toMatchObject({ heads: { calls: { number: 3 } }, problem: null });
  });

  it('are one a coin, horizon and sort, and five, of a person on a day', async () => {
    const { calls } = storage;
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, i) => calls.add(ann, sampleCall({ symbol: `C${i}` }), START_MS)),
    );
    expect(made.filter((one) => one === 'day-full')).toHaveLength(8 - CALLS_A_DAY);
    expect(await calls.add(bob, sampleCall(), START_MS)).toBe(CALLS_A_DAY + 1);
    expect(await calls.add(bob, sampleCall(), START_MS + 1)).toBe('again');
    expect(await calls.add(bob, sampleCall({ claim: { sort: 'range', low: 90, high: 110 } }), START_MS)).toBeTypeOf(
      'number',
    );
    const tomorrow = sampleCall({ originMs: START_MS + DAY_MS, targetMs: START_MS + 2 * DAY_MS });
    expect(await calls.add(ann, tomorrow, START_MS + DAY_MS)).toBeTypeOf('number');
    expect(await storage.ledger.verify()).toMatchObject({ problem: null });
  });

  it('cannot be written from their target on', async () => {
    await expect(storage.calls.add(ann, sampleCall(), START_MS + DAY_MS)).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    expect(await storage.ledger.verify()).toMatchObject({ heads: { calls: { number: 0 } }, problem: null });
  });

  it('of a person who has them deleted belong to nobody, and the chain stays whole', async () => {
    const { calls, privacy } = storage;
    await calls.add(ann, sampleCall(), START_MS);
    await calls.add(bob, sampleCall(), START_MS);
    expect(await privacy.countPerson('ann')).toMatchObject({ calls: 1 });
    expect((await privacy.readPerson('ann', 9))['call_events']).toHaveLength(1);
    expect(await privacy.guilds()).toEqual(['g']);
    expect(await privacy.forgetPerson('ann')).toMatchObject({ calls: 1 });
    expect(await privacy.countPerson('ann')).toMatchObject({ calls: 0 });
    expect(await calls.ofPerson(ann, 9)).toEqual([]);
    expect(await calls.ofServer('g', 0, START_MS + 9 * DAY_MS, 9)).toMatchObject([{ userId: 'bob' }]);
    expect(await privacy.deleteGuild('g')).toMatchObject({ calls: 1 });
    expect(await calls.ofServer('g', 0, START_MS + 9 * DAY_MS, 9)).toEqual([]);
    expect(await storage.ledger.verify()).toMatchObject({ heads: { calls: { number: 2 } }, problem: null });
  });
}
