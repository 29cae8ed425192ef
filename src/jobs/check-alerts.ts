import { MINUTE_MS } from '../core/time.ts';
import type { PersonalAlertService } from '../services/alerts/personal-alerts.ts';
import { counted, type Job } from './job.ts';

/** Every minute: compares the alerts that people set with prices and forecasts; the job that publishes sends what is to be told. */
export function checkAlertsJob(alerts: Pick<PersonalAlertService, 'check'>): Job {
  return {
    name: 'check-alerts',
    schedule: '* * * * *',
    timeZone: 'UTC',
    lane: 'alerts',
    timeLimitMs: 2 * MINUTE_MS,
    // The run of the next minute is the next attempt.
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { checked, told, left } = await alerts.check(signal);
      if (checked + left === 0) return 'No alert is set';
      return `${counted(checked, 'coin')} checked, ${told} told${left > 0 ? `, ${left} left for the next minute` : ''}`;
    },
  };
}
