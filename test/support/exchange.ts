import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { type Clock, MINUTE_MS } from '../../src/core/time.ts';
import { type LoopbackServer, startServer } from './http-server.ts';
import { klineRow } from './market-candles.ts';

/** A coin that the exchange of the tests trades against USDT. */
export interface ExchangeCoin {
  symbol: string;
  /** US dollars that are traded in a day. */
  dollars: number;
  price: number;
  listedMs: number;
  /** From then on it is neither listed nor are its candles given. */
  delistedMs?: number;
}

/** An exchange that speaks Binance's format, by a clock of the test's. */
export interface Exchange extends Pick<LoopbackServer, 'url' | 'requests'> {
  readonly coins: Map<string, ExchangeCoin>;
  /** Rows sent besides the right ones in the list of what is traded. */
  lies: unknown[];
  /** Answers with this status instead, while set. */
  failing: number | null;
  /** Called before a request is answered. */
  onRequest: ((url: URL) => void) | null;
  /** Most weight used in any minute. */
  worstMinute(): number;
  /** The coins whose candles were asked for, with the rows that were given. */
  candlesAsked(interval: Interval): { readonly symbol: string; readonly rows: number }[];
  forget(): void;
}

/** Two hundred coins, C0 the most traded, each listed for a while. */
export function twoHundredCoins(nowMs: number, days = 90): ExchangeCoin[] {
  return Array.from({ length: 200 }, (_, i) => ({
    symbol: i === 0 ? 'BTC' : i === 1 ? 'ETH' : `C${i}`,
    dollars: 1e9 / (i + 1),
    price: 100 / (i + 1),
    listedMs: Math.floor(nowMs / INTERVAL_MS['1d']) * INTERVAL_MS['1d'] - days * INTERVAL_MS['1d'],
  }));
}

/** A number in [0, 1) that belongs to a coin and a slot. */
function chance(symbol: string, slot: number): number {
  let hash = slot | 0;
  for (const char of symbol) hash = Math.imul(hash ^ char.charCodeAt(0), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The exchange's candle of a slot: the same price at the same moment in both intervals, with moves of a per cent or two. */
export function exchangeCandle(
  { symbol, price, dollars }: ExchangeCoin,
  openTimeMs: number,
  interval: Interval,
): Candle {
  const at = (ms: number) => {
    const hour = ms / INTERVAL_MS['1h'];
    const wave = Math.sin(hour / 31 + symbol.length) + Math.sin(hour / 7.3 + symbol.charCodeAt(symbol.length - 1));
    return price * Math.exp(0.05 * wave + 0.01 * chance(symbol, hour));
  };
  const [open, close] = [at(openTimeMs), at(openTimeMs + INTERVAL_MS[interval])];
  const volume = (dollars / price / (INTERVAL_MS['1d'] / INTERVAL_MS[interval])) * (0.5 + chance(symbol, openTimeMs));
  return {
    openTimeMs,
    open,
    high: Math.max(open, close) * 1.005,
    low: Math.min(open, close) * 0.995,
    close,
    volume,
  };
}

/** Starts the exchange. */
export async function startExchange(coins: readonly ExchangeCoin[], now: Clock): Promise<Exchange> {
  const held = new Map(coins.map((coin) => [coin.symbol, { ...coin }]));
  const weights: { atMs: number; weight: number }[] = [];
  const asked: { symbol: string; interval: Interval; rows: number }[] = [];
  const isListed = ({ listedMs, delistedMs }: ExchangeCoin) =>
    listedMs <= now() && (delistedMs === undefined || delistedMs > now());

  const server = await startServer((_request, response, url) => {
    exchange.onRequest?.(url);
    const send = (value: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const use = (weight: number) => weights.push({ atMs: now(), weight });
    if (exchange.failing !== null) return send({ code: -1, msg: 'down' }, exchange.failing);
    if (url.pathname === '/api/v3/ticker/24hr') {
      use(80);
      const rows = [...held.values()].filter(isListed).map((coin) => ({
        symbol: `${coin.symbol}USDT`,
        lastPrice: coin.price.toFixed(8),
        volume: (coin.dollars / coin.price).toFixed(8),
        quoteVolume: coin.dollars.toFixed(8),
        openTime: now() - INTERVAL_MS['1d'],
        closeTime: now(),
        count: 100,
      }));
      return send([...rows, { ...rows[0], symbol: 'ETHBTC' }, ...exchange.lies]);
    }
    if (url.pathname === '/api/v3/exchangeInfo') {
      use(20);
      const symbol = url.searchParams.get('symbol') ?? '';
      const coin = held.get(symbol.replace(/USDT$/, ''));
      if (!coin || !isListed(coin)) return send({ code: -1121, msg: 'Invalid symbol.' }, 400);
      return send({ symbols: [{ symbol, status: 'TRADING' }] });
    }
    use(2);
    const symbol = (url.searchParams.get('symbol') ?? '').replace(/USDT$/, '');
    const interval = url.searchParams.get('interval') as Interval;
    const coin = held.get(symbol);
    if (!coin || !isListed(coin)) return send({ code: -1121, msg: 'Invalid symbol.' }, 400);
    const step = INTERVAL_MS[interval];
    const rows: unknown[] = [];
    const fromMs = Math.max(coin.listedMs, Number(url.searchParams.get('startTime')));
    const toMs = Math.min(now(), Number(url.searchParams.get('endTime')));
    for (let at = Math.ceil(fromMs / step) * step; at <= toMs && rows.length < 1_000; at += step) {
      rows.push(klineRow(exchangeCandle(coin, at, interval), interval));
    }
    asked.push({ symbol, interval, rows: rows.length });
    return send(rows);
  });
  const exchange: Exchange = {
    url: server.url,
    requests: server.requests,
    coins: held,
    lies: [],
    failing: null,
    onRequest: null,
    worstMinute() {
      let worst = 0;
      for (const { atMs } of weights) {
        const inMinute = weights.filter((one) => one.atMs > atMs - MINUTE_MS && one.atMs <= atMs);
        worst = Math.max(
          worst,
          inMinute.reduce((sum, { weight }) => sum + weight, 0),
        );
      }
      return worst;
    },
    candlesAsked: (interval) =>
      asked.filter((one) => one.interval === interval).map(({ symbol, rows }) => ({ symbol, rows })),
    forget() {
      asked.length = 0;
      server.requests.length = 0;
    },
  };
  return exchange;
}
