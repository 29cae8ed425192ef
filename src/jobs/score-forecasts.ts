import { MINUTE_MS } from '../core/time.ts';
import type { LedgerService } from '../services/accuracy/ledger.ts';
import { counted, type Job } from './job.ts';

/** Scores due forecasts within minutes of their target candle, also where that was late. */
export function scoreForecastsJob(ledger: Pick<LedgerService, 'scoreMatured'>): Job {
  return {
    name: 'score-forecasts',
    schedule: '6-59/10 * * * *',
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 2,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { scored, revised, waiting } = await ledger.scoreMatured(signal);
      if (scored + revised + waiting === 0) return 'No forecast has come due since';
      return `${counted(scored, 'forecast')} scored${revised > 0 ? `, ${revised} scored anew` : ''}, ${waiting} wait for their candle`;
    },
  };
}
