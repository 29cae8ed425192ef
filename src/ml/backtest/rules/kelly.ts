import { kellyShare } from '../sizing.ts';
import type { ExposureRule } from './rule.ts';

/** A fraction of the Kelly share of the whole distribution, at most `cap` of the account. */
export const fractionalKelly =
  (options: { readonly fraction: number; readonly cap: number; readonly short: boolean }): ExposureRule =>
  ({ quantiles }) => {
    const full = options.cap / options.fraction;
    return options.fraction * kellyShare(quantiles, options.short ? -full : 0, full);
  };
