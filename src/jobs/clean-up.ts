import { HOUR_MS, MINUTE_MS } from '../core/time.ts';
import { counted } from './counted.ts';
import type { Job } from './job.ts';

/** One kind of thing that is not kept for ever. */
export interface Remains {
  /** Such as `post`. */
  readonly what: string;
  readonly keptMs: number;
  /** Removes what is older; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

/** Removes what is past its time, once a night. The ledger, candles and models are not among it. */
export function cleanUpJob(remains: readonly Remains[], now: () => number): Job {
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
      for (const { what, keptMs, removeBefore } of remains) {
        signal.throwIfAborted();
        const count = await removeBefore(now() - keptMs);
        if (count > 0) done.push(counted(count, what));
      }
      return done.length > 0 ? `Removed ${done.join(', ')}` : 'Nothing to remove';
    },
  };
}
