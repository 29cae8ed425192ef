import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../core/time.ts';
import type { Backend } from '../ml/model/backend.ts';
import { decodeModel } from '../ml/model/model-file.ts';
import { DEFAULT_SIZE } from '../ml/model/recipes.ts';
import type { TwinnedModel } from '../services/models/judge-candidate.ts';
import type { Candidate, PromotionService } from '../services/models/promotion.ts';
import { createTrainingService, retrainingOptions } from '../services/models/training.ts';
import { MAX_MODEL_FILE_BYTES, writeModelFile } from '../storage/model-store.ts';
import { readCandleFolder } from './candle-folder.ts';
import { cardText, verdictText } from './model-text.ts';
import { list } from './options.ts';
import { createCountProgress, createTrainProgress, type ProgressOutput } from './progress.ts';
import { readSentimentFiles } from './sentiment-files.ts';
import { OPTIONS, parseTrain } from './train-options.ts';

export { OPTIONS };

/** What `npm run train` is started with. */
export interface TrainCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  readonly threads: number | undefined;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  /** Milliseconds of processor time that this process has used. */
  readonly cpuMs: () => number;
  /** Opens the gate that a model without `--out` goes through, and the store that keeps it. */
  readonly openGate?: () => Promise<{ readonly promotion: PromotionService; close(): Promise<void> }>;
}

/**
 * Trains on a folder of candles. With `--out` the model is written there; else it is kept with the verdict of the promotion gate, and
 * serves if it won. Throws, with nothing written, when anything fails before. With `--search` it searches for parameters, and with
 * `--compare` it compares the families instead.
 */
export async function runTrain(call: TrainCommand): Promise<void> {
  const { args, now, out, progress, backend, signal } = call;
  const options = parseTrain(args);
  const { search, out: target } = options;
  const openGate = target === undefined ? call.openGate : undefined;
  if (!search && !options.compare && target === undefined && !openGate) {
    throw OPTIONS.wrong('Say where the model goes with --out FILE.');
  }
  if (search && backend !== 'wasm') {
    throw OPTIONS.wrong('A search runs on the built-in engine only: set ML_BACKEND=auto.');
  }
  const threads = options.threads ?? call.threads ?? Math.max(1, availableParallelism() - 1);
  const command = ['npm run train --', ...args.map((arg, i) => namedFile(arg, args[i - 1], options.candles))].join(' ');
  if (options.compare) {
    const { runCompare } = await import('./compare.ts');
    return runCompare({ ...call, options, command, threads, gitCommit: await gitCommit() });
  }
  // Whether a coin's history is sound is judged by the candles that training may see.
  const { series, refused } = await readCandleFolder(
    options.candles,
    options.interval,
    now,
    options.symbols,
    options.stopUntilMs,
  );
  for (const { symbol, reason } of refused) progress.write(`${symbol} is left out: ${reason}\n`);
  progress.write(`${series.length} coins of ${options.interval} candles.\n`);
  if (search) {
    const { runSearchCommand } = await import('./search.ts');
    return runSearchCommand({ options: { ...options, search }, series, command, threads, now, out, progress, signal });
  }
  const sentiment = await readSentimentFiles(options);
  // Before hours of training, so that a store that cannot be opened is told at once.
  const gate = await openGate?.();
  if (sentiment) progress.write(`${sentiment.summary}\n`);
  const { peakLearningRate, batch, weightDecay, ...size } = options.params;
  const bar = createTrainProgress(progress, now);
  let made: TwinnedModel | null = null;
  // The promotion gate measures a twin without the newest candles, unless an option sets the end of the training data.
  const gated = target === undefined && options.stopUntilMs === undefined ? retrainingOptions(options.interval) : {};
  try {
    const card = await createTrainingService({ backend }).train({
      interval: options.interval,
      series,
      ...(sentiment ? { sentiment: sentiment.at } : {}),
      signal,
      onProgress: bar.show,
      write: async (model, twin) => {
        made = { model, twin };
        if (target !== undefined) await writeModelFile(target, model);
      },
      options: {
        threads,
        build: options.reproducible ? 'simd' : 'auto',
        outOfSampleRefit: options.outOfSampleRefit,
        description: `${series.length} coins of ${options.interval} candles from files`,
        command,
        ...(options.family ? { family: options.family } : {}),
        ...(peakLearningRate === undefined ? {} : { peakLearningRate }),
        ...(batch === undefined ? {} : { batch }),
        ...(weightDecay === undefined ? {} : { weightDecay }),
        size: { ...DEFAULT_SIZE, ...size },
        gitCommit: await gitCommit(),
        ...(options.seeds ? { seeds: options.seeds } : {}),
        ...(options.fitUntilMs === undefined ? {} : { fitUntilMs: options.fitUntilMs }),
        ...(options.stopUntilMs === undefined ? {} : { stopUntilMs: options.stopUntilMs }),
        ...gated,
        maxBytes: gate?.promotion.maxBytes ?? MAX_MODEL_FILE_BYTES,
      },
    });
    bar.end();
    out.write(`${cardText(card)}\n`);
    if (target !== undefined) out.write(`Written to ${target}.\n`);
    else if (gate && made)
      await passGate(gate.promotion, { ...(made as TwinnedModel), series, sentiment: sentiment?.at, signal }, call);
  } finally {
    bar.end();
    await gate?.close();
  }
}

/** An argument as the card keeps it: without the folders of this machine. */
function namedFile(arg: string, option: string | undefined, candles: string): string {
  if (arg === candles) return 'DIR';
  return option === '--headlines' || option === '--feargreed'
    ? list
        .parse(arg)
        .map((path) => basename(path))
        .join(',')
    : arg;
}

/** Compares the model with the serving one, and prints the verdict. */
async function passGate(promotion: PromotionService, candidate: Candidate, call: TrainCommand): Promise<void> {
  const { version } = decodeModel(candidate.model).card;
  const bar = createCountProgress(call.progress, call.now, 'coins compared');
  try {
    const verdict = await promotion.consider({ ...candidate, onCoin: bar.show });
    bar.end();
    call.out.write(`${verdictText(version, verdict)}\n`);
  } finally {
    bar.end();
  }
}

/** The commit the program was built from, for the card; null outside a checkout. */
async function gitCommit(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short=12', 'HEAD'], { timeout: 5_000 });
    return stdout.trim() || null;
  } catch {
    // No git, or no checkout.
    return null;
  }
}
