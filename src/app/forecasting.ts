import type { Services } from '../commands/command.ts';
import { createObservationService } from '../market/observations.ts';
import { backendOf } from '../ml/model/backend.ts';
import { createForecastPool } from '../ml/workers/forecast.ts';
import { createAccuracyService } from '../services/accuracy/accuracy.ts';
import { createLedgerService, type LedgerService, recordingForecastService } from '../services/accuracy/ledger.ts';
import { createLiveRecords } from '../services/accuracy/track-record.ts';
import { createExplanationService } from '../services/forecast/explain.ts';
import { createForecastService } from '../services/forecast/forecast.ts';
import type { ForecastMarket } from '../services/forecast/forecast-inputs.ts';
import type { ModelRegistry } from '../services/models/model-registry.ts';
import type { AppData } from './data.ts';

/** A forecast waits no longer than this for numbers that are no candles. */
const OBSERVATIONS_MS = 1_500;

/** Enough for one try of every coin. */
const SIMULATED_LIMIT_MS = 20_000;

/** Forecasts, what moved them, and the record they leave. */
export interface Forecasting extends Pick<Services, 'forecast' | 'explanation' | 'accuracy'> {
  readonly ledger: LedgerService;
  /** Where forecasts get what they are made from. */
  readonly inputs: ForecastMarket;
  readonly liveRecord: ReturnType<typeof createLiveRecords>;
  close(): Promise<void>;
}

/** Builds them; native TensorFlow, where it is asked for, is known to be there. */
export function buildForecasting(data: AppData, models: ModelRegistry): Forecasting {
  const { options, market, storage, assets, candles, simulated } = data;
  const { config, logger, sleep } = options;
  const { now } = options.clock;
  const { sources } = market;
  const { calibrations, ledger: ledgerRows, outcomes } = storage;
  const pool = createForecastPool(backendOf(config.ML_BACKEND));
  const observations = createObservationService({
    sources: sources.observations,
    repository: storage.observations,
    now,
    logger,
  });
  const inputs: ForecastMarket = {
    series: candles.series,
    async observations(request) {
      const known = await Promise.race([
        observations.observations(request).then((answer) => answer.observations),
        sleep(OBSERVATIONS_MS).then(() => null),
      ]);
      if (known === null) logger.warn({ symbol: request.symbol }, 'daily numbers did not come in time for a forecast');
      return known;
    },
    isStatic: candles.isStatic,
    sentiment: data.sentiment.columns,
  };
  const liveRecord = createLiveRecords({ outcomes, logger, now });
  const plain = createForecastService({
    assets,
    models,
    pool,
    simulated,
    logger,
    now,
    market: inputs,
    calibrations,
    liveRecord,
  });
  const ledger = createLedgerService({
    ledger: ledgerRows,
    outcomes,
    candles: storage.candles,
    market: candles,
    forecast: plain,
    symbols: config.SYMBOLS,
    logger,
    now,
    sleep,
    // What an invented market lacks does not come by waiting, and whoever moves the demo's clock waits with it.
    ...(simulated() ? { limitMs: SIMULATED_LIMIT_MS } : {}),
  });
  return {
    inputs,
    liveRecord,
    ledger,
    forecast: recordingForecastService(plain, ledger),
    explanation: createExplanationService({ market: inputs, calibrations, models, pool, logger }),
    accuracy: createAccuracyService({
      ledger: ledgerRows,
      outcomes,
      models,
      assets,
      symbols: config.SYMBOLS,
      simulated,
      logger,
      now,
    }),
    close: () => pool.close(),
  };
}
