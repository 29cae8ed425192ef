import { describe, expect, it } from 'vitest';
import type { Subscription } from '../../../src/core/subscription.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createPlanner, firstDueMs, postId } from '../../../src/services/subscriptions/post-plan.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

/** A Sunday; the day after is a Monday. */
const SUNDAY_MS = Date.UTC(2026, 10, 22);
const NINE_MS = SUNDAY_MS + 9 * HOUR_MS;

function plan(nowMs: number, changes: Partial<Subscription> = {}, missed = 0) {
  const step = createPlanner(nowMs)(sampleSubscription({ nextDueMs: NINE_MS, ...changes }), missed);
  const posts = step.posts.map((post) => `${post.kind} ${(post.dueMs - SUNDAY_MS) / HOUR_MS} h, ${post.missed} missed`);
  return { posts, next: (step.nextDueMs - SUNDAY_MS) / HOUR_MS, missed: step.missed };
}

describe('the plan of a subscription', () => {
  it('makes one post when it is due, and is due again a day later', () => {
    expect(plan(NINE_MS + MINUTE_MS)).toEqual({ posts: ['daily 9 h, 0 missed'], next: 33, missed: 0 });
  });

  it('makes up for one post after a short while, and leaves out what is too late', () => {
    expect(plan(NINE_MS + 6 * HOUR_MS)).toEqual({ posts: ['daily 9 h, 0 missed'], next: 33, missed: 0 });
    expect(plan(NINE_MS + 6 * HOUR_MS + 1)).toEqual({ posts: [], next: 33, missed: 1 });
  });

  it('makes one post after days without running, and says how many were left out', () => {
    expect(plan(NINE_MS + 3 * DAY_MS + HOUR_MS)).toEqual({ posts: ['daily 81 h, 3 missed'], next: 105, missed: 0 });
    expect(plan(NINE_MS + 3 * DAY_MS + 7 * HOUR_MS)).toEqual({ posts: [], next: 105, missed: 4 });
    expect(plan(NINE_MS + 400 * DAY_MS + HOUR_MS).posts).toEqual(['daily 9609 h, 400 missed']);
  });

  it('adds what was left out before', () => {
    expect(plan(NINE_MS, {}, 2).posts).toEqual(['daily 9 h, 2 missed']);
    expect(plan(NINE_MS + 7 * HOUR_MS, {}, 2).missed).toBe(3);
  });

  it('posts what is due although the zone has changed its rules since', () => {
    expect(plan(NINE_MS + 2 * HOUR_MS, { nextDueMs: NINE_MS + HOUR_MS })).toEqual({
      posts: ['daily 10 h, 0 missed'],
      next: 33,
      missed: 0,
    });
  });

  it('posts reports on Mondays of its own calendar', () => {
    expect(plan(NINE_MS + MINUTE_MS, { report: 'both' }).posts).toEqual(['daily 9 h, 0 missed']);
    const monday = { report: 'both', nextDueMs: NINE_MS + DAY_MS } as const;
    expect(plan(NINE_MS + DAY_MS, monday).posts).toEqual(['daily 33 h, 0 missed', 'weekly 33 h, 0 missed']);
    expect(firstDueMs({ localTime: '09:00', timeZone: 'UTC', report: 'weekly' }, SUNDAY_MS)).toBe(NINE_MS + DAY_MS);
    // In Auckland it is Monday while it is Sunday in UTC: 09:00 on the 23rd there is 20:00 on the 22nd.
    const auckland = { localTime: '09:00', timeZone: 'Pacific/Auckland', report: 'weekly' } as const;
    expect((firstDueMs(auckland, SUNDAY_MS) - SUNDAY_MS) / HOUR_MS).toBe(20);
  });

  it('gives a report a day, and counts the weeks left out', () => {
    const weekly = { report: 'weekly', nextDueMs: NINE_MS + DAY_MS } as const;
    expect(plan(NINE_MS + 2 * DAY_MS, weekly).posts).toEqual(['weekly 33 h, 0 missed']);
    expect(plan(NINE_MS + 2 * DAY_MS + 1, weekly)).toEqual({ posts: [], next: 9 + 8 * 24, missed: 1 });
    expect(plan(NINE_MS + 15 * DAY_MS, weekly).posts).toEqual([`weekly ${33 + 14 * 24} h, 2 missed`]);
  });

  it('keeps the wall clock when the clocks change, without a post lost or doubled', () => {
    const berlin = { localTime: '02:30', timeZone: 'Europe/Berlin' };
    let dueMs = firstDueMs({ ...berlin, report: 'daily' }, Date.UTC(2026, 2, 25));
    const moments: string[] = [];
    for (let day = 0; day < 8; day++) {
      const step = createPlanner(dueMs + MINUTE_MS)(sampleSubscription({ ...berlin, nextDueMs: dueMs }), 0);
      expect(step.missed).toBe(0);
      moments.push(...step.posts.map((post) => new Date(post.dueMs).toISOString().slice(8, 16)));
      dueMs = step.nextDueMs;
    }
    // On the 29th 02:30 does not exist: 03:00 summer time, which is 01:00 UTC.
    expect(moments).toEqual([
      '25T01:30',
      '26T01:30',
      '27T01:30',
      '28T01:30',
      '29T01:00',
      '30T00:30',
      '31T00:30',
      '01T00:30',
    ]);
  });

  it('gives posts ids that fit a nonce and tell them apart', () => {
    const id = postId('k7m2qx9a', 'daily', 32_503_680_000_000);
    expect(id.length).toBeLessThanOrEqual(25);
    const ids = new Set([id, postId('k7m2qx9a', 'weekly', 32_503_680_000_000), postId('k7m2qx9a', 'daily', 1)]);
    expect(ids.size).toBe(3);
  });
});
