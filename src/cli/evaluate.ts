import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { shippedModelPath } from '../app/app.ts';
import { type Candle, closeTimeMs, type Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { EvaluationReport } from '../core/evaluation.ts';
import { HORIZON_STEPS } from '../core/horizon.ts';
import type { Clock } from '../core/time.ts';
import { FORECAST_HEADER } from '../ml/evaluate/evaluate-coin.ts';
import { decodeModel } from '../ml/model/model-file.ts';
import { evaluateModel } from '../services/models/evaluation.ts';
import { readModelFile } from '../storage/model-files.ts';
import { type CandleFolder, readCandleFolder } from './candle-folder.ts';
import { evaluationText } from './evaluation-table.ts';
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
import { dayText } from './text-table.ts';

export const EVALUATE_USAGE =
  'npm run evaluate -- --candles DIR --interval 1d|1h --horizons 1,3,7 --from DAY [--to DAY] [--symbols BTC,ETH] [--model FILE] [--headlines FILE.csv[,FILE.csv]] [--feargreed FILE.csv] [--forecasts OUT.csv] [--json OUT.json|-] [--report OUT.svg|OUT.png]';

const wrong = wrongUsage(EVALUATE_USAGE);

/** What `npm run evaluate` was called with. Times in ms, both included. */
export interface EvaluateOptions extends CandleOptions {
  readonly steps: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly model: string | undefined;
  readonly forecasts: string | undefined;
  readonly json: string | undefined;
  readonly report: string | undefined;
}

/** Reads the options; throws `CC_USAGE` with the usage line. */
export function parseEvaluate(args: readonly string[]): EvaluateOptions {
  const values = parseOptions(args);
  const common = candleOptions(values, wrong);
  const { interval } = common;
  if (!values.from) throw wrong('Say from which day on forecasts are made with --from 2024-01-01.');
  const fromMs = momentOf(values.from, '--from', false, wrong);
  const toMs = values.to === undefined ? Number.POSITIVE_INFINITY : momentOf(values.to, '--to', true, wrong);
  if (toMs < fromMs) throw wrong('--to lies before --from.');
  if (values.report !== undefined && !/\.(svg|png)$/i.test(values.report)) {
    throw wrong('--report takes the name of an .svg or .png file.');
  }
  return {
    ...common,
    steps: horizons(values.horizons, interval),
    fromMs,
    toMs,
    model: values.model,
    forecasts: values.forecasts,
    json: values.json,
    report: values.report,
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
          horizons: text,
          from: text,
          to: text,
          model: text,
          forecasts: text,
          json: text,
          report: text,
        },
      }).values,
    wrong,
  );
}

/** `1,3,7` in candles, or by name (`1d,3d`); all of the interval's without one. */
function horizons(text: string | undefined, interval: Interval): readonly number[] {
  const known = HORIZON_STEPS[interval];
  if (text === undefined) return known;
  const asked = text.split(',').map((part) => stepsOf(part, interval));
  if (!asked.every((steps) => known.includes(steps))) {
    throw wrong(`--horizons takes numbers of ${interval} candles among ${known.join(',')}.`);
  }
  return known.filter((steps) => asked.includes(steps));
}

/** Pixels of a picture as PNG: sharp on a dense screen. */
const PNG_WIDTH = 1920;

/** What `npm run evaluate` is started with. */
export interface EvaluateCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  /** Default: every core, for nothing else is waiting. */
  readonly threads: number | undefined;
}

/**
 * Evaluates a model on a folder of candles and writes what was asked for: a table to `out` (or, for `--json -`, JSON alone), the
 * forecasts, the JSON and the picture to their files. Throws `CC_USAGE`, `CC_FILE`, `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`.
 */
