import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reason } from '../../src/core/reason.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { aloneUnder } from '../../src/storage/lease-repository.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { NewPost } from '../../src/storage/post-repository.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

const post = (id: string, changes: Partial<NewPost> = {}): NewPost => ({
  id,
  subscriptionId: 'sub00001',
  kind: 'daily',
  channelId: '1',
  dueMs: 10_000,
  payload: null,
  missed: 0,
  ...changes,
});
const LACKING: Reason = { key: 'refusals.lacking', values: { permissions: { list: ['it’s so'] } } };
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => post(`p${String(i).padStart(5, '0')}`, { subscriptionId: `s${i}` }));

/**
 * What every database keeps to about subscriptions and their posts. `open` gives the same database within a test, an empty one
 * at its start; where `shared`, it is opened twice, as by two processes.
 */
export function describePublishing(open: () => Promise<Storage>, shared: boolean): void {
  let storage: Storage;
  let other: Storage;

  beforeEach(async () => {
    storage = await open();
    other = shared ? await open() : storage;
  });
  afterEach(async () => {
    await storage.close();
    if (shared) await other.close();
  });

  describe('subscriptions', () => {
    it('come back as they were stored, by id and by server, the oldest first', async () => {
      const first = sampleSubscription({ alerts: { bandBreak: true, flipAt: 0.6 }, createdAtMs: 5 });
      const second = sampleSubscription({ id: 'sub00002', timeZone: 'Pacific/Chatham', stateReason: LACKING });
      expect(await storage.subscriptions.insert(second, 5)).toBe(true);
      expect(await storage.subscriptions.insert(first, 5)).toBe(true);
      expect(await storage.subscriptions.byGuild(first.guildId)).toEqual([first, second]);
      expect(await storage.subscriptions.byId('sub00002')).toEqual(second);
      expect(await storage.subscriptions.byId('sub00003')).toBeNull();
      expect(await storage.subscriptions.byGuild('0')).toEqual([]);
    });

    it('are no more in a server than the limit, also when several are added at once', async () => {
      const adding = Array.from({ length: 8 }, (_, i) =>
        (i % 2 ? storage : other).subscriptions.insert(sampleSubscription({ id: `sub${i}` }), 3),
      );
      const added = (await Promise.all(adding)).filter(Boolean);
      expect(added).toHaveLength(3);
      expect(await storage.subscriptions.insert(sampleSubscription({ id: 'x', guildId: '9' }), 3)).toBe(true);
    });

    it('keep server, person and origin when they are changed', async () => {
      const before = sampleSubscription();
      await storage.subscriptions.insert(before, 5);
      const changed = { ...before, channelId: '7', symbols: ['SOL'], localTime: '10:00', nextDueMs: 20_000 };
      expect(await storage.subscriptions.update({ ...changed, createdBy: 'x', guildId: 'y' })).toBe(true);
      expect(await storage.subscriptions.byId(before.id)).toEqual(changed);
      expect(await storage.subscriptions.update(sampleSubscription({ id: 'gone' }))).toBe(false);
    });

    it('change state only from the states named', async () => {
      await storage.subscriptions.insert(sampleSubscription(), 5);
      const to = { state: 'failing', reason: LACKING, atMs: 50 } as const;
      expect(await storage.subscriptions.changeState('sub00001', ['paused'], to)).toBe(false);
      expect(await storage.subscriptions.changeState('sub00001', ['active'], to)).toBe(true);
      expect(await storage.subscriptions.byId('sub00001')).toMatchObject({
        state: 'failing',
        stateReason: LACKING,
        stateSinceMs: 50,
      });
    });

    it('go away with their open posts and their alerts', async () => {
      await storage.subscriptions.insert(sampleSubscription(), 5);
      await storage.alertStates.save([{ subscriptionId: 'sub00001', symbol: 'BTC', state: '{}' }], [post('a')]);
      expect(await storage.subscriptions.remove('sub00001')).toBe(true);
      expect(await storage.subscriptions.remove('sub00001')).toBe(false);
      expect(await storage.posts.open()).toBe(0);
      expect(await storage.alertStates.all()).toEqual([]);
    });

    it('that have been failing for long are found, the longest first, but for weekly ones', async () => {
      const failing = (id: string, stateSinceMs: number, changes = {}) =>
        storage.subscriptions.insert(sampleSubscription({ id, state: 'failing', stateSinceMs, ...changes }), 9);
      await failing('b', 200);
      await failing('a', 100, { report: 'both' });
      await failing('late', 201);
      await failing('w', 100, { report: 'weekly' });
      await failing('s', 100, { state: 'stopped' });
      const found = async (limit: number) => (await storage.subscriptions.failingSince(200, limit)).map(({ id }) => id);
      expect(await found(9)).toEqual(['a', 'b']);
      expect(await found(1)).toEqual(['a']);
      expect(await storage.subscriptions.countFailing()).toBe(4);
    });

    it('that a clock which was ahead had planned or marked as failing are found and dated anew', async () => {
      const insert = (id: string, changes: object) =>
        storage.subscriptions.insert(sampleSubscription({ id, ...changes }), 9);
      await insert('day', { nextDueMs: DAY_MS + 1 });
      await insert('year', { nextDueMs: 365 * DAY_MS, state: 'failing', stateSinceMs: 365 * DAY_MS });
      await insert('right', { nextDueMs: DAY_MS, state: 'failing', stateSinceMs: 5 });
      await insert('weekly', { nextDueMs: 7 * DAY_MS, report: 'weekly' });
      await insert('paused', { nextDueMs: 365 * DAY_MS, state: 'paused' });
      const ahead = async (limit: number) =>
        (await storage.subscriptions.ahead(0, limit)).map(({ subscription }) => subscription.id);
      expect(await ahead(9)).toEqual(['year', 'day']);
      expect(await ahead(1)).toEqual(['year']);
      await storage.subscriptions.restartFailing(10);
      const since = async (id: string) => (await storage.subscriptions.byId(id))!.stateSinceMs;
      expect([await since('year'), await since('right')]).toEqual([10, 5]);
    });

    it('that are moved to another channel take along the posts that wait, and none that may be on its way', async () => {
      await storage.subscriptions.insert(sampleSubscription({ channelId: 'old' }), 9);
      const ids = ['waits', 'claimed', 'begun'];
      await storage.posts.queue(
        ids.map((id, i) => ({
          id,
          subscriptionId: 'sub00001',
          kind: 'daily' as const,
          channelId: 'old',
          dueMs: 10 + i,
          payload: null,
          missed: 0,
        })),
      );
      const claim = (id: string) => storage.posts.claim({ owner: 'me', nowMs: 50, leaseMs: 100, limit: 1, id });
      await claim('claimed');
      await claim('begun');
      await storage.posts.begin('begun', 'me', 60, 100);
      await storage.posts.giveBack('begun', 'me', { notBeforeMs: 500, reason: 'busy', sent: 'unknown' });
      await storage.subscriptions.update(sampleSubscription({ channelId: 'new' }));
      const kept = await storage.posts.recent('sub00001', 9);
      expect(Object.fromEntries(kept.map(({ id, channelId }) => [id, channelId]))).toEqual({
        waits: 'new',
        claimed: 'old',
        begun: 'old',
      });
    });

    it('with alerts are found, where they are active', async () => {
      await storage.subscriptions.insert(sampleSubscription(), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'b', alerts: { bandBreak: true, flipAt: null } }), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'f', alerts: { bandBreak: false, flipAt: 0.7 } }), 9);
      const paused = sampleSubscription({ id: 'p', state: 'paused', alerts: { bandBreak: true, flipAt: null } });
      await storage.subscriptions.insert(paused, 9);
      expect((await storage.subscriptions.withAlerts()).map(({ id }) => id)).toEqual(['b', 'f']);
    });
  });

  describe('planning', () => {
    const step = (id: string, dueMs = 10_000) => ({
      subscriptionId: id,
      dueMs,
      nextDueMs: 96_400_000,
      missed: 0,
      posts: [post(`${id}-d`, { subscriptionId: id, dueMs })],
    });

    it('finds what is due and may post, the longest due first', async () => {
      await storage.subscriptions.insert(sampleSubscription({ id: 'late', nextDueMs: 5_000 }), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'now', nextDueMs: 10_000, state: 'failing' }), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'soon', nextDueMs: 10_001 }), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'asleep', nextDueMs: 1, state: 'paused' }), 9);
      await storage.subscriptions.addMissed('now', 2);
      const due = await storage.subscriptions.due(10_000, 10);
      expect(due.map(({ subscription, missed }) => [subscription.id, missed])).toEqual([
        ['late', 0],
        ['now', 2],
      ]);
      expect(await storage.subscriptions.due(10_000, 1)).toHaveLength(1);
    });

    it('moves each on once and queues its post once, whoever plans at the same time', async () => {
      const ids = Array.from({ length: 30 }, (_, i) => `s${i}`);
      for (const id of ids) await storage.subscriptions.insert(sampleSubscription({ id }), 99);
      const steps = ids.map((id) => step(id));
      const queued = await Promise.all([storage.subscriptions.advance(steps), other.subscriptions.advance(steps)]);
      expect(queued[0]! + queued[1]!).toBe(30);
      expect(await storage.posts.open()).toBe(30);
      expect((await storage.subscriptions.byId('s0'))?.nextDueMs).toBe(96_400_000);
    });

    it('leaves alone what was paused or moved on since it was read', async () => {
      await storage.subscriptions.insert(sampleSubscription({ id: 'a', state: 'paused' }), 9);
      await storage.subscriptions.insert(sampleSubscription({ id: 'b', nextDueMs: 11_000 }), 9);
      expect(await storage.subscriptions.advance([step('a'), step('b'), step('gone')])).toBe(0);
      expect(await storage.posts.open()).toBe(0);
    });
  });

  describe('the outbox', () => {
    const claim = (of: Storage, owner: string, changes = {}) =>
      of.posts.claim({ owner, nowMs: 20_000, leaseMs: 1_000, limit: 100, ...changes });

    it('takes a post once, by its id and by what it is about', async () => {
      expect(await storage.posts.queue([post('a'), post('a'), post('b')])).toBe(1);
      expect(await storage.posts.queue([post('c', { kind: 'weekly' }), post('d', { dueMs: 11_000 })])).toBe(2);
      expect(await storage.posts.open()).toBe(3);
    });

    it('gives each post to one owner, however many ask at once', async () => {
      await storage.posts.queue(many(40));
      const asked = Array.from({ length: 8 }, (_, i) => claim(i % 2 ? storage : other, `owner-${i}`, { limit: 7 }));
      const ids = (await Promise.all(asked)).flat().map(({ id }) => id);
      expect(ids).toHaveLength(40);
      expect(new Set(ids).size).toBe(40);
    });

    it('lets nobody else take a post that is queued and claimed in one step', async () => {
      const request = { owner: 'one', nowMs: 20_000, leaseMs: 1_000 };
      const [mine, theirs] = await Promise.all([
        storage.posts.queueClaimed(post('a', { kind: 'test' }), request),
        ...Array.from({ length: 20 }, () => claim(other, 'two')),
      ]);
      expect(mine).toMatchObject({ id: 'a', attempts: 0 });
      expect(theirs).toEqual([]);
      expect(await storage.posts.queueClaimed(post('a', { kind: 'test' }), request)).toBeNull();
      expect(await claim(other, 'two', { nowMs: 21_000 })).toMatchObject([{ id: 'a' }]);
    });

    it('gives a post again once its claim has run out, and the first owner can change nothing then', async () => {
      await storage.posts.queue([post('a')]);
      expect(await claim(storage, 'one')).toHaveLength(1);
      expect(await claim(other, 'two', { nowMs: 20_999 })).toEqual([]);
      expect(await storage.posts.begin('a', 'one', 20_500, 1_000)).toBe(true);
      expect(await storage.posts.begin('a', 'one', 21_500, 1_000)).toBe(false);
      const [again] = await claim(other, 'two', { nowMs: 21_500 });
      expect(again).toMatchObject({ id: 'a', attempts: 1, sendingSinceMs: 20_500 });
      const end = { state: 'sent', messageId: 'm', reason: null } as const;
      expect(await storage.posts.finish('a', 'one', end, 21_600)).toBe(false);
      expect(await other.posts.finish('a', 'two', end, 21_600)).toBe(true);
      expect(await other.posts.finish('a', 'two', end, 21_600)).toBe(false);
      expect(await storage.posts.recent('sub00001', 5)).toMatchObject([{ id: 'a', state: 'sent', messageId: 'm' }]);
      expect(await claim(storage, 'one', { nowMs: 90_000 })).toEqual([]);
    });

    it('takes a claim or a wait for void that only a wrong clock can have set', async () => {
      const month = 30 * DAY_MS;
      await storage.posts.queue([post('a'), post('b', { dueMs: 11_000 }), post('c', { dueMs: 12_000 })]);
      await claim(storage, 'ahead', { id: 'a', nowMs: month });
      await claim(storage, 'ahead', { id: 'b', nowMs: month });
      const back = { notBeforeMs: month + HOUR_MS, reason: 'busy', sent: 'no' } as const;
      await storage.posts.giveBack('b', 'ahead', back);
      await claim(storage, 'ahead', { id: 'c' });
      await storage.posts.giveBack('c', 'ahead', { ...back, notBeforeMs: 20_000 + HOUR_MS });
      expect((await claim(other, 'right', { nowMs: 20_000 })).map(({ id }) => id)).toEqual(['a', 'b']);
      expect((await claim(other, 'right', { nowMs: 20_000 + HOUR_MS })).map(({ id }) => id)).toContain('c');
    });

    it('counts as overdue while it is open and its subscription active', async () => {
      await storage.subscriptions.insert(sampleSubscription({ nextDueMs: 10_000 }), 5);
      await storage.posts.queue([post('a'), post('b', { subscriptionId: 'gone', dueMs: 11_000 })]);
      expect([await storage.posts.overdue(10_000), await storage.posts.overdue(10_001)]).toEqual([0, 1]);
      expect(await storage.posts.oldestOverdue(10_000)).toBeNull();
      expect(await storage.posts.oldestOverdue(10_001)).toEqual({ dueMs: 10_000, reason: null });
      const due = [await storage.subscriptions.overdue(10_000), await storage.subscriptions.overdue(10_001)];
      expect(due).toEqual([0, 1]);
      await claim(storage, 'one', { id: 'a' });
      await storage.posts.giveBack('a', 'one', { notBeforeMs: 12_000, reason: 'busy', sent: 'no' });
      expect(await storage.posts.oldestOverdue(99_000)).toEqual({ dueMs: 10_000, reason: 'busy' });
      await claim(storage, 'one', { id: 'a' });
      await storage.posts.giveBack('a', 'one', { notBeforeMs: 12_000, reason: LACKING, sent: 'no' });
      expect(await storage.posts.oldestOverdue(99_000)).toEqual({ dueMs: 10_000, reason: LACKING });
      await claim(storage, 'one', { id: 'a' });
      await storage.posts.finish('a', 'one', { state: 'sent', messageId: 'm', reason: null }, 21_000);
      expect([await storage.posts.overdue(10_001), await storage.posts.oldestOverdue(99_000)]).toEqual([0, null]);
    });

    it('keeps when sending began until it is certain that nothing was sent', async () => {
      await storage.posts.queue([post('a')]);
      await claim(storage, 'one');
      await storage.posts.begin('a', 'one', 20_100, 1_000);
      const back = { notBeforeMs: 30_000, reason: 'busy' } as const;
      expect(await storage.posts.giveBack('a', 'one', { ...back, sent: 'unknown' })).toBe(true);
      expect(await claim(storage, 'one', { nowMs: 29_999 })).toEqual([]);
      expect(await claim(storage, 'one', { nowMs: 30_000 })).toMatchObject([{ sendingSinceMs: 20_100 }]);
      await storage.posts.giveBack('a', 'one', { ...back, sent: 'no' });
      expect(await claim(storage, 'one', { nowMs: 30_000 })).toMatchObject([{ sendingSinceMs: null, attempts: 1 }]);
    });

    it('gives the longest due first and one post by its id', async () => {
      await storage.posts.queue([
        post('b', { dueMs: 12_000 }),
        post('a', { dueMs: 11_000 }),
        post('c', { dueMs: 25_000 }),
      ]);
      expect((await claim(storage, 'one', { limit: 1 })).map(({ id }) => id)).toEqual(['a']);
      expect((await claim(storage, 'one', { id: 'b' })).map(({ id }) => id)).toEqual(['b']);
      expect(await claim(storage, 'one')).toEqual([]);
    });

    it('forgets only what ended long ago', async () => {
      await storage.subscriptions.insert(sampleSubscription(), 5);
      await storage.posts.queue([post('a'), post('b', { dueMs: 11_000 })]);
      await claim(storage, 'one', { id: 'a' });
      await storage.posts.finish('a', 'one', { state: 'failed', messageId: null, reason: 'x' }, 21_000);
      expect(await storage.posts.prune(21_000)).toBe(0);
      expect(await storage.posts.prune(21_001)).toBe(1);
      expect(await storage.posts.open()).toBe(1);
    });
  });

  describe('alerts', () => {
    it('are replaced coin by coin and kept together with their posts', async () => {
      await storage.subscriptions.insert(sampleSubscription(), 5);
      const entry = { subscriptionId: 'sub00001', symbol: 'BTC', state: 'one' };
      await storage.alertStates.save([entry], []);
      await storage.alertStates.save([{ ...entry, state: 'two' }], [post('alert', { kind: 'alert' })]);
      expect(await storage.alertStates.all()).toEqual([{ ...entry, state: 'two' }]);
      expect(await storage.posts.open()).toBe(1);
    });
  });

  describe('leases', () => {
    it('belong to one at a time, until they end or are released', async () => {
      const [first, second] = await Promise.all([
        storage.leases.acquire('t', 'one', 1_000, 2_000),
        other.leases.acquire('t', 'two', 1_000, 2_000),
      ]);
      expect([first, second].filter(Boolean)).toHaveLength(1);
      const [winner, loser] = first ? ['one', 'two'] : ['two', 'one'];
      expect(await storage.leases.acquire('t', winner, 1_500, 3_000)).toBe(true);
      expect(await storage.leases.acquire('t', loser, 2_500, 4_000)).toBe(false);
      expect(await storage.leases.acquire('t', loser, 3_000, 4_000)).toBe(true);
      await storage.leases.release('t', winner);
      expect(await storage.leases.acquire('t', winner, 3_500, 5_000)).toBe(false);
      await storage.leases.release('t', loser);
      expect(await storage.leases.acquire('t', winner, 3_500, 5_000)).toBe(true);
      expect(await storage.leases.removeEnded(5_000)).toBe(0);
      expect(await storage.leases.removeEnded(5_001)).toBe(1);
      expect(await storage.leases.acquire('t', loser, 3_500, 5_000)).toBe(true);
    });

    it('for a while by the clock of the database belong to one at a time as well', async () => {
      const both = await Promise.all([
        storage.leases.takeFor('w', 'one', 60_000),
        other.leases.takeFor('w', 'two', 60_000),
      ]);
      expect(both.filter(Boolean)).toHaveLength(1);
      const [winner, loser] = both[0] ? ['one', 'two'] : ['two', 'one'];
      expect(await storage.leases.takeFor('w', winner, 60_000)).toBe(true);
      expect(await other.leases.takeFor('w', loser, 60_000)).toBe(false);
      await other.leases.release('w', winner);
      expect(await other.leases.takeFor('w', loser, 0)).toBe(true);
      expect(await storage.leases.takeFor('w', winner, 60_000)).toBe(true);
    });

    it('let work that reads and then writes be done by one at a time', async () => {
      let used = 0;
      const book = async () => {
        const before = used;
        await new Promise((resolve) => setTimeout(resolve, 20));
        used = before + 1;
        return used;
      };
      const processes = [storage, other, storage].map(({ leases }) => aloneUnder(leases, 'quota'));
      const results = await Promise.all(processes.map((alone) => alone(book)));
      expect(results.filter((result) => result !== null)).toHaveLength(used);
      const fails = aloneUnder(storage.leases, 'quota')(() => Promise.reject(new Error('a fault')));
      await expect(fails).rejects.toThrow('a fault');
      // Released all the same.
      expect(await aloneUnder(other.leases, 'quota')(async () => 'done')).toBe('done');
    });

    it('that a clock which was ahead took hold nobody up', async () => {
      expect(await storage.leases.acquire('t', 'ahead', 30 * DAY_MS, 30 * DAY_MS + 1_000)).toBe(true);
      expect(await other.leases.acquire('t', 'right', 1_000, 2_000)).toBe(true);
    });
  });
}
