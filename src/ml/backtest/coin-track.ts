import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { type CoinHistory, historyFeatures, historyFeaturesAsOf, isFlaggedLater } from '../data/coin-history.ts';
import { windowUsable } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { rollingMean } from '../features/rolling.ts';
import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';

/** What a backtest runs over. */
export interface BacktestSpan {
  readonly interval: Interval;
  /** Horizon in candles. */
  readonly steps: number;
  /** First origin, and the last close; on the interval's grid. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * One coin's candles and forecasts over a span, as columns. Row i is the candle that closes at `fromMs + i` intervals, so the rows of all
 * coins are the same moments; where there is no candle, prices are NaN. Row 0 is only decided on, never traded in.
 */
export interface CoinTrack {
  readonly symbol: string;
  readonly rows: number;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Mean dollars traded in a candle over the trailing month of days, or week of hours; 0 where unknown. */
  readonly dollarVolume: Float64Array;
  /** EWMA volatility of a candle, without a model; NaN where unknown. */
  readonly sigma: Float64Array;
  /** Log-return quantiles at the horizon, rows × QUANTILE_LEVELS; NaN where nothing was forecast. */
  readonly quantiles: Float64Array;
  /** The same of climatology, by which the model's skill is measured. */
  readonly climatology: Float64Array;
}

const LEVELS = QUANTILE_LEVELS.length;
/** Candles that the usual volume looks back over, and how many of them must be there. */
const VOLUME_ROWS = { '1d': 30, '1h': 168 } as const;
const MIN_VOLUMES = 5;

/** What a coin is forecast with. */
export interface ForecastSetting extends BacktestSpan {
  readonly btc: CoinHistory | null;
  /** Candles in one window of the model. */
  readonly window: number;
}

/**
 * Forecasts a coin at every origin of the span, each from what was known when its candle closed: calibration only learns from outcomes
 * before it, and where a later candle put a flag on that candle (or on Bitcoin's), the series is cut at the origin. It is the path
 * of `evaluateCoin`. Prices are those of the file, flagged ones included: an account would have met them.
 */
export function forecastCoin(history: CoinHistory, setting: ForecastSetting, model: RollingForecaster): CoinTrack {
  const { interval, steps, fromMs, toMs, btc, window } = setting;
  const step = INTERVAL_MS[interval];
  const rows = Math.max(0, Math.floor((toMs - fromMs) / step) + 1);
  const { raw } = history;
  // Row of the history that closes at fromMs.
  const first = Math.round((fromMs - step - raw.startMs) / step);
  const cut = (values: Float64Array) => Float64Array.from({ length: rows }, (_, i) => values[first + i] ?? Number.NaN);
  const features = historyFeatures(history, btc);

  const empty = () => new Float64Array(rows * LEVELS).fill(Number.NaN);
  const track: CoinTrack = {
    symbol: history.symbol,
    rows,
    open: cut(raw.open),
    high: cut(raw.high),
    low: cut(raw.low),
    close: cut(raw.close),
    dollarVolume: cut(usualDollarVolume(raw)).map((value) => (Number.isNaN(value) ? 0 : value)),
    sigma: cut(features.series.sigma),
    quantiles: empty(),
    climatology: empty(),
  };
  const keep = (row: number, made: Float64Array, climatology: Float64Array, index: number) => {
    const from = index * LEVELS;
    track.quantiles.set(made.subarray(from, from + LEVELS), (row - first) * LEVELS);
    track.climatology.set(climatology.subarray(from, from + LEVELS), (row - first) * LEVELS);
  };
  const flaggedLater = (row: number) => isFlaggedLater(history, btc, row);
  const inSpan: number[] = [];
  for (let row = Math.max(0, first); row < Math.min(raw.rows, first + rows); row++) {
    if (!Number.isNaN(raw.close[row]!)) inSpan.push(row);
  }
  const straight = Int32Array.from(inSpan.filter((row) => !flaggedLater(row) && windowUsable(features, row, window)));
  const made = model.forecast(features, [steps], straight);
  const climatology = climatologyBaseline.forecast(features, [steps], straight);
  straight.forEach((row, index) => {
    keep(row, made, climatology, index);
  });
  for (const row of inSpan.filter(flaggedLater)) {
    const then = historyFeaturesAsOf(history, btc, row);
    track.sigma[row - first] = then.series.sigma[row]!;
    if (!windowUsable(then, row, window)) continue;
    const only = Int32Array.of(row);
    keep(row, model.forecast(then, [steps], only), climatologyBaseline.forecast(then, [steps], only), 0);
  }
  return track;
}

function usualDollarVolume(columns: CandleColumns): Float64Array {
  const dollars = columns.volume.map((volume, row) => volume * columns.close[row]!);
  return rollingMean(dollars, VOLUME_ROWS[columns.interval], MIN_VOLUMES);
}
