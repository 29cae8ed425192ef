import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { type CoinHistory, historyFeatures, historyFeaturesAsOf, isFlaggedLater } from '../data/coin-history.ts';
import { type CoinFeatures, windowUsable } from '../features/build.ts';
import { rowOpenMs } from '../features/columns.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { volatilityRegimes } from './regimes.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** What is evaluated: origins from `fromMs` to `toMs`, both included and on the interval's grid, at each horizon in candles. */
export interface EvaluationSpan {
  readonly interval: Interval;
  readonly steps: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where and from what forecasts are made. */
export interface OriginSetting extends EvaluationSpan {
  readonly btc: CoinHistory | null;
  /** Candles in one window of the model; an origin without a usable one is left out, for baselines too. */
  readonly window: number;
}

/** What several forecasters said at a coin's origins, each from what was known when the origin's candle closed. */
export interface OriginForecasts {
  /** Rows of the origins that were forecast, ascending. */
  readonly rows: readonly number[];
  /** By row, one array for each forecaster: steps × QUANTILE_LEVELS. */
  readonly byRow: ReadonlyMap<number, readonly Float64Array[]>;
  /** By row, as `volatilityRegimes` has it. */
  readonly regimeAt: ReadonlyMap<number, number>;
  /** Inputs from all candles. */
  readonly features: CoinFeatures;
  /** Candles whose close lies in the span, and how many of them were forecast from the series cut there. */
  readonly origins: number;
  readonly recomputed: number;
}

/**
 * Forecasts one coin at every origin of the span. A forecast rests on what was known when its origin's candle closed: where a later candle put
 * a flag on that candle (or on Bitcoin's), it is made from the series cut at the origin.
 */
export function forecastOrigins(
  history: CoinHistory,
  setting: OriginSetting,
  forecasters: readonly RollingForecaster[],
): OriginForecasts {
  const { interval, steps, fromMs, toMs, btc, window } = setting;
  const { raw: columns } = history;
  const inSpan: number[] = [];
  for (let row = 0; row < columns.rows; row++) {
    const originMs = rowOpenMs(columns, row) + INTERVAL_MS[interval];
    if (!Number.isNaN(columns.close[row]!) && originMs >= fromMs && originMs <= toMs) inSpan.push(row);
  }
  const flaggedLater = (row: number) => isFlaggedLater(history, btc, row);
  const features = historyFeatures(history, btc);
  const regimes = volatilityRegimes(features.series.sigma, interval);
  const byRow = new Map<number, readonly Float64Array[]>();
  const regimeAt = new Map<number, number>();

  const straight = Int32Array.from(inSpan.filter((row) => !flaggedLater(row) && windowUsable(features, row, window)));
  const whole = forecasters.map((forecaster) => forecaster.forecast(features, steps, straight));
  straight.forEach((row, index) => {
    const width = steps.length * LEVELS;
    byRow.set(
      row,
      whole.map((values) => values.subarray(index * width, (index + 1) * width)),
    );
    regimeAt.set(row, regimes[row]!);
  });
  let recomputed = 0;
  for (const row of inSpan.filter(flaggedLater)) {
    const cut = historyFeaturesAsOf(history, btc, row);
    if (!windowUsable(cut, row, window)) continue;
    recomputed++;
    byRow.set(
      row,
      forecasters.map((forecaster) => forecaster.forecast(cut, steps, Int32Array.of(row))),
    );
    regimeAt.set(row, volatilityRegimes(cut.series.sigma, interval)[row]!);
  }
  const rows = inSpan.filter((row) => byRow.has(row));
  return { rows, byRow, regimeAt, features, origins: inSpan.length, recomputed };
}
