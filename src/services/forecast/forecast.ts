import { LRUCache } from 'lru-cache';
import type { Asset } from '../../core/asset.ts';
import { closeTimeMs } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { type Horizon, type HorizonName, parseHorizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import { createSharedCalls } from '../../core/shared-work.ts';
import type { Clock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { minimumCandles } from '../../ml/features/build.ts';
import type { CoinForecast } from '../../ml/forecast/forecaster.ts';
import type { ForecastPool } from '../../ml/workers/forecast.ts';
import type { ModelRegistry, ServingModel } from '../models/model-registry.ts';
import { climatologyInstead, climatologyReason } from './climatology-fallback.ts';
import {
  type CalibrationStore,
  type ForecastCandles,
  type ForecastMarket,
  faultsOf,
  forecastCandles,
  forecastTask,
  keptCalibration,
  type MissingInput,
} from './forecast-inputs.ts';
import { forecastReport } from './forecast-report.ts';

/** The input of a forecast. */
export interface ForecastRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Fetch newer candles even where the stored ones are recent. */
  readonly refresh?: boolean;
  /** For a coin that became another one, forecast that other one; without it that is an error. */
  readonly follow?: boolean;
}

/** Forecasts of one coin at one horizon. */
export interface ForecastService {
  /**
   * Throws errors of the family in core/errors.ts, and the signal's reason; everything that is only degraded is in the report's notes. Equal
   * requests at the same time are one.
   */
  forecast(request: ForecastRequest, asking?: Asking): Promise<ForecastReport>;
}

/** The newest answers of nets and the newest reports are kept for this many series and for each of their horizons; a report takes about 25 kB. */
const SERIES_KEPT = 100;
const REPORTS_KEPT = 300;
/** Notes that depend on the time, such as the age of the newest candle, are made anew this often. */
const NOTED_EVERY_MS = 1_000;

/** What the forecast service is built from. */
export interface ForecastParts {
  readonly assets: AssetDirectory;
  readonly market: ForecastMarket;
  readonly calibrations: CalibrationStore;
  readonly models: ModelRegistry;
  readonly pool: ForecastPool;
  readonly simulated: () => boolean;
  /** The live record of a horizon once it is long enough; it then replaces the card's evaluation. Never throws. */
  readonly liveRecord?: (horizon: HorizonName) => Promise<TrackRecord | null>;
  readonly logger: Logger;
  readonly now: Clock;
}

/** One coin forecast at every horizon of an interval, with what the report needs besides. */
interface Computed {
  readonly forecast: Omit<CoinForecast, 'calibration'>;
  readonly missing: readonly MissingInput[];
}

/** The newest report of a coin at a horizon, with what it was made from and what it says. */
interface Reported {
  readonly inputs: string;
  readonly key: string;
  readonly report: ForecastReport;
}

/** Makes the forecast service. A net's answer is kept while neither the newest candle nor the model has changed. */
export function createForecastService(parts: ForecastParts): ForecastService {
  const answers = new LRUCache<string, { readonly key: string; readonly computed: Computed }>({ max: SERIES_KEPT });
  const computing = createSharedCalls<Computed>();
  const forecasting = createSharedCalls<ForecastReport>();
  const reports = new LRUCache<string, Reported>({ max: REPORTS_KEPT });
  const numberOf = createNumbering();

  async function compute(
    model: ServingModel,
    { series, btc }: ForecastCandles,
    signal: AbortSignal,
  ): Promise<Computed> {
    const newest = series.candles[series.candles.length - 1]!;
    const btcNewest = btc?.candles.at(-1);
    const name = `${series.symbol} ${series.interval}`;
    const key = [
      name,
      newest.openTimeMs,
      newest.fetchedAtMs,
      series.candles.length,
      btcNewest?.openTimeMs ?? 0,
      btcNewest?.fetchedAtMs ?? 0,
      model.card.version,
    ].join('|');
    const known = answers.get(name);
    if (known?.key === key) return known.computed;
    return computing.run(key, signal, async (wanted) => {
      const computed = await run(model, { series, btc }, wanted);
      answers.set(name, { key, computed });
      return computed;
    });
  }

  async function run(model: ServingModel, { series, btc }: ForecastCandles, signal: AbortSignal): Promise<Computed> {
    const { symbol, interval } = series;
    const known = await keptCalibration(parts.calibrations, parts.logger, symbol, model);
    const { task, missing } = await forecastTask(parts.market, { series, btc }, model, known);
    const { calibration, ...forecast } = await parts.pool.forecast(task, signal);
    if (calibration) {
      // A forecast is shown even where the new state of calibration cannot be stored.
      await parts.calibrations.put(symbol, interval, model.card.version, calibration).catch((error) => {
        parts.logger.warn({ err: asCandlecastError(error), symbol }, 'what calibration has learnt cannot be kept');
      });
    }
    return { forecast, missing };
  }

  async function make(
    asset: Asset,
    horizon: Horizon,
    refresh: boolean,
    asking: Asking & { readonly signal: AbortSignal },
  ): Promise<ForecastReport> {
    const { interval } = horizon;
    // Read once: a promotion meanwhile must not mix two models in one forecast. Started first, since the worker that reads a model takes
    // a moment to start; a failure is thrown below, after those of the candles.
    const serving = parts.models.serving(interval);
    serving.catch(() => {});
    const { series, btc } = await forecastCandles(parts.market, parts.logger, asset.symbol, interval, {
      ...asking,
      refresh,
    });
    const newest = series.candles.at(-1);
    const model = await serving;
    const need = minimumCandles(model.card.window);
    if (!newest || series.candles.length < need) {
      throw new CandlecastError(
        'CC_HISTORY_TOO_SHORT',
        `${asset.symbol} has ${series.candles.length} complete ${interval === '1d' ? 'daily' : 'hourly'} candles; a forecast needs ${need}.`,
        { context: { have: series.candles.length, need } },
      );
    }
    const staticHistory = await parts.market.isStatic(asset.symbol, interval);
    const live = (await parts.liveRecord?.(horizon.name)) ?? null;
    const originMs = closeTimeMs(newest, interval);
    const nowMs = parts.now();
    const name = `${asset.symbol} ${horizon.name}`;
    const inputs = [
      ...[asset, series, btc, model, live].map(numberOf),
      staticHistory,
      Math.floor(nowMs / NOTED_EVERY_MS),
    ].join(' ');
    const before = reports.get(name);
    if (before?.inputs === inputs) return before.report;
    const faults = faultsOf(series);
    const reason = climatologyReason({
      symbol: asset.symbol,
      horizon,
      originMs,
      nowMs,
      staticHistory,
      modelDataUntilMs: model.card.data.stopUntilMs,
      failures: series.failures,
      unconfirmed: series.unconfirmed,
      faults,
    });
    const computed: Computed = reason
      ? { forecast: climatologyInstead(model.card, series, reason), missing: [] }
      : await compute(model, { series, btc }, asking.signal);
    const report = forecastReport({
      ...computed,
      faults,
      asset,
      horizon,
      series,
      model,
      climatologyReason: reason,
      live,
      nowMs,
      staticHistory,
      simulated: parts.simulated(),
    });
    // Equal inputs return the same object, so that charts and replies can be cached by identity.
    const key = JSON.stringify([
      originMs,
      newest.fetchedAtMs,
      report.model.version,
      report.notes,
      report.record,
      report.quantiles,
    ]);
    const last = reports.get(name);
    const same = last?.key === key ? last.report : report;
    reports.set(name, { inputs, key, report: same });
    return same;
  }

  return {
    async forecast(request, { asker, signal } = {}) {
      const horizon = parseHorizon(request.horizon);
      const asset = parts.assets.resolve(request.symbol, request.follow);
      const { refresh = false } = request;
      return forecasting.run(`${asset.symbol} ${horizon.name} ${refresh}`, signal, (wanted) =>
        make(asset, horizon, refresh, { asker, signal: wanted }),
      );
    },
  };
}

/** Numbers objects, so that what they are can be compared later without holding them: a series of candles takes 400 kB. */
function createNumbering(): (input: object | null) => number {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (input) => {
    if (!input) return 0;
    const number = numbers.get(input) ?? ++last;
    numbers.set(input, number);
    return number;
  };
}
