import { volatilityTargetSize } from '../sizing.ts';
import type { ExposureRule } from './rule.ts';

/** What a volatility target is. */
export interface VolatilityTarget {
  /** A year's volatility of the account. */
  readonly yearly: number;
  readonly cap: number;
}

/** Always long, as large as the volatility aimed for allows. */
export const volatilityTarget =
  ({ yearly, cap }: VolatilityTarget): ExposureRule =>
  (view) =>
    volatilityTargetSize(view, yearly, cap);

/** The direction of another rule, as large as the volatility aimed for allows. */
export const sizedByVolatility =
  (direction: ExposureRule, { yearly, cap }: VolatilityTarget): ExposureRule =>
  (view, current) =>
    direction(view, current) * volatilityTargetSize(view, yearly, cap);
