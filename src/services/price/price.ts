import type { Asset } from '../../core/asset.ts';
import { type Candle, closeTimeMs, type Interval } from '../../core/candle.ts';
import {
  BASE_CURRENCY,
  type CoinPrice,
  DOLLAR_RATE,
  type FailedPrice,
  type PriceBoard,
  type PricePoint,
} from '../../core/currency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { Logger } from '../../core/logger.ts';
import type { PriceQuote } from '../../core/market.ts';
import { type CoinAsk, type QuoteAsk, readCoins } from '../../core/pair.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { LivePrices } from '../../market/live-price.ts';
import type { MarketService } from '../../market/series.ts';
import type { ExchangeRateService } from '../currency/exchange-rates.ts';

/** Plain prices; nothing here writes to the ledger. */
export interface PriceService {
  /**
   * The price of a coin given by symbol or name: its last trade, or its newest believed close. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`,
   * and as the market does when there is neither.
   */
  quote(symbol: string, asking?: Asking): Promise<PriceQuote>;
  /** The reference rate that dollars of a moment are converted with. Throws `CC_RATE_MISSING`, `CC_DATABASE`. */
  rate: ExchangeRateService['rate'];
  /** What was asked for, as it was typed: coins, each with what its price is wanted in. Answers from memory. */
  read(text: string): readonly CoinAsk[];
  /**
   * Prices of several coins with their last day, each in what it was asked in or else in `currency`. A coin that cannot be answered for is among the
   * failed. Throws `CC_USAGE` for none and for more than {@link MAX_PRICES}, and the signal's reason.
   */
  board(asks: readonly CoinAsk[], currency: string, asking?: Asking): Promise<PriceBoard>;
}

/** Coins of one answer at most. */
export const MAX_PRICES = 10;

/** What the service is built from. */
export interface PriceParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly livePrices: Pick<LivePrices, 'lastTrade'>;
  readonly market: Pick<MarketService, 'series'>;
  readonly rates: Pick<ExchangeRateService, 'rate'>;
  readonly simulated: () => boolean;
  readonly logger: Logger;
}

/** Hours read: a day, and some more where the newest are late. */
const HOURS = 50;
const DAYS = 30;
/** How far a close may lie from the moment a day before. */
const DAY_AGO_WITHIN: Readonly<Record<Interval, number>> = { '1h': 2 * HOUR_MS, '1d': DAY_MS / 2 };

/** The last day of a coin in dollars. */
interface LastDay extends Pick<CoinPrice, 'dayAgo' | 'range' | 'points'> {}

/** Makes the service. */
export function createPriceService({ assets, livePrices, market, rates, simulated, logger }: PriceParts): PriceService {
  const isCoin = (text: string): boolean => {
    try {
      assets.resolve(text);
      return true;
    } catch (error) {
      const { code } = asCandlecastError(error);
      return code !== 'CC_UNKNOWN_SYMBOL' && code !== 'CC_USAGE';
    }
  };

  async function quoteOf(asset: Asset, asking?: Asking): Promise<PriceQuote> {
    const { symbol: _, doubted, ...price } = await livePrices.lastTrade(asset.symbol, asking);
    return { asset, ...price, unconfirmed: doubted, simulated: simulated() };
  }

  async function lastDay(quote: PriceQuote, asking?: Asking): Promise<LastDay> {
    const { symbol } = quote.asset;
    for (const [interval, candles] of [
      ['1h', HOURS],
      ['1d', DAYS],
    ] as const) {
      const series = await market.series({ symbol, interval, candles }, asking).catch((failure: unknown) => {
        asking?.signal?.throwIfAborted();
        // The price is known; its last day may not be.
        const error = asCandlecastError(failure);
        logger.warn({ symbol, interval, code: error.code, err: error }, 'a price goes out without its last day');
        return null;
      });
      const known = series?.candles.filter((candle) => closeTimeMs(candle, interval) <= quote.atMs + HOUR_MS) ?? [];
      if (known.length > 0) return dayOf(quote, known, interval);
    }
    return { dayAgo: null, range: null, points: [] };
  }

  async function priced(ask: CoinAsk, currency: string, asking?: Asking): Promise<CoinPrice> {
    const asset = assets.resolve(ask.coin);
    const quote = await quoteOf(asset, asking);
    const wanted: QuoteAsk = ask.quote ?? { currency };
    if ('currency' in wanted) {
      const [day, rate] = await Promise.all([lastDay(quote, asking), rates.rate(wanted.currency, quote.atMs)]);
      return inCurrency(quote, day, rate.currency, rate.perUsd, rate === DOLLAR_RATE ? null : rate);
    }
    const other = await quoteOf(assets.resolve(wanted.coin), asking);
    if (other.asset.symbol === asset.symbol)
      throw new CandlecastError('CC_USAGE', `One ${asset.symbol} is one ${asset.symbol}.`, {
        remedy: 'Ask for it in another coin or in a currency.',
        said: { key: 'errors.priceOfItself', values: { coin: asset.symbol } },
        advice: { key: 'errors.priceOfItselfAdvice' },
      });
    const [day, otherDay] = await Promise.all([lastDay(quote, asking), lastDay(other, asking)]);
    return inCoin(quote, day, other, otherDay);
  }

  return {
    quote: async (text, asking) => quoteOf(assets.resolve(text), asking),
    rate: (currency, atMs) => rates.rate(currency, atMs),
    read: (text) => readCoins(text, isCoin),

    async board(asks, currency, asking) {
      const unique = [...new Map(asks.map((ask) => [JSON.stringify(ask), ask])).values()];
      if (unique.length === 0)
        throw new CandlecastError('CC_USAGE', 'No coin was named.', {
          remedy: 'Name one, such as BTC.',
          said: { key: 'errors.noCoin' },
          advice: { key: 'errors.noCoinAdvice' },
        });
      if (unique.length > MAX_PRICES)
        throw new CandlecastError('CC_USAGE', `I show ${MAX_PRICES} coins at once at most.`, {
          remedy: 'Ask for fewer.',
          said: { key: 'errors.coinsMost', values: { count: MAX_PRICES } },
          advice: { key: 'errors.coinsMostAdvice' },
        });
      const answers = await Promise.all(
        unique.map((ask) =>
          priced(ask, currency, asking).catch((failure: unknown): FailedPrice => {
            asking?.signal?.throwIfAborted();
            return { typed: ask.coin, error: asCandlecastError(failure) };
          }),
        ),
      );
      return {
        prices: answers.filter((one): one is CoinPrice => 'asset' in one),
        failed: answers.filter((one): one is FailedPrice => 'error' in one),
      };
    },
  };
}

