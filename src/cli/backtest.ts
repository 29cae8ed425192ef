import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { shippedModelPath } from '../app/app.ts';
import type { BacktestReport, BacktestTrade, BreakerLimits, TradingCosts } from '../core/backtest.ts';
import type { Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { HORIZON_STEPS } from '../core/horizon.ts';
import type { Clock } from '../core/time.ts';
import { DEFAULT_COSTS } from '../ml/backtest/account.ts';
import { DEFAULT_BREAKERS, NO_BREAKERS } from '../ml/backtest/breakers.ts';
import { RULES, ruleNamed } from '../ml/backtest/rules.ts';
import type { RuleOutcome } from '../ml/backtest/run-rules.ts';
import { decodeModel } from '../ml/model/model-file.ts';
import { backtestInThreads } from '../ml/workers/backtest-run.ts';
import { backtestModel, outOfSample } from '../services/backtest/backtest-run.ts';
import { readModelFile } from '../storage/model-files.ts';
import { backtestText } from './backtest-table.ts';
import { readCandles } from './evaluate.ts';
import {
  CANDLE_OPTIONS,
  type CandleOptions,
  candleOptions,
  momentOf,
  stepsOf,
  understood,
  wrongUsage,
} from './options.ts';
import { openStagedFile } from './output-files.ts';
import { createCountProgress, type ProgressOutput } from './progress.ts';
import { readSentimentFiles } from './sentiment-files.ts';

export const BACKTEST_USAGE =
  'npm run backtest -- --candles DIR --interval 1d|1h [--rule all|NAME,NAME] [--horizon 1d] [--from DAY] [--to DAY] [--symbols BTC,ETH] [--model FILE] [--capital 10000] [--fee 0.001] [--spread 0.0004] [--impact 1] [--funding 0] [--no-breakers] [--delay 0] [--headlines FILE.csv[,FILE.csv]] [--feargreed FILE.csv] [--json OUT.json|-] [--trades OUT.csv]';

const wrong = wrongUsage(BACKTEST_USAGE);

/** Dollars at the start where nothing else is said. */
export const DEFAULT_CAPITAL = 10_000;

/** What `npm run backtest` was called with. Times in ms, both included. */
export interface BacktestOptions extends CandleOptions {
  readonly steps: number;
  /** Names of tracked rules. */
  readonly rules: readonly string[];
  /** Null starts where the model stopped learning. */
  readonly fromMs: number | null;
  readonly toMs: number;
  readonly model: string | undefined;
  readonly capital: number;
  readonly costs: TradingCosts;
  readonly breakers: BreakerLimits;
  /** Candles that every decision is held back. */
  readonly delay: number;
  readonly json: string | undefined;
  readonly trades: string | undefined;
}

/** Reads the options; throws `CC_USAGE` with the usage line, `CC_UNKNOWN_RULE`. */
export function parseBacktest(args: readonly string[]): BacktestOptions {
  const values = parseOptions(args);
  const common = candleOptions(values, wrong);
  const { interval } = common;
  const fromMs = values.from === undefined ? null : momentOf(values.from, '--from', false, wrong);
  const toMs = values.to === undefined ? Number.POSITIVE_INFINITY : momentOf(values.to, '--to', true, wrong);
  if (fromMs !== null && toMs < fromMs) throw wrong('--to lies before --from.');
  return {
    ...common,
    steps: horizonSteps(values.horizon, interval),
    rules: values.rule === 'all' ? RULES.map(({ name }) => name) : ruleNames(values.rule),
    fromMs,
    // A day's last moment is the next day's first, at which its candle closes.
    toMs: values.to !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(values.to) ? toMs + 1 : toMs,
    model: values.model,
    capital: amount(values.capital, '--capital', 1, 1e12),
    costs: {
      feeShare: amount(values.fee, '--fee', 0, 0.1),
      spreadShare: amount(values.spread, '--spread', 0, 0.1),
      impact: amount(values.impact, '--impact', 0, 10),
      fundingPerDay: amount(values.funding, '--funding', -0.01, 0.01),
    },
    breakers: values['no-breakers'] ? NO_BREAKERS : DEFAULT_BREAKERS[interval],
    delay: wholeNumber(values.delay, '--delay', 100),
    json: values.json,
    trades: values.trades,
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  return understood(
    () =>
      parseArgs({
        args: [...args],
        options: {
          ...CANDLE_OPTIONS,
          horizon: text,
          rule: { ...text, default: 'all' },
          from: text,
          to: text,
          model: text,
          capital: { ...text, default: String(DEFAULT_CAPITAL) },
          fee: { ...text, default: String(DEFAULT_COSTS.feeShare) },
          spread: { ...text, default: String(DEFAULT_COSTS.spreadShare) },
          impact: { ...text, default: String(DEFAULT_COSTS.impact) },
          funding: { ...text, default: String(DEFAULT_COSTS.fundingPerDay) },
          delay: { ...text, default: '0' },
          'no-breakers': { type: 'boolean', default: false },
          json: text,
          trades: text,
        },
      }).values,
    wrong,
  );
}

/** A horizon's name or its number of candles; the shortest of the interval without one. */
function horizonSteps(text: string | undefined, interval: Interval): number {
  const known = HORIZON_STEPS[interval];
  if (text === undefined) return known[0]!;
  const steps = stepsOf(text, interval);
  if (!known.includes(steps)) throw wrong(`--horizon takes a number of ${interval} candles among ${known.join(',')}.`);
  return steps;
}

function ruleNames(text: string): readonly string[] {
  return [...new Set(text.split(',').map((name) => ruleNamed(name).name))];
}

function amount(text: string, option: string, least: number, most: number): number {
  const value = Number(text.trim() || 'none');
  if (!(value >= least && value <= most)) throw wrong(`${option} takes a number from ${least} to ${most}.`);
  return value;
}

function wholeNumber(text: string, option: string, most: number): number {
  const value = Number(text.trim() || 'none');
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw wrong(`${option} takes a whole number up to ${most}.`);
  return value;
}

/** First line of a file of trades. */
export const TRADE_HEADER = 'rule,symbol,side,opened,closed,entry_price,exit_price,profit,profit_share,reason';

/** What `npm run backtest` is started with. */
export interface BacktestCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  /** Default: every core, for nothing else is waiting. */
  readonly threads: number | undefined;
}

/** What `--json` holds. */
export interface BacktestFile {
  readonly format: 1;
  readonly command: string;
  readonly reports: readonly BacktestReport[];
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
  const asked = options.fromMs ?? card.data.stopUntilMs;
  const { fromMs } = outOfSample(card, asked);
  const folder = await readCandles({ ...options, fromMs }, now);
  for (const { symbol, reason } of folder.refused) progress.write(`${symbol} is left out: ${reason}\n`);
  const sentiment = await readSentimentFiles(options.sentiment);
  if (sentiment) progress.write(`${sentiment.said}\n`);
  const bar = createCountProgress(progress, now, 'coins');
  const rules = createCountProgress(progress, now, 'rules');
  try {
    bar.show(0, folder.series.length);
    const outcomes = await backtestModel(
      {
        ...options,
        model,
        card,
        fromMs: asked,
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
    for (const note of outcomes[0]!.report.notes) progress.write(`${note}\n`);
    if (options.trades !== undefined) await writeTrades(options.trades, outcomes);
    await writeResults(outcomes, options, args, out);
  } finally {
    bar.end();
  }
}

async function writeResults(
  outcomes: readonly RuleOutcome[],
  options: BacktestOptions,
  args: readonly string[],
  out: ProgressOutput,
): Promise<void> {
  const reports = outcomes.map(({ report }) => report);
  const file: BacktestFile = { format: 1, command: ['npm run backtest --', ...args].join(' '), reports };
  const json = `${JSON.stringify(file, null, 1)}\n`;
  if (options.json !== undefined && options.json !== '-') {
    await writeFile(options.json, json).catch((cause: unknown) => {
      throw new CandlecastError('CC_FILE', `${options.json} cannot be written.`, { cause });
    });
  }
  out.write(options.json === '-' ? json : `${backtestText(reports)}\n`);
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

const iso = (ms: number | null) => (ms === null ? '' : new Date(ms).toISOString().replace('.000Z', 'Z'));

function tradeLine(rule: string, trade: BacktestTrade): string {
  const { symbol, side, openedMs, closedMs, entryPrice, exitPrice, profit, profitShare, reason } = trade;
  const numbers = [entryPrice, exitPrice, profit, profitShare];
  return `${[rule, symbol, side, iso(openedMs), iso(closedMs), ...numbers, reason ?? ''].join(',')}\n`;
}
