import { Keyv } from 'keyv';
import type { Config } from '../config.ts';
import { KNOWN_ASSETS } from '../core/asset.ts';
import type { Logger } from '../core/logger.ts';
import type { StatusReport } from '../core/status.ts';
import { HOUR_MS, type Sleep } from '../core/time.ts';
import { createAssetDirectory, type RefreshableAssetDirectory } from '../market/assets.ts';
import { createMarketService, type MarketService } from '../market/series.ts';
import { createHeadlineIngest, type HeadlineIngestService } from '../services/sentiment/headlines.ts';
import { createSentimentService, type SentimentBook } from '../services/sentiment/sentiment.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';
import { SIMULATED_TIMEOUT_MS } from './market-sources.ts';
import { type OpenedMarket, openMarket } from './markets.ts';
import type { MovableClock } from './movable-clock.ts';
import { createQuotaBook } from './quota-book.ts';
import { configuredSentiment, simulatedSentiment } from './sentiment-sources.ts';

/** The coin list is a convenience: nobody waits for it longer. */
const COIN_LIST_MS = 4_000;

/** What the program brings into the house: settings, clock, chance, log. */
export interface AppOptions {
  readonly config: Config;
  readonly surface: StatusReport['surface'];
  readonly version: string;
  readonly node: string;
  /** `always`: the demo. `fallback`: only when no source answers within five seconds. `never`: with a token, and in scripts. */
  readonly simulate: 'always' | 'fallback' | 'never';
  readonly logger: Logger;
  readonly clock: MovableClock;
  readonly sleep: Sleep;
  readonly random: () => number;
}

/** What everything else stands on: the market, the database, the coin list, what is said. */
export interface Foundation {
  readonly options: AppOptions;
  readonly market: OpenedMarket;
  readonly storage: Storage;
  readonly assets: RefreshableAssetDirectory;
  readonly candles: MarketService;
  readonly headlines: HeadlineIngestService;
  readonly sentiment: SentimentBook;
  readonly simulated: () => boolean;
  /** A small store of its own in the same database. */
  keyValue(namespace: string): Keyv;
  /** Aborted when the program ends. */
  readonly ending: AbortSignal;
  close(): Promise<void>;
}

/** Opens it. Throws what stops the program: `CC_DATABASE`, `CC_CONFIG_INVALID`. */
export async function openFoundation(options: AppOptions): Promise<Foundation> {
  const { config, logger, sleep, random } = options;
  const { now } = options.clock;
  const market = await openMarket(options);
  const { sources, gateway, simulation } = market;
  // What is invented is kept nowhere: no name or price of the simulation may meet the real ones.
  const databaseUrl = simulation ? 'sqlite::memory:' : config.DATABASE_URL;
  const storage = await openStorage(databaseUrl, { now, logger, market: sources.market });
  const keyValue = (namespace: string) => new Keyv({ store: storage.keyValueStore, namespace });
  const simulated = () => simulation !== null;

  const taken = new Set(KNOWN_ASSETS.map((asset) => asset.symbol));
  const assets = await createAssetDirectory({
    symbols: config.SYMBOLS,
    repository: storage.assets,
    source: sources.assets,
    known: [...KNOWN_ASSETS, ...sources.extra.filter((asset) => !taken.has(asset.symbol))],
    now,
    logger,
  });
  const ending = new AbortController();
  // Where nobody waits, a simulated exchange that is busy making up its history may take its time.
  const listMs = simulation && options.surface !== 'terminal' ? SIMULATED_TIMEOUT_MS : COIN_LIST_MS;
  const refreshList = () => assets.refresh(AbortSignal.any([ending.signal, AbortSignal.timeout(listMs)]));
  // One command in the terminal waits for its first coin list; a bot answers from what it knows meanwhile.
  if (options.surface !== 'terminal') void refreshList();
  else if ((await storage.assets.all()) === null) await refreshList();
  const listTimer = setInterval(() => void refreshList(), HOUR_MS).unref();

  const provider = { now, sleep, random };
  const words = simulation
    ? simulatedSentiment(simulation.url, provider, logger)
    : configuredSentiment(config, provider, createQuotaBook(keyValue('quota'), 'cryptopanic'), logger);
  const headlines = createHeadlineIngest({
    sources: words.headlines,
    fearGreed: words.fearGreed,
    repository: storage.headlines,
    fearGreedRepository: storage.fearGreed,
    assets: () => assets.all(),
    now,
    logger,
  });
  const sentiment = createSentimentService({
    assets,
    headlines: storage.headlines,
    fearGreed: storage.fearGreed,
    health: headlines.health,
    simulated,
    logger,
    now,
  });
  return {
    options,
    market,
    storage,
    assets,
    candles: createMarketService({ gateway, candles: storage.candles, now, logger }),
    headlines,
    sentiment,
    simulated,
    keyValue,
    ending: ending.signal,
    async close() {
      clearInterval(listTimer);
      ending.abort();
      await market.close();
      await storage.close();
    },
  };
}
