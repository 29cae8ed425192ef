import type { Interval } from '../core/candle.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { CandleIngestService } from '../services/forecast/candle-ingest.ts';
import { counted, type Job } from './job.ts';

/** Daily candles close at midnight UTC; the later runs fetch late candles and revisions. */
const SCHEDULES: Readonly<Record<Interval, string>> = { '1h': '1 * * * *', '1d': '2 */4 * * *' };

/** Fetches the tracked coins' new candles of an interval, a little after they close. */
export function ingestCandlesJob(interval: Interval, candles: CandleIngestService): Job {
  return {
    name: `ingest-candles-${interval}`,
    schedule: SCHEDULES[interval],
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 2,
    jitterMs: MINUTE_MS / 2,
    atFirstStart: true,
    async run(signal) {
      const { refreshed, unlisted, failures, unconfirmed } = await candles.ingest(interval, signal);
      const failed = failures.length > 0 ? `, ${failures.length} failed (${failures[0]?.code})` : '';
      const missing = unlisted.length > 0 ? `, ${unlisted.length} not listed` : '';
      const doubted = unconfirmed.length > 0 ? `, ${unconfirmed.length} unconfirmed (${unconfirmed[0]})` : '';
      return `${counted(refreshed, 'coin')} up to date${missing}${failed}${doubted}`;
    },
  };
}
