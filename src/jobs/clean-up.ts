import { HOUR_MS, MINUTE_MS } from '../core/time.ts';
import { counted, type Job } from './job.ts';

/** One kind of row that is removed after a time. */
export interface Retention {
  /** Such as `post`. */
  readonly what: string;
  readonly keptMs: number;
  /** Removes older rows; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/** Removes rows past their retention time, once a night; never the ledger, candles or models. */
export function cleanUpJob(retentions: readonly Retention[], now: () => number): Job {
  return {
    name: 'clean-up',
    schedule: '40 3 * * *',
    timeZone: 'UTC',
    lane: 'upkeep',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 1,
    jitterMs: HOUR_MS / 6,
    atFirstStart: false,
    async run(signal) {
      const done: string[] = [];
      for (const { what, keptMs, removeBefore } of retentions) {
        signal.throwIfAborted();
        const count = await removeBefore(now() - keptMs);
        if (count > 0) done.push(counted(count, what));
      }
      return done.length > 0 ? `Removed ${done.join(', ')}` : 'Nothing to remove';
    },
  };
}
