import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import type { NetworkSpec } from './engine/types.ts';
import { WINDOW } from './features/build.ts';
import { STEP_FEATURES } from './features/step-features.ts';

/** The shapes of network that can be trained. */
export const FAMILIES = ['cnn-lstm'] as const;
export type Family = (typeof FAMILIES)[number];

/** Weight of the auxiliary loss (log range volatility over the horizon); it delays over-fitting. */
const AUXILIARY_WEIGHT = 0.3;

/** The network of a family for `context` context numbers and `horizons` horizons. */
export function networkSpec(_family: Family, context: number, horizons: number): NetworkSpec {
  return {
    window: WINDOW,
    features: STEP_FEATURES.length,
    context,
    trunk: [
      { type: 'conv1d', filters: 24, kernel: 3, activation: 'relu' },
      { type: 'maxPool', size: 2 },
      { type: 'lstm', units: 32 },
    ],
    dense: [
      { type: 'dense', units: 48, activation: 'relu' },
      { type: 'dropout', rate: 0.1 },
    ],
    head: {
      type: 'quantile',
      horizons,
      levels: QUANTILE_LEVELS,
      auxiliary: true,
      auxiliaryWeight: AUXILIARY_WEIGHT,
    },
  };
}
