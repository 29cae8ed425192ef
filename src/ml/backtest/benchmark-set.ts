import type { BacktestBenchmark } from '../../core/backtest.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import { type BenchmarkRun, type BenchmarkSetting, coinFlipRuns, holdRun, volatilityHoldRun } from './benchmarks.ts';
import { candlesPerYear } from './forecast-view.ts';
import { growthDifference } from './performance.ts';
import { VOLATILITY_TARGET } from './rules/registry.ts';
import { tradingStatistics } from './statistics.ts';

/** Changes of exposure that volatility-targeted holding does not trade. */
const BAND = 0.1;
const SEED = 1;
/** Returns closer than this are the same. */
const SAME = 1e-9;

/** The benchmarks of one rule and their equity curves. */
export interface BenchmarkSet {
  readonly benchmarks: readonly BacktestBenchmark[];
  readonly hold: Float64Array;
  readonly volatilityHold: Float64Array;
  readonly coinFlip: Float64Array;
}

/** Share of totals below one's own; those that are the same but for rounding count half. */
export function beatenShare(own: number, totals: readonly number[]): number {
  const wins = totals.map((total) => (Math.abs(total - own) <= SAME ? 0.5 : total < own ? 1 : 0) as number);
  return wins.reduce((sum, win) => sum + win, 0) / totals.length;
}

/** Runs every benchmark of a rule's run; `targets` are the exposures that the rule aimed at, by coin and row. */
export function benchmarkSet(
  setting: BenchmarkSetting,
  rule: BenchmarkRun,
  targets: readonly Float64Array[],
  band: number,
  draws: number,
): BenchmarkSet {
  const { span } = setting;
  const statistics = (run: BenchmarkRun) => tradingStatistics(run, run.trades, span);
  const against = (run: BenchmarkRun) =>
    growthDifference(rule.equity, run.equity, candlesPerYear(span.interval), BLOCK_PERIODS[span.interval]);
  const hold = holdRun(setting);
  const sized = volatilityHoldRun(setting, VOLATILITY_TARGET, BAND);
  const flips = coinFlipRuns(setting, targets, band, draws, SEED);
  const { totals } = flips;
  const own = rule.equity[rule.equity.length - 1]! / rule.equity[0]! - 1;
  const quantile = (level: number) => totals[Math.min(totals.length - 1, Math.floor(level * totals.length))]!;
  return {
    hold: hold.equity,
    volatilityHold: sized.equity,
    coinFlip: flips.median.equity,
    benchmarks: [
      {
        name: 'hold',
        label: 'Holding',
        explanation: 'Every coin bought with its whole part after its first forecast, and kept.',
        statistics: statistics(hold),
        difference: against(hold),
        draws: null,
      },
      {
        name: 'volatility-hold',
        label: 'Holding at a volatility target',
        explanation: `Always long, sized by each coin's own past volatility to ${Math.round(100 * VOLATILITY_TARGET.yearly)} % a year; no model.`,
        statistics: statistics(sized),
        difference: against(sized),
        draws: null,
      },
      {
        name: 'coin-flip',
        label: 'Coin flip',
        explanation:
          'The exposures that the rule aimed at, replayed from a random place on: its odds, sizes and turnover without its timing. Shown is the draw in the middle.',
        statistics: statistics(flips.median),
        difference: null,
        draws: {
          n: totals.length,
          low: quantile(0.05),
          median: quantile(0.5),
          high: quantile(0.95),
          beaten: beatenShare(own, totals),
        },
      },
    ],
  };
}
