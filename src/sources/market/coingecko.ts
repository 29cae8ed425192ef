import { z } from 'zod';
import { isPegged, SYMBOL_PATTERN } from '../../core/asset.ts';
import { mapLimited, orAborted } from '../../core/concurrency.ts';
import { cutText } from '../../core/cut-text.ts';
import type { Observation, OddRowCount } from '../../core/market.ts';
import { DAY_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows, type OddRowSink, type RowCheck, rowTime } from '../odd-rows.ts';
import type { AssetSource, CandleRequest, CandleSource, MinuteRequest, ObservationSource } from '../source.ts';
import { SourceError, unknownMarket } from '../source-error.ts';
import { candlesFromPoints, lastValueByDay, minutesFromPoints, type Point } from './price-points.ts';
import { soundMarkets } from './sound-markets.ts';

const NAME = 'coingecko';
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

/** CoinGecko in its three roles. */
export type CoinGeckoSource = CandleSource & AssetSource & ObservationSource;

/** One coin of the list, its numbers as CoinGecko has them. */
interface ListedCoin {
  readonly id: string;
  /** In capitals. */
  readonly symbol: string;
  readonly name: string;
  readonly priceUsd: number | null;
  readonly marketCapUsd: number | null;
  readonly rank: number | null;
  /** Traded in the last 24 hours, against anything. */
  readonly volumeUsd: number;
}

/** A list as it came, and what of it was dropped. */
interface FetchedList {
  readonly coins: readonly ListedCoin[];
  readonly dropped: readonly OddRowCount[];
}

/** Prices, market capitalisation and trailing 24-hour volume in US dollars, ascending in time. */
interface MarketChart {
  readonly prices: readonly Point[];
  readonly marketCaps: readonly Point[];
  readonly volumes: readonly Point[];
}

/** The two calls the project uses. Both throw `CC_SOURCE_*`. */
interface CoinGeckoClient {
  /**
   * Largest first, one coin a ticker (the one chosen before, else the largest that bears it); fetched at most once a day unless `fresh`.
   */
  listCoins(fresh: boolean, signal?: AbortSignal, odd?: OddRowSink): Promise<readonly ListedCoin[]>;
  /** Notes which coin was chosen for a ticker before. */
  remember(ids: ReadonlyMap<string, string>): void;
  /** The chart of the last `days` days; `daily` asks for one point a day. */
  chart(symbol: string, request: ChartRequest): Promise<MarketChart>;
}

interface ChartRequest extends Partial<Pick<CandleRequest, 'signal' | 'asker' | 'background'>> {
  readonly days: number;
  readonly daily: boolean;
  readonly odd: OddRowSink | undefined;
}

const COINS_PER_PAGE = 250;
const LIST_KEPT_MS = DAY_MS;
const SLUG_PATTERN = /^[A-Za-z0-9._-]{1,100}$/;

/** How far back points are dense enough for candles: five-minute points for one day, hourly ones for ninety. */
const CANDLE_DAYS = { '1h': 1, '1d': 90 } as const;
/** How far back the free API goes. */
const MAX_HISTORY_DAYS = 365;
/** Documented: the last UTC day is complete 35 minutes after midnight. */
const PUBLISHED_AFTER_MS = 35 * MINUTE_MS;

const amount = z.number().nonnegative().nullable();
/** No coin has cost a tenth of this; a price beyond is a fault of the list, by which the right prices would be refused. */
const MAX_LISTED_PRICE = 1e8;
const coinRow = z.object({
  id: z.string(),
  symbol: z.string(),
  name: z.string(),
  current_price: z.number().nonnegative().max(MAX_LISTED_PRICE).nullable(),
  market_cap: amount,
  market_cap_rank: z.int().positive().nullable(),
  total_volume: z.unknown().optional(),
});
const coinPage = z.array(z.unknown()).max(COINS_PER_PAGE);
const points = z.array(z.unknown()).max(100_000);
const point = z.tuple([z.number(), amount]);
/** A price of zero is a hole in CoinGecko's data; a volume or a capitalisation of zero means that it is not known. */
const pricePoint = z.tuple([z.number(), z.number().positive().nullable()]);
const chartAnswer = z.object({ prices: points, market_caps: points, total_volumes: points });

/**
 * The coin list, market capitalisations, and, as a last resort, prices: CoinGecko's free API has no true OHLC, so its candles are put
 * together from price points (see candlesFromPoints) and reach back one day (hourly, and the points themselves as minutes) or ninety (daily). Of an older range it returns
 * what lies within that, which may be nothing.
 */
