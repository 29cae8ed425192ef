import type { BacktestReport, TradingStatistics } from '../core/backtest.ts';
import type { Interval95 } from '../core/evaluation.ts';
import { learningSpanText } from '../core/model-info.ts';
import { utcDay } from '../core/time.ts';
import { decisionText } from '../render/backtest/backtest-embed.ts';
import { countText, signed, textTable } from './text-table.ts';

const percent = (share: number) => signed(100 * share, 1);
const share = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(1));
const plain = (value: number | null) => (value === null ? '–' : signed(value));
const range = (interval: Interval95 | null, scale = 1, digits = 2) =>
  interval
    ? `${signed(scale * interval.value, digits)} (${signed(scale * interval.low, digits)} … ${signed(scale * interval.high, digits)})`
    : '–';

/** Backtests for a terminal: each with its result in a sentence first, then the rule beside its benchmarks. */
export function backtestText(reports: readonly BacktestReport[]): string {
  const first = reports[0]!;
  const { model, options } = first;
  const { costs, breakers } = options;
  const off = breakers.drawdown === 0 && !breakers.edge ? 'off' : 'on';
  return [
    ...reports.map(reportText),
    [
      `Model ${model.version}, ${learningSpanText(model, utcDay)}; every decision is on a later candle and carried out at the next open${options.delayCandles > 0 ? `, ${options.delayCandles} candles late` : ' (--delay 1 shows what hangs on being so quick)'}.`,
      `${countText(first.n.decisions)} forecasts ${first.horizon} ahead, ${first.n.coins} coins, ${utcDay(first.fromMs)} to ${utcDay(first.toMs)}, ${countText(options.capital)} dollars in equal parts.`,
      `Costs: fee ${share(costs.feeShare)} %, spread ${(100 * costs.spreadShare).toFixed(2)} %, slippage ${costs.impact} × volatility × √(order ÷ volume), funding ${costs.fundingPerDay === 0 ? 'off' : `${(100 * costs.fundingPerDay).toFixed(3)} % a day`}; breakers ${off}.`,
      'Intervals: 95 %, block bootstrap over time. Coin flip: the rule’s own exposures replayed from a random place on; shown is the draw in the middle.',
      ...first.notes,
      ...first.refused.map(({ symbol, reason }) => `${symbol} is left out: ${reason}`),
      'Past candles, no promise: nothing here is investment advice, and no order was sent anywhere.',
    ].join('\n'),
  ].join('\n\n');
}

function reportText(report: BacktestReport): string {
  const { rule, statistics, benchmarks, deflatedSharpe, n } = report;
  const columns = [
    { label: rule.name, statistics },
    ...benchmarks.map((benchmark) => ({ label: benchmark.label, statistics: benchmark.statistics })),
  ];
  const row = (label: string, cell: (one: TradingStatistics) => string) => [
    label,
    ...columns.map((column) => cell(column.statistics)),
  ];
  const { probability, variants, luckSharpe } = deflatedSharpe;
  const held = Object.entries(n.heldBack).filter(([, candles]) => candles > 0);
  const draws = benchmarks.find(({ name }) => name === 'coin-flip')!.draws!;
  return [
    report.sentence,
    `${rule.label}: ${rule.explanation} ${decisionText(report.interval)}`,
    textTable([
      ['', ...columns.map(({ label }) => label)],
      row('return, %', (one) => percent(one.totalReturn)),
      row('  a year, %', (one) => percent(one.annualReturn)),
      row('volatility a year, %', (one) => share(one.annualVolatility)),
      row('Sharpe', (one) => range(one.sharpe)),
      row('Sortino', (one) => plain(one.sortino)),
      row('deepest fall, % (days)', ({ drawdown }) => `${share(drawdown.depth)} (${Math.round(drawdown.days)})`),
      row('turnover a year', (one) => one.turnover.toFixed(1)),
      row('exposure, %; in market, %', (one) => `${share(one.exposure)}; ${share(one.timeInMarket)}`),
      row('trades; won, %', (one) => `${countText(one.trades)}; ${share(one.hitRate)}`),
      row('profit factor', (one) => (one.profitFactor === null ? '–' : one.profitFactor.toFixed(2))),
      row('costs, dollars', ({ costs }) => countText(Math.round(costs.fees + costs.slippage + costs.funding))),
      [
        'growth of the rule less this one’s, % a year',
        '',
        ...benchmarks.map(({ difference }) => range(difference, 100, 1)),
      ],
    ]),
    `Deflated Sharpe ratio ${probability === null ? '–' : probability.toFixed(2)} for ${variants} variants tried (the best of them is expected at ${luckSharpe.toFixed(2)} by luck). Coin flips: ${draws.n}, 5 to 95 % of them ${percent(draws.low)} … ${percent(draws.high)} %.`,
    ...(held.length > 0
      ? [`Kept out by breakers: ${held.map(([name, candles]) => `${name} ${countText(candles)}`).join(', ')} candles.`]
      : []),
  ].join('\n');
}
