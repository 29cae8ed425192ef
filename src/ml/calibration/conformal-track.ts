import type { TrackState } from '../../core/calibration-state.ts';
import { ConformalShift } from './conformal.ts';

/** One coin at one horizon on its way through the candles: forecasts wait here until their outcome may teach. */
export class ConformalTrack {
  readonly #conformal: ConformalShift;
  #waiting: { readonly row: number; readonly issued: Float64Array }[] = [];
  #next = 0;

  /** `rowOf` gives the row of a candle's open time; forecasts pending from before the first row can no longer teach. */
  constructor(step: number, from: TrackState | null, rowOf: (openMs: number) => number) {
    this.#conformal = new ConformalShift(step, from?.shift);
    for (const { openMs, issued } of from?.pending ?? []) {
      const row = rowOf(openMs);
      if (row >= 0) this.#waiting.push({ row, issued: Float64Array.from(issued) });
    }
  }

  /** Learns from every forecast whose target, `ahead` rows on, is complete at this row. An unknown outcome (NaN) teaches nothing. */
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

  /** Shifts the row's scaled quantiles in place and remembers them for when their outcome is known. */
  issue(row: number, scaled: Float64Array): void {
    this.#conformal.apply(scaled);
    this.#waiting.push({ row, issued: scaled.slice() });
  }

  /** As it stands now. */
  state(openMsOf: (row: number) => number): TrackState {
    return {
      shift: this.#conformal.shift,
      pending: this.#waiting
        .slice(this.#next)
        .map(({ row, issued }) => ({ openMs: openMsOf(row), issued: Array.from(issued) })),
    };
  }
}
