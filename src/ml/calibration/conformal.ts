import { QUANTILE_LEVELS } from '../../core/quantiles.ts';

const LEVELS = QUANTILE_LEVELS.length;

/**
 * Adaptive conformal calibration of one coin at one horizon (Gibbs & Candès 2021, one shift a quantile): every quantile
 * carries a shift in units of σ √horizon that moves up a little when outcomes fall above it too often, and down when
 * they fall below it too often. In the long run each level is exceeded as often as it says.
 */
export class ConformalShift {
  readonly #step: number;
  readonly #shift: Float64Array;

  /** `step` is what one outcome may move a quantile by, in units of σ √horizon; `shift` goes on from shifts learnt before. */
  constructor(step: number, shift?: ArrayLike<number>) {
    this.#step = step;
    this.#shift = shift ? Float64Array.from(shift) : new Float64Array(LEVELS);
  }

  /** The shifts as they stand, one a level. */
  get shift(): readonly number[] {
    return Array.from(this.#shift);
  }

  /** Adds the shifts to scaled quantiles in place and puts them back in order. */
  apply(scaled: Float64Array): Float64Array {
    for (let k = 0; k < LEVELS; k++) scaled[k]! += this.#shift[k]!;
    return scaled.sort();
  }

  /** Learns from an outcome and the scaled quantiles that were issued for it. Call only once the outcome is known. */
  learn(outcome: number, issued: ArrayLike<number>): void {
    for (let k = 0; k < LEVELS; k++) {
      const below = outcome <= issued[k]! ? 1 : 0;
      this.#shift[k]! += this.#step * (QUANTILE_LEVELS[k]! - below);
    }
  }
}