/** The last day of a price in dollars from closed candles, ascending. */
function dayOf(quote: PriceQuote, candles: readonly Candle[], interval: Interval): LastDay {
  const fromMs = quote.atMs - DAY_MS;
  const before = candles
    .filter((candle) => closeTimeMs(candle, interval) <= fromMs + DAY_AGO_WITHIN[interval] / 2)
    .at(-1);
  const isNear = before !== undefined && fromMs - closeTimeMs(before, interval) <= DAY_AGO_WITHIN[interval];
  const now = { timeMs: quote.atMs, price: quote.price };
  const since = interval === '1h' ? fromMs - HOUR_MS : quote.atMs - DAYS * DAY_MS;
  const points = candles
    .map((candle) => ({ timeMs: closeTimeMs(candle, interval), price: candle.close }))
    .filter(({ timeMs }) => timeMs >= since && timeMs < quote.atMs);
  const within = candles.filter((candle) => candle.openTimeMs >= fromMs && interval === '1h');
  const isWhole = within.length >= 20;
  return {
    dayAgo: isNear ? before.close : null,
    range: isWhole
      ? {
          low: Math.min(quote.price, ...within.map(({ low }) => low)),
          high: Math.max(quote.price, ...within.map(({ high }) => high)),
        }
      : null,
    points: [...points, now],
  };
}

/** The price in a currency of which a dollar is `perUsd`. The reference rate is one of the day, so the change is that in dollars. */
function inCurrency(
  quote: PriceQuote,
  { dayAgo, range, points }: LastDay,
  currency: string,
  perUsd: number,
  rate: CoinPrice['rate'],
): CoinPrice {
  const convert = (price: number) => price * perUsd;
  return {
    ...quote,
    price: convert(quote.price),
    currency: rate === null ? BASE_CURRENCY : currency,
    rate,
    dayAgo: dayAgo === null ? null : convert(dayAgo),
    range: range && { low: convert(range.low), high: convert(range.high) },
    points: points.map(({ timeMs, price }) => ({ timeMs, price: convert(price) })),
  };
}

/** The price in another coin: the two dollar prices at the same hours, divided. */
function inCoin(quote: PriceQuote, day: LastDay, other: PriceQuote, otherDay: LastDay): CoinPrice {
  const others = new Map(otherDay.points.map(({ timeMs, price }) => [timeMs, price]));
  const points = day.points.slice(0, -1).flatMap(({ timeMs, price }): PricePoint[] => {
    const divisor = others.get(timeMs);
    return divisor === undefined ? [] : [{ timeMs, price: price / divisor }];
  });
  const atMs = Math.min(quote.atMs, other.atMs);
  const price = quote.price / other.price;
  return {
    ...quote,
    price,
    atMs,
    kind: quote.kind === 'trade' && other.kind === 'trade' ? 'trade' : 'close',
    unconfirmed: quote.unconfirmed ?? other.unconfirmed,
    failures: [...quote.failures, ...other.failures],
    currency: other.asset.symbol,
    rate: null,
    dayAgo: day.dayAgo === null || otherDay.dayAgo === null ? null : day.dayAgo / otherDay.dayAgo,
    range: null,
    points: [...points.filter(({ timeMs }) => timeMs < atMs), { timeMs: atMs, price }],
  };
}
