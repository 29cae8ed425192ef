import { MINUTE_MS } from '../core/time.ts';
import type { ExchangeRateService } from '../services/currency/exchange-rates.ts';
import { counted, type Job } from './job.ts';

/** Reads the reference rates of currencies. The European Central Bank fixes them at about 16:00 in Frankfurt on working days. */
export function readRatesJob(rates: Pick<ExchangeRateService, 'refresh'>): Job {
  return {
    name: 'read-rates',
    schedule: '35 3,16 * * *',
    timeZone: 'UTC',
    lane: 'news',
    timeLimitMs: 2 * MINUTE_MS,
    retries: 2,
    jitterMs: 20 * MINUTE_MS,
    atFirstStart: true,
    async run(signal) {
      const { rates: read, failed } = await rates.refresh(signal);
      const away = failed.length === 0 ? '' : `; ${failed.join(', ')} did not answer`;
      return `${counted(read, 'exchange rate')}${away}`;
    },
  };
}
