import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import { INTERVALS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import type { Backend } from '../ml/backend.ts';
import { createTrainingService } from '../services/training.ts';
import { writeModelFile } from '../storage/model-files.ts';
import { readCandleFolder } from './candle-folder.ts';
import { cardText } from './card-table.ts';
import type { ProgressOutput } from './progress.ts';
import { createProgress } from './progress.ts';

/** What `npm run train` is started with. */
export interface TrainCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  readonly threads: number | undefined;
  readonly backend: Backend;
  readonly signal: AbortSignal;
}

export const TRAIN_USAGE =
  'npm run train -- --candles DIR [--interval 1d|1h] [--symbols BTC,ETH] [--out FILE] [--fit-until DAY] [--stop-until DAY] [--seeds 1,2,3] [--threads N] [--reproducible] [--no-rehearsal]';

const wrong = (message: string) => new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${TRAIN_USAGE}` });

/** Trains on a folder of candles and writes the model with its card; throws, with nothing written, when anything fails. */
export async function runTrain({ args, now, out, progress, threads, backend, signal }: TrainCommand): Promise<void> {
  const options = parse(args);
  const { series, refused } = await readCandleFolder(options.candles, options.interval, now, options.symbols);
  for (const { symbol, reason } of refused) progress.write(`${symbol} is left out: ${reason}\n`);
  progress.write(`${series.length} coins of ${options.interval} candles.\n`);
  const bar = createProgress(progress, now);
  try {
    const card = await createTrainingService({ backend }).train({
      interval: options.interval,
      series,
      signal,
      onProgress: bar.show,
      write: (model) => writeModelFile(options.out, model),
      options: {
        threads: options.threads ?? threads ?? Math.max(1, availableParallelism() - 1),
        build: options.reproducible ? 'simd' : 'auto',
        rehearse: options.rehearse,
        description: `${series.length} coins of ${options.interval} candles from files`,
        command: ['npm run train --', ...args.map((arg) => (arg === options.candles ? 'DIR' : arg))].join(' '),
        gitCommit: await gitCommit(),
        ...(options.seeds ? { seeds: options.seeds } : {}),
        ...(options.fitUntilMs === undefined ? {} : { fitUntilMs: options.fitUntilMs }),
        ...(options.stopUntilMs === undefined ? {} : { stopUntilMs: options.stopUntilMs }),
      },
    });
    bar.end();
    out.write(`${cardText(card)}\nWritten to ${options.out}.\n`);
  } finally {
    bar.end();
  }
}

interface ParsedTrain {
  readonly candles: string;
  readonly interval: (typeof INTERVALS)[number];
  readonly out: string;
  readonly symbols: ReadonlySet<string> | undefined;
  readonly seeds: readonly number[] | undefined;
  readonly threads: number | undefined;
  readonly fitUntilMs: number | undefined;
  readonly stopUntilMs: number | undefined;
  readonly reproducible: boolean;
  readonly rehearse: boolean;
}

function parse(args: readonly string[]): ParsedTrain {
  const values = parseOptions(args);
  const interval = INTERVALS.find((known) => known === values.interval);
  if (!interval) throw wrong(`There are no models for the interval "${values.interval}".`);
  if (!values.candles) throw wrong('Say where the candles are with --candles DIR.');
  const seeds = values.seeds?.split(',').map(Number);
  if (seeds && (seeds.length > 16 || !seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31))) {
    throw wrong('--seeds takes one to sixteen whole numbers such as 1,2,3.');
  }
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64))
    throw wrong('--threads takes a number from 1 to 64.');
  return {
    candles: values.candles,
    interval,
    out: values.out ?? `data/models/${interval}.json`,
    symbols: values.symbols ? new Set(values.symbols.toUpperCase().split(',')) : undefined,
    seeds,
    threads,
    fitUntilMs: dayAfter(values['fit-until'], '--fit-until'),
    stopUntilMs: dayAfter(values['stop-until'], '--stop-until'),
    reproducible: values.reproducible,
    rehearse: !values['no-rehearsal'],
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        candles: text,
        interval: { ...text, default: '1d' },
        out: text,
        symbols: text,
        seeds: text,
        threads: text,
        'fit-until': text,
        'stop-until': text,
        reproducible: flag,
        'no-rehearsal': flag,
      },
    }).values;
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : 'The options are not understood.');
  }
}

/** End of a day given as 2022-12-31, exclusive, ms. */
function dayAfter(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw wrong(`${option} takes a day such as 2022-12-31.`);
  return ms + 86_400_000;
}

/** The commit the program was built from, for the card; null outside a checkout. */
async function gitCommit(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short=12', 'HEAD'], { timeout: 5_000 });
    return stdout.trim() || null;
  } catch {
    // No git, or no checkout: the card says so.
    return null;
  }
}