export function createCoinGeckoSource(options: CoinGeckoOptions): CoinGeckoSource {
  const { now } = options;
  const client = createCoinGeckoClient(options);

  function priceChart(
    { symbol, signal, asker, background }: MinuteRequest,
    days: number,
    check: RowCheck,
  ): Promise<MarketChart> {
    const odd: OddRowSink = (dropped) => {
      for (const { reason, rows } of dropped) check.leaveOut(reason, rows);
    };
    const asking = { ...(asker ? { asker } : {}), ...(background ? { background } : {}) };
    const request = { days, daily: false, odd, ...(signal ? { signal } : {}), ...asking };
    return client.chart(symbol, request);
  }

  return {
    name: NAME,
    approximate: true,
    metrics: ['marketCapUsd'],
    reachMs: { '1m': DAY_MS, '1h': CANDLE_DAYS['1h'] * DAY_MS, '1d': CANDLE_DAYS['1d'] * DAY_MS },
    overlapping: true,
    async fetchPage(page, check) {
      // Asked for one day, CoinGecko gives five-minute points; for 2 to 90 days, hourly ones.
      const days = page.interval === '1h' ? 1 : daysBack(now() - page.fromMs, 2, CANDLE_DAYS['1d']);
      const { prices, volumes } = await priceChart(page, days, check);
      return candlesFromPoints(prices, volumes, page.interval);
    },
    async fetchMinutes(page, check) {
      const { prices, volumes } = await priceChart(page, 1, check);
      return minutesFromPoints(prices, volumes);
    },
    async listMarkets(signal, odd) {
      const coins = await client.listCoins(false, signal, odd);
      const markets = coins.map(({ symbol, priceUsd, volumeUsd }) => ({
        symbol,
        coins: priceUsd ? volumeUsd / priceUsd : 0,
        priceUsd,
      }));
      return soundMarkets(markets, checkRows(NAME, odd));
    },
    async listAssets(signal, odd, remembered) {
      if (remembered) client.remember(remembered);
      const coins = await client.listCoins(true, signal, odd);
      return coins.map(({ id, symbol, name, rank, marketCapUsd, priceUsd }) => ({
        id,
        ...(priceUsd ? { priceUsd } : {}),
        symbol,
        name,
        rank,
        marketCapUsd: marketCapUsd === 0 ? null : marketCapUsd,
        stablecoin: looksPegged({ id, symbol, name, priceUsd }),
      }));
    },
    async fetchObservations({ symbol, fromMs, toMs, signal, asker, odd }): Promise<readonly Observation[]> {
      const days = daysBack(now() - fromMs, 1, MAX_HISTORY_DAYS);
      const request = { days, daily: true, odd, ...(signal ? { signal } : {}), ...(asker ? { asker } : {}) };
      const { marketCaps } = await client.chart(symbol, request);
      const values = [...lastValueByDay(marketCaps)];
      return values
        .filter(([day, value]) => value > 0 && day >= fromMs && day <= toMs && day + DAY_MS <= now())
        .map(([timeMs, value]) => ({
          symbol,
          metric: 'marketCapUsd',
          timeMs,
          availableAtMs: timeMs + DAY_MS + PUBLISHED_AFTER_MS,
          value,
          source: NAME,
        }));
    },
  };
}

function daysBack(ageMs: number, least: number, most: number): number {
  return Math.min(Math.max(Math.ceil(ageMs / DAY_MS) + 1, least), most);
}

/** Makes the client of CoinGecko's public API. */
function createCoinGeckoClient(options: CoinGeckoOptions): CoinGeckoClient {
  const { apiKey, pages = 4, now } = options;
  const steady = steadyClock(now);
  const http = createHttpClient({
    rateLimits: apiKey ? WITH_KEY : WITHOUT_KEY,

    ...options,
    source: NAME,
    headers: apiKey ? { 'x-cg-demo-api-key': apiKey } : {},
  });
  let kept: { readonly coins: readonly ListedCoin[]; readonly untilMs: number } | null = null;
  let underWay: Promise<FetchedList> | null = null;
  const chosen = new Map<string, string>();

  const listPage = (page: number) =>
    http.getJson({
      path: '/api/v3/coins/markets',
      query: { vs_currency: 'usd', order: 'market_cap_desc', per_page: COINS_PER_PAGE, page },
      schema: coinPage,
    });

  async function fetchCoins(): Promise<FetchedList> {
    const dropped: OddRowCount[] = [];
    const numbers = Array.from({ length: pages }, (_, i) => i + 1);
    const check = checkRows(NAME, (rows) => dropped.push(...rows));
    const rows = check.parse((await mapLimited(numbers, 2, listPage)).flat(), coinRow);
    check.finish(rows.length, Number.POSITIVE_INFINITY);
    const coins = oneByTicker(rows, chosen);
    if (coins.length === 0) throw new SourceError(NAME, 'CC_SOURCE_BAD_DATA', 'sent an empty coin list.');
    for (const { symbol, id } of coins) chosen.set(symbol, id);
    kept = { coins, untilMs: steady() + LIST_KEPT_MS };
    return { coins, dropped };
  }

  async function listCoins(fresh: boolean, signal?: AbortSignal, odd?: OddRowSink): Promise<readonly ListedCoin[]> {
    signal?.throwIfAborted();
    if (!fresh && kept && kept.untilMs > steady()) return kept.coins;
    // Shared by all who wait for it, so it goes on when one of them leaves: with every other source down, thirty coins at once
    // must not ask for thirty lists.
    underWay ??= fetchCoins().finally(() => {
      underWay = null;
    });
    const { coins, dropped } = await (signal ? orAborted(underWay, signal) : underWay);
    if (dropped.length > 0) odd?.(dropped);
    return coins;
  }

  return {
    listCoins,
    remember(ids) {
      for (const [symbol, id] of ids) chosen.set(symbol, id);
    },
    async chart(symbol, { days, daily, signal, asker, background, odd }) {
      const coin = (await listCoins(false, signal)).find((listed) => listed.symbol === symbol);
      if (!coin) throw unknownMarket(NAME, symbol);
      const answer = await http.getJson({
        path: `/api/v3/coins/${coin.id}/market_chart`,
        query: { vs_currency: 'usd', days, ...(daily ? { interval: 'daily' } : {}) },
        schema: chartAnswer,
        explain: (status) => (status === 404 ? unknownMarket(NAME, symbol) : null),
        ...(signal ? { signal } : {}),
        ...(asker ? { asker } : {}),
        ...(background ? { background } : {}),
      });
      return {
        prices: orderedPoints(answer.prices, pricePoint, now(), odd),
        marketCaps: orderedPoints(answer.market_caps, point, now(), odd),
        volumes: orderedPoints(answer.total_volumes, point, now(), odd),
      };
    },
  };
}

