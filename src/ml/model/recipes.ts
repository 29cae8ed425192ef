import type { Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { NetworkSpec, SentimentSpec, TrunkLayer } from '../engine/types.ts';
import { WINDOW } from '../features/build.ts';
import { STEP_FEATURES } from '../features/step-features.ts';

/**
 * The shapes of network that can be trained, all over the same inputs, dense part and head: convolutions alone, an LSTM or a GRU on the
 * raw window, and convolution and pooling before an LSTM.
 */
export const FAMILIES = ['cnn', 'lstm', 'gru', 'cnn-lstm'] as const;
export type Family = (typeof FAMILIES)[number];

/**
 * Weight of the auxiliary loss (log range volatility over the horizon); it delays over-fitting. Hours have few independent days to
 * learn a day ahead from, and need more of it.
 */
export const AUXILIARY_WEIGHTS: Readonly<Record<Interval, number>> = { '1d': 0.3, '1h': 1 };

/** Share of training windows whose sentiment is masked, so that the model also forecasts while the feeds are down. */
const SENTIMENT_DROPOUT = 0.4;

/** What can be varied about a network of a given family. */
export interface NetworkSize {
  /** Candles in one window. */
  readonly window: number;
  /** Filters of a convolution, units of a recurrent and of the dense layer. */
  readonly filters: number;
  readonly units: number;
  readonly dense: number;
  /** Share of the dense layer's outputs that is dropped in training. */
  readonly dropout: number;
}

/** Default sizes. */
export const DEFAULT_SIZE: NetworkSize = { window: WINDOW, filters: 24, units: 32, dense: 48, dropout: 0.1 };

/**
 * What comes before the dense part. With the same size the families have about the same number of parameters (12,400 to 13,200 with
 * the default on daily candles), so a recurrent layer that stands alone gets more units.
 */
const TRUNKS: Readonly<Record<Family, (size: NetworkSize) => readonly TrunkLayer[]>> = {
  cnn: ({ filters }) => [
    { type: 'conv1d', filters, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'conv1d', filters, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 3 },
    { type: 'conv1d', filters, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'flatten' },
  ],
  lstm: ({ units }) => [{ type: 'lstm', units: Math.round(units * 1.25) }],
  gru: ({ units }) => [{ type: 'gru', units: Math.round(units * 1.375) }],
  'cnn-lstm': ({ filters, units }) => [
    { type: 'conv1d', filters, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'lstm', units },
  ],
};

/** The network of a family for `context` context numbers, `horizons` horizons and, where there are any, `sentiment` inputs. */
export function networkSpec(
  family: Family,
  context: number,
  horizons: number,
  size: NetworkSize = DEFAULT_SIZE,
  sentiment: Pick<SentimentSpec, 'inputs' | 'masks'> | null = null,
  auxiliaryWeight: number = AUXILIARY_WEIGHTS['1d'],
): NetworkSpec {
  return {
    window: size.window,
    features: STEP_FEATURES.length,
    context,
    trunk: TRUNKS[family](size),
    dense: [
      { type: 'dense', units: size.dense, activation: 'relu' },
      { type: 'dropout', rate: size.dropout },
    ],
    ...(sentiment ? { sentiment: { ...sentiment, dropout: SENTIMENT_DROPOUT } } : {}),
    head: {
      type: 'quantile',
      horizons,
      levels: QUANTILE_LEVELS,
      auxiliary: true,
      auxiliaryWeight,
    },
  };
}
