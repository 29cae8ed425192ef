import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { INTERVALS, type Interval } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DriftStatus, FamilyComparison } from '../core/model-info.ts';
import type { ModelChange } from '../core/public-record.ts';
import type { StatusReport } from '../core/status.ts';
import { type Clock, HOUR_MS } from '../core/time.ts';
import { backendOf } from '../ml/model/backend.ts';
import { type CardReader, localCardReader } from '../ml/model/model-file.ts';
import { compareInThread } from '../ml/workers/comparison.ts';
import { replayInThread } from '../ml/workers/drift.ts';
import { learnInProcess } from '../ml/workers/widths.ts';
import { type AdminService, createAdminService } from '../services/admin/admin.ts';
import { createDriftService, type DriftReports } from '../services/models/drift.ts';
import { createInterruptedTrainings } from '../services/models/interrupted-trainings.ts';
import {
  createModelRegistry,
  type ModelRegistry,
  type ServingModel,
  storedModels,
} from '../services/models/model-registry.ts';
import { createPromotionService, type PromotionService } from '../services/models/promotion.ts';
import { createRetrainingService, type RetrainingService } from '../services/models/retraining.ts';
import { createTrainingService, type TrainingService } from '../services/models/training.ts';
import { createTrainer, createTrainingRequester, trainingUnderWay } from '../services/models/training-requests.ts';
import { createWidthService, type WidthService } from '../services/models/widths.ts';
import type { KnownCoin } from '../services/universe/choose-coins.ts';
import { createCoinList } from '../services/universe/coin-list.ts';
import { createUnstoredCoins, type TrainingCoins } from '../services/universe/training-coins.ts';
import { createUniverse, type Universe } from '../services/universe/universe.ts';
import { readComparisonFile } from '../storage/comparison-file.ts';
import { type ModelStore, readModelFile } from '../storage/model-store.ts';
import { availableMemory } from '../workers/available-memory.ts';
import type { AppData } from './data.ts';
import { OWN_MODELS } from './own-models.ts';
import type { Siblings } from './processes.ts';
import { ROLE_TABLE, trains } from './roles.ts';

/** The stored and served models; the only part that a model command in the terminal needs. */
export interface Models {
  readonly models: ModelRegistry;
  readonly promotion: PromotionService;
  /** Reads the twin of a model, which has not seen the newest candles; null where it has none. Throws as the store and the reader do. */
  twinOf(model: ServingModel): Promise<Pick<ServingModel, 'bytes' | 'card'> | null>;
  /** The logged changes of what serves, of both intervals; those of a log that cannot be read are left out. */
  changes(): Promise<readonly ModelChange[]>;
}

/** Joins the models: those made here, each with its verdict, and the shipped ones as fallback. */
export function buildModels(options: {
  readonly logger: Logger;
  readonly now: Clock;
  readonly store: ModelStore;
  /** Called when another model serves, so that other processes can be told at once. */
  readonly onChange?: (interval: Interval) => void;
  /** What decodes a model to see that it is whole; without one the calling thread does. */
  readonly reader?: CardReader;
}): Models {
  const { logger, now, store, onChange = () => {}, reader = localCardReader } = options;
  const shipped = (interval: Interval) => readModelFile(shippedModelPath(interval));
  const models = createModelRegistry(storedModels(store, shipped), reader, logger, now);
  return {
    models,
    promotion: createPromotionService({ store, models, reader, compare: compareInThread, onChange, now, logger }),
    async twinOf({ card }) {
      const bytes = await store.readTwin(card.interval, card.version);
      return bytes && { bytes, card: await reader.readCard(bytes) };
    },
    async changes() {
      const logs = await Promise.all(
        INTERVALS.map(async (interval) => {
          try {
            return (await store.pointer(interval)).log.map((change) => ({ ...change, interval }));
          } catch (error) {
            logger.warn({ interval, err: asCandlecastError(error) }, 'the log of promotions cannot be read');
            return [];
          }
        }),
      );
      return logs.flat();
    },
  };
}

/** The families' comparison made here, or the one that comes with Candlecast. */
export async function readComparison(interval: Interval): Promise<FamilyComparison | null> {
  const file = `comparison-${interval}.json`;
  const own = await readComparisonFile(`${OWN_MODELS}/${file}`);
  return own ?? readComparisonFile(fileURLToPath(new URL(`../../models/${file}`, import.meta.url)));
}

/** Where the model that comes with Candlecast lies. */
export function shippedModelPath(interval: Interval): string {
  return fileURLToPath(new URL(`../../models/${interval}.json`, import.meta.url));
}

/** The width factors of the serving models, learnt from the stored candles of the tracked coins. */
export function buildWidths(data: AppData, models: ModelRegistry): WidthService {
  const { options, storage, sentiment, events } = data;
  return createWidthService({
    models,
    candles: storage.candles,
    widths: storage.widths,
    symbols: options.config.SYMBOLS,
    sentiment: async (symbol, closeTimesMs) => (await sentiment.history())(symbol, closeTimesMs),
    schedule: events.schedule,
    replay: learnInProcess,
    logger: options.logger,
  });
}

/** How long `/status` waits for a running drift check; a single command in the terminal waits longer. */
const DRIFT_MS = 500;
const DRIFT_TERMINAL_MS = 30_000;

