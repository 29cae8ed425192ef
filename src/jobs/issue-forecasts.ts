import type { Interval } from '../core/candle.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { LedgerService } from '../services/services.ts';
import { counted } from './counted.ts';
import type { Job } from './job.ts';

/** After the candles, which come in the two minutes before in the same lane. */
const SCHEDULES: Readonly<Record<Interval, string>> = { '1h': '3 * * * *', '1d': '5 0 * * *' };

/** Writes the forecasts of every tracked coin into the ledger at each close, whether anybody asks for them or not. */
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
    async run(signal) {
      const { issued, already, failed } = await ledger.issueScheduled(interval, signal);
      const before = already > 0 ? `, ${already} were there` : '';
      const missing =
        failed.length > 0
          ? `, ${counted(failed.length, 'coin')} missing (${failed[0]?.symbol}: ${failed[0]?.reason})`
          : '';
      return `${counted(issued, 'forecast')} issued${before}${missing}`;
    },
  };
}
