import { availableParallelism } from 'node:os';
import { CandlecastError } from '../core/errors.ts';
import type { FamilyComparison } from '../core/model-info.ts';
import { FAMILIES } from '../ml/model/recipes.ts';
import { compareFamilies } from '../services/models/compare-families.ts';
import { createTrainingService } from '../services/models/training.ts';
import { writeComparisonFile } from '../storage/comparison-file.ts';
import { readCandleFolder } from './candle-folder.ts';
import { createProgressBar, trainProgressText } from './progress.ts';
import { textTable } from './text-table.ts';
import { gitCommit, type TrainCommand } from './train.ts';
import { parseTrain } from './train-options.ts';

const USAGE =
  'npm run train -- --compare --candles DIR [--interval 1d|1h] [--symbols BTC,ETH] [--out FILE] [--fit-until DAY] [--stop-until DAY] [--seeds 1] [--threads N] [--reproducible]';

/**
 * `npm run train -- --compare`: trains every family on the same split, prints the table and writes it, by default to
 * `data/models/comparison-INTERVAL.json`. The processor's clock comes as an argument.
 */
export async function runCompare(
  { args, now, out, progress, threads, backend, signal }: TrainCommand,
  cpuMs: () => number,
): Promise<void> {
  const options = parseTrain(args.filter((arg) => arg !== '--compare'));
  const refuse = (message: string) => new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${USAGE}` });
  if (options.search || options.family)
    throw refuse('A comparison trains every family: --family and --search do not go with it.');
  if (Object.keys(options.params).length > 0 || !options.rehearse)
    throw refuse('A comparison trains with the defaults.');
  if (options.sentiment.headlines.length + options.sentiment.feargreed.length > 0)
    throw refuse('A comparison goes without sentiment: --headlines and --feargreed do not go with it.');
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
        threads: options.threads ?? threads ?? Math.max(1, availableParallelism() - 1),
        build: options.reproducible ? 'simd' : 'auto',
        description: `${series.length} coins of ${options.interval} candles from files`,
        command: ['npm run train --', ...args.map((arg) => (arg === options.candles ? 'DIR' : arg))].join(' '),
        gitCommit: await gitCommit(),
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
