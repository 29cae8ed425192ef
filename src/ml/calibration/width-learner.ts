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
