import type { Config } from '../config.ts';
import { type Asset, STABLECOINS } from '../core/asset.ts';
import type { Logger } from '../core/logger.ts';
import { csvFolderOf, isLiveSource, type LiveSource, type MarketKind } from '../core/sources.ts';
import type { ProviderOptions } from '../sources/http.ts';
import { createBinanceSource } from '../sources/market/binance.ts';
import { createCoinbaseSource } from '../sources/market/coinbase.ts';
import { createCoinGeckoSource } from '../sources/market/coingecko.ts';
import { createCsvFolderSource, symbolsIn } from '../sources/market/csv-folder.ts';
import { createKrakenSource } from '../sources/market/kraken.ts';
import { createBlockchainInfoSource } from '../sources/onchain/blockchain-info.ts';
import { createCoinMetricsSource } from '../sources/onchain/coinmetrics.ts';
import type { AssetSource, CandleSource, ObservationSource } from '../sources/source.ts';

/** The sources of one market, in the configured order. */
export interface MarketSources {
  readonly market: MarketKind;
  readonly candles: readonly CandleSource[];
  /** Null where a market has no coin list of its own; the built-in one serves. */
  readonly assets: AssetSource | null;
  readonly observations: readonly ObservationSource[];
  /** Coins of this market beside the built-in list. */
  readonly extra: readonly Asset[];
}

type Provider = Pick<ProviderOptions, 'now' | 'sleep' | 'random' | 'clockCheck' | 'metrics'>;

/** The sources named in `MARKET_SOURCES`, which the settings have checked to be all live or all files. */
export async function configuredSources(config: Config, provider: Provider, logger: Logger): Promise<MarketSources> {
  const folders = config.MARKET_SOURCES.map(csvFolderOf).filter((dir) => dir !== null);
  if (folders.length > 0) {
    const candles = folders.map((dir) => createCsvFolderSource({ dir, now: provider.now }));
    return { market: 'csv', candles, assets: null, observations: [], extra: await assetsOf(folders) };
  }
  const key = config.COINGECKO_API_KEY;
  const coingecko = createCoinGeckoSource({
    ...provider,
    baseUrl: config.COINGECKO_URL,
    ...(key ? { apiKey: key } : {}),
  });
  const sources: Readonly<Record<LiveSource, CandleSource>> = {
    binance: createBinanceSource({ ...provider, baseUrl: config.BINANCE_URL }),
    coinbase: createCoinbaseSource({ ...provider, baseUrl: config.COINBASE_URL }),
    kraken: createKrakenSource({ ...provider, baseUrl: config.KRAKEN_URL }),
    coingecko,
  };
  return {
    market: 'live',
    candles: config.MARKET_SOURCES.filter(isLiveSource).map((name) => sources[name]),
    assets: coingecko,
    observations: [
      coingecko,
      createBlockchainInfoSource({ ...provider, baseUrl: config.BLOCKCHAIN_URL }),
      ...(config.COINMETRICS === 'on'
        ? [createCoinMetricsSource({ ...provider, logger, baseUrl: config.COINMETRICS_URL })]
        : []),
    ],
    extra: [],
  };
}

/** The simulated exchange may need longer on a small machine while it computes its history. */
export const SIMULATED_TIMEOUT_MS = 20_000;

/** The same providers, pointed at a simulated market. */
export function simulatedSources(url: string, provider: Provider): MarketSources {
  const options = { ...provider, baseUrl: url, rateLimits: [], timeoutMs: SIMULATED_TIMEOUT_MS };
  const coingecko = createCoinGeckoSource(options);
  return {
    market: 'simulated',
    candles: [createBinanceSource({ ...options, name: 'simulated' })],
    assets: coingecko,
    observations: [coingecko, createBlockchainInfoSource(options)],
    extra: [],
  };
}

/** The coins there are files of; a folder that cannot be read is reported when a candle is requested. */
async function assetsOf(folders: readonly string[]): Promise<Asset[]> {
  const symbols = new Set((await Promise.all(folders.map(symbolsIn))).flat());
  return [...symbols].map((symbol) => ({
    symbol,
    name: symbol,
    rank: null,
    marketCapUsd: null,
    stablecoin: STABLECOINS.has(symbol),
  }));
}
