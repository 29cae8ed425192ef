import { MINUTE_MS } from '../core/time.ts';
import type { PaperService } from '../services/paper/paper.ts';
import { counted, type Job } from './job.ts';

/** Takes the paper portfolios of all servers through the candles that have closed, a few minutes after they are there. */
export function stepPaperJob(paper: Pick<PaperService, 'step'>): Job {
  return {
    name: 'step-paper',
    schedule: '*/5 * * * *',
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    // The next run is in five minutes.
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { steps } = await paper.step(signal);
      return steps === 0
        ? 'No paper portfolio has a new close'
        : `${counted(steps, 'close')} of paper portfolios worked out`;
    },
  };
}
