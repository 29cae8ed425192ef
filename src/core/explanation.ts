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

/** What one group of inputs added to a number of the forecast. */
export interface GroupContribution {
  readonly group: InputGroup;
  readonly value: number;
}

/**
 * How one number of a forecast came from climatology's to the one shown. `usual` + `reference` + the groups + `calibration` +
 * `adjustment` = `shown`, up to rounding.
 */
export interface Attribution {
  /** Climatology's number: how the coin usually moves. */
  readonly usual: number;
  /** What the net says on neutral inputs, less `usual`. */
  readonly reference: number;
  /** Exact Shapley values of the groups the model learnt from, in the order of INPUT_GROUPS. */
  readonly groups: readonly GroupContribution[];
  /** What blending with climatology and conformal calibration added. */
  readonly calibration: number;
  /** What opening the bands added, after a shock or far from what training saw. */
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

/** Why a coin's forecast is what it is. */
export interface ForecastExplanation extends DistributionExplanation {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly modelVersion: string;
  readonly simulated: boolean;
}
