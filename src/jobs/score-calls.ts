import { MINUTE_MS } from '../core/time.ts';
import type { CallScorer } from '../services/predict/score-calls.ts';
import { counted, type Job } from './job.ts';

/** Scores members' calls within minutes of the moment that they were for, also where its price came late. */
export function scoreCallsJob(scorer: CallScorer): Job {
  return {
    name: 'score-calls',
    schedule: '8-59/10 * * * *',
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 2,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { scored, voided, waiting } = await scorer.scoreCalls(signal);
      if (scored + voided + waiting === 0) return 'No call has come due since';
      return `${counted(scored, 'call')} scored${voided > 0 ? `, ${voided} void` : ''}, ${waiting} wait for their price`;
    },
  };
}
