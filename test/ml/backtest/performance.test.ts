import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import {
  deflatedSharpe,
  drawdownOf,
  expectedMaximumSharpe,
  growthDifference,
  normalCdf,
  profitFactor,
  shape,
  sharpeInterval,
  sharpeRatio,
  simpleReturns,
  sortinoRatio,
  tradingStatistics,
} from '../../../src/ml/backtest/performance.ts';
import { normals } from '../../support/candles.ts';
import { spanOf } from './market.ts';

interface Fixture {
  readonly returns: number[];
  readonly statistics: Readonly<
    Record<
      | 'totalReturn'
      | 'annualReturn'
      | 'annualVolatility'
      | 'sharpe'
      | 'sortino'
      | 'maxDrawdown'
      | 'skewness'
      | 'kurtosis',
      number
    >
  >;
  readonly deflated: { ratios: number[]; variance: number; lucky: number; probability: number };
  readonly normalCdf: readonly (readonly [number, number])[];
}
const {
  returns,
  statistics,
  deflated,
  normalCdf: cdf,
} = JSON.parse(readFileSync(new URL('../../fixtures/backtest.json', import.meta.url), 'utf8')) as Fixture;

const equity = Float64Array.from({ length: returns.length + 1 }, () => 10_000);
returns.forEach((value, i) => {
  equity[i + 1] = equity[i]! * (1 + value);
});
const run = { equity, exposure: new Float64Array(equity.length), traded: 0, fees: 0, slippage: 0, funding: 0 };

describe('statistics, beside empyrical-reloaded', () => {
  const own = tradingStatistics(run, [], spanOf(equity.length));

  it.each([
    ['total return', own.totalReturn, statistics.totalReturn],
    ['annual return', own.annualReturn, statistics.annualReturn],
    ['annual volatility', own.annualVolatility, statistics.annualVolatility],
    ['Sharpe ratio', own.sharpe!.value, statistics.sharpe],
    ['Sortino ratio', own.sortino!, statistics.sortino],
    ['deepest fall', -own.drawdown.depth, statistics.maxDrawdown],
    ['skewness', shape(returns).skewness, statistics.skewness],
    ['kurtosis', shape(returns).kurtosis, statistics.kurtosis],
  ])('%s', (_, value, reference) => {
    expect(value / reference).toBeCloseTo(1, 9);
  });
});

describe('the deflated Sharpe ratio, beside vectorbt', () => {
  it('expects the same of luck, and gives the same probability', () => {
    expect(expectedMaximumSharpe(deflated.ratios.length, deflated.variance)).toBeCloseTo(deflated.lucky, 12);
    const own = deflatedSharpe(returns, deflated.ratios);
    expect(own.expectedMaximum).toBeCloseTo(deflated.lucky, 12);
    expect(own.probability).toBeCloseTo(deflated.probability, 9);
  });

  it.each(cdf)('normal distribution at %s', (x, value) => {
    expect(normalCdf(x)).toBeCloseTo(value, 14);
  });

  it('asks for more, the more variants were tried, and is not fooled by variants that hardly differ', () => {
    const asked = [2, 9, 100].map((trials) => expectedMaximumSharpe(trials, 0.01));
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    const ratio = sharpeRatio(returns)!;
    expect(deflatedSharpe(returns, [ratio, ratio, ratio]).expectedMaximum).toBeGreaterThan(0);
  });
});

describe('figures by hand', () => {
  it('finds the deepest fall, how long it lasted and the longest time under water', () => {
    const { deepest, longestDays } = drawdownOf([100, 110, 99, 110, 120, 60, 90, 130, 120, 125, 126, 129], 0, DAY_MS);
    expect(deepest).toEqual({ depth: 0.5, peakMs: 4 * DAY_MS, troughMs: 5 * DAY_MS, recoveredMs: 7 * DAY_MS, days: 3 });
    expect(longestDays).toBe(4);
    expect(drawdownOf([100, 80, 90], 0, DAY_MS).deepest).toMatchObject({ recoveredMs: null, days: 2 });
    expect(drawdownOf([100, 100, 101], 0, DAY_MS).deepest.depth).toBe(0);
  });

  it('divides gains by losses', () => {
    expect(profitFactor([3, -1, 2, -1.5])).toBe(2);
    expect(profitFactor([3])).toBe(null);
  });

  it('has nothing to say about an account that never moves', () => {
    const still = simpleReturns(new Float64Array(50).fill(10));
    expect([sharpeRatio(still), sortinoRatio(still, 365), sharpeInterval(still, 365, 14)]).toEqual([null, null, null]);
    expect(deflatedSharpe(still, [0, 0.1]).probability).toBe(null);
  });

  it('grows by the difference of two growths', () => {
    const slow = Float64Array.from({ length: 366 }, (_, i) => 1.1 ** (i / 365));
    const fast = Float64Array.from({ length: 366 }, (_, i) => 1.3 ** (i / 365));
    const { value, low, high } = growthDifference(fast, slow, 365, 14);
    for (const one of [value, low, high]) expect(one).toBeCloseTo(Math.log(1.3 / 1.1), 9);
  });
});

describe('the interval of the Sharpe ratio', () => {
  it('holds the true ratio of nearly all series of a known one', () => {
    const [n, mean] = [365, 0.05];
    let held = 0;
    for (let seed = 0; seed < 60; seed++) {
      const normal = normals(1_000 + seed);
      const interval = sharpeInterval(
        Float64Array.from({ length: n }, () => 0.02 * (mean + normal())),
        365,
        14,
      )!;
      const truth = mean * Math.sqrt(365);
      if (interval.low <= truth && truth <= interval.high) held++;
    }
    expect(held / 60).toBeGreaterThan(0.85);
  });
});
