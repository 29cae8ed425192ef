import { z } from 'zod';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { meanPinball } from '../scoring/scores.ts';
import { PAIRS, setRatios } from './widths.ts';

const LEVELS = QUANTILE_LEVELS.length;

/** Number of forecasters that are averaged with a model of days: GARCH-t and HAR, in this order. */
export const EXPERTS = 2;

/** Values of a forecast's curve: the outcome, then the quantiles of the model and of each expert, all log returns. */
export const CURVE = 1 + (1 + EXPERTS) * LEVELS;

/** Writes the average of a curve's quantiles (CURVE values from `at` on) into `out`, with these shares of the experts. */
export function averageCurve(
  curves: ArrayLike<number>,
  at: number,
  shares: ArrayLike<number>,
  out: Float64Array,
): void {
  let own = 1;
  for (let expert = 0; expert < EXPERTS; expert++) own -= shares[expert]!;
  for (let k = 0; k < LEVELS; k++) {
    let value = own * curves[at + 1 + k]!;
    for (let expert = 0; expert < EXPERTS; expert++)
      value += shares[expert]! * curves[at + 1 + (1 + expert) * LEVELS + k]!;
    out[k] = value;
  }
}

/** Shares of the experts that compete with each other; the rest is the model's. The first is the model alone. */
export const CANDIDATES: readonly (readonly [garch: number, har: number])[] = [0, 0.15, 0.3, 0.45, 0.6].flatMap(
  (garch) =>
    [0, 0.15, 0.3, 0.45].filter((har) => garch + har <= 0.9).map((har): readonly [number, number] => [garch, har]),
);

/** How strongly a difference of the loss moves the shares: after a loss of all of what the model's would be, by a factor of e to this. */
const RATE = 20;
/** A candidate never becomes less likely than e to minus this by what was learnt, so that it comes back within weeks when times change. */
const FARTHEST = 4;
/** How much the model alone is preferred before anything is learnt: shares of one in sum are e to this less likely. */
const PRIOR = 5;
/** After this time a difference counts half. */
const HALF_LIFE_MS = 365 * DAY_MS;

/** Discounted differences of the loss: horizons × CANDIDATES. */
export const expertStateSchema = z.array(z.array(z.number()).length(CANDIDATES.length)).min(1);
export type ExpertState = z.infer<typeof expertStateSchema>;

/** Learns how much of the experts' quantiles goes into a model's, one pair of shares a horizon for all coins. */
export interface ExpertShares {
  /** The shares of the experts at a horizon, each 0 … 1, from what has been learnt so far. */
  sharesAt(horizon: number): readonly [garch: number, har: number];
  /**
   * Learns from the forecasts of one origin, whose target has just been complete: coins × CURVE. Moments must come in the order of time.
   */
  learn(horizon: number, curves: Float32Array): void;
  state(): ExpertState;
}

/**
 * Makes the shares of a model's horizons in candles: the mean of all candidates, weighted by how well each would have done (exponentially weighted
 * averages, Vovk 1990), with differences of the loss in units of the model's own at that moment; long horizons, whose outcomes overlap, learn
 * more slowly. The model is preferred beforehand, so that experts that add nothing have next to no share. Figures: docs/recipe.md.
 */
export function createExpertShares(
  interval: Interval,
  steps: readonly number[],
  from: ExpertState | null = null,
): ExpertShares {
  const sums = steps.map((_, horizon) => Float64Array.from(from?.[horizon] ?? new Float64Array(CANDIDATES.length)));
  const kept = 0.5 ** (INTERVAL_MS[interval] / HALF_LIFE_MS);
  const averaged = new Float64Array(LEVELS);
  return {
    sharesAt(horizon) {
      const rate = RATE / steps[horizon]!;
      // HAR's quantiles come from residuals that overlap beyond one candle, so that few of them are independent; there it did harm.
      const isUsed = (har: number) => har === 0 || steps[horizon] === 1;
      const scores = CANDIDATES.map(([garch, har], i) =>
        isUsed(har) ? -rate * sums[horizon]![i]! - PRIOR * (garch + har) : Number.NEGATIVE_INFINITY,
      );
      const best = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - best));
      const total = weights.reduce((a, b) => a + b, 0);
      const share = (expert: 0 | 1) =>
        CANDIDATES.reduce((mean, candidate, i) => mean + (candidate[expert] * weights[i]!) / total, 0);
      return [share(0), share(1)];
    },
    learn(horizon, curves) {
      const losses = CANDIDATES.map((candidate) => {
        let sum = 0;
        for (let at = 0; at < curves.length; at += CURVE) {
          averageCurve(curves, at, candidate, averaged);
          sum += meanPinball(curves[at]!, averaged);
        }
        return sum;
      });
      const own = losses[0]!;
      if (!(own > 0)) return;
      const sum = sums[horizon]!;
      losses.forEach((loss, i) => {
        sum[i] = Math.min(kept * sum[i]! + (loss - own) / own, (FARTHEST * steps[horizon]!) / RATE);
      });
    },
    state: () => sums.map((sum) => Array.from(sum)),
  };
}

/** How the outcomes of curves (coins × CURVE) lie to the averages with these shares: coins × PAIRS, as in `MaturedMoment`. */
export function curveRatios(curves: Float32Array, shares: ArrayLike<number>): Float32Array {
  const coins = curves.length / CURVE;
  const out = new Float32Array(coins * PAIRS);
  const averaged = new Float64Array(LEVELS);
  for (let coin = 0; coin < coins; coin++) {
    averageCurve(curves, coin * CURVE, shares, averaged);
    setRatios(out, coin * PAIRS, curves[coin * CURVE]!, averaged);
  }
  return out;
}
