import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { PAIRS } from './width-learner.ts';

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
