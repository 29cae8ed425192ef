import { asCandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { orAborted } from '../../core/shared-work.ts';
import { DAY_MS } from '../../core/time.ts';
import { HISTORY_DAYS, type HourHistory } from '../../market/hour-history.ts';
import type { MarketService } from '../../market/series.ts';
import { HISTORY_CANDLES } from './forecast-inputs.ts';

/** How far back the tracked coins' hours reach. */
export interface HourIngestReport {
  /** Coins whose hours reach back over the whole time that is kept. */
  readonly complete: number;
  /** Coins with fewer, and the open time of their first hour: younger ones, and those whose hours the sources do not give so far back. */
  readonly shorter: readonly { readonly symbol: string; readonly fromMs: number }[];
  readonly failures: readonly { readonly symbol: string; readonly code: ErrorCode }[];
}

/** Keeps the long hourly history of the tracked coins, from which days that end at any hour are put together. */
export interface HourIngestService {
  /** Fetches what is missing, one coin after the other, so that what people ask for meanwhile hardly waits. Throws `CC_DATABASE` and the signal's reason. */
  complete(signal: AbortSignal): Promise<HourIngestReport>;
}

/** What the service is made of. */
export interface HourIngestParts {
  readonly market: Pick<MarketService, 'series'>;
  readonly history: HourHistory;
  /** The tracked coins. */
  readonly symbols: readonly string[];
  readonly logger: Logger;
}

/** Room for the hours at the far end, of which the sources may lack the first ones. */
const SLACK_MS = 2 * DAY_MS;

/** Makes the service. */
export function createHourIngestService({ market, history, symbols, logger }: HourIngestParts): HourIngestService {
  /** Open time of the coin's first hour where that is later than it should be, else null. */
  async function complete(symbol: string, signal: AbortSignal): Promise<number | null> {
    const recent = await market.series({ symbol, interval: '1h', candles: HISTORY_CANDLES['1h'] }, { signal });
    await orAborted(history.complete(recent), signal);
    const { fromMs } = await history.read(recent);
    const wantedMs = recent.candles.at(-1)!.openTimeMs - HISTORY_DAYS * DAY_MS;
    return fromMs <= wantedMs + SLACK_MS ? null : fromMs;
  }

  return {
    async complete(signal) {
      const shorter: { symbol: string; fromMs: number }[] = [];
      const failures: { symbol: string; code: ErrorCode }[] = [];
      for (const symbol of symbols) {
        signal.throwIfAborted();
        try {
          const fromMs = await complete(symbol, signal);
          if (fromMs !== null) shorter.push({ symbol, fromMs });
        } catch (problem) {
          signal.throwIfAborted();
          const { code, message } = asCandlecastError(problem);
          if (code === 'CC_DATABASE') throw problem;
          failures.push({ symbol, code });
          logger.debug({ symbol, code, problem: message }, 'the long hourly history could not be completed');
        }
      }
      return { complete: symbols.length - shorter.length - failures.length, shorter, failures };
    },
  };
}
