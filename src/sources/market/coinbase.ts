import { z } from 'zod';
import { FETCHED_MS } from '../../core/candle.ts';
import { decimalText } from '../answer.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type RowCheck, rowTime } from '../odd-rows.ts';
import type { CandleSource, PageRequest } from '../source.ts';
import { isUnknownMarket, type SourceError, unknownMarket } from '../source-error.ts';
import { soundMarkets } from './sound-markets.ts';

const NAME = 'coinbase';
const ROWS_PER_PAGE = 300;
/** 10 requests a second are allowed, 15 in a burst. */
const RATE_LIMITS = [{ requests: 9, perMs: 1000, burst: 14 }];

/** `[open time s, low, high, open, close, base volume]`, newest first. */
const row = z.tuple([z.int(), z.number(), z.number(), z.number(), z.number(), z.number()]).rest(z.unknown());
const rows = z.array(z.unknown()).max(2 * ROWS_PER_PAGE);
/** A product with what was traded of it in coins; there are no prices. */
const summary = z.object({ id: z.string().max(40), spot_volume_24hour: decimalText });
const summaries = z.array(z.unknown()).max(5_000);
const product = z.object({ status: z.string(), trading_disabled: z.boolean().optional() });

/** Candles of Coinbase Exchange against US dollars. Hours and minutes without a trade are absent. */
export function createCoinbaseSource(options: ProviderOptions): CandleSource {
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: NAME });

  async function fetchPage(
    { symbol, interval, fromMs, toMs, signal, asker, background }: PageRequest,
    check: RowCheck,
  ) {
    const answer = await http.getJson({
      path: `/products/${symbol}-USD/candles`,
      query: {
        granularity: FETCHED_MS[interval] / 1000,
        start: new Date(fromMs).toISOString(),
        end: new Date(toMs).toISOString(),
      },
      schema: rows,
      explain: (status, body) => explainRefusal(symbol, status, body),
      ...(signal ? { signal } : {}),
      ...(asker ? { asker } : {}),
      ...(background ? { background } : {}),
    });
    return check
      .parse(answer, row, (raw) => rowTime(raw, 1000))
      .map(([time, low, high, open, close, volume]) => ({ openTimeMs: time * 1000, open, high, low, close, volume }));
  }

  return {
    name: NAME,
    paging: { candles: ROWS_PER_PAGE, parallel: 5 },
    // Documented: "some of those candles may precede your declared start value".
    overlapping: true,
    fetchPage,
    fetchMinutes: (page, check) => fetchPage({ ...page, interval: '1m' }, check),
    async listMarkets(signal, odd) {
      const answer = await http.getJson({
        path: '/products/volume-summary',
        schema: summaries,
        background: true,
        ...(signal ? { signal } : {}),
      });
      const check = checkRows(NAME, odd);
      const dollars = check.parse(answer, summary).filter(({ id }) => id.endsWith('-USD'));
      const markets = dollars.map((one) => ({
        symbol: one.id.slice(0, -'-USD'.length),
        coins: one.spot_volume_24hour,
        priceUsd: null,
      }));
      return soundMarkets(markets, check);
    },
    async tradingState(symbol, signal) {
      try {
        const { status, trading_disabled: disabled } = await http.getJson({
          path: `/products/${symbol}-USD`,
          schema: product,
          explain: (httpStatus, body) => explainRefusal(symbol, httpStatus, body),
          ...(signal ? { signal } : {}),
        });
        return status === 'online' && disabled !== true ? 'trading' : 'halted';
      } catch (error) {
        if (isUnknownMarket(error)) return 'unlisted';
        throw error;
      }
    },
  };
}

const refusal = z.object({ message: z.string() });

function explainRefusal(symbol: string, status: number, body: unknown): SourceError | null {
  return status === 404 && refusal.safeParse(body).success ? unknownMarket(NAME, symbol) : null;
}