/** How models are trained, checked for drift, and changed. */
export interface Learning {
  readonly training: TrainingService;
  readonly retraining: RetrainingService;
  /** The training under way, in this process or in another that shares the database. Throws `CC_DATABASE`. */
  underWay(): Promise<StatusReport['training']>;
  /** Null where the candles that models learn from are files or simulated. */
  readonly universe: Universe | null;
  readonly drift: DriftReports;
  readonly admin: AdminService;
  /** Takes up trainings that other processes ask for, where this one trains. */
  start(): void;
  close(): Promise<void>;
}

/** The newest status of drift that another process reports; empty where none does. */
async function driftElsewhere(siblings: Pick<Siblings, 'processes'> | null): Promise<readonly DriftStatus[]> {
  try {
    const reports = ((await siblings?.processes.alive()) ?? []).map(({ report }) => report.drift);
    return reports.findLast((drift) => drift.length > 0) ?? [];
  } catch {
    // Without the database, what this process finds out itself is better than nothing.
    return [];
  }
}

/** Builds the services that train, watch and change models. */
export function buildLearning(
  data: AppData,
  { models, promotion }: Models,
  widths: Pick<WidthService, 'tableFor'>,
  siblings: Pick<Siblings, 'processes'> | null,
): Learning {
  const { options, storage, ending, sentiment } = data;
  const { config, logger, sleep, surface } = options;
  const { now } = options.clock;
  const isTrainer = trains(ROLE_TABLE[config.ROLE]);
  const training = createTrainingService({ backend: backendOf(config.ML_BACKEND) });
  const { coins, universe } = buildUniverse(data);
  const here = createRetrainingService({
    coins,
    training,
    promotion,
    threads: config.ML_THREADS ?? Math.max(1, availableParallelism() - 1),
    sentiment: sentiment.history,
    availableMemory,
    interrupted: createInterruptedTrainings(data.keyValue('training'), now),
    notes: data.keyValue('training'),
    logger,
    now,
  });
  const shared = { trainings: storage.trainings, leases: storage.leases, owner: randomUUID(), now, sleep, logger };
  // What is trained here can be seen, and asked for, in every process of the database.
  const trainer = createTrainer(here, shared);
  const retrainEarly = (interval: Interval) =>
    trainer.retrainByItself(interval, 'retrained early, after an alarm of drift', ending).catch((error: unknown) => {
      const failure = asCandlecastError(error);
      if (!ending.aborted) logger.error({ interval, code: failure.code, err: failure }, 'early retraining failed');
    });
  const drift = createDriftService({
    models,
    candles: storage.candles,
    symbols: config.SYMBOLS,
    widths,
    replay: replayInThread,
    sentiment: async (...asked) => (await sentiment.history())(...asked),
    logger,
    now,
    sleep,
    waitMs: surface === 'terminal' ? DRIFT_TERMINAL_MS : DRIFT_MS,
    // A command in the terminal ends before a model could be trained.
    ...(surface === 'terminal' || !isTrainer ? {} : { onAlarm: (status) => void retrainEarly(status.interval) }),
  });
  // Drift is checked without a request; a simulated market has no drift to find.
  const simulated = data.simulated();
  const checkedHourly = surface !== 'terminal' && !simulated && isTrainer;
  const timer = checkedHourly ? setInterval(() => void drift.check(), HOUR_MS).unref() : null;
  return {
    training,
    retraining: trainer,
    underWay: async () => training.current() ?? (await trainingUnderWay(storage.trainings, now())),
    universe,
    drift: {
      async status() {
        if (simulated) return [];
        // The replay takes seconds of a core: where a trainer runs, only that one does it.
        const told = isTrainer ? [] : await driftElsewhere(siblings);
        return told.length > 0 ? told : drift.status();
      },
    },
    admin: createAdminService({
      retraining: isTrainer ? trainer : createTrainingRequester(shared),
      promotion,
      market: data.candles,
      unconfirmed: storage.unconfirmed,
      stopping: ending,
      now,
      sleep,
      logger,
    }),
    start() {
      // Beside a SQLite file there is no other process that could ask.
      if (isTrainer && storage.kind === 'postgres') trainer.start();
    },
    async close() {
      if (timer) clearInterval(timer);
      await trainer.stop();
      await drift.close();
    },
  };
}

/** The coins to learn from; `universe` is what keeps their candles, null where they are files or simulated and are read when they are needed. */
export interface BuiltUniverse {
  readonly coins: TrainingCoins;
  readonly universe: Universe | null;
}

/** Builds what models learn from. */
export function buildUniverse(data: AppData): BuiltUniverse {
  const { options, market, storage, assets, candles } = data;
  const { config, logger } = options;
  // Which candles are closed is decided by the earlier of the clocks.
  const now = options.clock.check.checked;
  const [days, hours] = config.TRAINING_COINS;
  const wanted: Readonly<Record<Interval, number>> = { '1d': days, '1h': hours };
  const tracked = config.SYMBOLS;
  const sources = market.sources.candles;
  const known = () =>
    new Map(
      assets.all().map(({ symbol, name, stablecoin }): [string, KnownCoin] => {
        const priceUsd = assets.listed(symbol)?.priceUsd ?? null;
        return [symbol, { name, priceUsd, stablecoin }];
      }),
    );
  if (market.sources.market !== 'live') {
    const coins = createUnstoredCoins({ sources, gateway: market.gateway, tracked, wanted, known, now });
    return { coins, universe: null };
  }
  const repository = storage.trainingCoins;
  const list = createCoinList({ sources, repository, tracked, wanted, known, now, logger });
  const universe = createUniverse({
    list,
    repository,
    market: candles,
    candles: storage.candles,
    tracked,
    now,
    logger,
  });
  return { coins: universe, universe };
}
