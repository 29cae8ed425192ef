import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import type { Clock } from '../../src/core/time.ts';
import { fetchCandles } from '../../src/market/fetch-candles.ts';
import type { CandleRequest, CandleSource } from '../../src/sources/source.ts';
import type { Handler } from './http-server.ts';

/** A plausible candle of its slot; the same slot always gives the same candle. */
export function candleAt(openTimeMs: number, interval: Interval): Candle {
  const slot = openTimeMs / INTERVAL_MS[interval];
  const open = 100 + (slot % 17);
  const close = 100 + ((slot + 1) % 17);
  return {
    openTimeMs,
    open,
    high: Math.max(open, close) + 2,
    low: Math.min(open, close) - 1,
    close,
    volume: 5 + (slot % 3),
  };
}

/** The candles of every slot from `fromMs` to `toMs`, both included. */
export function candlesBetween(fromMs: number, toMs: number, interval: Interval): Candle[] {
  const candles: Candle[] = [];
  for (let at = fromMs; at <= toMs; at += INTERVAL_MS[interval]) candles.push(candleAt(at, interval));
  return candles;
}

/** A candle as a row of Binance's klines. */
export function klineRow(candle: Candle, interval: Interval): unknown[] {
  const { openTimeMs, open, high, low, close, volume } = candle;
  const closeTime = openTimeMs + INTERVAL_MS[interval] - 1;
  const texts = [open, high, low, close, volume].map((value) => value.toFixed(8));
  return [openTimeMs, ...texts, closeTime, '1000.0', 12, '2.0', '200.0', '0'];
}

/** Answers klines requests from the candles as Binance does: open times in the range, oldest first, at most `limit`. */
export function klinesHandler(candles: (symbol: string) => readonly Candle[] | null): Handler {
  return (_request, response, url) => {
    const query = Object.fromEntries(url.searchParams);
    const held = candles(query['symbol'] ?? '');
    if (!held) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code: -1121, msg: 'Invalid symbol.' }));
      return;
    }
    const from = Number(query['startTime'] ?? 0);
    const to = Number(query['endTime'] ?? Number.POSITIVE_INFINITY);
    const rows = held.filter((c) => c.openTimeMs >= from && c.openTimeMs <= to).slice(0, Number(query['limit'] ?? 500));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(rows.map((candle) => klineRow(candle, query['interval'] as Interval))));
  };
}

/** A source that can be asked for a range of any length, as the market service asks it. */
export function fetching<S extends CandleSource>(source: S, now: Clock): S & Fetching {
  return { ...source, fetchCandles: (request) => fetchCandles(source, request, now) };
}

interface Fetching {
  fetchCandles(request: CandleRequest): Promise<readonly Candle[]>;
}

/** A source that answers from a list, or throws. */
export function fakeSource(
  name: string,
  answer: (fromMs: number, toMs: number) => readonly Candle[] | Promise<readonly Candle[]>,
  more: Partial<CandleSource> = {},
): CandleSource & { readonly calls: { readonly fromMs: number; readonly toMs: number }[] } {
  const calls: { fromMs: number; toMs: number }[] = [];
  return {
    name,
    calls,
    async fetchPage({ fromMs, toMs }) {
      calls.push({ fromMs, toMs });
      return (await answer(fromMs, toMs)).filter((c) => c.openTimeMs >= fromMs && c.openTimeMs <= toMs);
    },
    ...more,
  };
}

/** The candles as a CSV file. */
export function csvOf(candles: readonly Candle[]): string {
  const rows = candles.map((c) =>
    [new Date(c.openTimeMs).toISOString(), c.open, c.high, c.low, c.close, c.volume].join(','),
  );
  return `${['timestamp,open,high,low,close,volume', ...rows].join('\n')}\n`;
}
