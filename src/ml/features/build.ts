import type { Interval } from '../../core/candle.ts';
import type { ObservationMetric } from '../../core/market.ts';
import type { SentimentColumns } from '../../core/sentiment.ts';
import { type CandleColumns, type ObservationColumn, toColumns } from './columns.ts';
import { contextColumns } from './context-features.ts';
import { type PreparedSeries, prepareSeries } from './prepared-series.ts';
import { sentimentFeatures } from './sentiment-features.ts';
import { STEP_FEATURES, stepFeatures } from './step-features.ts';

/** Candles in one window, unless a model says otherwise (`NetworkSpec.window`, and its card). */
export const WINDOW = 60;
/** Rows before the first window that the scales need. */
export const WARM_UP_ROWS = 21;
/** A window with more than one gap in so many candles is not used. */
const CANDLES_PER_GAP = 6;

/** Fewest candles from which a model with this window makes a forecast. */
export const minimumCandles = (window: number): number => window + WARM_UP_ROWS;

/** What is known about one coin: its candles, and daily numbers where a source gives them. */
export interface CoinInput {
  readonly symbol: string;
  readonly columns: CandleColumns;
  readonly observations: ReadonlyMap<ObservationMetric, ObservationColumn>;
  /** Its sentiment at each row's close, aligned with the candles; left out where none is known. */
  readonly sentiment?: SentimentColumns | null | undefined;
}

/** Unscaled inputs of one coin, one row a candle slot. */
export interface CoinFeatures {
  readonly symbol: string;
  readonly series: PreparedSeries;
  /** rows × STEP_FEATURES. */
  readonly steps: Float32Array;
  readonly contextNames: readonly string[];
  /** rows × contextNames; NaN where unknown. */
  readonly context: Float32Array;
  /** rows × SENTIMENT_COLUMNS; null or left out where nothing is known at all. */
  readonly sentiment?: Float32Array | null | undefined;
}

/**
 * Makes the inputs of one coin, the same for training and for serving. Row i holds only what was known when candle i closed.
 * `btc` is the market context; null masks it. A forecast wants the newest rows alone: steps, context and sentiment before row `from` may hold anything,
 * and from there on are the same bits as without it.
 */
export function buildFeatures(coin: CoinInput, btc: CandleColumns | null, from = 0): CoinFeatures {
  const series = prepareSeries(coin.columns);
  const market = btc && btc.rows > 0 ? (btc === coin.columns ? series : prepareSeries(btc)) : null;
  const columns = contextColumns(series, market, coin.observations, from);
  const rows = coin.columns.rows;
  const context = new Float32Array(rows * columns.length);
  columns.forEach(({ values }, at) => {
    for (let i = from; i < rows; i++) {
      const value = values[i]!;
      context[i * columns.length + at] = Number.isFinite(value) ? value : Number.NaN;
    }
  });
  return {
    symbol: coin.symbol,
    series,
    steps: stepFeatures(series, market, from),
    contextNames: columns.map((column) => column.name),
    context,
    sentiment: coin.sentiment ? sentimentFeatures(rows, coin.sentiment, from) : null,
  };
}

/**
 * Whether a window of `window` candles may end at this row: the candle itself is there, the scale is known, and few candles
 * of the window are missing.
 */
export function windowUsable(features: CoinFeatures, row: number, window: number): boolean {
  if (row < minimumCandles(window) - 1) return false;
  const { columns, sigma } = features.series;
  if (Number.isNaN(columns.close[row]!) || Number.isNaN(sigma[row]!)) return false;
  let gaps = 0;
  for (let i = row - window + 1; i <= row; i++) if (Number.isNaN(columns.close[i]!)) gaps++;
  return gaps * CANDLES_PER_GAP <= window;
}

/** Names of the context inputs of an interval, in order. */
export function contextNames(interval: Interval): readonly string[] {
  const nothing = prepareSeries(toColumns([], interval));
  return contextColumns(nothing, null, new Map()).map((column) => column.name);
}

/** Names of the step inputs, for a model's card. */
export const stepNames: readonly string[] = STEP_FEATURES;
