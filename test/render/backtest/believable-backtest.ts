import type { BacktestReport, TradingStatistics } from '../../../src/core/backtest.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { BacktestService } from '../../../src/services/backtest/backtest.ts';

const FROM_MS = Date.UTC(2025, 10, 21);

function statistics(totalReturn: number): TradingStatistics {
  return {
    totalReturn,
    annualReturn: totalReturn,
    annualVolatility: 0.38,
    sharpe: { value: 0.4, low: -1.1, high: 1.9 },
    sortino: 0.6,
    drawdown: {
      depth: 0.21,
      peakMs: FROM_MS + 40 * DAY_MS,
      troughMs: FROM_MS + 100 * DAY_MS,
      recoveredMs: null,
      days: 325,
    },
    longestUnderWaterDays: 325,
    turnover: 31.2,
    exposure: 0.44,
    timeInMarket: 0.5,
    trades: 23,
    hitRate: 0.478,
    profitFactor: 1.12,
    costs: { fees: 312.4, slippage: 88.1, funding: 0 },
  };
}

/** A walk of dollars around a drift, one a day. */
function walk(days: number, drift: number, seed: number, start = 10_000): number[] {
  const random = seededRandom(seed);
  let value = start;
  return Array.from({ length: days + 1 }, (_, i) => {
    if (i > 0) value *= Math.exp(drift + 0.04 * (random() - 0.5));
    return Math.round(value * 100) / 100;
  });
}

/** A year of a rule that made less than holding. */
export function believableBacktest(overrides: Partial<BacktestReport> = {}): BacktestReport {
  const days = 365;
  const price = walk(days, 0.0005, 9, 90_000);
  return {
    format: 1,
    sentence:
      'After costs this rule made less than holding BTC (+4.1 % against +18.0 %), a difference within chance; it did better than 55 of 100 coin flips with the same turnover.',
    notes: [],
    simulated: false,
    rule: {
      name: 'pup-threshold',
      label: 'P(up) threshold, long or out',
      explanation: 'Buys when the chance of a rise is 52 % or more and sells when it falls to 50 %.',
      short: false,
    },
    model: {
      version: '1d-2026.1',
      fitUntilMs: FROM_MS - 400 * DAY_MS,
      stopUntilMs: FROM_MS - 30 * DAY_MS,
      stopFromMs: null,
      description: '',
    },
    interval: '1d',
    steps: 1,
    horizon: '1d',
    options: {
      capital: 10_000,
      costs: { feeShare: 0.001, spreadShare: 0.0005, impact: 0.5, fundingPerDay: 0 },
      breakers: {
        drawdown: 0.25,
        drawdownPauseCandles: 30,
        shockSigmas: 5,
        shockPauseCandles: 3,
        staleCandles: 2,
        drift: true,
        edge: true,
      },
      delayCandles: 0,
    },
    fromMs: FROM_MS,
    toMs: FROM_MS + days * DAY_MS,
    symbols: ['BTC'],
    refused: [],
    n: {
      coins: 1,
      periods: days,
      decisions: days,
      heldBack: {
        'drawdown-limit': 0,
        'volatility-shock': 4,
        'stale-data': 0,
        'drift-alarm': 0,
        'no-edge': 12,
      },
      stops: { loss: 2, profit: 1, trailing: 0 },
    },
    equity: {
      stepMs: DAY_MS,
      rule: walk(days, 0.0001, 3),
      hold: walk(days, 0.0005, 9),
      volatilityHold: walk(days, 0.0003, 5),
      coinFlip: walk(days, -0.0003, 7),
      price,
    },
    statistics: statistics(0.041),
    deflatedSharpe: { probability: 0.31, variants: 9, luckSharpe: 0.92 },
    benchmarks: [
      {
        name: 'hold',
        label: 'Holding',
        explanation: '',
        statistics: statistics(0.18),
        difference: { value: -0.12, low: -0.5, high: 0.26 },
        draws: null,
      },
      {
        name: 'volatility-hold',
        label: 'Holding at constant volatility',
        explanation: '',
        statistics: statistics(0.12),
        difference: { value: -0.08, low: -0.3, high: -0.01 },
        draws: null,
      },
      {
        name: 'coin-flip',
        label: 'Coin flips',
        explanation: '',
        statistics: statistics(-0.02),
        difference: null,
        draws: { n: 100, low: -0.4, median: -0.02, high: 0.35, beaten: 0.55 },
      },
    ],
    trades: [20, 80, 150, 260].map((day, i) => ({
      symbol: 'BTC',
      side: i === 2 ? ('short' as const) : ('long' as const),
      openedMs: FROM_MS + day * DAY_MS,
      closedMs: i === 3 ? null : FROM_MS + (day + 25) * DAY_MS,
      entryPrice: price[day]!,
      exitPrice: price[Math.min(day + 25, days)]!,
      profit: 12,
      profitShare: 0.0012,
      reason: 'decision' as const,
    })),
    ...overrides,
  };
}

/** Backtests that are done at once. */
export const fakeBacktests: BacktestService = {
  async run({ symbol }, onProgress) {
    onProgress?.(0.5);
    return believableBacktest({ symbols: [symbol] });
  },
  rules: () => [believableBacktest().rule],
};
