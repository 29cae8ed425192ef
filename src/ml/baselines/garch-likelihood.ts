import { digamma, logGamma } from './gamma.ts';

/** GARCH(1,1) with standardised Student-t errors: σ²ₜ₊₁ = ω + α r²ₜ + β σ²ₜ, r = σ z, z with unit variance. */
export interface GarchParameters {
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
  /** Degrees of freedom, above two. */
  readonly freedom: number;
}

/** Squared returns the recursion's beginning is weighed from, and how fast the weights fall (as the Python package arch does). */
const BACKCAST_ROWS = 75;
const BACKCAST_DECAY = 0.94;
/** Factors gathered before one logarithm is taken of their product; far from overflow for scaled returns. */
const PER_LOGARITHM = 16;

/** Variance from which the recursion sets out: an exponentially weighted mean of the first squared returns. */
export function backcast(returns: Float64Array): number {
  let sum = 0;
  let weights = 0;
  let weight = 1;
  for (let i = 0; i < Math.min(BACKCAST_ROWS, returns.length); i++) {
    sum += weight * returns[i]! * returns[i]!;
    weights += weight;
    weight *= BACKCAST_DECAY;
  }
  return sum / weights;
}

/** Variance one step after the last return, by the recursion over all of them. */
export function nextVariance(returns: Float64Array, parameters: GarchParameters): number {
  const { omega, alpha, beta } = parameters;
  const start = backcast(returns);
  let variance = omega + (alpha + beta) * start;
  for (let i = 0; i < returns.length; i++) variance = omega + alpha * returns[i]! * returns[i]! + beta * variance;
  return variance;
}

/**
 * Mean log likelihood of the returns, and its derivatives by ω, α, β and the degrees of freedom, written into `gradient`.
 * Returns are to be scaled to about unit variance.
 */
export function meanLogLikelihood(
  returns: Float64Array,
  parameters: GarchParameters,
  start: number,
  gradient: Float64Array,
): number {
  const { omega, alpha, beta, freedom } = parameters;
  const n = returns.length;
  const excess = freedom - 2;
  let variance = omega + (alpha + beta) * start;
  let [byOmega, byAlpha, byBeta] = [1, start, start];
  let [sumOmega, sumAlpha, sumBeta, sumFreedom] = [0, 0, 0, 0];
  let [logVariance, logTail] = [0, 0];
  let [varianceProduct, tailProduct] = [1, 1];
  for (let i = 0; i < n; i++) {
    const square = returns[i]! * returns[i]!;
    const inverse = 1 / variance;
    const tail = (square * inverse) / excess;
    const pull = tail / (1 + tail);
    varianceProduct *= variance;
    tailProduct *= 1 + tail;
    if (i % PER_LOGARITHM === PER_LOGARITHM - 1) {
      logVariance += Math.log(varianceProduct);
      logTail += Math.log(tailProduct);
      varianceProduct = 1;
      tailProduct = 1;
    }
    const byVariance = ((freedom + 1) * pull - 1) * inverse;
    sumOmega += byVariance * byOmega;
    sumAlpha += byVariance * byAlpha;
    sumBeta += byVariance * byBeta;
    sumFreedom += pull;
    byOmega = 1 + beta * byOmega;
    byAlpha = square + beta * byAlpha;
    byBeta = variance + beta * byBeta;
    variance = omega + alpha * square + beta * variance;
  }
  logVariance += Math.log(varianceProduct);
  logTail += Math.log(tailProduct);
  gradient[0] = sumOmega / (2 * n);
  gradient[1] = sumAlpha / (2 * n);
  gradient[2] = sumBeta / (2 * n);
  gradient[3] =
    0.5 * (digamma((freedom + 1) / 2) - digamma(freedom / 2) - 1 / excess) -
    logTail / (2 * n) +
    ((freedom + 1) * sumFreedom) / (2 * n * excess);
  const constant = logGamma((freedom + 1) / 2) - logGamma(freedom / 2) - 0.5 * Math.log(Math.PI * excess);
  return constant - logVariance / (2 * n) - ((freedom + 1) / (2 * n)) * logTail;
}
