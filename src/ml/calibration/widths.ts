import { MEDIAN_INDEX, QUANTILE_LEVELS } from '../../core/quantiles.ts';

/** Number of symmetric pairs of levels around the median, from the outermost (2.5 and 97.5 %) to the innermost (45 and 55 %). */
export const PAIRS = MEDIAN_INDEX;

/** Forecasts of many coins from one origin at one horizon, whose target has just been complete. */
export interface MaturedMoment {
  readonly originMs: number;
  /** Index of the horizon. */
  readonly horizon: number;
  /** Ascending, each once. */
  readonly symbols: readonly string[];
  /**
   * Coins × PAIRS: the outcome's distance from the median ÷ that of the pair's quantile on the outcome's side, before any factor. The
   * outcome lay inside the pair's band when this is at most the factor.
   */
  readonly ratios: Float32Array;
  /** Coins × CURVE, where experts are averaged with the model; then the ratios follow from them. */
  readonly curves?: Float32Array | undefined;
  /** Whether the model has learnt from the origin. Then it looks better beside the experts than it is, and no shares are learnt. */
  readonly inSample?: boolean | undefined;
}

/** Learns one kind of factor on the distance of quantiles from the median. */
export interface WidthLearner<State> {
  /** Multiplies `factors` (PAIRS) by this learner's for a forecast that starts at the origin; later origins than were learnt from are allowed. */
  apply(factors: Float64Array, originMs: number, symbol: string, horizon: number): void;
  /** Learns from a moment whose ratios are already divided by the factors of the learners before this one. */
  learn(moment: MaturedMoment): void;
  /** What the learner continues from: plain data for JSON. */
  state(): State;
}

/** A larger move counts as this many expected ones, so that one bad price does not decide. */
const MOST = 15;

/** Trapezoid weights of the pairs' distances in the expected distance from the median; outside the outermost pair it is flat. */
const WEIGHTS = Float64Array.from({ length: PAIRS }, (_, pair) => {
  const inner = pair + 1 < PAIRS ? QUANTILE_LEVELS[pair + 1]! : 0.5;
  const outer = pair > 0 ? QUANTILE_LEVELS[pair - 1]! : -QUANTILE_LEVELS[0]!;
  return inner - outer;
});

/**
 * The sizes of moves in units of what their forecasts expected on average: |outcome − median| ÷ E|X − median|, from coins × PAIRS ratios as in
 * `MaturedMoment`. The mean over many forecasts is one where the widths are right. Coins without an outcome are left out.
 */
export function expectedMoves(ratios: Float32Array): number[] {
  const moves: number[] = [];
  for (let at = 0; at < ratios.length; at += PAIRS) {
    let inverse = 0;
    for (let pair = 0; pair < PAIRS; pair++) inverse += WEIGHTS[pair]! / ratios[at + pair]!;
    if (!Number.isNaN(inverse)) moves.push(Math.min(MOST, 1 / inverse));
  }
  return moves;
}

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
