import { z } from 'zod';
import { STABLECOINS } from '../../core/asset.ts';
import { type Candle, FETCHED_MS } from '../../core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { decimalText, MAX_LIST_MARKS, matchSchema } from '../answer.ts';
import { createHttpClient, type HttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type RowCheck, rowTime } from '../odd-rows.ts';
import type { CandleSource, PageRequest } from '../source.ts';
import { isUnknownMarket, SourceError, unknownMarket } from '../source-error.ts';
import { soundMarkets } from './sound-markets.ts';

const NAME = 'kraken';
const MAX_CANDLES = 720;
/** One request a second is allowed on average. */
const RATE_LIMITS = [{ requests: 1, perMs: 1000, burst: 3 }];
/** Kraken does not say how long to wait after too many requests. */
const PAUSE_MS = 10_000;

/** Kraken's own tickers: those of its oldest coins, and those that mean another coin elsewhere. */
const TICKERS: Readonly<Record<string, string>> = {
  BTC: 'XBT',
  DOGE: 'XDG',
  // https://support.kraken.com: "This new blockchain will be called Terra 2.0 with the asset name LUNA2."
  LUNA: 'LUNA2',
  LUNC: 'LUNA',
  USTC: 'UST',
  REP: 'REPV2',
};
const OWN_TICKERS: ReadonlySet<string> = new Set(Object.values(TICKERS));

/** Kraken's ticker of a coin. Throws `CC_SOURCE_UNKNOWN_MARKET` where that text is its ticker of another coin. */
function tickerOf(symbol: string): string {
  const own = TICKERS[symbol];
  if (own !== undefined) return own;
  if (OWN_TICKERS.has(symbol)) throw unknownMarket(NAME, symbol);
  return symbol;
}

/** The rows stand under Kraken's own name of the pair (`XXBTZUSD` for `XBTUSD`), beside `last`. */
const envelope = z.object({
  error: z.array(z.string()),
  result: z.record(z.string(), z.unknown()).optional(),
});

/** `[open time s, open, high, low, close, volume-weighted price, base volume, trades]`, oldest first. */
const row = z
  .tuple([z.int(), decimalText, decimalText, decimalText, decimalText, decimalText, decimalText, z.int()])
  .rest(z.unknown());
const rows = z.array(z.unknown()).max(2 * (MAX_CANDLES + 1));
/** Of a pair: its price (`c`, the last trade), and its volume in coins (`v`, today and in the last 24 hours). */
const ticker = z.object({
  name: z.string().max(40),
  c: z.tuple([decimalText]).rest(z.unknown()),
  v: z.tuple([z.unknown(), decimalText]).rest(z.unknown()),
});
const pairStatus = z.object({ status: z.string() });

/**
 * Candles of Kraken against US dollars. It gives the newest 720 candles and has no paging back: of an older range it returns
 * what lies within them, which may be nothing.
 */
export function createKrakenSource(options: ProviderOptions): CandleSource {
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: NAME });

  async function fetchPage({ symbol, interval, fromMs, signal, asker, background }: PageRequest, check: RowCheck) {
    const ticker = tickerOf(symbol);
    const step = FETCHED_MS[interval];
    const answer = await http.getJson({
      path: '/0/public/OHLC',
      query: {
        pair: `${ticker}USD`,
        interval: step / MINUTE_MS,
        // One candle early: whether `since` itself is included has changed over the years.
        since: Math.max(0, fromMs - step) / 1000,
      },
      schema: envelope,
      ...(signal ? { signal } : {}),
      ...(asker ? { asker } : {}),
      ...(background ? { background } : {}),
    });
    if (answer.error.some((code) => code.startsWith('E'))) throw explainError(http, symbol, answer.error);
    const pairs = Object.keys(answer.result ?? {}).filter((key) => key !== 'last');
    if (pairs.length !== 1)
      throw new SourceError(NAME, 'CC_SOURCE_BAD_DATA', `sent ${pairs.length} pairs instead of one.`);
    if (OTHER_QUOTE.test(pairs[0]!)) {
      throw new SourceError(NAME, 'CC_SOURCE_BAD_DATA', 'sent a pair that is not quoted in US dollars.');
    }
    const named = listedSymbol(pairs[0]!);
    if (named !== null && named !== symbol && pairs[0] !== `X${ticker}ZUSD`) {
      throw new SourceError(NAME, 'CC_SOURCE_BAD_DATA', 'sent another pair than the one asked for.');
    }
    const raw = matchSchema(NAME, answer.result?.[pairs[0]!], rows);
    const parsed = check.parse(raw, row, (one) => rowTime(one, 1000));
    const firstTraded = parsed.findIndex((one) => !isWithoutTrade(one));
    const before = firstTraded === -1 ? parsed.length : firstTraded;
    for (let i = 0; i < before; i++) check.leaveOut('before the first trade');
    return parsed.slice(before).map(toCandle);
  }

  return {
    name: NAME,
    reachMs: {
      '1m': (MAX_CANDLES + 1) * MINUTE_MS,
      '1h': (MAX_CANDLES + 1) * HOUR_MS,
      '1d': (MAX_CANDLES + 1) * DAY_MS,
    },
    overlapping: true,
    fetchPage,
    fetchMinutes: (page, check) => fetchPage({ ...page, interval: '1m' }, check),
    async listMarkets(signal, odd) {
      const answer = await http.getJson({
        path: '/0/public/Ticker',
        schema: envelope,
        background: true,
        maxMarks: MAX_LIST_MARKS,
        ...(signal ? { signal } : {}),
      });
      if (answer.error.some((code) => code.startsWith('E'))) throw explainError(http, 'its list', answer.error);
      const check = checkRows(NAME, odd);
      const dollars = Object.entries(answer.result ?? {}).flatMap(([pair, one]) => {
        const symbol = listedSymbol(pair);
        return symbol === null ? [] : [{ ...(typeof one === 'object' ? one : {}), name: symbol }];
      });
      const rows = check.parse(dollars, ticker);
      const prices = new Map(rows.map(({ name, c }) => [name, c[0]]));
      const coins = rows.filter(({ name }) => !isQuotedInToken(name, prices));
      return soundMarkets(
        coins.map(({ name, c, v }) => ({ symbol: name, coins: v[1], priceUsd: c[0] })),
        check,
      );
    },
    async tradingState(symbol, signal) {
      if (TICKERS[symbol] === undefined && OWN_TICKERS.has(symbol)) return 'unlisted';
      const answer = await http.getJson({
        path: '/0/public/AssetPairs',
        query: { pair: `${tickerOf(symbol)}USD` },
        schema: envelope,
        ...(signal ? { signal } : {}),
      });
      if (answer.error.some((code) => code.startsWith('E'))) {
        const error = explainError(http, symbol, answer.error);
        if (isUnknownMarket(error)) return 'unlisted';
        throw error;
      }
      const { status } = matchSchema(NAME, Object.values(answer.result ?? {})[0], pairStatus);
      // `cancel_only`, `reduce_only` and the like.
      return status === 'online' ? 'trading' : 'halted';
    },
  };
}

