import { MINUTE_MS } from '../core/time.ts';
import type { OddsScorer } from '../services/odds/score-odds.ts';
import { counted, type Job } from './job.ts';

/** Scores odds within an hour and minutes of the moment that they were for, and counts those of the forecasts that were scored before. */
export function scoreOddsJob(scorer: OddsScorer): Job {
  return {
    name: 'score-odds',
    schedule: '9-59/10 * * * *',
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 2,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { scored, voided, waiting, counted: days } = await scorer.scoreOdds(signal);
      if (scored + voided + waiting + days === 0) return 'No odds have come due since';
      const asked = `${scored} asked for scored${voided > 0 ? `, ${voided} void` : ''}, ${waiting} wait for their price`;
      return `Odds: ${asked}; ${counted(days, 'day')} of coins counted anew`;
    },
  };
}
