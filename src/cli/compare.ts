import type { FamilyComparison } from '../core/model-info.ts';
import type { Clock } from '../core/time.ts';
import type { Backend } from '../ml/model/backend.ts';
import { FAMILIES } from '../ml/model/recipes.ts';
import { compareFamilies } from '../services/models/compare-families.ts';
import { createTrainingService } from '../services/models/training.ts';
import { writeComparisonFile } from '../storage/comparison-file.ts';
import { readCandleFolder } from './candle-folder.ts';
import { createProgressBar, type ProgressOutput, trainProgressText } from './progress.ts';
import { textTable } from './text-table.ts';
import type { TrainArguments } from './train-options.ts';

/** A comparison to run. */
export interface CompareCommand {
  readonly options: TrainArguments;
  /** As it was called, for the report. */
  readonly command: string;
  readonly threads: number;
  readonly backend: Backend;
  readonly gitCommit: string | null;
  readonly now: Clock;
  /** Milliseconds of processor time that this process has used. */
  readonly cpuMs: () => number;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  readonly signal: AbortSignal;
}

/**
 * Trains every family on the same split, prints the table and writes it, by default to `data/models/comparison-INTERVAL.json`. Throws
 * `CC_FILE`, and as training does.
 */
export async function runCompare(call: CompareCommand): Promise<void> {
  const { options, command, threads, backend, gitCommit, now, cpuMs, out, progress, signal } = call;
  const target = options.out ?? `data/models/comparison-${options.interval}.json`;
  const { series, refused } = await readCandleFolder(options.candles, options.interval, now, options.symbols);
  for (const { symbol, reason } of refused) progress.write(`${symbol} is left out: ${reason}\n`);
  progress.write(`${series.length} coins of ${options.interval} candles, families ${FAMILIES.join(', ')}.\n`);
  const bar = createProgressBar(progress, now);
  try {
    const comparison = await compareFamilies(createTrainingService({ backend }), {
      interval: options.interval,
      series,
      signal,
      now,
      cpuMs,
      onProgress: (family, state) =>
        bar.show(
          (FAMILIES.indexOf(family) + state.done) / FAMILIES.length,
          `${family}: ${trainProgressText(state)}`,
          `${family}${state.member}`,
        ),
      options: {
        threads,
        build: options.reproducible ? 'simd' : 'auto',
        description: `${series.length} coins of ${options.interval} candles from files`,
        command,
        gitCommit,
        ...(options.seeds ? { seeds: options.seeds } : {}),
        ...(options.fitUntilMs === undefined ? {} : { fitUntilMs: options.fitUntilMs }),
        ...(options.stopUntilMs === undefined ? {} : { stopUntilMs: options.stopUntilMs }),
      },
    });
    await writeComparisonFile(target, comparison);
    bar.end();
    out.write(`${comparisonText(comparison)}\nWritten to ${target}.\n`);
  } finally {
    bar.end();
  }
}

const percent = (fraction: number) => (100 * fraction).toFixed(2);

/** One row a family and horizon; errors and shares in per cent. */
function comparisonText({ families }: FamilyComparison): string {
  const head = [
    'family',
    'steps',
    'skill %',
    'MAE',
    'RMSE',
    'MAE, no change',
    'direction (base rate)',
    'parameters',
    's',
    'CPU s',
  ];
  const rows = families.flatMap(({ family, parameters, seconds, cpuSeconds, horizons }) =>
    horizons.map(({ steps, skillPct, median, randomWalk, direction }) => [
      family,
      String(steps),
      `${skillPct.value.toFixed(1)} (${skillPct.low.toFixed(1)} to ${skillPct.high.toFixed(1)})`,
      percent(median.mae),
      percent(median.rmse),
      percent(randomWalk.mae),
      `${percent(direction.value)} (${percent(direction.baseRate)})`,
      parameters.toLocaleString('en'),
      seconds.toFixed(0),
      cpuSeconds.toFixed(0),
    ]),
  );
  return textTable([head, ...rows]);
}