/** The end of a pair's name where it is quoted in anything but dollars, such as `XXBTZEUR`. */
const OTHER_QUOTE = /(EUR|GBP|JPY|CAD|CHF|AUD|XBT|ETH|USDT|USDC|USDG|DAI|EURC)$/;

const SYMBOLS: ReadonlyMap<string, string> = new Map(Object.entries(TICKERS).map(([symbol, own]) => [own, symbol]));

/** The coin of a pair as Kraken lists it, `XXBTZUSD` or `SOLUSD`; null where it is not quoted in dollars or is no coin. */
function listedSymbol(pair: string): string | null {
  const own = /^X(.{3})ZUSD$/.exec(pair)?.[1] ?? /^(?!Z...ZUSD$)(.+)USD$/.exec(pair)?.[1];
  if (own === undefined) return null;
  // Where a ticker means another coin at Kraken, what bears it there is under its own name.
  return SYMBOLS.get(own) ?? (TICKERS[own] === undefined ? own : null);
}

/** What tokens of the dollar have before `USD`: `XRPRLUSD` is XRP against RLUSD. */
const TOKEN_TAILS: readonly string[] = [...STABLECOINS].flatMap((token) =>
  token.endsWith('USD') && token !== 'USD' ? [token.slice(0, -'USD'.length)] : [],
);
/** How near to its dollar price a coin's last price against a token is, which may be of hours ago. */
const NEAR = 1.25;

/** Whether a listed name is a coin and the beginning of a token. Where the coin costs about as much it is; GALA is a coin beside GAL. */
function isQuotedInToken(name: string, prices: ReadonlyMap<string, number>): boolean {
  return TOKEN_TAILS.some((tail) => {
    const own = name.endsWith(tail) ? name.slice(0, -tail.length) : '';
    const ratio = prices.get(name)! / (prices.get(SYMBOLS.get(own) ?? own) ?? Number.NaN);
    return ratio < NEAR && ratio > 1 / NEAR;
  });
}

/** Kraken fills the time before a pair's first trade with zeros. */
function isWithoutTrade([, open, high, low, close, , volume, trades]: z.infer<typeof row>): boolean {
  return [open, high, low, close, volume, trades].every((value) => value === 0);
}

function toCandle([time, open, high, low, close, , volume]: z.infer<typeof row>): Candle {
  return { openTimeMs: time * 1000, open, high, low, close, volume };
}

/** Kraken's errors come with status 200, as codes such as `EQuery:Unknown asset pair`. */
function explainError(http: HttpClient, symbol: string, codes: readonly string[]): SourceError {
  const all = codes.join(' ');
  if (/EQuery:(Unknown asset pair|Invalid asset pair)/.test(all)) return unknownMarket(NAME, symbol);
  if (/Rate limit exceeded|Too many requests|Temporary lockout/.test(all)) return http.pause(PAUSE_MS);
  const code = codes.find((text) => /^E[A-Za-z]{1,20}:[A-Za-z ]{1,40}$/.test(text)) ?? 'an error it does not document';
  return new SourceError(NAME, 'CC_SOURCE_HTTP', `answered with ${code}.`, { retryable: code.startsWith('EService') });
}
