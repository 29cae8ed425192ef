import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Keyv } from 'keyv';
import type { CommandContext } from './commands/command.ts';
import type { Config } from './config.ts';
import { KNOWN_ASSETS } from './core/asset.ts';
import type { Interval } from './core/candle.ts';
import { lastFinalOpenMs } from './core/candle.ts';
import { asCandlecastError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { FamilyComparison } from './core/model-info.ts';
import type { StatusReport } from './core/status.ts';
import type { Clock, Sleep } from './core/time.ts';
import { HOUR_MS } from './core/time.ts';
import { backendOf } from './ml/backend.ts';
import { createForecastProcessPool } from './ml/tensorflow/forecast-process-pool.ts';
import { requireTensorflowInstalled } from './ml/tensorflow/load-tensorflow.ts';
import { compareInThread } from './ml/workers/comparison-run.ts';
import { replayInThread } from './ml/workers/drift-run.ts';
import { createForecastPool } from './ml/workers/forecast-pool.ts';
import { createChartRenderer } from './render/worker-charts.ts';
import { createAssetDirectory } from './services/assets.ts';
import { createDriftService } from './services/drift.ts';
import { createExplanationService } from './services/explain.ts';
import { createForecastService } from './services/forecast.ts';
import type { ForecastMarket } from './services/forecast-inputs.ts';
import { createMarketService } from './services/market.ts';
import { createModelInfoService } from './services/model-info.ts';
import type { ModelShelf } from './services/models.ts';
import { createModelShelf, storedModels } from './services/models.ts';
import { createObservationService } from './services/observations.ts';
import type { PromotionService } from './services/promotion.ts';
import { createPromotionService } from './services/promotion.ts';
import { createRetrainingService } from './services/retraining.ts';
import type { DriftReports, Services } from './services/services.ts';
import { createStatusService } from './services/status.ts';
import type { TrainingService } from './services/training.ts';
import { createTrainingService } from './services/training.ts';
import { createMarketGateway } from './sources/market/gateway.ts';
import type { SimulationThread } from './sources/simulated/thread.ts';
import { startSimulationThread } from './sources/simulated/thread.ts';
import type { MarketGateway } from './sources/source.ts';
import { readComparisonFile } from './storage/comparison-file.ts';
import { readModelFile } from './storage/model-files.ts';
import { createModelStore } from './storage/model-store.ts';
import { openStorage } from './storage/open-storage.ts';
import type { MarketSources } from './wiring/market-sources.ts';
import { configuredSources, simulatedSources } from './wiring/market-sources.ts';
import type { MovableClock } from './wiring/movable-clock.ts';

/** How long `npm start` without a token waits for any market source before it goes on with the simulated market. */
const PROBE_MS = 5_000;
/** A forecast waits no longer than this for numbers that are no candles. */
const OBSERVATIONS_MS = 1_500;
/** The coin list is a convenience: nobody waits for it longer. */
const COIN_LIST_MS = 4_000;
/** `/status` waits this long for a check of the models' drift that is under way; a single command in the terminal longer. */
const DRIFT_MS = 500;
const DRIFT_TERMINAL_MS = 30_000;
/** Where models made here are kept. */
const OWN_MODELS = 'data/models';
/** The simulated market is the same on every machine and at every start. */
const SIMULATION_SEED = 20_260_101;

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

/** Everything, built and joined. */
export interface App {
  readonly context: CommandContext;
  readonly training: TrainingService;
  /** What the retraining job and the owner's commands call. */
  readonly promotion: PromotionService;
  /** For the surfaces' own small things, such as the hash of the registered commands. */
  readonly keyValue: Keyv;
  /** Why the market is simulated, or null when it is real. */
  readonly simulation: string | null;
  /** Ends threads and connections, then closes the database. */
  close(): Promise<void>;
}

/** Builds the program. Throws what stops it: `CC_DATABASE`, `CC_CONFIG_INVALID`, `CC_BACKEND_MISSING`. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { config, logger, sleep, random } = options;
  const { now } = options.clock;
  const provider = { now, sleep, random };
  const backend = backendOf(config.ML_BACKEND);
  if (backend === 'tfjs-node') requireTensorflowInstalled();
  let simulation: { readonly running: SimulationThread; readonly reason: string } | null = null;
  const simulate = async (reason: string): Promise<MarketSources> => {
    const running = await startSimulationThread({ seed: SIMULATION_SEED, shiftMs: options.clock.shiftMs });
    simulation = { running, reason };
    return simulatedSources(running.url, provider);
  };

  let sources: MarketSources;
  if (options.simulate === 'always' || config.MARKET_SOURCES.includes('simulated')) {
    sources = await simulate('This is a simulated market: every price is invented.');
  } else {
    sources = await configuredSources(config, provider, logger);
  }
  let gateway = createMarketGateway({ sources: sources.candles, now, logger });
  if (options.simulate === 'fallback' && sources.market === 'live') {
    const problem = await probe(gateway, now);
    if (problem) {
      logger.warn({ reason: problem }, 'no market source answers; going on with the simulated market');
      sources = await simulate(
        `No market source answers, so this is a simulated market: every price is invented. ${problem}`,
      );
      gateway = createMarketGateway({ sources: sources.candles, now, logger });
    }
  }

  // What is invented is kept nowhere: no name or price of the simulation may meet the real ones.
  const databaseUrl = sources.market === 'simulated' ? 'sqlite::memory:' : config.DATABASE_URL;
  const storage = await openStorage(databaseUrl, { now, logger, market: sources.market });
  const charts = createChartRenderer({ logger });
  const pool = backend === 'tfjs-node' ? createForecastProcessPool() : createForecastPool();
  const observations = createObservationService({
    sources: sources.observations,
    repository: storage.observations,
    now,
    logger,
  });
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
  const refreshList = () => assets.refresh(AbortSignal.any([ending.signal, AbortSignal.timeout(COIN_LIST_MS)]));
  // One command in the terminal waits for its first coin list; a bot answers from what it knows meanwhile.
  if (options.surface !== 'terminal') void refreshList();
  else if ((await storage.assets.all()) === null) await refreshList();
  const listTimer = setInterval(() => void refreshList(), HOUR_MS).unref();
  const market = createMarketService({ gateway, candles: storage.candles, now, logger });
  const { calibrations } = storage;
  const { models, promotion } = buildModels({ logger, now });
  const training = createTrainingService({ backend });
  const simulated = () => simulation !== null;
  const forecastMarket: ForecastMarket = {
    series: market.series,
    observations: (request) =>
      Promise.race([
        observations.observations(request).then((answer) => answer.observations),
        sleep(OBSERVATIONS_MS).then(() => []),
      ]),
    isStatic: async (symbol, interval) => (await gateway.newestOpenMs(symbol, interval)) !== null,
  };
  const retraining = createRetrainingService({
    market,
    training,
    promotion,
    symbols: config.SYMBOLS,
    threads: config.ML_THREADS ?? Math.max(1, availableParallelism() - 1),
    logger,
    now,
  });
  const retrainEarly = (interval: Interval) =>
    retraining.retrain(interval, 'retrained early, after an alarm of drift', ending.signal).catch((error: unknown) => {
      const failure = asCandlecastError(error);
      if (!ending.signal.aborted)
        logger.error({ interval, code: failure.code, err: failure }, 'early retraining failed');
    });
  const drift = createDriftService({
    models,
    candles: storage.candles,
    symbols: config.SYMBOLS,
    replay: replayInThread,
    logger,
    now,
    sleep,
    waitMs: options.surface === 'terminal' ? DRIFT_TERMINAL_MS : DRIFT_MS,
    // A command in the terminal ends before a model could be trained.
    ...(options.surface === 'terminal' ? {} : { onAlarm: (status) => void retrainEarly(status.interval) }),
  });
  // A drift should be noticed without anybody asking; what is invented says nothing about a model.
  const invented = sources.market === 'simulated';
  const driftReports: DriftReports = { status: async () => (invented ? [] : drift.status()) };
  const followed = options.surface !== 'terminal' && !invented;
  const driftTimer = followed ? setInterval(() => void drift.check(), HOUR_MS).unref() : null;
  const services: Services = {
    assets,
    forecast: createForecastService({
      assets,
      models,
      pool,
      simulated,
      logger,
      now,
      market: forecastMarket,
      calibrations,
    }),
    drift: driftReports,
    modelInfo: createModelInfoService({ models, readComparison }),
    explanation: createExplanationService({ market: forecastMarket, calibrations, models, pool, logger }),
    status: createStatusService({
      version: options.version,
      node: options.node,
      surface: options.surface,
      trackedSymbols: config.SYMBOLS.length,
      storage,
      models,
      drift: driftReports.status,
      now,
      simulated,
      sources: gateway.health,
      training: training.current,
    }),
  };
  return {
    context: { services, charts, now, version: options.version },
    training,
    promotion,
    keyValue: new Keyv({ store: storage.keyValueStore, namespace: 'app' }),
    simulation: simulation === null ? null : (simulation as { reason: string }).reason,
    async close() {
      clearInterval(listTimer);
      if (driftTimer) clearInterval(driftTimer);
      ending.abort();
      await Promise.all([charts.close(), pool.close(), drift.close(), simulation?.running.close()]);
      await storage.close();
    },
  };
}

/** What concerns the models that are kept and served; a command in the terminal needs no more of the program than this. */
export interface Models {
  readonly models: ModelShelf;
  readonly promotion: PromotionService;
}

/** Builds the models' part: those made here in `folder`, each with its verdict, and the shipped ones behind them. */
export function buildModels(options: {
  readonly logger: Logger;
  readonly now: Clock;
  readonly folder?: string;
}): Models {
  const { logger, now, folder = OWN_MODELS } = options;
  const store = createModelStore(folder);
  const shipped = (interval: Interval) => readModelFile(shippedModelPath(interval));
  const models = createModelShelf(storedModels(store, shipped), logger, now);
  return { models, promotion: createPromotionService({ store, models, compare: compareInThread, now }) };
}

/** The families' comparison made here, or the one that comes with Candlecast. */
async function readComparison(interval: Interval): Promise<FamilyComparison | null> {
  const file = `comparison-${interval}.json`;
  const own = await readComparisonFile(`${OWN_MODELS}/${file}`);
  return own ?? readComparisonFile(fileURLToPath(new URL(`../models/${file}`, import.meta.url)));
}

/** Where the model that comes with Candlecast lies. */
export function shippedModelPath(interval: Interval): string {
  return fileURLToPath(new URL(`../models/${interval}.json`, import.meta.url));
}

/** Null when a market source answers in time, else the reason in words. */
async function probe(gateway: MarketGateway, now: Clock): Promise<string | null> {
  const newest = lastFinalOpenMs(now(), '1d');
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    await gateway.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: newest, toMs: newest, signal });
    return null;
  } catch (error) {
    return signal.aborted ? 'None answered within five seconds.' : asCandlecastError(error).message;
  }
}
