import type { Services } from '../commands/command.ts';
import { type ClockCheck, clockDifferenceText } from '../core/clock-check.ts';
import { CandlecastError } from '../core/errors.ts';
import { createObservationService } from '../market/observations.ts';
import type { createForecastPool } from '../ml/workers/forecast.ts';
import { createAccuracyService } from '../services/accuracy/accuracy.ts';
import { createLedgerService, type LedgerService, recordingForecastService } from '../services/accuracy/ledger.ts';
import { createLiveRecords } from '../services/accuracy/track-record.ts';
import { createCloseForecasts } from '../services/forecast/close-forecast.ts';
import { createExplanationService } from '../services/forecast/explain.ts';
import { createForecastService, type ForecastService } from '../services/forecast/forecast.ts';
import type { ForecastMarket } from '../services/forecast/forecast-inputs.ts';
import { createRollingCandleService } from '../services/forecast/rolling-candles.ts';
import type { ModelRegistry } from '../services/models/model-registry.ts';
import type { WidthService } from '../services/models/widths.ts';
import { createOddsService } from '../services/odds/odds.ts';
import { createOddsRecordService } from '../services/odds/odds-record.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { AppData } from './data.ts';

/** Maximum wait of a forecast for observations. */
const OBSERVATIONS_MS = 1_500;

/** Long enough for one attempt at every coin. */
const SIMULATED_LIMIT_MS = 20_000;

/** Forecasts, their explanations, and their record. */
export interface Forecasting extends Pick<Services, 'forecast' | 'explanation' | 'accuracy' | 'odds' | 'oddsRecord'> {
  readonly ledger: LedgerService;
  /** Forecasts that nobody is shown. */
  readonly unrecorded: ForecastService;
  /** The services that forecasts read from. */
  readonly inputs: ForecastMarket;
  readonly liveRecord: ReturnType<typeof createLiveRecords>;
  close(): Promise<void>;
}

/** Builds them over the pool, which is closed with them. */
export function buildForecasting(
  data: AppData,
  models: ModelRegistry,
  pool: ReturnType<typeof createForecastPool>,
  widths: Pick<WidthService, 'tableFor' | 'eventFactors' | 'stamp'>,
): Forecasting {
  const { options, market, storage, assets, candles, livePrices, simulated } = data;
  const { config, logger, sleep } = options;
  const { check } = options.clock;
  const now = check.checked;
  const { sources } = market;
  const { calibrations } = storage;
  const { ledger: ledgerRows, outcomes } = unlessClockIsWrong(storage, check);
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
  const liveRecord = createLiveRecords({ outcomes, schedule: storage.schedule, logger, now });
  const rolling = createRollingCandleService({
    market: candles,
    history: data.hours,
    logger,
    sleep,
    // The simulated exchange computes a coin's history when it is first asked for it.
    ...(simulated() ? { waitMs: SIMULATED_LIMIT_MS } : {}),
  });
  const close = createCloseForecasts({ models, pool, logger, now, market: inputs, rolling, calibrations, widths });
  const plain = createForecastService({
    assets,
    close,
    prices: livePrices,
    simulated,
    now,
    liveRecord,
    schedule: data.events.schedule,
  });
  const ledger = createLedgerService({
    ledger: ledgerRows,
    modelFiles: models.loaded,
    outcomes,
    schedule: storage.schedule,
    candles: storage.candles,
    market: candles,
    prices: livePrices,
    assets,
    close,
    symbols: config.SYMBOLS,
    logger,
    now,
    sleep,
    // In a simulated market a missing candle never arrives late, and the demo's clock waits meanwhile.
    ...(simulated() ? { limitMs: SIMULATED_LIMIT_MS } : {}),
  });
  const forecast = recordingForecastService(plain, ledger);
  const oddsRecord = createOddsRecordService({ oddsSums: storage.oddsSums, assets, simulated, now });
  const clockIsRight = () => check.status().state !== 'wrong';
  return {
    inputs,
    liveRecord,
    ledger,
    unrecorded: plain,
    forecast,
    oddsRecord,
    odds: createOddsService({
      forecast,
      askedOdds: storage.askedOdds,
      record: oddsRecord,
      clockIsRight,
      logger,
      now,
    }),
    explanation: createExplanationService({ market: inputs, rolling, calibrations, widths, models, pool, logger }),
    accuracy: createAccuracyService({
      outcomes,
      liveOutcomes: storage.liveOutcomes,
      schedule: storage.schedule,
      models,
      assets,
      simulated,
      logger,
      now,
    }),
    close: () => pool.close(),
  };
}

/** The record, which takes nothing while the clock is wrong: adding to it throws `CC_CLOCK_WRONG` then. */
export function unlessClockIsWrong(
  { ledger, outcomes }: Pick<Storage, 'ledger' | 'outcomes'>,
  check: Pick<ClockCheck, 'status'>,
): Pick<Storage, 'ledger' | 'outcomes'> {
  const requireClock = () => {
    const status = check.status();
    if (status.state !== 'wrong') return;
    const hosts = status.hosts.slice(0, 3).join(', ');
    const message = `The clock of this machine is ${clockDifferenceText(status)} by ${hosts}, so nothing is recorded.`;
    throw new CandlecastError('CC_CLOCK_WRONG', message, { retryable: true });
  };
  return {
    ledger: {
      ...ledger,
      async append(forecasts, cause, models) {
        requireClock();
        return ledger.append(forecasts, cause, models);
      },
    },
    outcomes: {
      ...outcomes,
      async add(scores) {
        if (scores.length > 0) requireClock();
        return outcomes.add(scores);
      },
    },
  };
}
