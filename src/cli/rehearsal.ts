import { z } from 'zod';
import { INTERVAL_MS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { EventSchedule } from '../core/market-events.ts';
import { GATE_RULES, type RehearsalRecord } from '../core/promotion.ts';
import type { SentimentAt } from '../core/sentiment.ts';
import { type Clock, DAY_MS, utcDay } from '../core/time.ts';
import type { ModelCard } from '../ml/model/card.ts';
import type { TrainOptions } from '../ml/train/train-model.ts';
import { compareInThread } from '../ml/workers/comparison.ts';
import type { EvaluationJob } from '../services/models/evaluation.ts';
import type { KnownModel } from '../services/models/judge-candidate.ts';
import {
  NOTHING_KEPT,
  type RehearsalJob,
  type RehearsalProgress,
  rehearse,
  retrainingDates,
} from '../services/models/rehearsal.ts';
import { createTrainingService, retrainingOptions, TRAINING_DEFAULTS } from '../services/models/training.ts';
import { openRehearsalFile, type RehearsalSettings } from '../storage/rehearsal-file.ts';
import { readAllCandlesFrom } from './candle-folder.ts';
import { type CandleOptions, filled, option, symbols, wholeNumber } from './options.ts';
import { createProgressBar, type ProgressOutput, secondsText } from './progress.ts';

/** The options of `npm run evaluate` for a rehearsal of the bot's life. */
export const REHEARSAL_OPTIONS = {
  retrain: option(
    'DAYS',
    'trains a new model every so many days as the bot does, from --from on; 0: never again',
    wholeNumber(0, 3_650).optional(),
  ),
  'leave-out': option('A,B', 'with --retrain: coins that are scored and never learnt from', symbols.optional()),
  resume: option('FILE', 'with --retrain: keeps what is done there, and goes on from it', filled.optional()),
  gate: option(
    GATE_RULES.join('|'),
    'with --retrain: the rule of promotion; newer, the default, is that of the bot',
    z.enum(GATE_RULES, `takes one of ${GATE_RULES.join(', ')}.`).optional(),
  ),
  'cut-short': option(
    'N',
    'with --retrain: the Nth training goes wrong, as it learns for too short a time, so that rules can be compared',
    wholeNumber(2, 3_650).optional(),
  ),
} as const;

/** What a rehearsal is asked for. Times in ms. */
export interface RehearsalOptions extends Pick<CandleOptions, 'candles' | 'interval' | 'symbols'> {
  readonly retrain: number;
  readonly 'leave-out': ReadonlySet<string> | undefined;
  readonly resume: string | undefined;
  readonly gate: (typeof GATE_RULES)[number] | undefined;
  readonly 'cut-short': number | undefined;
  readonly steps: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** What else a rehearsal takes. */
export interface RehearsalCall {
  readonly options: RehearsalOptions;
  /** The model that `--model` names, or the shipped one. */
  readonly model: KnownModel;
  /** Whether `--model` names it. */
  readonly isNamed: boolean;
  readonly sentiment: { readonly at: SentimentAt; readonly summary: string } | null;
  /** Scheduled announcements that forecasts know of. */
  readonly events: EventSchedule;
  readonly command: string;
  readonly threads: number;
  readonly now: Clock;
  readonly progress: ProgressOutput;
  readonly recipe?: Partial<TrainOptions> | undefined;
}

/**
 * Lives the bot's life again and gives what is to be evaluated, and how it came about. Throws `CC_USAGE` for a named model that has learnt from a coin of `--leave-out`,
 * `CC_REHEARSAL_FILE` for a file of another rehearsal, and as `rehearse`.
 */
export async function rehearseFolder(
  call: RehearsalCall,
): Promise<{ readonly job: EvaluationJob; readonly record: RehearsalRecord }> {
  const { options, sentiment, events, command, threads, now, progress, recipe } = call;
  const { interval, steps, gate: rule = 'newer', 'cut-short': cutShort } = options;
  const step = INTERVAL_MS[interval];
  const fromMs = Math.ceil(options.fromMs / step) * step;
  const leftOut = [...(options['leave-out'] ?? [])].sort();
  const start = chooseStart(call, fromMs, leftOut);
  const { all, ...folder } = await readAllCandlesFrom(options, now);
  for (const { symbol, reason } of folder.refused) progress.write(`${symbol} is left out: ${reason}\n`);
  const newestMs = Math.max(...folder.series.map(({ candles }) => candles.at(-1)!.openTimeMs + step));
  if (fromMs > Math.min(options.toMs, newestMs)) {
    throw new CandlecastError('CC_USAGE', 'There is no candle that closes between --from and --to.');
  }
  const everyMs = options.retrain * DAY_MS;
  const settings: RehearsalSettings = {
    ...{ interval, everyMs, fromMs, leftOut },
    start: start?.card.version ?? null,
    sentiment: sentiment?.summary ?? null,
    recipe: JSON.stringify({
      ...TRAINING_DEFAULTS[interval],
      ...retrainingOptions(interval),
      ...recipe,
      ...(cutShort === undefined ? {} : { cutShort }),
    }),
  };
  const store = options.resume === undefined ? null : await openRehearsalFile(options.resume, settings);
  if (store && store.done > 0)
    progress.write(`Going on with ${options.resume}; retrainings whose models are there: ${store.done}.\n`);
  const show = createRehearsalProgress(progress, now);
  const life = { interval, everyMs, fromMs, toMs: Math.min(options.toMs, newestMs), rule, start };
  const job: RehearsalJob = {
    ...{ ...life, threads, command, recipe },
    cutShortMs: cutShort === undefined ? undefined : retrainingDates(life)[cutShort - 1],
    series: all.filter(({ symbol }) => !leftOut.includes(symbol)),
    btc: folder.btc,
    sentiment: sentiment?.at,
    onProgress: show.show,
  };
  const parts = { training: createTrainingService({ backend: 'wasm' }), compare: compareInThread };
  const { served, retrainings } = await rehearse(job, { ...parts, store: store ?? NOTHING_KEPT }).finally(show.end);
  const [{ model, card }, ...successors] = served;
  return {
    job: {
      ...{
        model,
        card,
        successors,
        interval,
        steps,
        fromMs: options.fromMs,
        toMs: options.toMs,
        events,
        threads,
        command,
      },
      ...folder,
      // As the live bot, which follows more coins than somebody may ask about, and learns nothing from those left out.
      learnFrom: job.series,
      ...(sentiment ? { sentiment: sentiment.at } : {}),
    },
    record: {
      everyDays: options.retrain,
      rule,
      leftOut,
      startedWith: start?.card.version ?? null,
      retrainings,
    },
  };
}

/** What serves at the start: the named model, or the shipped one where it has seen neither a later candle nor a coin that is left out. */
function chooseStart(
  { model, isNamed, progress }: RehearsalCall,
  fromMs: number,
  leftOut: readonly string[],
): KnownModel | null {
  const { data }: Pick<ModelCard, 'data'> = model.card;
  const learnt = leftOut.filter((symbol) => data.symbols.includes(symbol));
  if (isNamed) {
    if (learnt.length === 0) return model;
    const message = `The model of --model has learnt from ${learnt.join(', ')}, which --leave-out names.`;
    throw new CandlecastError('CC_USAGE', message);
  }
  if (data.stopUntilMs <= fromMs && learnt.length === 0) return model;
  const why =
    data.stopUntilMs > fromMs ? `from candles up to ${utcDay(data.stopUntilMs)}` : `from ${learnt.join(', ')}`;
  progress.write(`The shipped model has learnt ${why}, so a first model is trained as of ${utcDay(fromMs)}.\n`);
  return null;
}

/** Share of a retraining that is training; the rest is judging. */
const TRAINING_SHARE = 0.85;

/** Shows which retraining is under way, and the time left, estimated from those that this run has made. */
function createRehearsalProgress(
  output: ProgressOutput,
  now: Clock,
): { show(progress: RehearsalProgress): void; end(): void } {
  const bar = createProgressBar(output, now);
  let first: { readonly atMs: number; readonly done: number } | null = null;
  return {
    show({ run, of, dateMs, stage, share }) {
      const done =
        (run + (stage === 'training' ? TRAINING_SHARE * share : TRAINING_SHARE + (1 - TRAINING_SHARE) * share)) / of;
      first ??= { atMs: now(), done };
      const seconds = (now() - first.atMs) / 1000;
      const left =
        done > first.done
          ? `, about ${secondsText((seconds / (done - first.done)) * (1 - done))} left before the evaluation`
          : '';
      const what = `retraining ${run + 1} of ${of}, as of ${utcDay(dateMs)}: ${stage}`;
      bar.show(done, `${what} ${Math.round(100 * share)} %${left}`, `${run} ${stage}`);
    },
    end: bar.end,
  };
}
