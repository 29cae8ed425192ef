import { Keyv } from 'keyv';
import type { Config } from '../config.ts';
import { KNOWN_ASSETS } from '../core/asset.ts';
import { asCandlecastError, type CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Metrics, noMetrics } from '../core/metrics.ts';
import type { StatusReport } from '../core/status.ts';
import { HOUR_MS, type Sleep } from '../core/time.ts';
import { createAssetDirectory, type RefreshableAssetDirectory } from '../market/assets.ts';
import { createHourHistory, type HourHistory } from '../market/hour-history.ts';
import { createCoinIdentity } from '../market/identity.ts';
import { createLivePrices, type LivePrices } from '../market/live-price.ts';
import { createMarketService, type MarketService } from '../market/series.ts';
import { HISTORY_CANDLES } from '../services/forecast/forecast-inputs.ts';
import { createHeadlineIngest, type HeadlineIngestService } from '../services/sentiment/headlines.ts';
import { createSentimentService, type SentimentBook } from '../services/sentiment/sentiment.ts';
import { createQuotaBook } from '../sources/sentiment/cryptopanic.ts';
import { parseDatabaseUrl } from '../storage/connection.ts';
import { aloneUnder } from '../storage/lease-repository.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { MovableClock } from './environment.ts';
import { openEventCalendar } from './event-calendar.ts';
import { SIMULATED_TIMEOUT_MS } from './market-sources.ts';
import { type OpenedMarket, openMarket } from './markets.ts';
import { configuredSentiment, simulatedSentiment } from './sentiment-sources.ts';

/** Maximum wait for the coin list, without which the bot works too. */
const COIN_LIST_MS = 4_000;

const FIRST_DATABASE_WAIT_MS = 1_000;
const MAX_DATABASE_WAIT_MS = 15_000;

/** The arguments of the entry: settings, surface, clock, randomness, log. */
export interface AppOptions {
  readonly config: Config;
  readonly surface: StatusReport['surface'];
  readonly version: string;
  readonly node: string;
  /** `always`: the demo. `fallback`: only when no source answers within five seconds. `never`: with a token, and in scripts. */
  readonly simulate: 'always' | 'fallback' | 'never';
  /** File that a simulated market's data is kept in; in memory without it. */
  readonly simulatedFile?: string;
  readonly logger: Logger;
  /** Where what happens is counted; nowhere without it. */
  readonly metrics?: Metrics;
  readonly clock: MovableClock;
  readonly sleep: Sleep;
  readonly random: () => number;
  /** Called with each step of the start, as one line for the person who waits; silent without it. */
  readonly onPhase?: (line: string) => void;
  /**
   * Called whenever the database cannot be opened and may be there later; opening it is then tried again. Absent: the error is thrown, for a
   * command in the terminal.
   */
  readonly onDatabaseAway?: (error: CandlecastError, waitMs: number) => void;
}

/** The data that services read: the market's candles, the database, the coin list, headlines and their sentiment. */
export interface AppData {
  readonly options: AppOptions;
  readonly market: OpenedMarket;
  readonly storage: Storage;
  readonly assets: RefreshableAssetDirectory;
  readonly candles: MarketService;
  readonly livePrices: LivePrices;
  readonly hours: HourHistory;
  readonly headlines: HeadlineIngestService;
  readonly sentiment: SentimentBook;
  /** Scheduled announcements, and how many publishers' calendars correct them. */
  readonly events: Awaited<ReturnType<typeof openEventCalendar>>;
  /** What this process shares with others. */
  readonly cluster: Cluster;
  readonly simulated: () => boolean;
  /** A key-value store with its own namespace in the same database. */
  keyValue(namespace: string): Keyv;
  /** Aborted when the app closes. */
  readonly ending: AbortSignal;
  close(): Promise<void>;
}

