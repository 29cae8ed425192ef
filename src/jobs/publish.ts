import { type Clock, MINUTE_MS } from '../core/time.ts';
import type { AlertService } from '../services/alerts/alerts.ts';
import type { PublishingService } from '../services/subscriptions/publishing.ts';
import { counted, type Job } from './job.ts';

/** No post starts after this; the next run takes the rest, so that no post is aborted midway. */
const POSTING_MS = 1.5 * MINUTE_MS;

/** Every minute: queues the posts whose time has come, daily and weekly ones, and alerts, and sends what is queued. */
export function publishJob(
  publishing: Pick<PublishingService, 'plan' | 'publishDue'>,
  alerts: AlertService | null,
  now: Clock,
): Job {
  return {
    name: 'publish',
    schedule: '* * * * *',
    timeZone: 'UTC',
    lane: 'posts',
    timeLimitMs: 3 * MINUTE_MS,
    // The run of the next minute is the next attempt.
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const planned = await publishing.plan(now());
      const raised = alerts ? (await alerts.checkAlerts(now())).alerts : 0;
      signal.throwIfAborted();
      const { sent, failed, skipped, delayed, elsewhere } = await publishing.publishDue(signal, now() + POSTING_MS);
      if (elsewhere) return 'Another process posts';
      const parts = [
        `${counted(sent, 'post')} sent`,
        ...(planned.queued > sent ? [`${planned.queued} queued`] : []),
        ...(raised > 0 ? [counted(raised, 'alert')] : []),
        ...(skipped + planned.skipped > 0 ? [`${skipped + planned.skipped} too late`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(delayed > 0 ? [`${delayed} later`] : []),
      ];
      const nothing = sent + failed + skipped + delayed + raised + planned.queued + planned.skipped === 0;
      return nothing ? 'Nothing was due' : parts.join(', ');
    },
  };
}
