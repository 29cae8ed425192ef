import { closeTimeMs, INTERVAL_MS, type Interval, lastFinalOpenMs } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { PriceQuote } from '../../core/market.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { MarketService } from '../../market/series.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { UnconfirmedPriceRepository } from '../../storage/unconfirmed-price-repository.ts';

/** Plain prices; nothing here writes to the ledger. */
export interface PriceService {
  /**
   * The newest close of a coin given by symbol or name, fetched where it is not stored: of an hour, or of a day where there are no recent
   * hourly candles. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, and as the market does when neither can be had.
   */
  quote(symbol: string): Promise<PriceQuote>;
  /**
   * The newest hourly close that is stored, at most two hours old; null where there is none, or a newer one is unconfirmed. Asks no source.
   * Throws `CC_DATABASE`.
   */
  storedClose(symbol: string): Promise<{ readonly price: number; readonly atMs: number } | null>;
}

/** What the service is built from. */
export interface PriceParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly market: Pick<MarketService, 'series'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly unconfirmed: Pick<UnconfirmedPriceRepository, 'get'>;
  readonly simulated: () => boolean;
  readonly now: Clock;
}

type Close = Omit<PriceQuote, 'asset' | 'simulated'>;

/** Maximum age of an hourly close; an older one may precede the newest daily close. */
const RECENT_MS = DAY_MS;

/** Makes the service. */
export function createPriceService({ assets, market, candles, unconfirmed, simulated, now }: PriceParts): PriceService {
  async function newestClose(symbol: string, interval: Interval): Promise<Close> {
    const series = await market.series({ symbol, interval, candles: 1 });
    const { candles: found, source, fetchedAtMs, failures, unconfirmed } = series;
    const newest = found.at(-1)!;
    return {
      price: newest.close,
      atMs: closeTimeMs(newest, interval),
      interval,
      source,
      fetchedAtMs,
      failures,
      unconfirmed,
    };
  }

  return {
    async quote(text) {
      const asset = assets.resolve(text);
      let newest: Close | null = null;
      let failure: unknown;
      for (const interval of ['1h', '1d'] as const) {
        try {
          const close = await newestClose(asset.symbol, interval);
          if (!newest || close.atMs > newest.atMs) newest = close;
          if (now() - newest.atMs < RECENT_MS) break;
        } catch (error) {
          if (asCandlecastError(error).code === 'CC_DATABASE') throw error;
          failure = error;
        }
      }
      if (!newest) throw failure;
      return { asset, ...newest, simulated: simulated() };
    },

    async storedClose(symbol) {
      const newestMs = lastFinalOpenMs(now(), '1h');
      const [candle] = (await candles.range(symbol, '1h', newestMs - INTERVAL_MS['1h'], newestMs)).slice(-1);
      return candle && !(await unconfirmed.get(symbol, '1h'))
        ? { price: candle.close, atMs: closeTimeMs(candle, '1h') }
        : null;
    },
  };
}