/** One coin a ticker: the one chosen before while it is listed, since what is stored is its; else the one of the best rank. */
function oneByTicker(listed: readonly z.infer<typeof coinRow>[], chosen: ReadonlyMap<string, string>): ListedCoin[] {
  const isChosen = ({ id, symbol }: z.infer<typeof coinRow>) => chosen.get(symbol.toUpperCase()) === id;
  const rankOf = (coin: z.infer<typeof coinRow>) => coin.market_cap_rank ?? Number.POSITIVE_INFINITY;
  const byRank = listed.toSorted((a, b) => {
    const [rankA, rankB] = [rankOf(a), rankOf(b)];
    return rankA === rankB ? (b.market_cap ?? 0) - (a.market_cap ?? 0) : rankA - rankB;
  });
  const held = new Set(byRank.filter(isChosen).map(({ symbol }) => symbol.toUpperCase()));
  const coins = new Map<string, ListedCoin>();
  for (const coin of byRank) {
    const symbol = coin.symbol.toUpperCase();
    if (held.has(symbol) && !isChosen(coin)) continue;
    if (coins.has(symbol) || !SYMBOL_PATTERN.test(symbol) || !SLUG_PATTERN.test(coin.id)) continue;
    coins.set(symbol, {
      id: coin.id,
      symbol,
      name: cutText(coin.name.replace(/\p{C}/gu, '').trim(), 60) || symbol,
      priceUsd: coin.current_price,
      marketCapUsd: coin.market_cap,
      rank: coin.market_cap_rank,
      volumeUsd: amount.safeParse(coin.total_volume).data ?? 0,
    });
  }
  return [...coins.values()];
}

/** The points of one list, ascending. Points without a value are left out, odd ones (in the future, of another form) are dropped. */
function orderedPoints(answer: readonly unknown[], schema: typeof point, nowMs: number, odd?: OddRowSink): Point[] {
  const check = checkRows(NAME, odd);
  const parsed = check.parse(answer, schema, (row) => rowTime(row, 1));
  const isFuture = (timeMs: number) => timeMs > nowMs + MINUTE_MS;
  const times = parsed.map(([timeMs]) => (isFuture(timeMs) ? null : timeMs));
  const sound = parsed.filter(([timeMs], index) => {
    if (isFuture(timeMs)) check.odd('with a time in the future', index, times);
    return !isFuture(timeMs);
  });
  const ordered = sound.sort((a, b) => a[0] - b[0]);
  check.finish(ordered.length, ordered.at(-1)?.[0] ?? null);
  return ordered.flatMap(([timeMs, value]) => (value === null ? [] : [[timeMs, value] as const]));
}

/**
 * Whether a coin is pegged to a currency: it is on the known list, or it calls itself after a currency (or "stable") and trades
 * where such a peg would be. The name alone is not enough (a coin may be called after the dollar and float), nor is the price (a
 * coin may stand at 1.00 by chance).
 *
 * @param priceUsd null when unknown; then only the list decides
 */
function looksPegged({ id, symbol, name, priceUsd }: Pick<ListedCoin, 'id' | 'symbol' | 'name' | 'priceUsd'>): boolean {
  if (isPegged({ id, symbol })) return true;
  if (priceUsd === null) return false;
  const calledDollar = /USD/.test(symbol) || /\b(usd|dollars?|stable(coin)?)\b/i.test(name);
  if (calledDollar) return priceUsd > 0.95 && priceUsd < 1.05;
  const calledOther =
    /^(EUR|GBP|CHF|BRL|TRY|JPY|SGD|AUD|CAD|MXN|IDR)|(EUR|GBP|CHF|BRL|TRY|JPY|SGD|AUD|CAD|MXN|IDR)$/.test(symbol);
  const currency = /\b(euros?|pounds?|swiss francs?|reals?|lira|yen|dollars?|pesos?|rupiah)\b/i.test(name);
  return calledOther && currency;
}
