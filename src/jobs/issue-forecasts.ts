import type { Interval } from '../core/candle.ts';
import { MINUTE_MS } from '../core/time.ts';
import type { Job } from './job.ts';

/** What the job needs of the ledger's service. */
export interface ForecastIssuer {
  issueScheduled(
    interval: Interval,
    signal: AbortSignal,
  ): Promise<{ readonly issued: number; readonly already: number; readonly failed: number }>;
}

/** After the candles, which come in the two minutes before in the same lane. */
const SCHEDULES: Readonly<Record<Interval, string>> = { '1h': '3 * * * *', '1d': '5 0 * * *' };

/** Writes the forecasts of every tracked coin into the ledger at each close, whether anybody asks for them or not. */
export function issueForecastsJob(interval: Interval, ledger: ForecastIssuer): Job {
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
      return `${issued} forecasts issued${already > 0 ? `, ${already} already there` : ''}${failed > 0 ? `, ${failed} failed` : ''}`;
    },
  };
}
