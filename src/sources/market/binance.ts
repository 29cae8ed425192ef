import { z } from 'zod';
import { type Candle, INTERVAL_MS, openTimeText } from '../../core/candle.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { decimalText } from '../http-answer.ts';
import { rowTime } from '../odd-rows.ts';
import type { CandleSource } from '../source.ts';
import { type SourceError, unknownMarket } from '../source-error.ts';

const ROWS_PER_PAGE = 1000;
/** 6,000 weight a minute at 2 a call, with half left to whoever shares the address. */
const RATE_LIMITS = [{ requests: 25, perMs: 1000, burst: 50 }];

/** `[open time ms, open, high, low, close, base volume, close time ms, …]` */
const kline = z
  .tuple([z.int(), decimalText, decimalText, decimalText, decimalText, decimalText, z.int()])
  .rest(z.unknown());
const klines = z.array(z.unknown()).max(ROWS_PER_PAGE);

/** Candles of Binance spot against USDT, or of another server that speaks its klines format (`name`). */
export function createBinanceSource(options: ProviderOptions & { readonly name?: string }): CandleSource {
  const name = options.name ?? 'binance';
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: name });
  return {
    name,
    paging: { candles: ROWS_PER_PAGE, parallel: 4 },
    async fetchPage({ symbol, interval, fromMs, toMs, signal }, check) {
      const step = INTERVAL_MS[interval];
      const answer = await http.getJson({
        path: '/api/v3/klines',
        query: {
          symbol: `${symbol}USDT`,
          interval,
          startTime: fromMs,
          endTime: toMs + step - 1,
          limit: ROWS_PER_PAGE,
        },
        schema: klines,
        explain: (status, body) => explainRefusal(name, symbol, status, body),
        ...(signal ? { signal } : {}),
      });
      const rows = check.parse(answer, kline, (row) => rowTime(row, 1));
      const times = rows.map(([openTimeMs]) => openTimeMs);
      // An outage of the exchange cuts its candle short: the rest of that hour or day is not in it.
      return rows.flatMap((row, index) => {
        if (Math.abs(row[6] - row[0] - step) <= 1000) return [toCandle(row)];
        check.odd(`that is not ${interval} long`, index, times, openTimeText(row[0]));
        return [];
      });
    },
  };
}

function toCandle([openTimeMs, open, high, low, close, volume]: z.infer<typeof kline>): Candle {
  return { openTimeMs, open, high, low, close, volume };
}

const refusal = z.object({ code: z.int() });

/** -1121 is "Invalid symbol."; other 4xx keep their status. */
function explainRefusal(name: string, symbol: string, status: number, body: unknown): SourceError | null {
  const parsed = refusal.safeParse(body);
  return status === 400 && parsed.success && parsed.data.code === -1121 ? unknownMarket(name, symbol) : null;
}
