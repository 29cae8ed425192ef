import { MINUTE_MS } from '../core/time.ts';
import type { CandleIngestService } from '../services/forecast/candle-ingest.ts';
import { counted, type Job } from './job.ts';

/** Asks the sources again about prices that are not believed yet, at the times that replies name (`askedAgainMs`). */
export function confirmPricesJob(candles: Pick<CandleIngestService, 'confirm'>): Job {
  return {
    name: 'confirm-prices',
    schedule: '*/5 * * * *',
    timeZone: 'UTC',
    lane: 'market',
    timeLimitMs: 5 * MINUTE_MS,
    // The next run is in five minutes.
    retries: 0,
    jitterMs: 0,
    atFirstStart: true,
    async run(signal) {
      const { confirmed, waiting } = await candles.confirm(signal);
      if (confirmed + waiting.length === 0) return 'Every price is confirmed';
      const names =
        waiting.length > 0 ? `, ${waiting.length} still unconfirmed (${waiting.slice(0, 3).join(', ')})` : '';
      return `${counted(confirmed, 'price')} confirmed${names}`;
    },
  };
}
