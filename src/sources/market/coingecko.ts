import type { Observation } from '../../core/market.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { AssetSource, CandleSource, ObservationSource } from '../source.ts';
import { COINGECKO_NAME, type CoinGeckoOptions, createCoinGeckoClient } from './coingecko-client.ts';
import { candlesFromPoints, lastValueByDay } from './price-points.ts';
import { looksPegged } from './stablecoin.ts';

/** How far back points are dense enough for candles: five-minute points for one day, hourly ones for ninety. */
const CANDLE_DAYS = { '1h': 1, '1d': 90 } as const;
/** How far back the free API goes. */
const LONGEST_HISTORY_DAYS = 365;
/** Documented: the last UTC day is complete 35 minutes after midnight. */
const PUBLISHED_AFTER_MS = 35 * MINUTE_MS;

/** CoinGecko in its three roles. */
export type CoinGeckoSource = CandleSource & AssetSource & ObservationSource;

/**
 * The coin list, market capitalisations, and, as a last resort, prices: CoinGecko's free API has no true OHLC, so its candles are put
 * together from price points (see candlesFromPoints) and reach back one day (hourly) or ninety (daily). Of an older range it returns
 * what lies within that, which may be nothing.
 */
export function createCoinGeckoSource(options: CoinGeckoOptions): CoinGeckoSource {
  const { now } = options;
  const client = createCoinGeckoClient(options);
  return {
    name: COINGECKO_NAME,
    approximate: true,
    metrics: ['marketCapUsd'],
    reachMs: { '1h': CANDLE_DAYS['1h'] * DAY_MS, '1d': CANDLE_DAYS['1d'] * DAY_MS },
    overlapping: true,
    async fetchPage({ symbol, interval, fromMs, signal }) {
      // Asked for one day, CoinGecko gives five-minute points; for 2 to 90 days, hourly ones.
      const days = interval === '1h' ? 1 : daysBack(now() - fromMs, 2, CANDLE_DAYS['1d']);
      const { prices, volumes } = await client.chart(symbol, days, false, signal);
      return candlesFromPoints(prices, volumes, interval);
    },
    async listAssets(signal) {
      const coins = await client.listCoins(true, signal);
      return coins.map(({ symbol, name, rank, marketCapUsd, priceUsd }) => ({
        symbol,
        name,
        rank,
        marketCapUsd: marketCapUsd === 0 ? null : marketCapUsd,
        stablecoin: looksPegged(symbol, name, priceUsd),
      }));
    },
    async fetchObservations({ symbol, fromMs, toMs, signal }): Promise<readonly Observation[]> {
      const days = daysBack(now() - fromMs, 1, LONGEST_HISTORY_DAYS);
      const { marketCaps } = await client.chart(symbol, days, true, signal);
      const values = [...lastValueByDay(marketCaps)];
      return values
        .filter(([day, value]) => value > 0 && day >= fromMs && day <= toMs && day + DAY_MS <= now())
        .map(([timeMs, value]) => ({
          symbol,
          metric: 'marketCapUsd',
          timeMs,
          availableAtMs: timeMs + DAY_MS + PUBLISHED_AFTER_MS,
          value,
          source: COINGECKO_NAME,
        }));
    },
  };
}

function daysBack(ageMs: number, least: number, most: number): number {
  return Math.min(Math.max(Math.ceil(ageMs / DAY_MS) + 1, least), most);
}
