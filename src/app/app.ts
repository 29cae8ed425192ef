import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keyv } from 'keyv';
import { replyWithAccuracy } from '../commands/accuracy/accuracy.ts';
import type { CommandContext, Services } from '../commands/command.ts';
import { createPostMaker } from '../commands/subscriptions/post-message.ts';
import type { Config } from '../config.ts';
import type { Interval } from '../core/candle.ts';
import { type ClockCheck, clockDifferenceText } from '../core/clock-check.ts';
import { changeOf, currentSymbol } from '../core/coin-changes.ts';
import type { Logger } from '../core/logger.ts';
import { type Metrics, noMetrics, type Readiness } from '../core/metrics.ts';
import type { PublicRecord } from '../core/public-record.ts';
import { isLiveSource } from '../core/sources.ts';
import type { DiscordStatus, StatusReport } from '../core/status.ts';
import { MINUTE_MS, type TimeMachine } from '../core/time.ts';
import { helpPublishing } from '../jobs/help-publishing.ts';
import { createTimeMachine } from '../jobs/time-machine.ts';
import { backendOf } from '../ml/model/backend.ts';
import { requireTensorflowInstalled } from '../ml/tensorflow/load-tensorflow.ts';
import { backtestInThreads } from '../ml/workers/backtest.ts';
import { createForecastPool } from '../ml/workers/forecast.ts';
import { createChartRenderer } from '../render/chart/chart-renderer.ts';
import type { Reply } from '../render/reply.ts';
import { createInteractionTally } from '../services/admin/interaction-tally.ts';
import { createReadiness } from '../services/admin/readiness.ts';
import { createReadings, type Readings } from '../services/admin/readings.ts';
import { createStatusService, newestForecast, overduePosts } from '../services/admin/status.ts';
import { createBacktestService } from '../services/backtest/backtest.ts';
import { createCandleService } from '../services/candles/candles.ts';
import { createCandleIngestService, createHourIngestService } from '../services/forecast/candle-ingest.ts';
import { createModelInfoService } from '../services/models/model-info.ts';
import type { PromotionService } from '../services/models/promotion.ts';
import type { TrainingService } from '../services/models/training.ts';
import { createPriceService } from '../services/price/price.ts';
import type { SendPort } from '../services/subscriptions/publishing-port.ts';
import { createModelStore } from '../storage/model-store.ts';
import { type EventLoopWatch, watchEventLoop } from '../workers/event-loop-watch.ts';
import type { Cluster } from './cluster.ts';
import { type AppOptions, openData } from './data.ts';
import { linksOf } from './environment.ts';
import { buildExchangeRates } from './exchange-rates.ts';
import { buildForecasting } from './forecasting.ts';
import { createJobScheduler, departedServers, endedTrainings, expiredSettings, leftToOthers } from './jobs.ts';
import { buildLearning, buildModels, buildWidths, readComparison } from './models.ts';
import { ownModels } from './own-models.ts';
import { buildPaper } from './paper.ts';
import { buildCallScorer, buildOddsScorer, buildPersonal } from './personal.ts';
import { buildSiblings, type Siblings } from './processes.ts';
import { buildOwnerReports, buildPublishing } from './publishing.ts';
import { buildRecord, publicRecordOf } from './record.ts';
import { ROLE_TABLE, runsJob, trains } from './roles.ts';
import { ACCURACY_WARM_AFTER_MS, warmUpAccuracy, warmUpModels } from './warm-up.ts';

/** How often a trainer looks at drift, to tell the other processes; the replay itself runs once a day. */
const DRIFT_TOLD_MS = MINUTE_MS;

