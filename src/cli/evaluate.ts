import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { shippedModelPath } from '../app/models.ts';
import { INTERVALS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { EvaluationReport } from '../core/evaluation.ts';
import { HORIZON_STEPS, HORIZONS } from '../core/horizon.ts';
import type { EventSchedule } from '../core/market-events.ts';
import type { RehearsedReport } from '../core/promotion.ts';
import { type Clock, DAY_MS } from '../core/time.ts';
import { FORECAST_HEADER } from '../ml/evaluate/evaluate-coin.ts';
import { decodeModel } from '../ml/model/model-file.ts';
import type { TrainOptions } from '../ml/train/train-model.ts';
import { type EvaluationJob, evaluateModel } from '../services/models/evaluation.ts';
import type { KnownModel } from '../services/models/judge-candidate.ts';
import { readModelFile } from '../storage/model-store.ts';
import { readCandlesFrom, readHoursAndDays } from './candle-folder.ts';
import { evaluationText } from './evaluation-table.ts';
import { CANDLE_OPTIONS, commandOptions, filled, jsonTarget, moment, option, stepsOf } from './options.ts';
import { openStagedFile, writeOutput, writeReport } from './output-files.ts';
import { createCountProgress, type ProgressOutput } from './progress.ts';
import { REHEARSAL_OPTIONS, type RehearsalOptions, rehearseFolder } from './rehearsal.ts';
import { readSentimentFiles } from './sentiment-files.ts';

/** The options of `npm run evaluate`. */
export const OPTIONS = commandOptions('evaluate', {
  ...CANDLE_OPTIONS,
  horizons: option('1,3,7', 'horizons, by name or in candles; all of the interval without it', z.string().optional()),
  from: option('DAY', 'first day, or time, that forecasts are made on', moment(0)),
  to: option(
    'DAY',
    'last day, or time, that forecasts are made on',
    moment(DAY_MS - 1).default(Number.POSITIVE_INFINITY),
  ),
  origins: option(
    '1h|1d',
    'time from one origin to the next; 1h with daily candles: days that end at every hour, built of hourly candles',
    z.enum(INTERVALS, 'takes 1h or 1d.').optional(),
  ),
  model: option('FILE', 'model to evaluate; without it the shipped one', filled.optional()),
  ...REHEARSAL_OPTIONS,
  'with-hours': option(
    'MODEL_1H',
    'hourly model whose 24 hours are combined with one day, beside each alone; with --origins 1h',
    filled.optional(),
  ),
  forecasts: option('OUT.csv', 'writes every forecast to that file', filled.optional()),
  json: jsonTarget,
  report: option(
    'OUT.svg|OUT.png',
    'draws the evaluation',
    z
      .string()
      .regex(/\.(svg|png)$/i, 'takes the name of an .svg or .png file.')
      .optional(),
  ),
});

/** What `npm run evaluate` was called with. Times in ms, both included. */
export type EvaluateOptions = ReturnType<typeof parseEvaluate>;

/** Reads the options; throws `CC_USAGE`. */
export function parseEvaluate(args: readonly string[]) {
  const { horizons, from: fromMs, to: toMs, origins, 'with-hours': withHours, ...others } = OPTIONS.read(args).values;
  if (origins === '1d' && others.interval === '1h') throw OPTIONS.wrong('--origins 1d takes --interval 1d.');
  const rolling = origins === '1h' && others.interval === '1d';
  if (withHours !== undefined && !rolling) throw OPTIONS.wrong('--with-hours takes --interval 1d --origins 1h.');
  if (toMs < fromMs) throw OPTIONS.wrong('--to lies before --from.');
  const stray = (['leave-out', 'resume', 'gate', 'cut-short'] as const).find((name) => others[name] !== undefined);
  if (others.retrain === undefined && stray) throw OPTIONS.wrong(`--${stray} goes with --retrain DAYS.`);
  if (others.retrain !== undefined && rolling)
    throw OPTIONS.wrong(
      '--retrain takes an origin at every candle: it does not go with --origins 1h of daily candles.',
    );
  const known = HORIZON_STEPS[others.interval];
  const asked = horizons?.split(',').map((part) => stepsOf(part, others.interval)) ?? known;
  if (!asked.every((steps) => known.includes(steps))) {
    throw OPTIONS.wrong(`--horizons takes numbers of ${others.interval} candles among ${known.join(',')}.`);
  }
  if (withHours !== undefined && !asked.includes(HORIZONS['1d'].steps)) {
    throw OPTIONS.wrong('--with-hours combines forecasts of one day: --horizons must have 1d.');
  }
  return { ...others, rolling, withHours, fromMs, toMs, steps: known.filter((steps) => asked.includes(steps)) };
}

/** Pixels of a picture as PNG: sharp on a dense screen. */
const PNG_WIDTH = 1920;

/** What `npm run evaluate` is started with. */
export interface EvaluateCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  /** Undefined: one for every core. */
  readonly threads: number | undefined;
  /** Scheduled announcements that forecasts know of. */
  readonly events: EventSchedule;
  /** Changes of the recipe that a rehearsal trains by, for tests. */
  readonly recipe?: Partial<TrainOptions>;
}

