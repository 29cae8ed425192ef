import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { shippedModelPath } from '../app/models.ts';
import type { BacktestReport, BacktestTrade, TradingStatistics } from '../core/backtest.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Interval95 } from '../core/evaluation.ts';
import { HORIZON_STEPS } from '../core/horizon.ts';
import { learningSpanText } from '../core/model-info.ts';
import { type Clock, DAY_MS, utcDay, utcIso } from '../core/time.ts';
import { translatorFor } from '../language/translator.ts';
import { DEFAULT_CAPITAL, DEFAULT_COSTS } from '../ml/backtest/account.ts';
import { DEFAULT_BREAKERS, NO_BREAKERS } from '../ml/backtest/breakers.ts';
import { RULES, ruleNamed } from '../ml/backtest/rules.ts';
import type { RuleOutcome } from '../ml/backtest/run-rules.ts';
import { decodeModel } from '../ml/model/model-file.ts';
import { backtestInThreads } from '../ml/workers/backtest.ts';
import { decisionText } from '../render/backtest/rule-text.ts';
import { backtestModel, outOfSample } from '../services/backtest/backtest-run.ts';
import { readModelFile } from '../storage/model-store.ts';
import { readCandlesFrom } from './candle-folder.ts';
import {
  CANDLE_OPTIONS,
  commandOptions,
  filled,
  flag,
  jsonTarget,
  moment,
  number,
  option,
  stepsOf,
  wholeNumber,
} from './options.ts';
import { openStagedFile, writeReport } from './output-files.ts';
import { createCountProgress, type ProgressOutput } from './progress.ts';
import { readSentimentFiles } from './sentiment-files.ts';
import { countText, signed, textTable } from './text-table.ts';

/** The options of `npm run backtest`. */
export const OPTIONS = commandOptions('backtest', {
  ...CANDLE_OPTIONS,
  rule: option('all|NAME,NAME', 'rules to trade by', z.string().default('all')),
  horizon: option(
    '1d',
    'horizon, by name or in candles; the shortest of the interval without it',
    z.string().optional(),
  ),
  from: option('DAY', 'first day, or time; without it, where the model stopped learning', moment(0).optional()),
  // A day's last moment is the next day's first, at which its candle closes.
  to: option('DAY', 'last day, or time', moment(DAY_MS).default(Number.POSITIVE_INFINITY)),
  model: option('FILE', 'model to trade by; without it the shipped one', filled.optional()),
  capital: option('DOLLARS', 'money at the start', number(1, 1e12).default(DEFAULT_CAPITAL)),
  fee: option('SHARE', 'fee of an order', number(0, 0.1).default(DEFAULT_COSTS.feeShare)),
  spread: option('SHARE', 'spread between bid and ask', number(0, 0.1).default(DEFAULT_COSTS.spreadShare)),
  impact: option(
    'FACTOR',
    'slippage, times volatility × √(order ÷ volume)',
    number(0, 10).default(DEFAULT_COSTS.impact),
  ),
  funding: option(
    'SHARE',
    'cost of holding a position for a day',
    number(-0.01, 0.01).default(DEFAULT_COSTS.fundingPerDay),
  ),
  'no-breakers': flag('trades on after deep falls and without an edge'),
  delay: option('CANDLES', 'how late every decision is carried out', wholeNumber(0, 100).default(0)),
  json: jsonTarget,
  trades: option('OUT.csv', 'writes every trade to that file', filled.optional()),
});

/** What `npm run backtest` was called with. Times in ms, both included. */
export type BacktestOptions = ReturnType<typeof parseBacktest>;

/** Reads the options; throws `CC_USAGE`, `CC_UNKNOWN_RULE`. */
export function parseBacktest(args: readonly string[]) {
  const { values } = OPTIONS.read(args);
  const { rule, horizon, from: fromMs, to: toMs, fee, spread, impact, funding, ...others } = values;
  if (fromMs !== undefined && toMs <= fromMs) throw OPTIONS.wrong('--to must lie after --from.');
  const known = HORIZON_STEPS[others.interval];
  const steps = horizon === undefined ? known[0]! : stepsOf(horizon, others.interval);
  if (!known.includes(steps)) {
    throw OPTIONS.wrong(`--horizon takes a number of ${others.interval} candles among ${known.join(',')}.`);
  }
  return {
    ...others,
    steps,
    rules:
      rule === 'all'
        ? RULES.map(({ name }) => name)
        : [...new Set(rule.split(',').map((name) => ruleNamed(name).name))],
    fromMs,
    toMs,
    costs: { feeShare: fee, spreadShare: spread, impact, fundingPerDay: funding },
    breakers: others['no-breakers'] ? NO_BREAKERS : DEFAULT_BREAKERS[others.interval],
  };
}

/** First line of a file of trades. */
export const TRADE_HEADER = 'rule,symbol,side,opened,closed,entry_price,exit_price,profit,profit_share,reason';

/** What `npm run backtest` is started with. */
export interface BacktestCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  /** Undefined: one for every core. */
  readonly threads: number | undefined;
}

/** A report with its notes as sentences. */
type WrittenReport = Omit<BacktestReport, 'notes'> & { readonly notes: readonly string[] };

/** What `--json` holds. */
export interface BacktestFile {
  readonly format: 1;
  readonly command: string;
  readonly reports: readonly WrittenReport[];
}

/**
 * Trades a folder of candles by the tracked rules and writes what was asked for: tables to `out` (or, for `--json -`, JSON alone), the
 * JSON and the trades to their files. Throws `CC_USAGE`, `CC_UNKNOWN_RULE`, `CC_FILE`, `CC_IN_SAMPLE`, `CC_HISTORY_TOO_SHORT`,
 * `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`.
 */
