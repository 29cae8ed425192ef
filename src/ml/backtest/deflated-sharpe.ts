import { normalQuantile } from '../baselines/distributions.ts';
import { sharpeRatio } from './performance.ts';

const EULER = 0.5772156649015329;

/** Distribution function of the standard normal (Marsaglia 2004), to about 1e-15. */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Skewness and kurtosis (3 for a normal distribution) of a sample, with the moments over n. */
export function shape(values: ArrayLike<number>): { readonly skewness: number; readonly kurtosis: number } {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let [second, third, fourth] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const d = values[i]! - mean;
    second += (d * d) / n;
    third += (d * d * d) / n;
    fourth += (d * d * d * d) / n;
  }
  return { skewness: third / second ** 1.5, kurtosis: fourth / (second * second) };
}

/** Chance that the true Sharpe ratio (per period) is above `benchmark`, given the returns (Bailey & López de Prado 2012); null where they do not vary. */
export function probabilisticSharpe(returns: ArrayLike<number>, benchmark: number): number | null {
  const sharpe = returns.length < 3 ? null : sharpeRatio(returns);
  if (sharpe === null) return null;
  const { skewness, kurtosis } = shape(returns);
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(returns.length - 1)) / Math.sqrt(variance));
}

/** The expected maximum Sharpe ratio per period among `trials` variants without skill whose ratios have this variance. */
export function expectedMaximumSharpe(trials: number, variance: number): number {
  if (trials < 2) return 0;
  const upper = (1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * upper;
}

/**
 * The deflated Sharpe ratio (Bailey & López de Prado 2014): the probabilistic Sharpe ratio against the expected maximum over all variants
 * tried without skill. `tried` are the ratios per period of every variant, this one included; their variance counts as at least that of
 * one ratio estimated from as many returns, so that variants which hardly differ do not lower the benchmark further.
 */
export function deflatedSharpe(
  returns: ArrayLike<number>,
  tried: readonly number[],
): { readonly probability: number | null; readonly expectedMaximum: number } {
  const n = tried.length;
  const mean = tried.reduce((sum, ratio) => sum + ratio, 0) / n;
  const between = n < 2 ? 0 : tried.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (n - 1);
  const expectedMaximum = expectedMaximumSharpe(n, Math.max(between, 1 / Math.max(returns.length - 1, 1)));
  return { probability: probabilisticSharpe(returns, expectedMaximum), expectedMaximum };
}