/** The whole bot without its surface. */
export interface App {
  readonly context: CommandContext;
  readonly training: TrainingService;
  /** Services of the retraining job and of the owner's commands. */
  readonly promotion: PromotionService;
  /** Where the surfaces count what happens. */
  readonly metrics: Metrics;
  /** What an operator watches, and whether this process can do its work. */
  readonly readings: Readings;
  readonly readiness: () => Promise<Readiness>;
  /** Store for small values of the surfaces, such as the hash of the registered commands. */
  readonly keyValue: Keyv;
  /** What this process shares with others. */
  readonly cluster: Cluster;
  /** Compares the machine's clock with those of the hosts that are asked. */
  readonly clockCheck: ClockCheck;
  /** Why the market is simulated, or null when it is real. */
  readonly simulation: string | null;
  /** Moves the clock and runs the jobs due on the way; null where the market is real. */
  readonly timeMachine: TimeMachine | null;
  /**
   * Starts the jobs of this process's role. Sets the port that posts are sent to, absent where none is; and how `/status` learns of Discord,
   * where there is a connection.
   */
  start(port?: SendPort<Reply>, discord?: () => DiscordStatus): void;
  /** Computes the public track record of what is stored. Throws `CC_DATABASE`. */
  publicRecord(): Promise<PublicRecord>;
  /** Rows of every table that grows with time. */
  rowCounts(): Promise<Readonly<Record<string, number>>>;
  /** The other processes of the bot; null where the database is this process's own. */
  readonly siblings: Siblings | null;
  /** Sets what is called with a server of which this process has made another channel one that is posted to. */
  onPostedTo(listener: (guildId: string) => void): void;
  /** Aborts running jobs, training among them, and waits a moment for them. */
  stopJobs(): Promise<void>;
  /** Stops jobs, threads and connections, then closes the database. */
  close(): Promise<void>;
}

