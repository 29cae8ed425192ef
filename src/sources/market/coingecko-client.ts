import { z } from 'zod';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { mapLimited } from '../../core/map-limited.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import { orAborted } from '../deadline.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { SourceError, unknownMarket } from '../source-error.ts';
import type { Point } from './price-points.ts';

export const COINGECKO_NAME = 'coingecko';

/** The demo key's 30 a minute and 10,000 a month, and what is tolerated without a key, each with a margin. */
const WITH_KEY = [
  { requests: 25, perMs: MINUTE_MS, burst: 10 },
  { requests: 9500, perMs: 30 * DAY_MS, burst: 600 },
];
const WITHOUT_KEY = [{ requests: 8, perMs: MINUTE_MS, burst: 8 }];

/** {@link ProviderOptions} and what is particular to CoinGecko. */
export interface CoinGeckoOptions extends ProviderOptions {
  /** Demo key; sent as a header, so that it stands in no URL. */
  readonly apiKey?: string;
  /** Pages of 250 coins in the list. Default 4. */
  readonly pages?: number;
}

/** One coin of the list, its numbers as CoinGecko has them. */
export interface ListedCoin {
  readonly id: string;
  /** In capitals. */
  readonly symbol: string;
  readonly name: string;
  readonly priceUsd: number | null;
  readonly marketCapUsd: number | null;
  readonly rank: number | null;
}

/** Prices, market capitalisation and trailing 24-hour volume in US dollars, ascending in time. */
export interface MarketChart {
  readonly prices: readonly Point[];
  readonly marketCaps: readonly Point[];
  readonly volumes: readonly Point[];
}

/** The two calls the project uses. Both throw `CC_SOURCE_*`. */
export interface CoinGeckoClient {
  /** Largest first, one coin a ticker (the largest that bears it); fetched at most once a day unless `fresh`. */
  listCoins(fresh: boolean, signal?: AbortSignal): Promise<readonly ListedCoin[]>;
  /** The chart of the last `days` days; `daily` asks for one point a day. */
  chart(symbol: string, days: number, daily: boolean, signal?: AbortSignal): Promise<MarketChart>;
}

const COINS_PER_PAGE = 250;
const LIST_KEPT_MS = DAY_MS;
const SLUG_PATTERN = /^[A-Za-z0-9._-]{1,100}$/;

const amount = z.number().nonnegative().nullable();
const coinPage = z
  .array(
    z.object({
      id: z.string(),
      symbol: z.string(),
      name: z.string(),
      current_price: amount,
      market_cap: amount,
      market_cap_rank: z.int().positive().nullable(),
    }),
  )
  .max(COINS_PER_PAGE);
const points = z.array(z.tuple([z.number(), amount])).max(100_000);
const chartAnswer = z.object({ prices: points, market_caps: points, total_volumes: points });

/** Makes the client of CoinGecko's public API. */
export function createCoinGeckoClient(options: CoinGeckoOptions): CoinGeckoClient {
  const { apiKey, pages = 4, now } = options;
  const http = createHttpClient({
    rateLimits: apiKey ? WITH_KEY : WITHOUT_KEY,

    ...options,
    source: COINGECKO_NAME,
    headers: apiKey ? { 'x-cg-demo-api-key': apiKey } : {},
  });
  let kept: { readonly coins: readonly ListedCoin[]; readonly untilMs: number } | null = null;
  let underWay: Promise<readonly ListedCoin[]> | null = null;

  const listPage = (page: number) =>
    http.getJson({
      path: '/api/v3/coins/markets',
      query: { vs_currency: 'usd', order: 'market_cap_desc', per_page: COINS_PER_PAGE, page },
      schema: coinPage,
    });

  async function fetchCoins(): Promise<readonly ListedCoin[]> {
    const numbers = Array.from({ length: pages }, (_, i) => i + 1);
    const coins = largestByTicker((await mapLimited(numbers, 2, listPage)).flat());
    if (coins.length === 0) throw new SourceError(COINGECKO_NAME, 'CC_SOURCE_BAD_DATA', 'sent an empty coin list.');
    kept = { coins, untilMs: now() + LIST_KEPT_MS };
    return coins;
  }

  async function listCoins(fresh: boolean, signal?: AbortSignal): Promise<readonly ListedCoin[]> {
    signal?.throwIfAborted();
    if (!fresh && kept && kept.untilMs > now()) return kept.coins;
    // Shared by all who wait for it, so it goes on when one of them leaves: with every other source down, thirty coins at once
    // must not ask for thirty lists.
    underWay ??= fetchCoins().finally(() => {
      underWay = null;
    });
    return signal ? orAborted(underWay, signal) : underWay;
  }

  return {
    listCoins,
    async chart(symbol, days, daily, signal) {
      const coin = (await listCoins(false, signal)).find((listed) => listed.symbol === symbol);
      if (!coin) throw unknownMarket(COINGECKO_NAME, symbol);
      const answer = await http.getJson({
        path: `/api/v3/coins/${coin.id}/market_chart`,
        query: { vs_currency: 'usd', days, ...(daily ? { interval: 'daily' } : {}) },
        schema: chartAnswer,
        explain: (status) => (status === 404 ? unknownMarket(COINGECKO_NAME, symbol) : null),
        ...(signal ? { signal } : {}),
      });
      return {
        prices: orderedPoints(answer.prices, now()),
        marketCaps: orderedPoints(answer.market_caps, now()),
        volumes: orderedPoints(answer.total_volumes, now()),
      };
    },
  };
}

function largestByTicker(listed: z.infer<typeof coinPage>): ListedCoin[] {
  const byRank = listed.toSorted((a, b) => (a.market_cap_rank ?? Infinity) - (b.market_cap_rank ?? Infinity));
  const coins = new Map<string, ListedCoin>();
  for (const coin of byRank) {
    const symbol = coin.symbol.toUpperCase();
    if (coins.has(symbol) || !SYMBOL_PATTERN.test(symbol) || !SLUG_PATTERN.test(coin.id)) continue;
    coins.set(symbol, {
      id: coin.id,
      symbol,
      name: coin.name.replace(/\p{C}/gu, '').trim().slice(0, 60) || symbol,
      priceUsd: coin.current_price,
      marketCapUsd: coin.market_cap,
      rank: coin.market_cap_rank,
    });
  }
  return [...coins.values()];
}

/** Points without a value are left out; an answer that is out of order or runs into the future is refused. */
function orderedPoints(answer: z.infer<typeof points>, nowMs: number): Point[] {
  const ordered: Point[] = [];
  for (const [timeMs, value] of answer) {
    const previousMs = ordered.at(-1)?.[0] ?? 0;
    if (timeMs < previousMs)
      throw new SourceError(COINGECKO_NAME, 'CC_SOURCE_BAD_DATA', 'sent prices that are out of order.');
    if (timeMs > nowMs + MINUTE_MS) {
      throw new SourceError(COINGECKO_NAME, 'CC_SOURCE_BAD_DATA', 'sent a price with a time in the future.');
    }
    if (value !== null) ordered.push([timeMs, value]);
  }
  return ordered;
}
