/**
 * Detects that a bounded number's conditional mean is above a limit from some moment on. Each update bets against "the mean of
 * the next value, given all before, is at most the limit": the Shiryaev–Roberts e-detector (Shin, Ramdas & Rinaldo 2024), averaged
 * over several stakes. As long as that holds, its evidence less the time spent is a supermartingale whatever the distribution, so
 * it reaches `c` within T units of time with probability T ÷ c at most.
 */
export class ChangeDetector {
  readonly #stakes: readonly number[];
  readonly #limit: number;
  readonly #unit: number;
  readonly #roberts: Float64Array;
  readonly #cusum: Float64Array;
  readonly #start: Float64Array;

  /**
   * Values lie in [`lowest`, 1]; `limit` is above `lowest`. `unit` is the time between two updates, in whatever unit thresholds are.
   */
  constructor({ limit, lowest, unit }: { readonly limit: number; readonly lowest: number; readonly unit: number }) {
    // The largest stake that cannot lose everything, and fractions of it for smaller changes.
    this.#stakes = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7].map((share) => share / (limit - lowest));
    this.#limit = limit;
    this.#unit = unit;
    this.#roberts = new Float64Array(this.#stakes.length);
    this.#cusum = new Float64Array(this.#stakes.length).fill(1);
    this.#start = new Float64Array(this.#stakes.length).fill(Number.NaN);
  }

  /** Adds the next value, made at `atMs`; returns the evidence. */
  add(value: number, atMs: number): number {
    let evidence = 0;
    this.#stakes.forEach((stake, i) => {
      const factor = 1 + stake * (value - this.#limit);
      this.#roberts[i] = factor * (this.#roberts[i]! + this.#unit);
      evidence += this.#roberts[i]! / this.#stakes.length;
      if (this.#cusum[i]! <= 1) {
        this.#cusum[i] = 1;
        this.#start[i] = atMs;
      }
      this.#cusum[i]! *= factor;
    });
    return evidence;
  }

  /** Start of the period with the most evidence for a change: its maximum-likelihood estimate, in the stake that gained most. */
  get sinceMs(): number {
    let best = 0;
    this.#cusum.forEach((value, i) => {
      if (value > this.#cusum[best]!) best = i;
    });
    return this.#start[best]!;
  }
}
