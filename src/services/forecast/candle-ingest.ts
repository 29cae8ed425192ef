import type { Interval } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketService } from '../../market/series.ts';
import { HISTORY_CANDLES } from './forecast-inputs.ts';

/** The result of one ingest. */
export interface CandleIngestReport {
  /** Series that are stored up to the newest complete candle any source has. */
  readonly refreshed: number;
  /** Coins that no source has in that interval; this is no failure. */
  readonly unlisted: readonly string[];
  readonly failures: readonly { readonly symbol: string; readonly code: ErrorCode }[];
}

/** Keeps the candles of the tracked coins up to date. */
export interface CandleIngestService {
  /**
   * Fetches new and revised candles of every tracked coin. Throws `CC_SOURCE_UNAVAILABLE` (retryable) when not one could be
   * had, `CC_DATABASE`, and the signal's reason.
   */
  ingest(interval: Interval, signal: AbortSignal): Promise<CandleIngestReport>;
}

/** What the service is made of. */
export interface CandleIngestParts {
  readonly market: Pick<MarketService, 'series'>;
  /** The tracked coins. */
  readonly symbols: readonly string[];
  readonly logger: Logger;
}

/** Coins fetched at once: so few that a forecast requested meanwhile waits for two requests, also at a source that takes one a second. */
const AT_ONCE = 2;
/** Candles checked for gaps once the history is stored: a week's outage may have left them out. */
const RECENT_CANDLES: Readonly<Record<Interval, number>> = { '1d': 30, '1h': 200 };
const UNLISTED = new Set<ErrorCode>([
  'CC_UNKNOWN_SYMBOL',
  'CC_MARKET_HALTED',
  'CC_HISTORY_TOO_SHORT',
  'CC_SOURCE_UNKNOWN_MARKET',
]);

/** Makes the service. The first ingest of a coin after the start fetches the history that forecasts need; later ones only what is new. */
export function createCandleIngestService({ market, symbols, logger }: CandleIngestParts): CandleIngestService {
  const complete = new Set<string>();

  async function refresh(symbol: string, interval: Interval): Promise<void> {
    const key = `${symbol} ${interval}`;
    const candles = (complete.has(key) ? RECENT_CANDLES : HISTORY_CANDLES)[interval];
    const series = await market.series({ symbol, interval, candles, refresh: true });
    // Stored candles come back also when no source answers.
    if (series.failures.length === 0) complete.add(key);
  }

  return {
    async ingest(interval, signal) {
      const waiting = [...symbols];
      const unlisted: string[] = [];
      const failures: { symbol: string; code: ErrorCode }[] = [];
      let refreshed = 0;
      const work = async (): Promise<void> => {
        for (let symbol = waiting.shift(); symbol !== undefined; symbol = waiting.shift()) {
          signal.throwIfAborted();
          try {
            await refresh(symbol, interval);
            refreshed++;
          } catch (problem) {
            const { code, message } = asCandlecastError(problem);
            if (code === 'CC_DATABASE') throw problem;
            if (UNLISTED.has(code)) unlisted.push(symbol);
            else failures.push({ symbol, code });
            logger.debug({ symbol, interval, code, problem: message }, 'candles could not be refreshed');
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      if (refreshed === 0 && failures.length > 0) {
        throw new CandlecastError('CC_SOURCE_UNAVAILABLE', `No source has new ${interval} candles of any coin.`, {
          retryable: true,
        });
      }
      return { refreshed, unlisted, failures };
    },
  };
}
