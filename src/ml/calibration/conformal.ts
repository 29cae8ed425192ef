import type { TrackState } from '../../core/calibration-state.ts';
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

  /** `step` is the learning rate: the largest change of a shift by one outcome, in units of σ √horizon; `shift` are the starting shifts. */
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

  /** Updates the shifts with an outcome and the scaled quantiles that were issued for it. Call only once the outcome is known. */
  learn(outcome: number, issued: ArrayLike<number>): void {
    for (let k = 0; k < LEVELS; k++) {
      const below = outcome <= issued[k]! ? 1 : 0;
      this.#shift[k]! += this.#step * (QUANTILE_LEVELS[k]! - below);
    }
  }
}

/** Calibrates one coin at one horizon candle by candle; keeps forecasts until their outcome is known. */
export class ConformalTrack {
  readonly #conformal: ConformalShift;
  #waiting: { readonly row: number; readonly issued: Float64Array }[] = [];
  #next = 0;

  /** `rowOf` gives the row of a candle's open time; forecasts pending from before the first row are dropped. */
  constructor(step: number, from: TrackState | null, rowOf: (openMs: number) => number) {
    this.#conformal = new ConformalShift(step, from?.shift);
    for (const { openMs, issued } of from?.pending ?? []) {
      const row = rowOf(openMs);
      if (row >= 0) this.#waiting.push({ row, issued: Float64Array.from(issued) });
    }
  }

  /** Updates the shifts with every forecast whose target, `ahead` rows on, is complete at this row; skips unknown outcomes (NaN). */
  settle(row: number, ahead: number, outcomeOf: (issuedRow: number) => number): void {
    for (; this.#next < this.#waiting.length; this.#next++) {
      const { row: issuedRow, issued } = this.#waiting[this.#next]!;
      if (issuedRow + ahead > row) break;
      const outcome = outcomeOf(issuedRow);
      if (!Number.isNaN(outcome)) this.#conformal.learn(outcome, issued);
    }
    if (this.#next < 64) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }

  /** Shifts the row's scaled quantiles in place and keeps them until their outcome is known. */
  issue(row: number, scaled: Float64Array): void {
    this.#conformal.apply(scaled);
    this.#waiting.push({ row, issued: scaled.slice() });
  }

  /** The current state. */
  state(openMsOf: (row: number) => number): TrackState {
    return {
      shift: this.#conformal.shift,
      pending: this.#waiting
        .slice(this.#next)
        .map(({ row, issued }) => ({ openMs: openMsOf(row), issued: Array.from(issued) })),
    };
  }
}
