import { MINUTE_MS } from '../core/time.ts';
import type { OwnerReports } from '../services/admin/owner-reports.ts';
import { counted, type Job } from './job.ts';

const COMMON = { lane: 'upkeep', timeLimitMs: 2 * MINUTE_MS, retries: 1, jitterMs: 0, atFirstStart: false } as const;

/** Every five minutes: tells the owners what is wrong, worse or over. */
export function checkAlarmsJob(reports: Pick<OwnerReports, 'check'>): Job {
  return {
    ...COMMON,
    name: 'check-alarms',
    schedule: '*/5 * * * *',
    timeZone: 'UTC',
    async run() {
      const { raised, worse, over } = await reports.check();
      if (raised + worse + over === 0) return 'Nothing new';
      return `${counted(raised, 'alarm')}, ${worse} worse, ${over} over`;
    },
  };
}

/** At eight in the morning of the owners' time zone: the digest of the last day. */
export function dailyDigestJob(reports: Pick<OwnerReports, 'digest'>, timeZone: string): Job {
  return {
    ...COMMON,
    name: 'daily-digest',
    schedule: '0 8 * * *',
    timeZone,
    async run(_signal, scheduledMs) {
      const { conditions } = await reports.digest(scheduledMs);
      return conditions.length === 0 ? 'All well' : `${counted(conditions.length, 'thing')} not well`;
    },
  };
}