/** Builds the program. Throws what stops it: `CC_DATABASE`, `CC_CONFIG_INVALID`, `CC_BACKEND_MISSING`. */
export async function buildApp(given: AppOptions): Promise<App> {
  const options = { ...given, config: withCurrentSymbols(given.config, given.logger) };
  const { config, logger, sleep, random, surface, version } = options;
  const role = ROLE_TABLE[config.ROLE];
  const { now } = options.clock;
  const tally = createInteractionTally(options.metrics ?? noMetrics, { now, sleep, logger });
  const { metrics } = tally;
  // Before anything is opened that would have to be closed again.
  const backend = backendOf(config.ML_BACKEND);
  if (backend === 'tfjs-node') requireTensorflowInstalled();
  // Before the market and the database are opened, which takes longer than the start of a thread.
  const pool = createForecastPool(backend);
  const data = await openData(options).catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  const { storage, assets, candles, market, simulated, keyValue } = data;
  options.onPhase?.('Loading the models …');
  const folder = simulated() ? await mkdtemp(join(tmpdir(), 'candlecast-models-')) : undefined;
  // The models of a simulated market end with it.
  const store = folder ? createModelStore(folder) : await ownModels(storage, logger);
  const { notices } = data.cluster;
  const onChange = (interval: Interval) => notices.publish('model-changed', interval);
  const kept = buildModels({ logger, now, store, onChange, reader: pool });
  const { models, promotion } = kept;
  notices.subscribe('model-changed', () => models.look());
  // One command in the terminal does not start native TensorFlow unless it forecasts.
  if (surface !== 'terminal' || backend === 'wasm') void warmUpModels(models, pool, logger);
  const widths = buildWidths(data, models);
  const forecasting = buildForecasting(data, models, pool, widths);
  /** What a trainer has found out about drift; a heartbeat does not wait for it. */
  let drifted: StatusReport['drift'] = [];
  const followDrift = async () => {
    drifted = await learning.drift.status();
  };
  const siblings: Siblings | null = buildSiblings(data, () => ({
    problems: ownProblems(),
    sources: sources(),
    drift: drifted,
    clock: options.clock.check.status(),
    memoryBytes: process.memoryUsage.rss(),
  }));
  const learning = buildLearning(data, kept, widths, siblings);
  const { training, drift } = learning;
  const charts = createChartRenderer({
    logger,
    ...(data.cluster.pictures ? { shared: data.cluster.pictures } : {}),
  });
  const { forecast, explanation, accuracy, ledger } = forecasting;
  const rates = buildExchangeRates(data);
  const price = createPriceService({ assets, livePrices: data.livePrices, market: candles, rates, simulated, logger });
  // Lazily, because posts are made by commands, whose context holds the publishing service.
  const posting = buildPublishing(data, forecasting, (post, subscription) => makePost(post, subscription));
  const { publishing, subscriptions } = posting;
  let discordStatus: (() => DiscordStatus) | null = null;
  /** What other processes are told that does not work here. */
  const ownProblems = (): readonly string[] => {
    const clock = options.clock.check.status();
    const wrong = clock.state === 'wrong' ? [`its clock is ${clockDifferenceText(clock)}`] : [];
    return [...wrong, ...(discordStatus?.().problems ?? [])];
  };
  const clockIsRight = () => {
    const { state } = options.clock.check.status();
    return state === 'right' || state === 'off' || (state === 'unknown' && market.sources.market !== 'live');
  };
  const services: Services = {
    assets,
    price,
    candles: createCandleService({ assets, price, market: candles, now }),
    forecast,
    explanation,
    odds: forecasting.odds,
    oddsRecord: forecasting.oddsRecord,
    alerts: posting.personalAlerts,
    accuracy,
    sentiment: data.sentiment,
    backtest: createBacktestService({
      assets,
      market: candles,
      models,
      twinOf: kept.twinOf,
      sentiment: async (...asked) => (await data.sentiment.history())(...asked),
      widths,
      run: backtestInThreads,
      simulated,
      logger,
    }),
    paper: buildPaper(data, models, forecasting, learning),
    subscriptions,
    publishing,
    ...buildPersonal(data, clockIsRight, forecast),
    ...buildRecord(data),
    admin: learning.admin,
    drift,
    modelInfo: createModelInfoService({ models, readComparison }),
    status: createStatusService({
      version,
      node: options.node,
      surface,
      trackedSymbols: config.SYMBOLS.length,
      newestForecastMs: () => newestForecast(storage, config.SYMBOLS, now()),
      storage,
      models,
      drift: drift.status,
      now,
      simulated,
      clock: options.clock.check.status,
      sources: () => sources(),
      ...(rates.sources > 0 ? { rates: rates.status } : {}),
      ...(siblings
        ? {
            cluster: {
              alive: siblings.processes.alive,
              id: siblings.processes.id,
              runsJob: (name, job) => runsJob(ROLE_TABLE[name], job),
            },
          }
        : {}),
      training: learning.underWay,
      retrainings: learning.retraining.last,
      ...(learning.universe ? { universe: learning.universe.status } : {}),
      discord: () => discordStatus?.() ?? null,
      longestBlock: () => watch?.longestToday() ?? null,
      // A command in the terminal runs no jobs.
      ...(surface === 'terminal' ? {} : { jobs: () => scheduler.status(), posts: publishing.status }),
    }),
  };
  const sources = () => [...market.gateway.health(), ...data.headlines.health()];
  const readings = createReadings({
    storage,
    symbols: config.SYMBOLS,
    sources,
    clock: options.clock.check.differences,
    gateway: () => discordStatus?.()?.gateway ?? null,
    overduePosts: () => overduePosts(storage, now()),
    jobs: () => scheduler.overdue(),
    models: models.status,
    accuracy,
    now,
  });
  const readiness = createReadiness({
    discord: {
      wanted: surface === 'discord' && role.discord === 'gateway',
      status: () => discordStatus?.() ?? null,
    },
    pingDatabase: storage.ping,
    models: models.status,
    clock: options.clock.check.status,
    jobs: () => scheduler.overdue(),
    monotonic: options.clock.monotonic,
    sleep,
  });
  const context: CommandContext = { services, charts, now, simulated, links: linksOf(config), version, logger };
  const makePost = createPostMaker(context, (translator) =>
    replyWithAccuracy({}, context, { translator, view: 'brief', withButton: false }),
  );
  const scheduler = createJobScheduler({
    candles: createCandleIngestService({
      market: candles,
      unconfirmed: storage.unconfirmed,
      symbols: config.SYMBOLS,
      logger,
    }),
    ...(market.sources.market === 'live'
      ? { hours: createHourIngestService({ market: candles, history: data.hours, symbols: config.SYMBOLS, logger }) }
      : {}),
    headlines: data.headlines,
    ...(data.events.publishers > 0 ? { calendars: data.events } : {}),
    ...(rates.sources > 0 ? { rates } : {}),
    // Candles from files end, so no forecast of them can be scored later.
    ...(market.sources.market === 'csv'
      ? {}
      : {
          ledger,
          callScorer: buildCallScorer(data, clockIsRight),
          oddsScorer: buildOddsScorer(data, clockIsRight),
        }),
    // A simulated market has no widths to learn.
    ...(simulated() ? {} : { widths }),
    paper: services.paper,
    publishing,
    alerts: posting.alerts,
    personalAlerts: posting.personalAlerts,
    // No model is trained on simulated prices.
    ...(simulated()
      ? {}
      : {
          retraining: {
            service: learning.retraining,
            when: { schedule: config.RETRAIN_CRON, timeZone: config.TIMEZONE },
          },
          ...(learning.universe ? { universe: learning.universe } : {}),
        }),
    ...(surface === 'discord' && config.OWNER_IDS.length > 0
      ? {
          owners: {
            reports: buildOwnerReports(data, { status: services.status.status, accuracy }),
            timeZone: config.TIMEZONE,
          },
        }
      : {}),
    runs: storage.jobRuns,
    runsHere: (job) => runsJob(role, job),
    now,
    monotonic: options.clock.monotonic,
    clockIsRight,
    retentions: [
      departedServers(services.privacy),
      expiredSettings(storage.privacy),
      endedTrainings(storage.trainings),
      ...leftToOthers(storage),
    ],
    sleep,
    random,
    logger,
    metrics,
  });
  let watch: EventLoopWatch | null = null;
  const { redis, turn } = data.cluster;
  let stopHelping = async (): Promise<void> => undefined;
  const isShared = async () => redis?.isUp() === true && (await turn.mode()) === 'together';
  const stopJobs = async () => void (await Promise.all([scheduler.stop(), stopHelping()]));
  let driftTimer: ReturnType<typeof setInterval> | null = null;
  let warmTimer: ReturnType<typeof setTimeout> | null = null;
  const machine = createTimeMachine({ ...scheduler, now, move: options.clock.move });
  return {
    context,
    training,
    promotion,
    metrics,
    readings,
    readiness,
    keyValue: keyValue('app'),
    cluster: data.cluster,
    clockCheck: options.clock.check,
    siblings,
    onPostedTo: posting.onPostedTo,
    simulation: market.simulation?.reason ?? null,
    timeMachine: simulated() ? machine : null,
    start(port, discord) {
      discordStatus = discord ?? null;
      watch ??= watchEventLoop({ now, logger });
      if (port) posting.connect(port);
      siblings?.processes.start();
      tally.start(storage.interactionCounts);
      if (siblings && trains(role)) driftTimer ??= setInterval(() => void followDrift(), DRIFT_TOLD_MS).unref();
      if (role.discord === 'gateway') {
        warmTimer ??= setTimeout(() => void warmUpAccuracy(accuracy, logger), ACCURACY_WARM_AFTER_MS).unref();
      }
      scheduler.start();
      if (redis && runsJob(role, 'publish')) stopHelping = helpPublishing({ publishing, isShared, now, sleep, logger });
      learning.start();
    },
    publicRecord: () => publicRecordOf({ storage, changes: kept.changes, simulated: simulated(), version, now }),
    rowCounts: () => storage.rowCounts(),
    stopJobs,
    async close() {
      if (driftTimer) clearInterval(driftTimer);
      if (warmTimer) clearTimeout(warmTimer);
      await stopJobs();
      await Promise.all([
        watch?.close(),
        charts.close(),
        forecasting.close(),
        learning.close(),
        tally.stop(),
        siblings?.processes.stop(),
      ]);
      await data.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The settings with the present tickers of the tracked coins, so that an old one goes on; each change is logged. Files keep their own names. */
function withCurrentSymbols(config: Config, logger: Logger): Config {
  if (!config.MARKET_SOURCES.every(isLiveSource)) return config;
  const symbols = config.SYMBOLS.map((symbol) => {
    const current = currentSymbol(symbol);
    const change = changeOf(symbol);
    if (current !== symbol)
      logger.warn({ symbol, tracked: current, reason: change?.text }, 'SYMBOLS names an old ticker');
    else if (change?.kind === 'ended') logger.warn({ symbol, reason: change.text }, 'SYMBOLS names a coin that ended');
    return current;
  });
  return { ...config, SYMBOLS: [...new Set(symbols)] };
}
