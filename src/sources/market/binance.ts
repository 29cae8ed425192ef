import { z } from 'zod';
import { type Candle, INTERVAL_MS } from '../../core/candle.ts';
import type { CandlecastError } from '../../core/errors.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { decimalText } from '../response-json.ts';
import type { CandleRequest, CandleSource } from '../source.ts';
import { assertCandles, sourceError, unknownMarket } from '../source-error.ts';
import { withoutOpenCandle } from './final-candles.ts';
import { finalStretch, mapLimited, pagesOf, type Stretch } from './pages.ts';

/** The public data host: no key, and not blocked in the US as the trading host is. */
export const BINANCE_URL = 'https://data-api.binance.vision';

const ROWS_PER_PAGE = 1000;
const PARALLEL_PAGES = 4;
/** 6,000 weight a minute at 2 a call, with half left to whoever shares the address. */
const RATE_LIMITS = [{ requests: 25, perMs: 1000, burst: 50 }];

/** `[open time ms, open, high, low, close, base volume, close time ms, …]` */
const klines = z
  .array(z.tuple([z.int(), decimalText, decimalText, decimalText, decimalText, decimalText, z.int()]).rest(z.unknown()))
  .max(ROWS_PER_PAGE);

/** Candles of Binance spot against USDT, or of another server that speaks its klines format (`name`). */
export function createBinanceSource(options: ProviderOptions & { readonly name?: string }): CandleSource {
  const name = options.name ?? 'binance';
  const http = createHttpClient({ rateLimits: RATE_LIMITS, baseUrl: BINANCE_URL, ...options, source: name });

  async function fetchPage(request: CandleRequest, page: Stretch): Promise<readonly Candle[]> {
    const { symbol, interval, signal } = request;
    const step = INTERVAL_MS[interval];
    const rows = await http.getJson({
      path: '/api/v3/klines',
      query: {
        symbol: `${symbol}USDT`,
        interval,
        startTime: page.fromMs,
        endTime: page.toMs + step - 1,
        limit: ROWS_PER_PAGE,
      },
      schema: klines,
      explain: (status, body) => explainRefusal(name, symbol, status, body),
      ...(signal ? { signal } : {}),
    });
    const nowMs = options.now();
    const candles = withoutOpenCandle(rows.map(toCandle), interval, nowMs);
    assertCandles(name, candles, { interval, nowMs, ...page });
    if (rows.some((row) => Math.abs(row[6] - row[0] - step) > 1000)) {
      throw sourceError(name, 'CC_SOURCE_BAD_DATA', `sent candles that are not ${interval} long.`);
    }
    return candles;
  }

  return {
    name,
    async fetchCandles(request) {
      const stretch = finalStretch(name, request, options.now());
      if (!stretch) return [];
      const pages = pagesOf(stretch, INTERVAL_MS[request.interval], ROWS_PER_PAGE);
      return (await mapLimited(pages, PARALLEL_PAGES, (page) => fetchPage(request, page))).flat();
    },
  };
}

function toCandle([openTimeMs, open, high, low, close, volume]: z.infer<typeof klines>[number]): Candle {
  return { openTimeMs, open, high, low, close, volume };
}

const refusal = z.object({ code: z.int() });

/** -1121 is "Invalid symbol."; other 4xx keep their status. */
function explainRefusal(name: string, symbol: string, status: number, body: unknown): CandlecastError | null {
  const parsed = refusal.safeParse(body);
  return status === 400 && parsed.success && parsed.data.code === -1121 ? unknownMarket(name, symbol) : null;
}
