import { expect, it } from 'vitest';
import type { Subscription } from '../../src/core/subscription.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { publishJob } from '../../src/jobs/publish.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { firstDueMs } from '../../src/services/subscriptions/post-plan.ts';
import { createPublishingService } from '../../src/services/subscriptions/publishing.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { LogRecorder } from '../discord/bot.ts';
import { ManualSleep } from '../discord/manual-sleep.ts';
import { turnAlone } from '../support/publishing-turn.ts';
import { sampleSubscription } from '../support/subscriptions.ts';

/** The bot wakes so often: seldom, so that a year takes seconds, and often enough that nothing is too late to be posted. */
const STEP_MS = 3 * HOUR_MS;
/** Where the chosen time is skipped on one day of the year and comes twice on another, and one zone without either. */
const CLOCKS = [
  ['Europe/Berlin', '02:30'],
  ['America/New_York', '02:00'],
  ['Australia/Lord_Howe', '02:00'],
  ['America/Santiago', '00:00'],
  ['Asia/Kolkata', '09:00'],
] as const;

it('a year of days in seconds: five zones get one post on every local day, at their own time, over both changes of the clocks', async () => {
  let nowMs = Date.UTC(2026, 0, 1, 12);
  const startMs = nowMs;
  const endMs = nowMs + 365 * DAY_MS;
  const now = () => nowMs;
  const storage = await openStorage('sqlite::memory:', { now });
  const log = new LogRecorder();
  const sleep = new ManualSleep().sleep;
  const subscriptions = CLOCKS.map(([timeZone, localTime], i): Subscription => {
    const one = sampleSubscription({
      id: `sub0000${i}`,
      channelId: `channel-${i}`,
      timeZone,
      localTime,
      report: 'both',
    });
    return { ...one, nextDueMs: firstDueMs(one, nowMs) };
  });
  for (const one of subscriptions) await storage.subscriptions.insert(one, 100);
  const posted: {
    readonly channelId: string;
    readonly kind: string;
    readonly dueMs: number;
    readonly sentMs: number;
  }[] = [];
  const publishing = createPublishingService<{ readonly kind: string; readonly dueMs: number }>({
    subscriptions: storage.subscriptions,
    posts: storage.posts,
    turn: turnAlone(storage.leases, () => nowMs),
    port: {
      async send(channelId, message) {
        posted.push({ channelId, ...message, sentMs: nowMs });
        return { kind: 'sent', messageId: String(posted.length) };
      },
      findPrivate: async () => ({ kind: 'absent' }),
      find: async () => ({ kind: 'absent' }),
      crosspost: async () => ({ kind: 'sent', messageId: '0' }),
      notify: async () => ({ kind: 'sent', messageId: '0' }),
    },
    makeMessage: async ({ kind, dueMs }) => ({ kind, dueMs }),
    owner: 'test',
    now,
    logger: log,
  });
  const scheduler = createScheduler({
    jobs: [publishJob(publishing, null, now)],
    runs: storage.jobRuns,
    owner: 'test',
    now,
    sleep,
    random: () => 0,
    logger: log,
  });
  while (nowMs < endMs) {
    await scheduler.runDue();
    nowMs += STEP_MS;
  }
  await storage.close();

  for (const [i, { timeZone, localTime }] of subscriptions.entries()) {
    const daily = posted.filter(({ channelId, kind }) => channelId === `channel-${i}` && kind === 'daily');
    const inZone = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    const local = daily.map(({ dueMs }) => inZone.format(dueMs).split(' ') as [string, string]);
    // Every local day that has its moment within the year, once.
    const days = local.map(([day]) => day);
    expect(new Set(days).size, timeZone).toBe(days.length);
    expect(days.length, timeZone).toBeGreaterThanOrEqual(364);
    const span = Math.round((Date.parse(days.at(-1)!) - Date.parse(days[0]!)) / DAY_MS);
    expect(days.length, timeZone).toBe(span + 1);
    expect(local.filter(([, time]) => time !== localTime).length, timeZone).toBeLessThanOrEqual(1);
    for (const { dueMs, sentMs } of daily) {
      expect(sentMs - dueMs).toBeGreaterThanOrEqual(0);
      expect(sentMs - dueMs).toBeLessThan(STEP_MS);
    }
    const weekly = posted.filter(({ channelId, kind }) => channelId === `channel-${i}` && kind === 'weekly');
    const weekday = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' });
    expect(
      weekly.every(({ dueMs }) => weekday.format(dueMs) === 'Mon'),
      timeZone,
    ).toBe(true);
    expect(weekly.length, timeZone).toBeGreaterThanOrEqual(51);
    expect(weekly.length, timeZone).toBeLessThanOrEqual(53);
  }
  expect(posted[0]!.dueMs).toBeGreaterThan(startMs);
  expect(log.at('error')).toEqual([]);
}, 300_000);
