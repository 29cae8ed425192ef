import { MINUTE_MS, utcDay } from '../core/time.ts';
import type { HourIngestService } from '../services/forecast/candle-ingest.ts';
import { counted, type Job } from './job.ts';

/** Coins named in the summary. */
const NAMED = 3;

/**
 * Fetches the tracked coins' hours of more than a year, in a lane of its own: after the newest ones, which come first after a start, and without keeping
 * forecasts and posts waiting.
 */
export function ingestHoursJob(hours: HourIngestService): Job {
  return {
    name: 'ingest-hours',
    schedule: '7,17,27,37,47,57 * * * *',
    timeZone: 'UTC',
    lane: 'upkeep',
    timeLimitMs: 9 * MINUTE_MS,
    retries: 0,
    jitterMs: MINUTE_MS / 2,
    atFirstStart: false,
    async run(signal) {
      const { complete, shorter, failures } = await hours.complete(signal);
      const named = shorter.slice(0, NAMED).map(({ symbol, fromMs }) => `${symbol} since ${utcDay(fromMs)}`);
      const more = shorter.length > NAMED ? ` and ${shorter.length - NAMED} more` : '';
      const fewer = shorter.length > 0 ? `, fewer of ${shorter.length} (${named.join(', ')}${more})` : '';
      const failed = failures.length > 0 ? `, ${failures.length} failed (${failures[0]?.code})` : '';
      return `all hours of ${counted(complete, 'coin')}${fewer}${failed}`;
    },
  };
}
