import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AlertWatch } from '../../src/core/personal-alert.ts';
import { postId } from '../../src/services/subscriptions/post-plan.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import type { AlertStep } from '../../src/storage/personal-alert-repository.ts';
import { sampleAlert } from '../support/personal-alerts.ts';

const WATCH: AlertWatch = { armed: true, band: null };

/** The step of an alert whose moment has come. */
function firing(id: string, nowMs: number): AlertStep {
  const post = { id: postId(id, 'personal', nowMs), subscriptionId: id, kind: 'personal' as const };
  return { id, before: WATCH, watch: WATCH, post: { ...post, channelId: '', dueMs: nowMs, payload: '{}', missed: 0 } };
}

/** What every database keeps to about alerts that people set; `open` opens the same empty database twice, as two processes do. */
export function describePersonalAlerts(open: () => Promise<readonly [Storage, Storage]>): void {
  let first: Storage;
  let second: Storage;
  beforeEach(async () => {
    [first, second] = await open();
  });
  afterEach(async () => {
    await first.close();
    await second.close();
  });

  it('end once and queue one message each, however many processes see their moment at the same time', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `ALERT${String(i).padStart(3, '0')}`);
    for (const id of ids) await first.personalAlerts.insert(sampleAlert({ id, userId: `person ${id}` }));
    const rounds = await Promise.all(
      [first, second, first, second].map(({ personalAlerts }, i) =>
        // Each at a millisecond of its own, so that the ids of their posts differ.
        personalAlerts.apply(
          ids.map((id) => firing(id, 100 + i)),
          100 + i,
        ),
      ),
    );
    expect(rounds.reduce((sum, ended) => sum + ended, 0)).toBe(ids.length);
    for (const id of ids) expect(await first.posts.recent(id, 5)).toMatchObject([{ state: 'open' }]);
    expect(await second.personalAlerts.active()).toEqual([]);
  });

  it('do not step from a state that another process has changed', async () => {
    await first.personalAlerts.insert(sampleAlert({ id: 'A', watch: { armed: false, band: null } }));
    const before = { armed: false, band: null };
    const step = { id: 'A', before, watch: WATCH, post: null };
    expect(await first.personalAlerts.apply([step], 1)).toBe(0);
    const late = { ...firing('A', 2), before };
    expect(await second.personalAlerts.apply([late], 2)).toBe(0);
    expect(await second.posts.recent('A', 5)).toEqual([]);
    expect(await second.personalAlerts.apply([firing('A', 3)], 3)).toBe(1);
  });

  it('that were removed, or are over, end no more', async () => {
    for (const id of ['A', 'B', 'C'])
      await first.personalAlerts.insert(sampleAlert({ id, expiresMs: id === 'B' ? 50 : 99 }));
    expect(await second.personalAlerts.remove('A')).toBe(true);
    expect(await second.personalAlerts.expire(50)).toBe(1);
    expect(
      await first.personalAlerts.apply(
        ['A', 'B', 'C'].map((id) => firing(id, 60)),
        60,
      ),
    ).toBe(1);
    await first.personalAlerts.noteUndelivered('C');
    expect(await second.personalAlerts.byId('A')).toBeNull();
    expect(await second.personalAlerts.byId('B')).toMatchObject({ state: 'expired', endedMs: 50, undelivered: false });
    expect(await second.personalAlerts.byId('C')).toMatchObject({ state: 'fired', endedMs: 60, undelivered: true });
    expect(await first.personalAlerts.prune(60)).toBe(1);
  });

  it('are never more than a person may have, however many are set at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        [first, second][i % 2]!.personalAlerts.insert(sampleAlert({ id: `ALERT${i}` })),
      ),
    );
    expect(results.filter((result) => result === 'added')).toHaveLength(20);
    expect(results.filter((result) => result === 'person-full')).toHaveLength(4);
  });
}
