import { MINUTE_MS } from '../../src/core/time.ts';
import type { Job } from '../../src/jobs/job.ts';

/** A job that notes the moments it ran for. */
export function noting(job: Partial<Job> = {}): Job & { readonly ran: number[] } {
  const ran: number[] = [];
  return {
    name: 'noting',
    schedule: '0 * * * *',
    timeZone: 'UTC',
    lane: 'upkeep',
    timeLimitMs: MINUTE_MS,
    retries: 0,
    jitterMs: 0,
    atFirstStart: false,
    run: async (_signal, scheduledMs) => `Run ${ran.push(scheduledMs)}.`,
    ...job,
    ran,
  };
}
