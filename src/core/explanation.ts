import type { HorizonName } from './horizon.ts';

/** The groups of inputs that a forecast is explained by; every input of the model belongs to exactly one. */
export const INPUT_GROUPS = [
  'volatility',
  'trend',
  'bitcoin',
  'volume',
  'calendar',
  'history',
  'onchain',
  'sentiment',
] as const;
export type InputGroup = (typeof INPUT_GROUPS)[number];

/** The contribution of one group of inputs to a number of the forecast. */
export interface GroupContribution {
  readonly group: InputGroup;
  readonly value: number;
}

/**
 * The attribution of one number of a forecast, from climatology's value to the shown one. `usual` + `reference` + the groups + `calibration` +
 * `adjustment` = `shown`, up to rounding.
 */
export interface Attribution {
  /** Climatology's value. */
  readonly usual: number;
  /** The net's output on neutral inputs, less `usual`. */
  readonly reference: number;
  /** Exact Shapley values of the model's input groups, in the order of INPUT_GROUPS. */
  readonly groups: readonly GroupContribution[];
  /** The contribution of the blend with climatology and of conformal calibration. */
  readonly calibration: number;
  /** What was changed after that: the widening after a shock or for inputs unlike the training data, and what {@link AdjustmentCause} names. */
  readonly adjustment: number;
  readonly shown: number;
}

/** The three numbers of a forecast at one horizon, each explained. */
export interface DistributionExplanation {
  /** Log of the forecast volatility relative to the usual one. */
  readonly width: Attribution;
  /** Log return from the last price to the median. */
  readonly median: Attribution;
  /** Probability that the price at the target is above the last price. */
  readonly pUp: Attribution;
}

/**
 * What the adjustment mostly stands for: the widening (`margin`), the hourly model with which one day is averaged (`hours`), or the price's move since
 * the close that the model read (`move`).
 */
export type AdjustmentCause = 'margin' | 'hours' | 'move';

/** The explanation of a coin's forecast. */
export interface ForecastExplanation extends DistributionExplanation {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly modelVersion: string;
  readonly simulated: boolean;
  readonly adjustmentCause: AdjustmentCause;
}
