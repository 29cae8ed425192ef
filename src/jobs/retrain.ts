import type { Interval } from '../core/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../core/time.ts';
import type { RetrainingService } from '../services/models/retraining.ts';
import type { Job } from './job.ts';

/** When models are trained anew, as the settings say. */
export interface RetrainSchedule {
  readonly schedule: string;
  readonly timeZone: string;
}

/** Trains a new model of an interval, which serves unless it is worse than the serving one. */
export function retrainJob(
  interval: Interval,
  { schedule, timeZone }: RetrainSchedule,
  retraining: Pick<RetrainingService, 'retrainByItself' | 'isBusy'>,
  isReady?: (interval: Interval) => Promise<boolean>,
): Job {
  return {
    name: `retrain-${interval}`,
    schedule,
    timeZone,
    lane: 'models',
    timeLimitMs: 3 * HOUR_MS,
    // The next scheduled run is soon enough: a training takes hours.
    retries: 0,
    jitterMs: 5 * MINUTE_MS,
    atFirstStart: false,
    // The first model comes as soon as there are candles to learn from; while another run is under way it would be refused.
    ...(isReady ? { isReadyForFirstRun: async () => !retraining.isBusy() && (await isReady(interval)) } : {}),
    async run(signal) {
      const { outcome, reason } = await retraining.retrainByItself(interval, 'retrained on schedule', signal);
      return outcome === 'promoted' ? `A new model serves. ${reason}` : `The serving model stays. ${reason}`;
    },
  };
}