export async function runBacktest({ args, now, out, progress, threads }: BacktestCommand): Promise<void> {
  const options = parseBacktest(args);
  const model = await readModelFile(options.model ?? shippedModelPath(options.interval));
  const { card } = decodeModel(model);
  if (card.interval !== options.interval) {
    throw new CandlecastError('CC_USAGE', `The model forecasts ${card.interval} candles, not ${options.interval}.`);
  }
  const askedMs = options.fromMs ?? card.data.stopUntilMs;
  const { fromMs } = outOfSample(card, askedMs);
  const folder = await readCandlesFrom({ ...options, fromMs }, now);
  for (const { symbol, reason } of folder.refused) progress.write(`${symbol} is left out: ${reason}\n`);
  const sentiment = await readSentimentFiles(options);
  if (sentiment) progress.write(`${sentiment.summary}\n`);
  const bar = createCountProgress(progress, now, 'coins');
  const rules = createCountProgress(progress, now, 'rules');
  try {
    bar.show(0, folder.series.length);
    const outcomes = await backtestModel(
      {
        ...options,
        model,
        card,
        fromMs: askedMs,
        series: folder.series,
        btc: folder.btc,
        sentiment: sentiment?.at,
        refused: folder.refused,
        simulated: false,
        threads: threads ?? availableParallelism(),
        onCoin: bar.show,
        onRule: rules.show,
      },
      backtestInThreads,
    );
    bar.end();
    const { message } = translatorFor('en');
    for (const note of outcomes[0]!.report.notes) progress.write(`${message(note)}\n`);
    if (options.trades !== undefined) await writeTrades(options.trades, outcomes);
    const reports = outcomes.map(({ report }) => ({ ...report, notes: report.notes.map((note) => message(note)) }));
    const file: BacktestFile = { format: 1, command: ['npm run backtest --', ...args].join(' '), reports };
    await writeReport(options.json, file, backtestText(reports), out, 1);
  } finally {
    bar.end();
  }
}

async function writeTrades(path: string, outcomes: readonly RuleOutcome[]): Promise<void> {
  const file = await openStagedFile(path);
  try {
    await file.write(`${TRADE_HEADER}\n`);
    for (const { report, trades } of outcomes) {
      await file.write(trades.map((trade) => tradeLine(report.rule.name, trade)).join(''));
    }
    await file.commit();
  } finally {
    await file.discard();
  }
}

function tradeLine(rule: string, trade: BacktestTrade): string {
  const { symbol, side, openedMs, closedMs, entryPrice, exitPrice, profit, profitShare, reason } = trade;
  const times = [utcIso(openedMs), closedMs === null ? '' : utcIso(closedMs)];
  return `${[rule, symbol, side, ...times, entryPrice, exitPrice, profit, profitShare, reason ?? ''].join(',')}\n`;
}

const percent = (share: number) => signed(100 * share, 1);
const share = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(1));
const plain = (value: number | null) => (value === null ? '–' : signed(value));
const range = (interval: Interval95 | null, scale = 1, digits = 2) =>
  interval
    ? `${signed(scale * interval.value, digits)} (${signed(scale * interval.low, digits)} … ${signed(scale * interval.high, digits)})`
    : '–';

/** Backtests for a terminal: each with its result in a sentence first, then the rule beside its benchmarks. */
function backtestText(reports: readonly WrittenReport[]): string {
  const first = reports[0]!;
  const { costs, breakers, capital, delayCandles } = first.options;
  return [
    ...reports.map(reportText),
    [
      `Model ${first.model.version}, ${learningSpanText(first.model, utcDay)}; every decision is on a later candle and carried out at the next open${delayCandles > 0 ? `, ${delayCandles} candles late` : ' (--delay 1 shows what hangs on being so quick)'}.`,
      `${countText(first.n.decisions)} forecasts ${first.horizon} ahead, ${first.n.coins} coins, ${utcDay(first.fromMs)} to ${utcDay(first.toMs)}, ${countText(capital)} dollars in equal parts.`,
      `Costs: fee ${share(costs.feeShare)} %, spread ${(100 * costs.spreadShare).toFixed(2)} %, slippage ${costs.impact} × volatility × √(order ÷ volume), funding ${costs.fundingPerDay === 0 ? 'off' : `${(100 * costs.fundingPerDay).toFixed(3)} % a day`}; breakers ${breakers.drawdown === 0 && !breakers.edge ? 'off' : 'on'}.`,
      'Intervals: 95 %, block bootstrap over time. Coin flip: the rule’s own exposures replayed from a random place on; shown is the draw in the middle.',
      ...first.notes,
      ...first.refused.map(({ symbol, reason }) => `${symbol} is left out: ${reason}`),
      'Past candles, no promise: nothing here is investment advice, and no order was sent anywhere.',
    ].join('\n'),
  ].join('\n\n');
}

function reportText(report: WrittenReport): string {
  const { rule, statistics, benchmarks, deflatedSharpe, n } = report;
  const columns = [{ label: rule.name, statistics }, ...benchmarks];
  const row = (label: string, cell: (one: TradingStatistics) => string) => [
    label,
    ...columns.map((column) => cell(column.statistics)),
  ];
  const { probability, variants, luckSharpe } = deflatedSharpe;
  const held = Object.entries(n.heldBack).filter(([, candles]) => candles > 0);
  const draws = benchmarks.find(({ name }) => name === 'coin-flip')!.draws!;
  return [
    report.sentence,
    `${rule.label}: ${rule.explanation} ${decisionText(report.interval, translatorFor('en-US'))}`,
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
