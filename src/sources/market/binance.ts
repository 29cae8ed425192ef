import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Candle, FETCHED_MS, openTimeText } from '../../core/candle.ts';
import { HOUR_MS, steadyClock } from '../../core/time.ts';
import { decimalText, MAX_LIST_MARKS } from '../answer.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type RowCheck, rowTime } from '../odd-rows.ts';
import type { CandleSource, PageRequest } from '../source.ts';
import { isUnknownMarket, type SourceError, unknownMarket } from '../source-error.ts';
import { soundMarkets } from './sound-markets.ts';

const ROWS_PER_PAGE = 1000;
/** 6,000 weight a minute at 2 a call, with half left to whoever shares the address. */
const RATE_LIMITS = [{ requests: 25, perMs: 1000, burst: 50 }];
/** Of that, the 24-hour statistics of every pair count for 80 weight, and what the exchange says of one for 20. */
const COST = { list: 40, pair: 10 } as const;

/** A ticker of Binance, and how many coins its price is for. */
interface Ticker {
  readonly ticker: string;
  readonly coins: number;
}

/** Coins that Binance lists under another ticker than the coin list, or by the thousand or million. */
const TICKERS: Readonly<Record<string, Ticker>> = {
  BTT: { ticker: 'BTTC', coins: 1 },
  BEAM: { ticker: 'BEAMX', coins: 1 },
  RON: { ticker: 'RONIN', coins: 1 },
  SATS: { ticker: '1000SATS', coins: 1_000 },
  CAT: { ticker: '1000CAT', coins: 1_000 },
  CHEEMS: { ticker: '1000CHEEMS', coins: 1_000 },
  BABYDOGE: { ticker: '1MBABYDOGE', coins: 1_000_000 },
};
const OWN_TICKERS: ReadonlySet<string> = new Set(Object.values(TICKERS).map(({ ticker }) => ticker));
/** A coin that is not listed by itself is looked for under this prefix: Binance lists coins of a tiny price by the thousand. */
const THOUSAND = { prefix: '1000', coins: 1_000 } as const;
/** How long it is remembered which ticker a coin has, and for how many coins. */
const TICKER_KEPT_MS = 6 * HOUR_MS;
const MAX_TICKERS_KEPT = 2_000;

/** `[open time ms, open, high, low, close, base volume, close time ms, …]` */
const kline = z
  .tuple([z.int(), decimalText, decimalText, decimalText, decimalText, decimalText, z.int()])
  .rest(z.unknown());
const klines = z.array(z.unknown()).max(ROWS_PER_PAGE);
/** What was traded of a pair in the last 24 hours. */
const statistic = z.object({ symbol: z.string().max(40), lastPrice: decimalText, volume: decimalText });
const statistics = z.array(z.unknown()).max(10_000);
const pairName = z.object({ symbol: z.string() });
const exchangeInfo = z.object({ symbols: z.array(z.object({ symbol: z.string(), status: z.string() })).max(10_000) });