export async function runEvaluate({ args, now, out, progress, threads }: EvaluateCommand): Promise<void> {
  const options = parseEvaluate(args);
  const model = await readModelFile(options.model ?? shippedModelPath(options.interval));
  const { card } = decodeModel(model);
  checkFits(options, card);
  const folder = await readCandles(options, now);
  for (const { symbol, reason } of folder.refused) progress.write(`${symbol} is left out: ${reason}\n`);
  const sentiment = await readSentimentFiles(options.sentiment);
  if (sentiment) progress.write(`${sentiment.said}\n`);
  const bar = createCountProgress(progress, now, 'coins');
  const forecasts = options.forecasts === undefined ? null : await openStagedFile(options.forecasts);
  try {
    await forecasts?.write(`${FORECAST_HEADER}\n`);
    bar.show(0, folder.series.length);
    const report = await evaluateModel({
      model,
      card,
      interval: options.interval,
      steps: options.steps,
      fromMs: options.fromMs,
      toMs: options.toMs,
      ...folder,
      ...(sentiment ? { sentiment: sentiment.at } : {}),
      threads: threads ?? availableParallelism(),
      command: ['npm run evaluate --', ...args].join(' '),
      ...(forecasts ? { write: forecasts.write } : {}),
      onCoin: bar.show,
    });
    bar.end();
    if (report.inSample) progress.write(`IN-SAMPLE: ${report.inSample.warning}\n`);
    await forecasts?.commit();
    await writeResults(report, options, out);
  } finally {
    bar.end();
    await forecasts?.discard();
  }
}

function checkFits(options: EvaluateOptions, card: { interval: string; steps: readonly number[] }): void {
  if (card.interval !== options.interval) {
    throw new CandlecastError('CC_USAGE', `The model forecasts ${card.interval} candles, not ${options.interval}.`);
  }
  const missing = options.steps.filter((steps) => !card.steps.includes(steps));
  if (missing.length > 0) {
    throw new CandlecastError(
      'CC_USAGE',
      `The model does not forecast ${missing.join(', ')} candles ahead, only ${card.steps.join(', ')}.`,
    );
  }
}

/** The coins that were asked for, and Bitcoin as the market's context whether it was or not. Throws `CC_FILE` when none has candles from then on. */
export async function readCandles(
  { candles, interval, symbols, fromMs }: Pick<EvaluateOptions, 'candles' | 'interval' | 'symbols' | 'fromMs'>,
  now: Clock,
): Promise<CandleFolder & { readonly btc: CandleFolder['series'][number] | null }> {
  const only = symbols && new Set([...symbols, 'BTC']);
  const folder = await readCandleFolder(candles, interval, now, only, fromMs);
  const wanted = (one: { readonly symbol: string }) => symbols?.has(one.symbol) ?? true;
  const found = new Set([...folder.series, ...folder.refused].map(({ symbol }) => symbol));
  const absent = [...(symbols ?? [])].filter((symbol) => !found.has(symbol));
  const newestMs = ({ candles: list }: { readonly candles: readonly Candle[] }) => closeTimeMs(list.at(-1)!, interval);
  const series = folder.series.filter((one) => wanted(one) && newestMs(one) >= fromMs);
  const over = folder.series.filter((one) => wanted(one) && newestMs(one) < fromMs);
  const refused = [
    // Bitcoin too, wanted or not: without it the market's inputs are masked.
    ...folder.refused.filter((one) => wanted(one) || one.symbol === 'BTC'),
    ...over.map((one) => ({ symbol: one.symbol, reason: `Its candles end on ${dayText(newestMs(one))}.` })),
    ...absent.map((symbol) => ({ symbol, reason: `There is no file ${symbol}.csv.` })),
  ];
  if (series.length === 0) {
    const reasons = refused.map(({ symbol, reason }) => `${symbol}: ${reason}`).join(' ');
    throw new CandlecastError('CC_FILE', `No coin has an origin from ${dayText(fromMs)} on. ${reasons}`);
  }
  const btc = folder.series.find(({ symbol }) => symbol === 'BTC') ?? null;
  return { series, btc, refused, doubtful: folder.doubtful.filter(wanted) };
}

async function writeResults(report: EvaluationReport, options: EvaluateOptions, out: ProgressOutput): Promise<void> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (options.json !== undefined && options.json !== '-') await write(options.json, json);
  if (options.report !== undefined) await write(options.report, await picture(report, options.report));
  out.write(options.json === '-' ? json : `${evaluationText(report)}\n`);
}

/** The picture in the format its name asks for. Its libraries are loaded only when one is wanted. */
async function picture(report: EvaluationReport, path: string): Promise<string | Uint8Array> {
  const { evaluationSvg } = await import('../render/models/evaluation-report.ts');
  const svg = evaluationSvg(report);
  if (path.toLowerCase().endsWith('.svg')) return svg;
  const { svgToPng } = await import('../render/chart/rasterize.ts');
  return svgToPng(svg, PNG_WIDTH);
}

async function write(path: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, data);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `${path} cannot be written.`, { cause });
  }
}
