import type { PaperReport } from '../../core/paper.ts';
import { type BacktestChartInput, drawdowns } from '../backtest/backtest-chart.ts';
import { axisDate } from '../chart/time-axis.ts';

/** The part of a portfolio's report that its chart shows: the chart of a backtest without price and coin flips. */
export function paperChartInput(report: PaperReport): BacktestChartInput {
  const { portfolio, fromMs, markEveryMs, ruleLabel, simulated } = report;
  const { capital, symbols, horizon } = portfolio;
  const [first] = report.marks;
  // Thinned marks may start after the portfolio does.
  const whole = first === undefined || first.timeMs - markEveryMs === fromMs;
  const marks = whole ? [{ timeMs: fromMs, equity: capital, hold: capital }, ...report.marks] : report.marks;
  const year = (timeMs: number) => `${axisDate(timeMs, false)} ${new Date(timeMs).getUTCFullYear()}`;
  const coins = symbols.length > 2 ? `${symbols.length} coins` : symbols.join(' and ');
  return {
    title: `Paper: ${coins}, ${ruleLabel}`,
    subtitle: `Imagined orders at closes, on forecasts over ${horizon}, ${year(marks[0]!.timeMs)} to ${year(marks.at(-1)!.timeMs)}, after costs`,
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
