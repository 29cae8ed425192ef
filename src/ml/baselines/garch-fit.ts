import { digamma, logGamma } from './distributions.ts';
import { minimise, type SmoothFunction } from './optimisation.ts';

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

/** Bounds of the degrees of freedom, as in the Python package arch; at 500 the errors are normal. */
const FREEDOM = { lowest: 2.05, highest: 500 };
/** Starts tried when there is no earlier fit. */
const STARTS = [0.03, 0.08, 0.2].flatMap((alpha) => [0.7, 0.95, 0.99].map((persistence) => ({ alpha, persistence })));
const START_FREEDOM = 4;
/** Far out the transforms are flat and a search that begins there stays there; a warm start is drawn back to this. */
const MAX_START = 5;
/** Beyond this a transform has reached its bound to the last digit that matters. */
const FARTHEST = 18;

/** A fit: its parameters for the returns as they came, the same in units of their root mean square, and the log likelihood. */
export interface GarchFit {
  readonly parameters: GarchParameters;
  readonly scaled: GarchParameters;
  /** Sum over the returns, in the returns' own units. */
  readonly logLikelihood: number;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const logit = (p: number) => Math.log(p / (1 - p));
const clip = (x: number, bound: number) => Math.min(Math.max(x, -bound), bound);

/**
 * Free variables to parameters: [ln ω,] logit of the persistence α + β, logit of α's share of it, logit of the freedom's
 * place between its bounds. With three variables ω is the persistence's complement: variance targeting at unit variance.
 */
function toParameters(x: Float64Array): GarchParameters {
  const at = x.length - 3;
  const persistence = logistic(clip(x[at]!, FARTHEST));
  const share = logistic(clip(x[at + 1]!, FARTHEST));
  const place = logistic(clip(x[at + 2]!, FARTHEST));
  return {
    omega: at === 1 ? Math.exp(clip(x[0]!, FARTHEST)) : 1 - persistence,
    alpha: persistence * share,
    beta: persistence * (1 - share),
    freedom: FREEDOM.lowest + (FREEDOM.highest - FREEDOM.lowest) * place,
  };
}

/** The other way round, drawn back from the flat ends. */
function toVariables(parameters: GarchParameters): Float64Array {
  const { omega, alpha, beta, freedom } = parameters;
  const persistence = alpha + beta;
  const place = (freedom - FREEDOM.lowest) / (FREEDOM.highest - FREEDOM.lowest);
  return Float64Array.of(
    clip(Math.log(omega), 2 * MAX_START),
    clip(logit(persistence), MAX_START + 2),
    clip(logit(alpha / persistence), MAX_START),
    clip(logit(place), MAX_START + 3),
  );
}

/** Minus the mean log likelihood in the free variables. */
function objectiveOf(returns: Float64Array): SmoothFunction {
  const start = backcast(returns);
  const slopes = new Float64Array(4);
  return (x, gradient) => {
    const parameters = toParameters(x);
    const value = meanLogLikelihood(returns, parameters, start, slopes);
    const { omega, alpha, beta, freedom } = parameters;
    const [byOmega, byAlpha, byBeta, byFreedom] = slopes as unknown as [number, number, number, number];
    const persistence = alpha + beta;
    const share = alpha / persistence;
    const targeting = x.length === 3;
    const at = targeting ? 0 : 1;
    if (!targeting) gradient[0] = -byOmega * omega;
    gradient[at] = -(byAlpha * alpha + byBeta * beta - (targeting ? byOmega * persistence : 0)) * (1 - persistence);
    gradient[at + 1] = -(byAlpha - byBeta) * persistence * share * (1 - share);
    const width = FREEDOM.highest - FREEDOM.lowest;
    gradient[at + 2] = (-byFreedom * (freedom - FREEDOM.lowest) * (FREEDOM.highest - freedom)) / width;
    return -value;
  };
}

/** The start with the best likelihood among a few usual parameters. */
function coldStart(objective: SmoothFunction): Float64Array {
  const unused = new Float64Array(4);
  let best: { x: Float64Array; value: number } = { x: new Float64Array(4), value: Number.POSITIVE_INFINITY };
  for (const { alpha, persistence } of STARTS) {
    const x = toVariables({ omega: 1 - persistence, alpha, beta: persistence - alpha, freedom: START_FREEDOM });
    const value = objective(x, unused);
    if (value < best.value) best = { x, value };
  }
  return best.x;
}

/**
 * Fits GARCH(1,1)-t with zero mean to log returns by maximum likelihood: BFGS with analytic gradients in transformed,
 * bounded variables, from an earlier fit's scaled parameters or from the best of a few usual ones. Where the search does not
 * converge, ω is tied to the sample variance (variance targeting) and three variables are searched. Null where that fails
 * too, or the returns hardly move.
 */
export function fitGarch(returns: Float64Array, warm: GarchParameters | null): GarchFit | null {
  const n = returns.length;
  const scale = Math.sqrt(returns.reduce((sum, value) => sum + value * value, 0) / n);
  if (!(scale > 1e-8)) return null;
  const units = returns.map((value) => value / scale);
  const objective = objectiveOf(units);
  const start = warm ? toVariables(warm) : coldStart(objective);
  let found = minimise(objective, start);
  if (!found.converged) found = minimise(objective, start.subarray(1));
  if (!found.converged || !found.x.every(Number.isFinite)) return null;
  const scaled = toParameters(found.x);
  return {
    scaled,
    parameters: { ...scaled, omega: scaled.omega * scale * scale },
    logLikelihood: -n * (found.value + Math.log(scale)),
  };
}
