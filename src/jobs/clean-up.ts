import { type Clock, HOUR_MS, MINUTE_MS } from '../core/time.ts';
import { counted, type Job } from './job.ts';

/** One kind of row that is removed after a time. */
export interface Retention {
  /** Such as `post`. */
  readonly what: string;
  readonly keptMs: number;
  /** Removes older rows; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/**
 * Removes rows past their retention time, once a night; never the ledger, candles or models. Removes nothing unless the clock is `trusted`:
 * one that is a year ahead would remove everything.
 */
export function cleanUpJob(retentions: readonly Retention[], now: Clock, trusted: () => boolean): Job {
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
      if (!trusted()) return 'Removed nothing, because the clock is not known to be right';
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
