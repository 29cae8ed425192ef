import { latestOccurrence, nextOccurrence, type WallClock } from '../../core/local-time.ts';
import type { PostKind, Subscription } from '../../core/subscription.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { NewPost } from '../../storage/post-repository.ts';
import type { Advance } from '../../storage/subscription-repository.ts';

/** The weekday of accuracy reports: Monday, of the subscription's own calendar. */
const REPORT_WEEKDAY = 1;

/** Maximum delay of a post; an older one is skipped, and the next one mentions it. */
export const WINDOW_MS: Readonly<Record<PostKind, number>> = {
  daily: 6 * HOUR_MS,
  weekly: DAY_MS,
  alert: HOUR_MS,
  // A tripped breaker may last weeks, so its post is still useful after days.
  paper: 3 * DAY_MS,
  test: 10 * MINUTE_MS,
  notice: 2 * DAY_MS,
  crosspost: DAY_MS,
  owner: DAY_MS,
  personal: 6 * HOUR_MS,
  unreached: DAY_MS,
};

const KIND_LETTER: Readonly<Record<PostKind, string>> = {
  daily: 'd',
  weekly: 'w',
  alert: 'a',
  paper: 'p',
  test: 't',
  notice: 'n',
  crosspost: 'x',
  owner: 'o',
  personal: 'i',
  unreached: 'u',
};

/** The id of a post, which follows from what it is about: 25 characters at most, since it is also Discord's nonce. */
export function postId(subscriptionId: string, kind: PostKind, dueMs: number): string {
  return `${subscriptionId}-${KIND_LETTER[kind]}${Math.round(dueMs).toString(36)}`;
}

/** When a subscription is due for the first time after a moment. */
export function firstDueMs(subscription: WallClock & Pick<Subscription, 'report'>, afterMs: number): number {
  let next = nextOccurrence(subscription, afterMs);
  while (subscription.report === 'weekly' && next.weekday !== REPORT_WEEKDAY) {
    next = nextOccurrence(subscription, next.atMs);
  }
  return next.atMs;
}

/** Makes the planner for one moment; subscriptions with the same wall-clock time share the computation. */
export function createPlanner(nowMs: number): (subscription: Subscription, missed: number) => Advance {
  const memo = new Map<string, { readonly dailyMs: number; readonly weeklyMs: number; readonly nextMs: number }>();

  const occurrences = (subscription: Subscription) => {
    const key = `${subscription.localTime} ${subscription.timeZone} ${subscription.report === 'weekly'}`;
    const known = memo.get(key);
    if (known) return known;
    const daily = latestOccurrence(subscription, nowMs);
    let weekly = daily;
    while (weekly.weekday !== REPORT_WEEKDAY) weekly = latestOccurrence(subscription, weekly.atMs - 1);
    const found = { dailyMs: daily.atMs, weeklyMs: weekly.atMs, nextMs: firstDueMs(subscription, nowMs) };
    memo.set(key, found);
    return found;
  };

  return (subscription, missedBefore) => {
    const { dailyMs, weeklyMs, nextMs } = occurrences(subscription);
    const { id, report, nextDueMs: dueMs } = subscription;
    const posts: NewPost[] = [];
    let missed = missedBefore;
    /** Of several due posts, only the newest is made, if it is not too late. */
    const take = (kind: 'daily' | 'weekly', lastMs: number, everyMs: number): void => {
      if (lastMs < dueMs) return;
      // A day may be an hour shorter or longer.
      missed += Math.floor((lastMs - dueMs + 2 * HOUR_MS) / everyMs);
      if (nowMs - lastMs > WINDOW_MS[kind]) missed++;
      else {
        const key = { subscriptionId: id, kind, channelId: subscription.channelId, dueMs: lastMs };
        posts.push({ ...key, id: postId(id, kind, lastMs), payload: null, missed: 0 });
      }
    };
    // A stored due time stays valid where the zone's rules have changed and no local time matches it any more.
    if (report !== 'weekly') take('daily', Math.max(dailyMs, dueMs), DAY_MS);
    if (report === 'weekly') take('weekly', Math.max(weeklyMs, dueMs), 7 * DAY_MS);
    if (report === 'both') take('weekly', weeklyMs, 7 * DAY_MS);
    const [first, ...rest] = posts;
    if (!first) return { subscriptionId: id, dueMs, nextDueMs: nextMs, missed, posts };
    return { subscriptionId: id, dueMs, nextDueMs: nextMs, missed: 0, posts: [{ ...first, missed }, ...rest] };
  };
}

/** Discord's documentation says that it keeps a nonce for "a few minutes"; this is well within them. */
export const NONCE_KEPT_MS = 2 * MINUTE_MS;

const RETRY_MS = [5_000, 15_000, 60_000, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;
/** Waits between attempts that are refused until people put something right. */
const REFUSED_RETRY_MS = [15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 120 * MINUTE_MS] as const;

/** Wait before the next attempt after so many that may succeed by themselves. */
export const firstRetryMs = (attempts: number): number => RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)]!;

/** Wait before the next attempt after so many that people have to put something right for. */
export const refusedRetryMs = (attempts: number): number =>
  REFUSED_RETRY_MS[Math.min(attempts, REFUSED_RETRY_MS.length - 1)]!;
