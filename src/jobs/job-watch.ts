import type { JobStatus } from '../core/status.ts';
import type { Clock } from '../core/time.ts';
import type { JobRunRepository } from '../storage/job-run-repository.ts';
import { cronTimes } from './cron-times.ts';
import type { Job } from './job.ts';
import { OVERDUE_MS } from './scheduler.ts';

/** What a watch is made of. */
export interface JobWatchOptions {
  /** Jobs that other processes run. */
  readonly jobs: readonly Job[];
  readonly runs: Pick<JobRunRepository, 'lastRuns' | 'leases'>;
  readonly now: Clock;
}

/** Makes a function that says how the jobs of other processes are, from what these have stored alone. Throws `CC_DATABASE`. */
export function createJobWatch({ jobs, runs, now }: JobWatchOptions): () => Promise<readonly JobStatus[]> {
  const watched = jobs.map((job) => ({ job, times: cronTimes(job.schedule, job.timeZone) }));
  return async () => {
    if (watched.length === 0) return [];
    const nowMs = now();
    const lastRuns = new Map((await runs.lastRuns(nowMs)).map((run) => [run.job, run]));
    const leases = new Map((await runs.leases(nowMs)).map((lease) => [lease.job, lease]));
    return watched.map(({ job, times }): JobStatus => {
      const lease = leases.get(job.name);
      const running = lease !== undefined && !lease.finished && lease.untilMs > nowMs;
      // A run that was cut off is due again; a job that no process has planned yet is due at its next time.
      const dueMs = !lease ? times.next(nowMs) : lease.finished ? times.next(lease.scheduledMs) : lease.scheduledMs;
      const { job: _name, ...lastRun } = lastRuns.get(job.name) ?? { job: '' };
      const late = !running && dueMs !== null && nowMs > dueMs + job.jitterMs + OVERDUE_MS;
      return {
        name: job.name,
        schedule: job.schedule,
        timeZone: job.timeZone,
        running,
        lastRun: 'outcome' in lastRun ? lastRun : null,
        nextRunMs: running ? times.next(nowMs) : dueMs,
        overdueSinceMs: late ? dueMs : null,
      };
    });
  };
}
