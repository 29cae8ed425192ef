import type { Interval } from '../../core/candle.ts';

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
  readonly usual: Float64Array;
}
