import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { shippedModelPath } from '../app/app.ts';
import type { BacktestReport, BacktestTrade } from '../core/backtest.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { RuleOutcome } from '../ml/backtest/run-rules.ts';
import { decodeModel } from '../ml/model/model-codec.ts';
import { backtestInThreads } from '../ml/workers/backtest-run.ts';
import { backtestModel, outOfSample } from '../services/backtest/backtest-run.ts';
import { readModelFile } from '../storage/model-files.ts';
import { type BacktestOptions, parseBacktest } from './backtest-options.ts';
import { backtestText } from './backtest-table.ts';
import { createCountProgress } from './count-progress.ts';
import { readCandles } from './evaluate.ts';
import { openStagedFile } from './forecast-file.ts';
import type { ProgressOutput } from './progress.ts';
import { readSentimentFiles } from './sentiment-files.ts';

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
