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

/** A small GRU behind a convolution, with context and the quantile head. */
export const SMALL_GRU: NetworkSpec = {
  window: 11,
  features: 6,
  context: 3,
  trunk: [
    { type: 'conv1d', filters: 5, kernel: 3, activation: 'relu' },
    { type: 'gru', units: 7 },
    { type: 'dropout', rate: 0.2 },
  ],
  dense: [{ type: 'dense', units: 9, activation: 'tanh' }],
  head: QUANTILE_HEAD,
};

/** A CNN-LSTM with sentiment behind its gate. */
export const SMALL_SENTIMENT: NetworkSpec = {
  ...SMALL_CNN_LSTM,
  dense: [{ type: 'dropout', rate: 0.1 }, ...SMALL_CNN_LSTM.dense, { type: 'dense', units: 6, activation: 'tanh' }],
  sentiment: { inputs: 11, masks: 2, dropout: 0.4 },
};

/** The families. */
export const FAMILIES: readonly (readonly [string, NetworkSpec])[] = [
  ['a CNN-LSTM', SMALL_CNN_LSTM],
  ['a CNN', SMALL_CNN],
  ['an LSTM', SMALL_LSTM],
  ['a GRU', SMALL_GRU],
  ['a CNN-LSTM with sentiment', SMALL_SENTIMENT],
];

const linear: HeadSpec = { type: 'linear', levels: [0.1, 0.5, 0.9] };
const plain = { window: 9, features: 5, context: 0, dense: [], head: linear } as const;

/** One network per layer, then whole ones; sizes are odd on purpose. */
export const NETWORKS: Readonly<Record<string, NetworkSpec>> = {
  'a linear layer on the flattened window': { ...plain, trunk: [{ type: 'flatten' }] },
  'conv1d with ReLU': {
    ...plain,
    trunk: [{ type: 'conv1d', filters: 7, kernel: 3, activation: 'relu' }, { type: 'flatten' }],
  },
  'conv1d with an even kernel, twice': {
    ...plain,
    trunk: [
      { type: 'conv1d', filters: 3, kernel: 4, activation: 'linear' },
      { type: 'conv1d', filters: 9, kernel: 2, activation: 'relu' },
      { type: 'flatten' },
    ],
  },
  'max-pool with steps left over': {
    ...plain,
    window: 11,
    trunk: [
      { type: 'conv1d', filters: 6, kernel: 5, activation: 'linear' },
      { type: 'maxPool', size: 3 },
      { type: 'flatten' },
    ],
  },
  'an LSTM on the raw window': { ...plain, trunk: [{ type: 'lstm', units: 5 }] },
  'an LSTM of 64 units': { ...plain, window: 4, trunk: [{ type: 'lstm', units: 64 }] },
  'a GRU on the raw window': { ...plain, trunk: [{ type: 'gru', units: 5 }] },
  'a GRU of 88 units': { ...plain, window: 4, trunk: [{ type: 'gru', units: 88 }] },
  'dense layers with tanh and ReLU': {
    ...plain,
    trunk: [{ type: 'flatten' }],
    dense: [
      { type: 'dense', units: 11, activation: 'tanh' },
      { type: 'dense', units: 6, activation: 'relu' },
      { type: 'dense', units: 3, activation: 'linear' },
    ],
  },
  'a context beside the trunk': {
    ...plain,
    context: 3,
    trunk: [{ type: 'lstm', units: 6 }],
    dense: [{ type: 'dense', units: 5, activation: 'tanh' }],
  },
  'a gated input beside a dense layer': {
    ...plain,
    trunk: [{ type: 'flatten' }],
    dense: [{ type: 'dense', units: 5, activation: 'tanh' }],
    sentiment: { inputs: 3, masks: 0, dropout: 0 },
  },
  'the quantile head': { ...plain, trunk: [{ type: 'flatten' }], head: QUANTILE_HEAD },
  'the quantile head without auxiliary': {
    ...plain,
    trunk: [{ type: 'flatten' }],
    head: { ...QUANTILE_HEAD, auxiliary: false, horizons: 3 },
  },
  'a whole CNN-LSTM': SMALL_CNN_LSTM,
  'a whole CNN': SMALL_CNN,
  'a whole GRU': SMALL_GRU,
  'a whole CNN-LSTM with sentiment': SMALL_SENTIMENT,
};