/** Candles of Binance spot against USDT, or of another server that speaks its klines format (`name`). */
export function createBinanceSource(options: ProviderOptions & { readonly name?: string }): CandleSource {
  const name = options.name ?? 'binance';
  const { now } = options;
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: name });
  const found = new LRUCache<string, { readonly ticker: Ticker | null }>({
    max: MAX_TICKERS_KEPT,
    ttl: TICKER_KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });

  /** Calls with the coin's ticker, found by trying where it is not known. Throws `CC_SOURCE_UNKNOWN_MARKET` when there is none. */
  async function withTicker<T>(symbol: string, call: (ticker: Ticker) => Promise<T>): Promise<T> {
    const fixed = TICKERS[symbol];
    if (fixed) return call(fixed);
    if (OWN_TICKERS.has(symbol)) throw unknownMarket(name, symbol);
    const known = found.get(symbol);
    if (known?.ticker) return call(known.ticker);
    if (known) throw unknownMarket(name, symbol);
    const candidates = [
      { ticker: symbol, coins: 1 },
      { ticker: `${THOUSAND.prefix}${symbol}`, coins: THOUSAND.coins },
    ];
    for (const ticker of candidates) {
      try {
        const answer = await call(ticker);
        found.set(symbol, { ticker });
        return answer;
      } catch (error) {
        if (!isUnknownMarket(error)) throw error;
      }
    }
    found.set(symbol, { ticker: null });
    throw unknownMarket(name, symbol);
  }

  function fetchPage({ symbol, interval, fromMs, toMs, signal, asker, background }: PageRequest, check: RowCheck) {
    const step = FETCHED_MS[interval];
    return withTicker(symbol, async ({ ticker, coins }) => {
      const answer = await http.getJson({
        path: '/api/v3/klines',
        query: {
          symbol: `${ticker}USDT`,
          interval,
          startTime: fromMs,
          endTime: toMs + step - 1,
          limit: ROWS_PER_PAGE,
        },
        schema: klines,
        explain: (status, body) => explainRefusal(name, symbol, status, body),
        ...(signal ? { signal } : {}),
        ...(asker ? { asker } : {}),
        ...(background ? { background } : {}),
      });
      const rows = check.parse(answer, kline, (row) => rowTime(row, 1));
      const times = rows.map(([openTimeMs]) => openTimeMs);
      // An outage of the exchange cuts its candle short: the rest of that hour or day is not in it.
      return rows.flatMap((row, index) => {
        if (Math.abs(row[6] - row[0] - step) <= 1000) return [toCandle(row, coins)];
        check.odd(`that is not ${interval} long`, index, times, openTimeText(row[0]));
        return [];
      });
    });
  }

  return {
    name,
    paging: { candles: ROWS_PER_PAGE, parallel: 4 },
    fetchPage,
    fetchMinutes: (page, check) => fetchPage({ ...page, interval: '1m' }, check),
    async listMarkets(signal, odd) {
      const answer = await http.getJson({
        path: '/api/v3/ticker/24hr',
        query: { type: 'MINI' },
        schema: statistics,
        cost: COST.list,
        background: true,
        maxMarks: MAX_LIST_MARKS,
        ...(signal ? { signal } : {}),
      });
      const check = checkRows(name, odd);
      // Most pairs are quoted in something else; what has no name is odd.
      const dollars = answer.filter((row) => {
        const { data } = pairName.safeParse(row);
        return data === undefined || data.symbol.endsWith('USDT');
      });
      const markets = check.parse(dollars, statistic).flatMap(({ symbol: pair, lastPrice, volume }) => {
        const coin = coinOf(pair.slice(0, -'USDT'.length));
        if (coin) return [{ symbol: coin.symbol, coins: volume * coin.coins, priceUsd: lastPrice / coin.coins }];
        check.leaveOut('under a ticker that means another coin');
        return [];
      });
      return soundMarkets(markets, check);
    },
    async tradingState(symbol, signal) {
      try {
        return await withTicker(symbol, async ({ ticker }) => {
          const pair = `${ticker}USDT`;
          const { symbols } = await http.getJson({
            path: '/api/v3/exchangeInfo',
            query: { symbol: pair },
            cost: COST.pair,
            schema: exchangeInfo,
            explain: (status, body) => explainRefusal(name, symbol, status, body),
            ...(signal ? { signal } : {}),
          });
          const status = symbols.find((one) => one.symbol === pair)?.status;
          if (status === undefined) throw unknownMarket(name, symbol);
          return status === 'TRADING' ? 'trading' : 'halted';
        });
      } catch (error) {
        if (isUnknownMarket(error)) return 'unlisted';
        throw error;
      }
    },
  };
}

/** The coin that is listed under a ticker, and how many of it its price is for; null where the ticker is another coin's elsewhere. */
function coinOf(ticker: string): { readonly symbol: string; readonly coins: number } | null {
  const own = Object.entries(TICKERS).find(([, one]) => one.ticker === ticker);
  if (own) return { symbol: own[0], coins: own[1].coins };
  if (TICKERS[ticker]) return null;
  const ofThousand = ticker.startsWith(THOUSAND.prefix) ? ticker.slice(THOUSAND.prefix.length) : '';
  if (/^[A-Z]/.test(ofThousand)) return { symbol: ofThousand, coins: THOUSAND.coins };
  return { symbol: ticker, coins: 1 };
}

function toCandle([openTimeMs, open, high, low, close, volume]: z.infer<typeof kline>, coins: number): Candle {
  if (coins === 1) return { openTimeMs, open, high, low, close, volume };
  const of = (price: number) => price / coins;
  return { openTimeMs, open: of(open), high: of(high), low: of(low), close: of(close), volume: volume * coins };
}

const refusal = z.object({ code: z.int() });

/** -1121 is "Invalid symbol."; other 4xx keep their status. */
function explainRefusal(name: string, symbol: string, status: number, body: unknown): SourceError | null {
  const parsed = refusal.safeParse(body);
  return status === 400 && parsed.success && parsed.data.code === -1121 ? unknownMarket(name, symbol) : null;
}
