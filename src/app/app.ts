import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keyv } from 'keyv';
import { replyWithAccuracy } from '../commands/accuracy/accuracy.ts';
import type { CommandContext, Services } from '../commands/command.ts';
import { createPostMaker } from '../commands/subscriptions/post-message.ts';
import type { TimeMachine } from '../core/time.ts';
import { createTimeMachine } from '../jobs/time-machine.ts';
import { backendOf } from '../ml/model/backend.ts';
import { requireTensorflowInstalled } from '../ml/tensorflow/load-tensorflow.ts';
import { backtestInThreads } from '../ml/workers/backtest.ts';
import { createChartRenderer } from '../render/chart/chart-renderer.ts';
import type { Reply } from '../render/reply.ts';
import { createStatusService } from '../services/admin/status.ts';
import { createAlertService } from '../services/alerts/alerts.ts';
import { createBacktestService } from '../services/backtest/backtest.ts';
import { createCandleIngestService } from '../services/forecast/candle-ingest.ts';
import { createModelInfoService } from '../services/models/model-info.ts';
import type { PromotionService } from '../services/models/promotion.ts';
import type { TrainingService } from '../services/models/training.ts';
import { createPriceService } from '../services/price/price.ts';
import { createPublishingService } from '../services/subscriptions/publishing.ts';
import type { SendPort } from '../services/subscriptions/publishing-port.ts';
import { createSubscriptionService } from '../services/subscriptions/subscriptions.ts';
import { buildForecasting } from './forecasting.ts';
import { type AppOptions, openFoundation } from './foundation.ts';
import { createJobScheduler } from './jobs.ts';
import { createLatePort } from './late-port.ts';
import { buildLearning } from './learning.ts';
import { buildModels, readComparison } from './models.ts';
import { buildPaper } from './paper.ts';

export type { AppOptions } from './foundation.ts';
export type { Models } from './models.ts';
export { buildModels, shippedModelPath } from './models.ts';

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
  /** Moves the clock and runs what falls due on the way; null where the market is real. */
  readonly timeMachine: TimeMachine | null;
  /** Posts go there from now on, and the jobs begin. */
  start(port: SendPort<Reply>): void;
  /** Ends jobs, threads and connections, then closes the database. */
  close(): Promise<void>;
}

/** Builds the program. Throws what stops it: `CC_DATABASE`, `CC_CONFIG_INVALID`, `CC_BACKEND_MISSING`. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { config, logger, sleep, random, surface, version } = options;
  const { now } = options.clock;
  // Before anything is opened that would have to be closed again.
  if (backendOf(config.ML_BACKEND) === 'tfjs-node') requireTensorflowInstalled();
  const foundation = await openFoundation(options);
  const { storage, assets, candles, market, simulated, keyValue } = foundation;
  const folder = simulated() ? await mkdtemp(join(tmpdir(), 'candlecast-models-')) : undefined;
  const kept = buildModels({ logger, now, ...(folder ? { folder } : {}) });
  const { models, promotion } = kept;
  const forecasting = buildForecasting(foundation, models);
  const learning = buildLearning(foundation, kept);
  const { training, drift } = learning;
  const charts = createChartRenderer({ logger });
  const owner = randomUUID();
  const port = createLatePort<Reply>();
  const publishing = createPublishingService<Reply>({
    subscriptions: storage.subscriptions,
    posts: storage.posts,
    leases: storage.leases,
    port,
    makeMessage: (post, subscription) => makePost(post, subscription),
    owner,
    now,
    logger,
  });
  const { forecast, explanation, accuracy, ledger } = forecasting;
  const services: Services = {
    assets,
    price: createPriceService({ assets, market: candles, candles: storage.candles, simulated, now }),
    forecast,
    explanation,
    accuracy,
    sentiment: foundation.sentiment,
    backtest: createBacktestService({
      assets,
      market: candles,
      models,
      sentiment: async (symbol, closeTimesMs) => (await foundation.sentiment.history())(symbol, closeTimesMs),
      run: backtestInThreads,
      simulated,
      logger,
    }),
    paper: buildPaper(foundation, models, forecasting, learning),
    subscriptions: createSubscriptionService({
      subscriptions: storage.subscriptions,
      assets,
      drafts: keyValue('drafts'),
      now,
      random,
      logger,
    }),
    publishing,
    admin: learning.admin,
    drift,
    modelInfo: createModelInfoService({ models, readComparison }),
    status: createStatusService({
      version,
      node: options.node,
      surface,
      trackedSymbols: config.SYMBOLS.length,
      storage,
      models,
      drift: drift.status,
      now,
      simulated,
      sources: () => [...market.gateway.health(), ...foundation.headlines.health()],
      training: training.current,
      // A command in the terminal runs no jobs.
      ...(surface === 'terminal' ? {} : { jobs: () => scheduler.status() }),
    }),
  };
  const context: CommandContext = { services, charts, now, version, logger };
  const makePost = createPostMaker(context, () => replyWithAccuracy({}, context));
  const scheduler = createJobScheduler({
    candles: createCandleIngestService({ market: candles, symbols: config.SYMBOLS, logger }),
    headlines: foundation.headlines,
    // Files do not go on, so there is no close to issue anything at.
    ...(market.sources.market === 'csv' ? {} : { ledger }),
    paper: services.paper,
    publishing,
    alerts: createAlertService({
      subscriptions: storage.subscriptions,
      alertStates: storage.alertStates,
      leases: storage.leases,
      forecast: (symbol, horizon) => forecast.forecast({ symbol, horizon }),
      price: services.price.storedClose,
      owner,
      logger,
    }),
    // Nothing is learnt for real from invented prices.
    ...(simulated()
      ? {}
      : {
          retraining: {
            service: learning.retraining,
            when: { schedule: config.RETRAIN_CRON, timeZone: config.TIMEZONE },
          },
        }),
    runs: storage.jobRuns,
    now,
    sleep,
    random,
    logger,
  });
  const machine = createTimeMachine({ now, move: options.clock.move, runDue: scheduler.runDue });
  return {
    context,
    training,
    promotion,
    keyValue: keyValue('app'),
    simulation: market.simulation?.reason ?? null,
    timeMachine: simulated() ? machine : null,
    start(to) {
      port.join(to);
      scheduler.start();
    },
    async close() {
      await scheduler.stop();
      await Promise.all([charts.close(), forecasting.close(), learning.close()]);
      await foundation.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
}
