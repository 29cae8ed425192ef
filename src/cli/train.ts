import { availableParallelism } from 'node:os';
import type { Clock } from '../core/time.ts';
import type { Backend } from '../ml/backend.ts';
import { DEFAULT_SIZE } from '../ml/recipes.ts';
import { createTrainingService } from '../services/training.ts';
import { writeModelFile } from '../storage/model-files.ts';
import { readCandleFolder } from './candle-folder.ts';
import { cardText } from './card-table.ts';
import { gitCommit } from './git-commit.ts';
import type { ProgressOutput } from './progress.ts';
import { createProgress } from './progress.ts';
import { parseTrain, wrongTraining } from './train-options.ts';

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

/**
 * Trains on a folder of candles and writes the model with its card; throws, with nothing written, when anything fails. With
 * `--search` it searches for parameters instead and writes no model.
 */
export async function runTrain(call: TrainCommand): Promise<void> {
  const { args, now, out, progress, backend, signal } = call;
  const options = parseTrain(args);
  const { search } = options;
  if (search && backend !== 'wasm') {
    throw wrongTraining('A search runs on the built-in engine only: set ML_BACKEND=auto.');
  }
  const { series, refused } = await readCandleFolder(options.candles, options.interval, now, options.symbols);
  for (const { symbol, reason } of refused) progress.write(`${symbol} is left out: ${reason}\n`);
  progress.write(`${series.length} coins of ${options.interval} candles.\n`);
  const threads = options.threads ?? call.threads ?? Math.max(1, availableParallelism() - 1);
  const command = ['npm run train --', ...args.map((arg) => (arg === options.candles ? 'DIR' : arg))].join(' ');
  if (search) {
    const { runSearchCommand } = await import('./search.ts');
    await runSearchCommand({
      options: { ...options, search },
      series,
      command,
      threads,
      now,
      out,
      progress,
      signal,
    });
    return;
  }
  const { peakLearningRate, batch, weightDecay, ...size } = options.params;
  const bar = createProgress(progress, now);
  try {
    const card = await createTrainingService({ backend }).train({
      interval: options.interval,
      series,
      signal,
      onProgress: bar.show,
      write: (model) => writeModelFile(options.out, model),
      options: {
        threads,
        build: options.reproducible ? 'simd' : 'auto',
        rehearse: options.rehearse,
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
      },
    });
    bar.end();
    out.write(`${cardText(card)}\nWritten to ${options.out}.\n`);
  } finally {
    bar.end();
  }
}