/**
 * Evaluates a model on a folder of candles and writes what was asked for: a table to `out` (or, for `--json -`, JSON alone), the
 * forecasts, the JSON and the picture to their files. Throws `CC_USAGE`, `CC_FILE`, `CC_MODEL_MISSING`, `CC_MODEL_DAMAGED`.
 */
export async function runEvaluate(call: EvaluateCommand): Promise<void> {
  const { args, now, progress, out, threads, events } = call;
  const options = parseEvaluate(args);
  const model = await readModelFile(options.model ?? shippedModelPath(options.interval));
  const { card } = decodeModel(model);
  checkFits(options, card);
  if (options.retrain !== undefined) {
    return runRehearsal(call, { ...options, retrain: options.retrain }, { bytes: model, card });
  }
  const hourly = options.withHours === undefined ? null : await readHourlyModel(options.withHours);
  const folder = options.rolling ? await readHoursAndDays(options, now) : await readCandlesFrom(options, now);
  for (const { symbol, reason } of folder.refused) progress.write(`${symbol} is left out: ${reason}\n`);
  const sentiment = await readSentimentFiles(options);
  if (sentiment) progress.write(`${sentiment.summary}\n`);
  const job: EvaluationJob = {
    model,
    card,
    interval: options.interval,
    steps: options.steps,
    fromMs: options.fromMs,
    toMs: options.toMs,
    ...folder,
    ...(hourly ? { hourly } : {}),
    ...(sentiment ? { sentiment: sentiment.at } : {}),
    events,
    threads: threads ?? availableParallelism(),
    command: ['npm run evaluate --', ...args].join(' '),
  };
  const report = await evaluateWithFiles(job, options, { now, progress });
  await writeResults(report, options, out);
}

/** Lives the bot's life again, then evaluates the models that served. */
async function runRehearsal(
  { args, now, progress, out, threads, events, recipe }: EvaluateCommand,
  options: RehearsalOptions & EvaluateOptions,
  model: KnownModel,
): Promise<void> {
  const sentiment = await readSentimentFiles(options);
  if (sentiment) progress.write(`${sentiment.summary}\n`);
  const { job, record } = await rehearseFolder({
    ...{ options, model, sentiment, events, now, progress, recipe },
    isNamed: options.model !== undefined,
    threads: threads ?? availableParallelism(),
    command: ['npm run evaluate --', ...args].join(' '),
  });
  const report = { ...(await evaluateWithFiles(job, options, { now, progress })), rehearsal: record };
  await writeResults(report, options, out);
}

/** Evaluates, shows the progress, and writes the forecasts to their file. */
async function evaluateWithFiles(
  job: EvaluationJob,
  options: EvaluateOptions,
  { now, progress }: Pick<EvaluateCommand, 'now' | 'progress'>,
): Promise<EvaluationReport> {
  const bar = createCountProgress(progress, now, options.rolling ? 'hours of the day of all coins' : 'coins');
  const forecasts = options.forecasts === undefined ? null : await openStagedFile(options.forecasts);
  try {
    await forecasts?.write(`${FORECAST_HEADER}\n`);
    const report = await evaluateModel({
      ...job,
      ...(forecasts ? { write: forecasts.write } : {}),
      onPart: bar.show,
    });
    bar.end();
    if (report.inSample) progress.write(`IN-SAMPLE: ${report.inSample.warning}\n`);
    await forecasts?.commit();
    return report;
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

/** Reads the model of `--with-hours`; throws `CC_USAGE` unless it forecasts 24 hours. */
async function readHourlyModel(path: string) {
  const model = await readModelFile(path);
  const { card } = decodeModel(model);
  const { interval, steps } = HORIZONS['24h'];
  if (card.interval !== interval || !card.steps.includes(steps)) {
    throw new CandlecastError(
      'CC_USAGE',
      `The model of --with-hours forecasts ${card.interval} candles, not 24 hours.`,
    );
  }
  return { model, card };
}

async function writeResults(report: RehearsedReport, options: EvaluateOptions, out: ProgressOutput): Promise<void> {
  if (options.report !== undefined) await writeOutput(options.report, await picture(report, options.report));
  await writeReport(options.json, report, evaluationText(report), out);
}

/** The picture in the format its name asks for. Its libraries are loaded only when one is wanted. */
async function picture(report: EvaluationReport, path: string): Promise<string | Uint8Array> {
  const { evaluationSvg } = await import('../render/models/evaluation-report.ts');
  const svg = evaluationSvg(report);
  if (path.toLowerCase().endsWith('.svg')) return svg;
  const { svgToPng } = await import('../render/chart/rasterize.ts');
  return svgToPng(svg, PNG_WIDTH);
}
