import type { PaperReport } from '../../core/paper.ts';
import { type BacktestChartInput, drawdowns } from '../backtest/backtest-chart.ts';
import { axisDate } from '../chart/chart-layout.ts';

/** Takes from a portfolio's report what its chart shows and nothing else: the backtest's picture without price and coin flips. */
export function paperChartInput(report: PaperReport): BacktestChartInput {
  const { portfolio, fromMs, markEveryMs, ruleLabel, simulated } = report;
  const { capital, symbols, horizon } = portfolio;
  const [first] = report.marks;
  // Where the marks are thinned out, they may not go back to the start.
  const whole = first === undefined || first.timeMs - markEveryMs === fromMs;
  const marks = whole ? [{ timeMs: fromMs, equity: capital, hold: capital }, ...report.marks] : report.marks;
  const year = (timeMs: number) => `${axisDate(timeMs, false)} ${new Date(timeMs).getUTCFullYear()}`;
  const coins = symbols.length > 2 ? `${symbols.length} coins` : symbols.join(' and ');
  return {
    title: `Paper: ${coins}, ${ruleLabel}`,
    subtitle: `Imagined orders on live forecasts over ${horizon}, ${year(marks[0]!.timeMs)} to ${year(marks.at(-1)!.timeMs)}, after costs`,
    fromMs: marks[0]!.timeMs,
    stepMs: markEveryMs,
    rule: marks.map(({ equity }) => equity / capital - 1),
    hold: marks.map(({ hold }) => hold / capital - 1),
    coinFlip: null,
    subject: 'this portfolio',
    drawdown: drawdowns(marks.map(({ equity }) => equity)),
    price: null,
    trades: [],
    simulated,
  };
}
