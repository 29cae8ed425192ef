import type { BacktestTrade, Drawdown, TradingStatistics } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import type { Interval95 } from '../../core/evaluation.ts';
import { DAY_MS } from '../../core/time.ts';
import { normalQuantile } from '../baselines/distributions.ts';
import { bootstrapInterval } from '../scoring/block-bootstrap.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import type { BacktestSpan } from './coin-track.ts';
import { candlesPerYear } from './forecast-view.ts';
import type { PortfolioRun } from './simulate.ts';

const RESAMPLES = 1_000;
/** An account that has lost all counts as having kept this part of its start, so that logs stay finite. */
const NOTHING_LEFT = 1e-9;

/** Simple returns from each value to the next; 0 from nothing. */
export function simpleReturns(equity: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: Math.max(0, equity.length - 1) }, (_, i) =>
    equity[i]! > 0 ? equity[i + 1]! / equity[i]! - 1 : 0,
  );
}

/** Mean and sample standard deviation (n − 1). */
export function meanAndDeviation(values: ArrayLike<number>): readonly [mean: number, deviation: number] {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  return [mean, Math.sqrt(squares / (n - 1))];
}

/** Sharpe ratio per period; null where the returns do not vary. */
export function sharpeRatio(returns: ArrayLike<number>): number | null {
  const [mean, deviation] = meanAndDeviation(returns);
  return deviation > 0 ? mean / deviation : null;
}

/** A year's Sharpe ratio with its block-bootstrap interval; null where the returns do not vary. */
export function sharpeInterval(returns: ArrayLike<number>, perYear: number, blockLength: number): Interval95 | null {
  if (returns.length < 2 || sharpeRatio(returns) === null) return null;
  const squares = Float64Array.from(returns, (value) => value * value);
  const ones = new Float64Array(returns.length).fill(1);
  const statistic = ([sum = 0, square = 0, n = 0]: ArrayLike<number> & Iterable<number>) => {
    const variance = (square - (sum * sum) / n) / (n - 1);
    // Rounding leaves a trace of variance where a resample holds none.
    return variance > 1e-18 ? (sum / n / Math.sqrt(variance)) * Math.sqrt(perYear) : Number.NaN;
  };
  const interval = bootstrapInterval(
    [returns, squares, ones],
    (sums) => statistic(Array.from(sums)),
    blockLength,
    RESAMPLES,
  );
  return { ...interval, value: sharpeRatio(returns)! * Math.sqrt(perYear) };
}

/** Mean return ÷ root mean square of the returns below zero, per year; null without losses. */
export function sortinoRatio(returns: ArrayLike<number>, perYear: number): number | null {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < returns.length; i++) {
    sum += returns[i]!;
    squares += Math.min(returns[i]!, 0) ** 2;
  }
  const n = returns.length;
  return squares > 0 ? (sum / n / Math.sqrt(squares / n)) * Math.sqrt(perYear) : null;
}

/** The deepest fall below a peak and the longest time below one; moments are `fromMs + i · stepMs`. */
export function drawdownOf(
  equity: ArrayLike<number>,
  fromMs: number,
  stepMs: number,
): { readonly deepest: Drawdown; readonly longestDays: number } {
  const days = (candles: number) => (candles * stepMs) / DAY_MS;
  let peak = 0;
  let longest = 0;
  let found = { depth: 0, peak: 0, trough: 0 };
  for (let i = 0; i < equity.length; i++) {
    if (equity[i]! >= equity[peak]!) peak = i;
    longest = Math.max(longest, i - peak);
    const depth = 1 - equity[i]! / equity[peak]!;
    if (depth > found.depth) found = { depth, peak, trough: i };
  }
  let back = found.trough;
  while (back < equity.length && equity[back]! < equity[found.peak]!) back++;
  const recovered = back < equity.length;
  const at = (i: number) => fromMs + i * stepMs;
  return {
    deepest: {
      depth: found.depth,
      peakMs: at(found.peak),
      troughMs: at(found.trough),
      recoveredMs: recovered ? at(back) : null,
      days: days((recovered ? back : equity.length - 1) - found.peak),
    },
    longestDays: days(longest),
  };
}

/** Gains ÷ losses of finished trades, or null without losses. */
export function profitFactor(profits: readonly number[]): number | null {
  const gains = profits.reduce((sum, profit) => sum + Math.max(profit, 0), 0);
  const losses = profits.reduce((sum, profit) => sum - Math.min(profit, 0), 0);
  return losses > 0 ? gains / losses : null;
}

/** Log growth a year of one account less another's over the same candles, with its paired block-bootstrap interval. */
export function growthDifference(
  equity: ArrayLike<number>,
  other: ArrayLike<number>,
  perYear: number,
  blockLength: number,
): Interval95 {
  const logOf = (values: ArrayLike<number>, i: number) => Math.log(Math.max(values[i]!, NOTHING_LEFT * values[0]!));
  const n = Math.max(0, equity.length - 1);
  const difference = Float64Array.from(
    { length: n },
    (_, i) => logOf(equity, i + 1) - logOf(equity, i) - (logOf(other, i + 1) - logOf(other, i)),
  );
  const ones = new Float64Array(n).fill(1);
  return bootstrapInterval([difference, ones], (sums) => (sums[0]! / sums[1]!) * perYear, blockLength, RESAMPLES);
}

/** Computes all statistics of an account over a span. */
export function tradingStatistics(
  run: PortfolioRun,
  trades: readonly BacktestTrade[],
  { interval, fromMs }: BacktestSpan,
): TradingStatistics {
  const { equity, exposure } = run;
  const perYear = candlesPerYear(interval);
  const returns = simpleReturns(equity);
  const n = returns.length;
  const totalReturn = n > 0 ? equity[n]! / equity[0]! - 1 : 0;
  const { deepest, longestDays } = drawdownOf(equity, fromMs, INTERVAL_MS[interval]);
  const finished = trades.filter((trade) => trade.closedMs !== null).map((trade) => trade.profit);
  const held = exposure.subarray(1);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const meanEquity = sum(equity) / Math.max(1, equity.length);
  return {
    totalReturn,
    annualReturn: n > 0 ? (1 + totalReturn) ** (perYear / n) - 1 : 0,
    annualVolatility: n > 1 ? meanAndDeviation(returns)[1] * Math.sqrt(perYear) : 0,
    sharpe: sharpeInterval(returns, perYear, BLOCK_PERIODS[interval]),
    sortino: sortinoRatio(returns, perYear),
    drawdown: deepest,
    longestUnderWaterDays: longestDays,
    turnover: meanEquity > 0 && n > 0 ? (run.traded / meanEquity) * (perYear / n) : 0,
    exposure: n > 0 ? sum(held) / n : 0,
    timeInMarket: n > 0 ? held.filter((share) => share > 0).length / n : 0,
    trades: finished.length,
    hitRate: finished.length > 0 ? finished.filter((profit) => profit > 0).length / finished.length : null,
    profitFactor: profitFactor(finished),
    costs: { fees: run.fees, slippage: run.slippage, funding: run.funding },
  };
}

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
function probabilisticSharpe(returns: ArrayLike<number>, benchmark: number): number | null {
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
