import { timesRate } from '../../core/candle.ts';
import { BASE_CURRENCY } from '../../core/currency.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { Clock } from '../../core/time.ts';
import {
  AVERAGE_PERIODS,
  type CandleHistory,
  movingAverage,
  TIMEFRAME_SHAPES,
  type Timeframe,
  timeframeCandles,
  timeframeMs,
  timeframeOpenMs,
} from '../../core/timeframe.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { MarketService } from '../../market/series.ts';
import type { PriceService } from '../price/price.ts';

/** The past of coins as candles of several lengths; nothing here writes to the ledger. */
export interface CandleService {
  /**
   * The newest {@link MAX_SLOTS} complete candles of a coin given by symbol or name, with volume and moving averages, and its price now, in a
   * currency: every price at the one reference rate of the price now. Throws `CC_HISTORY_TOO_SHORT` for fewer than two candles, `CC_RATE_MISSING`, and as
   * the price and the market do.
   */
  history(symbol: string, timeframe: Timeframe, currency?: string, asking?: Asking): Promise<CandleHistory>;
}

/** What the service is built from. */
export interface CandleParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly price: Pick<PriceService, 'board'>;
  readonly market: Pick<MarketService, 'series'>;
  readonly now: Clock;
}

/** Places on the time axis at most. */
export const MAX_SLOTS = 120;
/** Candles read: those shown, those before them that the longest average needs, and the one that is cut at each end. */
const WANTED = MAX_SLOTS + Math.max(...AVERAGE_PERIODS) + 2;

/** Makes the service. */
export function createCandleService({ assets, price, market, now }: CandleParts): CandleService {
  return {
    async history(text, timeframe, currency = BASE_CURRENCY, asking = {}) {
      const { symbol } = assets.resolve(text);
      const { interval, each } = TIMEFRAME_SHAPES[timeframe];
      const [series, board] = await Promise.all([
        market.series({ symbol, interval, candles: WANTED * each }, asking),
        price.board([{ coin: symbol, quote: { currency } }], currency, asking),
      ]);
      const [quote] = board.prices;
      if (!quote) throw board.failed[0]!.error;

      const stepMs = timeframeMs(timeframe);
      const perUsd = quote.rate?.perUsd ?? 1;
      const candles = timeframeCandles(series.candles, timeframe, now()).map((candle) => timesRate(candle, perUsd));
      const averages = AVERAGE_PERIODS.map((period) =>
        movingAverage(
          candles.map(({ close }) => close),
          period,
        ),
      );
      const byTime = new Map(candles.map((candle, i) => [candle.openTimeMs, { candle, i }]));
      const newestMs = candles.at(-1)?.openTimeMs ?? 0;
      // A price from files may be older than the newest candle.
      const endMs = Math.max(timeframeOpenMs(quote.atMs, timeframe), newestMs + stepMs);
      const slots = Array.from({ length: MAX_SLOTS }, (_, place) => {
        const openTimeMs = endMs - (MAX_SLOTS - place) * stepMs;
        const found = byTime.get(openTimeMs);
        return {
          openTimeMs,
          candle: found?.candle ?? null,
          averages: averages.map((values) => (found ? values[found.i]! : null)),
        };
      });
      const shown = slots.slice(slots.findIndex(({ candle }) => candle !== null));
      const count = slots.filter(({ candle }) => candle !== null).length;
      if (count < 2) throw tooFew(symbol, timeframe, count);
      const { source } = series;
      return { timeframe, price: quote, slots: shown, known: candles.length, untilMs: newestMs + stepMs, source };
    },
  };
}

function tooFew(symbol: string, timeframe: Timeframe, count: number): CandlecastError {
  return new CandlecastError(
    'CC_HISTORY_TOO_SHORT',
    `Too few candles of ${timeframe} are known of ${symbol} for a chart: ${count}.`,
    {
      remedy: 'Choose a shorter timeframe, or wait until it has traded longer.',
      said: { key: 'candles.tooFew', values: { symbol, count, timeframe } },
      advice: { key: 'candles.tooFewAdvice' },
    },
  );
}
