import type { ServerResponse } from 'node:http';
import { type Candle, INTERVAL_MS, INTERVALS, type Interval } from '../../src/core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import type { Handler } from './http-server.ts';

/** What an exchange of the tests holds: the candles of one coin and interval, or null for a coin it does not list. */
export type Holdings = (symbol: string, interval: Interval) => readonly Candle[] | null;

function send(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function intervalOf(ms: number): Interval {
  return INTERVALS.find((interval) => INTERVAL_MS[interval] === ms)!;
}

/** Speaks Coinbase Exchange's candles: newest first, at most 300, one older than asked for among them. */
export function coinbaseHandler(held: Holdings): Handler {
  return (_request, response, url) => {
    const symbol = /^\/products\/([A-Z0-9]+)-USD\/candles$/.exec(url.pathname)?.[1];
    const stepMs = Number(url.searchParams.get('granularity')) * 1000;
    const candles = symbol ? held(symbol, intervalOf(stepMs)) : null;
    if (!candles) return send(response, { message: 'NotFound' }, 404);
    const fromMs = Date.parse(url.searchParams.get('start') ?? '');
    const toMs = Date.parse(url.searchParams.get('end') ?? '');
    if ((toMs - fromMs) / stepMs > 300) return send(response, { message: 'granularity too small' }, 400);
    const rows = candles
      .filter((candle) => candle.openTimeMs >= fromMs - stepMs && candle.openTimeMs <= toMs)
      .map((c) => [c.openTimeMs / 1000, c.low, c.high, c.open, c.close, c.volume]);
    send(response, rows.reverse());
  };
}

/** Speaks Kraken's OHLC: the newest 720 and the open one, errors with status 200, its own names of pairs. */
export function krakenHandler(held: Holdings): Handler {
  return (_request, response, url) => {
    const pair = url.searchParams.get('pair') ?? '';
    const ticker = pair.replace(/USD$/, '');
    const symbol = { XBT: 'BTC', XDG: 'DOGE', BTC: '', DOGE: '' }[ticker] ?? ticker;
    const candles = held(symbol, intervalOf(Number(url.searchParams.get('interval')) * MINUTE_MS));
    if (!candles) return send(response, { error: ['EQuery:Unknown asset pair'] });
    const since = Number(url.searchParams.get('since') ?? 0);
    const rows = candles
      .filter((candle) => candle.openTimeMs / 1000 > since)
      .slice(-721)
      .map((c) => [c.openTimeMs / 1000, `${c.open}`, `${c.high}`, `${c.low}`, `${c.close}`, '0.0', `${c.volume}`, 7]);
    send(response, { error: [], result: { [`X${ticker}ZUSD`]: rows, last: rows.at(-2)?.[0] ?? 0 } });
  };
}

/** One coin as CoinGecko lists it. */
export function listedCoin(id: string, symbol: string, rank: number, more: Record<string, unknown> = {}) {
  return {
    id,
    symbol,
    name: id,
    image: 'https://example.invalid/x.png',
    current_price: 100,
    market_cap: 1e9 / rank,
    market_cap_rank: rank,
    total_volume: 5e6,
    last_updated: '2024-05-20T00:00:00.000Z',
    ...more,
  };
}

/**
 * Speaks CoinGecko's coin list (one page) and charts: a price of its own for every five minutes of one day, every hour of up to
 * ninety days, else every day, up to now.
 */
export function coingeckoHandler(
  coins: readonly ReturnType<typeof listedCoin>[],
  priceAt: (timeMs: number) => number,
  nowMs: number,
): Handler {
  return (_request, response, url) => {
    if (url.pathname === '/api/v3/coins/markets') {
      return send(response, url.searchParams.get('page') === '1' ? coins : []);
    }
    const id = /^\/api\/v3\/coins\/([^/]+)\/market_chart$/.exec(url.pathname)?.[1];
    if (!coins.some((coin) => coin.id === id)) return send(response, { error: 'coin not found' }, 404);
    const days = Number(url.searchParams.get('days'));
    const daily = url.searchParams.get('interval') === 'daily' || days > 90;
    const spacing = daily ? DAY_MS : days === 1 ? 5 * MINUTE_MS : HOUR_MS;
    const times: number[] = [];
    for (let at = Math.ceil((nowMs - days * DAY_MS) / spacing) * spacing; at <= nowMs; at += spacing) times.push(at);
    send(response, {
      prices: times.map((at) => [at, priceAt(at)]),
      market_caps: times.map((at) => [at, priceAt(at) * 1e6]),
      total_volumes: times.map((at) => [at, 2.4e6]),
    });
  };
}
