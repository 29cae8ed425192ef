import { LRUCache } from 'lru-cache';
import { asCandlecastError, type CandlecastError } from '../../core/errors.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { MissedForecast, MissReason } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';

/** Reasons that wait for a database that takes them: those of a day of thirty coins. */
const MAX_WAITING = 3_000;

/** Why scheduled forecasts were not written. What a database does not take is kept and written with what comes next. */
export interface MissedForecasts {
  note(symbol: string, horizons: readonly HorizonName[], originMs: number, reason: MissReason): void;
  /** Never throws: without the reason, a missing forecast is still counted. */
  write(): Promise<void>;
}

/** Makes the notes of one process. */
export function createMissedForecasts(schedule: Pick<ScheduleRepository, 'miss'>, logger: Logger): MissedForecasts {
  const waiting = new LRUCache<string, MissedForecast>({ max: MAX_WAITING });
  return {
    note(symbol, horizons, originMs, reason) {
      for (const horizon of horizons) {
        waiting.set(`${symbol} ${horizon} ${originMs}`, { symbol, horizon, originMs, reason });
      }
    },
    async write() {
      const misses = [...waiting.values()];
      try {
        await schedule.miss(misses);
        for (const { symbol, horizon, originMs } of misses) waiting.delete(`${symbol} ${horizon} ${originMs}`);
      } catch (error) {
        logger.warn({ err: asCandlecastError(error) }, 'the reasons of missing forecasts could not be written yet');
      }
    },
  };
}

/** What an error means for a scheduled forecast. */
export function missReasonOf({ code }: CandlecastError): MissReason {
  if (code === 'CC_DATABASE') return 'database';
  if (code === 'CC_CLOCK_WRONG') return 'clock';
  if (code === 'CC_PRICE_UNCONFIRMED') return 'unconfirmed';
  if (/^CC_(?:SOURCE|MARKET|CANDLES)_/.test(code) || code === 'CC_HISTORY_UNSOUND') return 'no-candle';
  return /^CC_(?:MODEL|ENGINE|BACKEND|HISTORY)_/.test(code) ? 'model' : 'other';
}
