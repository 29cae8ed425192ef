import { MEDIAN_INDEX } from '../../core/quantiles.ts';
import { PAIRS } from './width-learner.ts';

/** Factors of one coin, or of all, over time; plain arrays, so that they travel between threads. Each entry holds until the next; before the first all factors are one. */
export interface WidthTable {
  /** Moments, ascending, ms. */
  readonly fromMs: Float64Array;
  /** Moments × horizons × PAIRS. */
  readonly factors: Float32Array;
  /** Shares of the experts in the quantiles that the factors apply to, moments × horizons × experts; left out where the model alone forecasts. */
  readonly shares?: Float32Array | undefined;
}

/** A table in which all factors are one. */
export const NO_WIDTHS: WidthTable = { fromMs: new Float64Array(), factors: new Float32Array() };

/** The factors (PAIRS) of a forecast that starts at a moment, by the index of its horizon; null where all are one. */
export type WidthsAt = (originMs: number, horizon: number) => Float32Array | null;

/** Reads the factors of a table. */
export const widthsOf = (table: WidthTable): WidthsAt => reader(table.fromMs, table.factors, PAIRS);

/** Reads the shares of a table; null where it has none. */
export const sharesOf = ({ fromMs, shares }: WidthTable, experts: number): WidthsAt | null =>
  shares ? reader(fromMs, shares, experts) : null;

function reader(fromMs: Float64Array, values: Float32Array, count: number): WidthsAt {
  const width = fromMs.length === 0 ? 0 : values.length / fromMs.length;
  let at = -1;
  return (originMs, horizon) => {
    // Origins mostly come in the order of time.
    if (at >= 0 && fromMs[at]! > originMs) at = -1;
    while (at + 1 < fromMs.length && fromMs[at + 1]! <= originMs) at++;
    if (at < 0) return null;
    const from = at * width + horizon * count;
    return values.subarray(from, from + count);
  };
}

/** Scales the distance of each pair of quantiles (at QUANTILE_LEVELS) from the median, in place, and keeps them in order. */
export function scaleWidths(quantiles: Float64Array, factors: ArrayLike<number>): void {
  const median = quantiles[MEDIAN_INDEX]!;
  let [below, above] = [0, 0];
  for (let pair = PAIRS - 1; pair >= 0; pair--) {
    const mirrored = 2 * MEDIAN_INDEX - pair;
    // A pair never comes to lie inside the one before it.
    below = Math.max(below, factors[pair]! * (median - quantiles[pair]!));
    above = Math.max(above, factors[pair]! * (quantiles[mirrored]! - median));
    quantiles[pair] = median - below;
    quantiles[mirrored] = median + above;
  }
}

/** Writes the ratios of an outcome to `quantiles` at QUANTILE_LEVELS, PAIRS of them, into `out` from `at` on (see `MaturedMoment`). */
export function setRatios(out: Float32Array, at: number, outcome: number, quantiles: ArrayLike<number>): void {
  const median = quantiles[MEDIAN_INDEX]!;
  const distance = Math.abs(outcome - median);
  for (let pair = 0; pair < PAIRS; pair++) {
    const edge = quantiles[outcome < median ? pair : 2 * MEDIAN_INDEX - pair]!;
    out[at + pair] = distance === 0 ? 0 : distance / Math.abs(edge - median);
  }
}
