import type { Interval } from '../core/candle.ts';
import { MINUTE_MS, utcDay, utcTime } from '../core/time.ts';
import type { WidthService } from '../services/models/widths.ts';
import { counted, type Job } from './job.ts';

/** Between the candles and the forecasts made from them, in the same lane; the later runs of days make up for late candles. */
const SCHEDULES: Readonly<Record<Interval, string>> = { '1h': '2 * * * *', '1d': '4 */4 * * *' };

/** Learns after each close how wide forecasts should be. */
export function learnWidthsJob(interval: Interval, widths: Pick<WidthService, 'carryOn'>): Job {
  return {
    name: `learn-widths-${interval}`,
    schedule: SCHEDULES[interval],
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 10 * MINUTE_MS,
    retries: 1,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { untilMs, closes, coins } = await widths.carryOn(interval, signal);
      if (untilMs === null) return 'No candles to learn from';
      const until = `${utcDay(untilMs)} ${utcTime(untilMs)} UTC`;
      return closes === 0
        ? `Nothing new since ${until}`
        : `Learnt from ${counted(coins, 'coin')} at ${counted(closes, 'close')} up to ${until}`;
    },
  };
}