/** Opens the market and the database and builds what reads them. Throws `CC_DATABASE`, `CC_CONFIG_INVALID`. */
export async function openData(options: AppOptions): Promise<AppData> {
  const { config, logger, sleep, random } = options;
  // The record is dated, and candles are closed, by the earlier of this machine's clock and those of the hosts it asks.
  const now = options.clock.check.checked;
  const { onPhase = () => undefined } = options;
  const market = await openMarket({ ...options, onPhase });
  const { sources, gateway, simulation } = market;
  // Simulated names and prices are kept only in memory, separate from real ones.
  const databaseUrl = simulation ? 'sqlite::memory:' : config.DATABASE_URL;
  const { simulatedFile } = options;
  onPhase(`Opening ${parseDatabaseUrl(databaseUrl).label} …`);
  const storage = await openWhenThere(options, () =>
    openStorage(databaseUrl, { now, logger, market: sources.market, simulatedFile }),
  );
  const keyValue = (namespace: string) => new Keyv({ store: storage.keyValueStore, namespace });
  const simulated = () => simulation !== null;

  const taken = new Set(KNOWN_ASSETS.map((asset) => asset.symbol));
  const assets = await createAssetDirectory({
    symbols: config.SYMBOLS,
    repository: storage.assets,
    source: sources.assets,
    own: new Set(sources.extra.map(({ symbol }) => symbol)),
    known: [...KNOWN_ASSETS, ...sources.extra.filter((asset) => !taken.has(asset.symbol))],
    now,
    logger,
  });
  const cluster = openCluster(options, storage.leases);
  const ending = new AbortController();
  // In the background the simulated exchange, which first computes its history, may take longer.
  const listMs = simulation && options.surface !== 'terminal' ? SIMULATED_TIMEOUT_MS : COIN_LIST_MS;
  const refreshList = () => assets.refresh(AbortSignal.any([ending.signal, AbortSignal.timeout(listMs)]));
  // One command in the terminal waits for its first coin list; a bot answers from the built-in and stored coins meanwhile.
  if (options.surface !== 'terminal') void refreshList();
  else if ((await storage.assets.all()) === null) await refreshList();
  const listTimer = setInterval(() => void refreshList(), HOUR_MS).unref();

  const identity = createCoinIdentity({
    candles: storage.candles,
    confirmed: storage.coinSources,
    listed: assets.listed,
    refreshList: (maxAgeMs) => assets.refresh(AbortSignal.any([ending.signal, AbortSignal.timeout(listMs)]), maxAgeMs),
    order: sources.candles.map(({ name }) => name),
    now,
    logger,
  });

  const { metrics = noMetrics } = options;
  const provider = { now, sleep, random, metrics };
  const sentimentSources = simulation
    ? simulatedSentiment(simulation.url, provider, logger)
    : configuredSentiment(
        config,
        { ...provider, clockCheck: options.clock.check },
        createQuotaBook(keyValue('quota'), 'cryptopanic', aloneUnder(storage.leases, 'quota cryptopanic')),
        logger,
      );
  const headlines = createHeadlineIngest({
    sources: sentimentSources.headlines,
    fearGreed: sentimentSources.fearGreed,
    repository: storage.headlines,
    fearGreedRepository: storage.fearGreed,
    talkRepository: storage.talk,
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
  const events = await openEventCalendar({
    config,
    provider,
    reader: sentimentSources.reader,
    store: keyValue('calendar'),
    market: sources.market,
    logger,
  });
  const judged = sources.market === 'live' ? { identity } : {};
  const candles = createMarketService({
    gateway,
    candles: storage.candles,
    unconfirmed: storage.unconfirmed,
    symbols: config.SYMBOLS,
    ...judged,
    now,
    logger,
  });
  return {
    options,
    market,
    storage,
    assets,
    candles,
    livePrices: createLivePrices({
      market: candles,
      candles: storage.candles,
      gateway,
      history: HISTORY_CANDLES,
      ...judged,
      ...(simulation ? { withinMs: SIMULATED_TIMEOUT_MS } : {}),
      now,
      logger,
    }),
    hours: createHourHistory({ market: candles, candles: storage.candles, ending: ending.signal, now }),
    headlines,
    sentiment,
    events,
    cluster,
    simulated,
    keyValue,
    ending: ending.signal,
    async close() {
      clearInterval(listTimer);
      ending.abort();
      cluster.close();
      await sentimentSources.close();
      await market.close();
      await storage.close();
    },
  };
}

/** Waits for a database that is still starting, as after a restart of the whole machine. */
async function openWhenThere({ onDatabaseAway, sleep }: AppOptions, open: () => Promise<Storage>): Promise<Storage> {
  for (let waitMs = FIRST_DATABASE_WAIT_MS; ; waitMs = Math.min(2 * waitMs, MAX_DATABASE_WAIT_MS)) {
    try {
      return await open();
    } catch (error) {
      const known = asCandlecastError(error);
      if (!onDatabaseAway || !known.retryable) throw error;
      onDatabaseAway(known, waitMs);
      await sleep(waitMs);
    }
  }
}
