import { INTERVALS, type Interval } from '../../core/candle.ts';
import { orAborted } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { DAY_MS } from '../../core/time.ts';
import { HISTORY_DAYS, type HourHistory } from '../../market/hour-history.ts';
import type { MarketService } from '../../market/series.ts';
import type { UnconfirmedPriceRepository } from '../../storage/unconfirmed-price-repository.ts';
import { HISTORY_CANDLES } from './forecast-inputs.ts';

/** The result of one ingest. */
export interface CandleIngestReport {
  /** Series that are stored up to the newest complete candle any source has. */
  readonly refreshed: number;
  /** Coins that no source has in that interval; this is no failure. */
  readonly unlisted: readonly string[];
  readonly failures: readonly { readonly symbol: string; readonly code: ErrorCode }[];
  /** Coins whose newest price is not believed yet. */
  readonly unconfirmed: readonly string[];
}

/** Keeps the candles of the tracked coins up to date. */
export interface CandleIngestService {
  /**
   * Fetches new and revised candles of every tracked coin. Throws `CC_SOURCE_UNAVAILABLE` (retryable) when not one could be
   * had, `CC_DATABASE`, and the signal's reason.
   */
  ingest(interval: Interval, signal: AbortSignal): Promise<CandleIngestReport>;
  /** Asks the sources again about every unconfirmed price. Throws `CC_DATABASE` and the signal's reason. */
  confirm(signal: AbortSignal): Promise<{ readonly confirmed: number; readonly waiting: readonly string[] }>;
}

/** What the service is made of. */
export interface CandleIngestParts {
  readonly market: Pick<MarketService, 'series'>;
  readonly unconfirmed: Pick<UnconfirmedPriceRepository, 'all'>;
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
export function createCandleIngestService({
  market,
  unconfirmed,
  symbols,
  logger,
}: CandleIngestParts): CandleIngestService {
  const complete = new Set<string>();

  /** Returns whether the newest price is unconfirmed. */
  async function refresh(symbol: string, interval: Interval): Promise<boolean> {
    const key = `${symbol} ${interval}`;
    const candles = (complete.has(key) ? RECENT_CANDLES : HISTORY_CANDLES)[interval];
    const series = await market.series({ symbol, interval, candles, refresh: true });
    // Stored candles come back also when no source answers.
    if (series.failures.length === 0) complete.add(key);
    return series.unconfirmed !== null;
  }

  /** Judges unconfirmed prices again; returns the coins that stay so. */
  async function recheck(symbolsOf: readonly string[], interval: Interval, signal: AbortSignal): Promise<string[]> {
    const waiting: string[] = [];
    for (const symbol of symbolsOf) {
      signal.throwIfAborted();
      try {
        const series = await market.series({ symbol, interval, candles: RECENT_CANDLES[interval], recheck: true });
        if (series.unconfirmed) waiting.push(symbol);
      } catch (problem) {
        const { code, message } = asCandlecastError(problem);
        if (code === 'CC_DATABASE') throw problem;
        logger.debug({ symbol, interval, code, problem: message }, 'a price could not be confirmed');
        waiting.push(symbol);
      }
    }
    return waiting;
  }

  return {
    async confirm(signal) {
      const doubted = await unconfirmed.all();
      const waiting: string[] = [];
      for (const interval of INTERVALS) {
        const names = doubted.filter((one) => one.interval === interval).map(({ symbol }) => symbol);
        waiting.push(...(await recheck(names, interval, signal)));
      }
      return { confirmed: doubted.length - waiting.length, waiting };
    },

    async ingest(interval, signal) {
      const waiting = [...symbols];
      const unlisted: string[] = [];
      const failures: { symbol: string; code: ErrorCode }[] = [];
      const doubted: string[] = [];
      let refreshed = 0;
      const work = async (): Promise<void> => {
        for (let symbol = waiting.shift(); symbol !== undefined; symbol = waiting.shift()) {
          signal.throwIfAborted();
          try {
            if (await refresh(symbol, interval)) doubted.push(symbol);
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
      // When the first coins of a crash came, nothing was known of the others yet.
      return { refreshed, unlisted, failures, unconfirmed: await recheck(doubted, interval, signal) };
    },
  };
}

/** How far back the tracked coins' hours reach. */
interface HourIngestReport {
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
interface HourIngestParts {
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
