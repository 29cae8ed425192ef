import { INTERVAL_MS, type Interval } from '../core/candle.ts';
import { MINUTE_MS, utcTime } from '../core/time.ts';
import type { LedgerService } from '../services/accuracy/ledger.ts';
import { counted, type Job } from './job.ts';

/**
 * After the candles, which are ingested in the two minutes before in the same lane, and again while late candles can still
 * count (`SCHEDULE_GRACE_MS`); each later run tries only the missing forecasts.
 */
const SCHEDULES: Readonly<Record<Interval, string>> = { '1h': '3,8,13 * * * *', '1d': '5,20,35,50 0-1 * * *' };

/** Records the forecasts of every tracked coin in the ledger at each close. */
export function issueForecastsJob(interval: Interval, ledger: Pick<LedgerService, 'issueScheduled'>): Job {
  return {
    name: `issue-forecasts-${interval}`,
    schedule: SCHEDULES[interval],
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 15 * MINUTE_MS,
    retries: 2,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal, scheduledMs) {
      const { issued, already, failed, tooLate } = await ledger.issueScheduled(interval, signal);
      if (tooLate) {
        const missing = already > 0 ? `${counted(failed.length, 'coin')} missing` : 'None';
        return `${missing}: the last close is too long ago to count. The next is at ${nextClose(interval, scheduledMs)} UTC`;
      }
      if (issued === 0 && failed.length === 0) return `All ${counted(already, 'forecast')} were there`;
      const before = already > 0 ? `, ${already} were there` : '';
      const missing =
        failed.length > 0
          ? `, ${counted(failed.length, 'coin')} missing (${failed[0]?.symbol}: ${failed[0]?.reason})`
          : '';
      return `${counted(issued, 'forecast')} issued${before}${missing}`;
    },
  };
}

/** Wall-clock time of the first close after a moment, `HH:MM`. */
function nextClose(interval: Interval, ms: number): string {
  const step = INTERVAL_MS[interval];
  return utcTime((Math.floor(ms / step) + 1) * step);
}
