import type { ExposureRule } from './rule.ts';

/** When a direction is taken and when it is left again; the space between keeps small changes from being traded. */
export interface Thresholds {
  readonly enter: number;
  readonly leave: number;
  readonly short: boolean;
}

/** +1, 0 or −1 for a signal that is symmetric around zero: taken at `enter`, kept until it is no longer above `leave`. */
export function thresholdDirection(signal: number, current: number, { enter, leave, short }: Thresholds): number {
  if (signal >= enter || (current > 0 && signal > leave)) return 1;
  if (short && (signal <= -enter || (current < 0 && signal < -leave))) return -1;
  return 0;
}

/** Fully in where the forecast chance of a rise is at least 50 % + `enter`. */
export const pUpThreshold =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    thresholdDirection(view.pUp - 0.5, current, thresholds);

/** Fully in where the expected return is at least `enter` times the expected volatility. */
export const returnOverRisk =
  (thresholds: Thresholds): ExposureRule =>
  (view, current) =>
    view.volatility > 0 ? thresholdDirection(view.expectedReturn / view.volatility, current, thresholds) : 0;
