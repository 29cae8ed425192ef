import { MINUTE_MS } from '../core/time.ts';
import type { Job } from './job.ts';

/** What the jobs need of the publishing service. */
export interface Publisher {
  plan(nowMs: number): Promise<{ readonly planned: number; readonly skipped: number }>;
  publishDue(
    signal: AbortSignal,
  ): Promise<{ readonly sent: number; readonly failed: number; readonly waiting: number }>;
  checkAlerts(signal: AbortSignal): Promise<{ readonly raised: number }>;
}

/** Every minute: plans the posts whose time has come, daily and weekly ones, looks for alerts, and sends what is due. */
export function publishJob(publisher: Publisher, now: () => number): Job {
  return {
    name: 'publish',
    schedule: '* * * * *',
    timeZone: 'UTC',
    lane: 'posts',
    timeLimitMs: 10 * MINUTE_MS,
    // The next minute is the next attempt.
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { planned, skipped } = await publisher.plan(now());
      const { raised } = await publisher.checkAlerts(signal);
      const { sent, failed, waiting } = await publisher.publishDue(signal);
      const parts = [
        `${sent} posts sent`,
        ...(planned > 0 ? [`${planned} planned`] : []),
        ...(skipped > 0 ? [`${skipped} skipped`] : []),
        ...(raised > 0 ? [`${raised} alerts`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(waiting > 0 ? [`${waiting} waiting`] : []),
      ];
      return parts.join(', ');
    },
  };
}
