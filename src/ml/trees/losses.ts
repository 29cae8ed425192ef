import { requireShape } from '../engine/checks.ts';
import type { BoostLoss } from './boost.ts';

type Numbers = Float64Array | Float32Array;

/** Smaller returns count as this, so that a price that did not move gives a small scale and not a scale of zero. */
const MIN_MOVE = 1e-3;

/**
 * Loss of a raw number f, the log of the size of scaled returns y: with a = max(|y|, 0.001) it is
 * f + a·e^(−f) + ½ (f + c − log range)², the negative log likelihood of a Gamma distribution's mean plus half the squared error of the
 * log range volatility. Both measure the width of moves, the range with far less noise; c is the mean distance of the two.
 * Throws `CC_ENGINE_SHAPE` when there are no rows, the lengths differ or a number is not finite.
 */
export function scaleLoss(scaledReturns: Numbers, logRange: Numbers): BoostLoss {
  const rows = scaledReturns.length;
  requireRows(scaledReturns);
  requireShape(logRange.length === rows, `There are ${rows} returns and ${logRange.length} ranges.`);
  requireRows(logRange);
  const moves = Float64Array.from(scaledReturns, (value) => Math.max(Math.abs(value), MIN_MOVE));
  const start = Math.log(mean(moves));
  const centre = mean(logRange) - start;
  return {
    start,
    derivatives(raw, gradient, hessian) {
      for (let i = 0; i < rows; i++) {
        const f = raw[i]!;
        const share = moves[i]! * Math.exp(-f);
        gradient[i] = 1 - share + (f + centre - logRange[i]!);
        hessian[i] = share + 1;
      }
    },
  };
}

/**
 * Logistic loss of a raw number, the log-odds that the return is above zero. Starts from the base rate, kept half a row away from 0 and 1.
 * Throws `CC_ENGINE_SHAPE` when there are no rows or a number is not finite.
 */
export function directionLoss(scaledReturns: Numbers): BoostLoss {
  const rows = scaledReturns.length;
  requireRows(scaledReturns);
  const up = Uint8Array.from(scaledReturns, (value) => (value > 0 ? 1 : 0));
  const rises = up.reduce((sum, one) => sum + one, 0);
  const rate = Math.min(Math.max(rises, 0.5), rows - 0.5) / rows;
  return {
    start: Math.log(rate / (1 - rate)),
    derivatives(raw, gradient, hessian) {
      for (let i = 0; i < rows; i++) {
        const chance = 1 / (1 + Math.exp(-raw[i]!));
        gradient[i] = chance - up[i]!;
        hessian[i] = chance * (1 - chance);
      }
    },
  };
}

function requireRows(values: Numbers): void {
  requireShape(values.length > 0, 'There are no rows to learn from.');
  requireShape(values.every(Number.isFinite), 'A target is not a finite number.');
}

function mean(values: Numbers): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
