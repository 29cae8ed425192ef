import type { HeadSpec, NetworkSpec } from '../../../../src/ml/engine/types.ts';

/** A quantile head with an even number of levels, the median off the middle. */
export const QUANTILE_HEAD: HeadSpec & { readonly type: 'quantile' } = {
  type: 'quantile',
  horizons: 2,
  levels: [0.05, 0.25, 0.5, 0.75, 0.8, 0.95],
  auxiliary: true,
  auxiliaryWeight: 0.3,
};

/** A small CNN-LSTM with every kind of layer and odd sizes. */
export const SMALL_CNN_LSTM: NetworkSpec = {
  window: 13,
  features: 7,
  context: 5,
  trunk: [
    { type: 'conv1d', filters: 10, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'lstm', units: 9 },
    { type: 'dropout', rate: 0.2 },
  ],
  dense: [
    { type: 'dense', units: 13, activation: 'relu' },
    { type: 'dropout', rate: 0.1 },
  ],
  head: QUANTILE_HEAD,
};

/** A small CNN that flattens its sequence. */
export const SMALL_CNN: NetworkSpec = {
  window: 12,
  features: 3,
  context: 2,
  trunk: [
    { type: 'conv1d', filters: 5, kernel: 3, activation: 'relu' },
    { type: 'dropout', rate: 0.1 },
    { type: 'maxPool', size: 2 },
    { type: 'conv1d', filters: 11, kernel: 3, activation: 'relu' },
    { type: 'maxPool', size: 2 },
    { type: 'flatten' },
  ],
  dense: [
    { type: 'dropout', rate: 0.5 },
    { type: 'dense', units: 8, activation: 'relu' },
  ],
  head: QUANTILE_HEAD,
};

/** A small LSTM on the raw window, without context, with a linear head. */
export const SMALL_LSTM: NetworkSpec = {
  window: 9,
  features: 5,
  context: 0,
  trunk: [{ type: 'lstm', units: 5 }],
  dense: [],
  head: { type: 'linear', levels: [0.1, 0.5, 0.9] },
};

/** The three families. */
export const FAMILIES: readonly (readonly [string, NetworkSpec])[] = [
  ['a CNN-LSTM', SMALL_CNN_LSTM],
  ['a CNN', SMALL_CNN],
  ['an LSTM', SMALL_LSTM],
];
