import type { BacktestTrade, TradingStatistics } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import type { BacktestSpan } from './coin-track.ts';
import { candlesPerYear } from './forecast-view.ts';
import {
  drawdownOf,
  meanAndDeviation,
  profitFactor,
  sharpeInterval,
  simpleReturns,
  sortinoRatio,
} from './performance.ts';
import type { PortfolioRun } from './portfolio.ts';

/** Everything that is told of an account over a span. */
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
