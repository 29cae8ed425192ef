import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { asCandlecastError, CandlecastError, isFileMissing } from '../core/errors.ts';
import type { MarketSeries } from '../core/market.ts';
import { type Clock, utcDay } from '../core/time.ts';
import type { CoinInput } from '../ml/features/build.ts';
import { DEFAULT_SIZE } from '../ml/model/recipes.ts';
import type { FitProgress } from '../ml/train/fit-member.ts';
import { type SearchReport, searchReport, type TrialLine } from '../ml/train/search/report.ts';
import { runSearch, type SearchStep } from '../ml/train/search/run-search.ts';
import { PARAM_NAMES, sampleTrials } from '../ml/train/search/space.ts';
import { newSearch, resumeSearch, type SearchIdentity } from '../ml/train/search/state.ts';
import { startSearchThread } from '../ml/workers/search.ts';
import { TRAINING_DEFAULTS, trainingCoins } from '../services/models/training.ts';
import { writeAtomically } from '../storage/atomic-write.ts';
import { writeReport } from './output-files.ts';
import { createProgressBar, fitProgressTexts, type ProgressOutput, secondsText } from './progress.ts';
import { countText, signed, textTable } from './text-table.ts';
import { paramOptions, type SearchOptions, type TrainArguments } from './train-options.ts';

/** Seeds of the closing comparison unless `--seeds` says otherwise. */
const COMPARISON_SEEDS = 5;

/** A search to run. */
export interface SearchCommand {
  readonly options: TrainArguments & { readonly search: SearchOptions };
  readonly series: readonly MarketSeries[];
  /** As it was called, for the report. */
  readonly command: string;
  readonly threads: number;
  readonly now: Clock;
  readonly out: ProgressOutput;
  readonly progress: ProgressOutput;
  readonly signal: AbortSignal;
  /** Training windows of one net at full length, and its number of validation checks; default: as in training. */
  readonly length?: Pick<SearchIdentity, 'windowVisits' | 'looks'>;
}

/**
 * Searches for better parameters, or goes on with a search that was interrupted, and prints its table (for `--json -`, JSON alone).
 * After every finished run the file is complete. Throws `CC_SEARCH_FILE`, `CC_TRAINING_CANCELLED` and as training does.
 */
export async function runSearchCommand(command: SearchCommand): Promise<void> {
  const { options, now, out, progress, signal } = command;
  const { search } = options;
  const identityBefore = identityOf(command);
  const shortest = Math.min(...identityBefore.trials.map(({ window }) => window));
  const { coins, btc } = await trainingCoins(command.series, options.interval, shortest);
  const identity = { ...identityBefore, data: fingerprint(coins), symbols: coins.map(({ symbol }) => symbol) };
  const seeds = options.seeds ?? Array.from({ length: COMPARISON_SEEDS }, (_, i) => search.seed + 1 + i);
  if (seeds.includes(search.seed)) {
    throw new CandlecastError(
      'CC_USAGE',
      `Seed ${search.seed} is what the trials are chosen with; compare with others.`,
    );
  }
  const text = await readSearchFile(search.file);
  const start = text === null ? newSearch(identity) : resumeSearch(text, identity, search.file);
  // Written at once, so that a path that cannot be written is reported before the first trial.
  await writeSearchFile(search.file, JSON.stringify(start));
  const done = start.scores.length + start.comparison.length;
  if (done > 0) progress.write(`Going on with ${search.file}; finished runs so far: ${done}.\n`);

  const { interval, family, clipNorm, looks, patience, build, windowVisits, medianShare, trials } = identity;
  const thread = startSearchThread({
    coins,
    btc,
    setting: {
      interval,
      family,
      fitUntilMs: options.fitUntilMs,
      stopUntilMs: options.stopUntilMs,
      windows: trials.map(({ window }) => window),
      medianShare,
      fit: {
        ...trials[0]!,
        windowVisits,
        clipNorm,
        validationChecks: looks,
        patience,
        build,
        threads: command.threads,
      },
    },
  });
  const bar = createProgressBar(progress, now);
  const show = createSearchProgress(bar.show, now);
  signal.addEventListener('abort', thread.cancel, { once: true });
  if (signal.aborted) thread.cancel();
  try {
    const state = await runSearch(start, seeds, {
      run: (request, step) => thread.run(request, (fit) => show(step, fit, windowVisits * request.share)),
      save: (next) => writeSearchFile(search.file, JSON.stringify(next)),
    });
    bar.end();
    const report = searchReport(state, seeds, command.command);
    await writeReport(search.json, report, `${searchText(report)}\nEvery trial is kept in ${search.file}.`, out);
  } catch (error) {
    throw interrupted(error, search.file);
  } finally {
    bar.end();
    signal.removeEventListener('abort', thread.cancel);
    await thread.close();
  }
}

function identityOf({ options, length }: SearchCommand): SearchIdentity {
  const { interval, search } = options;
  const { clipNorm, validationChecks, patience, medianShare, peakLearningRate, batch, weightDecay, windowVisits } =
    TRAINING_DEFAULTS[interval];
  const family = options.family ?? TRAINING_DEFAULTS[interval].family;
  const defaults = { ...DEFAULT_SIZE, peakLearningRate, batch, weightDecay };
  return {
    data: '',
    symbols: [],
    interval,
    family,
    seed: search.seed,
    trials: sampleTrials(search.trials, search.seed, family, defaults),
    fitUntilMs: options.fitUntilMs ?? null,
    stopUntilMs: options.stopUntilMs ?? null,
    ...{ windowVisits, clipNorm, looks: validationChecks, patience, medianShare },
    ...length,
    build: options.reproducible ? 'simd' : 'auto',
  };
}

/** SHA-256 over the data that trials are trained on. */
function fingerprint(coins: readonly CoinInput[]): string {
  const hash = createHash('sha256');
  for (const { symbol, columns } of coins) {
    const { startMs, rows, open, high, low, close, volume } = columns;
    hash.update(`${symbol} ${startMs} ${rows}\n`);
    for (const column of [open, high, low, close, volume]) hash.update(column);
  }
  return hash.digest('hex');
}

/** Makes lines of progress; the time left is estimated from this run's speed. */
function createSearchProgress(
  show: (done: number, text: string, part: string) => void,
  now: Clock,
): (step: SearchStep, fit: FitProgress, visits: number) => void {
  // Measured from the first report on, without making the inputs and without earlier runs.
  let first: { readonly atMs: number; readonly done: number } | null = null;
  return (step, fit, visits) => {
    const done = step.before + step.share * Math.min(fit.visited / visits, 1);
    first ??= { atMs: now(), done };
    const { atMs, done: from } = first;
    const seconds = (now() - atMs) / 1000;
    const left = done > from ? `about ${secondsText((seconds / (done - from)) * (1 - done))} left` : null;
    show(done, [step.text, ...fitProgressTexts(fit), left].filter((part) => part !== null).join(' · '), step.text);
  };
}

function interrupted(error: unknown, file: string): CandlecastError {
  const known = asCandlecastError(error);
  if (known.code !== 'CC_TRAINING_CANCELLED') return known;
  return new CandlecastError('CC_TRAINING_CANCELLED', 'The search was interrupted.', {
    cause: error,
    remedy: `What was finished is in ${file}; the same command goes on from there.`,
  });
}

/** Maximum size of a search's file; real ones are far smaller. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a search's file; null when there is none yet. Throws `CC_SEARCH_FILE` when it is too large, `CC_FILE` when it cannot be read. */
async function readSearchFile(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > MAX_BYTES) {
      throw new CandlecastError('CC_SEARCH_FILE', `${path} is too large to be a search.`);
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    if (isFileMissing(cause)) return null;
    throw new CandlecastError('CC_FILE', `${path} cannot be read.`, { cause });
  }
}

/** Writes a search's file; throws `CC_FILE`. */
async function writeSearchFile(path: string, text: string): Promise<void> {
  try {
    await writeAtomically(path, text);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The search could not be written to ${path}.`, { cause });
  }
}

const percent = (value: number | null | undefined) =>
  value === undefined ? '' : value === null ? 'diverged' : signed(value, 2, '-');

const HEADINGS: Readonly<Record<(typeof PARAM_NAMES)[number], string>> = {
  peakLearningRate: 'rate',
  batch: 'batch',
  window: 'window',
  filters: 'filters',
  units: 'units',
  dense: 'dense',
  dropout: 'dropout',
  weightDecay: 'decay',
};

const nameOf = ({ trial }: TrialLine) => (trial === 0 ? '0 (default)' : String(trial));

/** A search for a terminal: every trial, the best beside the default, and the conclusion. */
function searchText(report: SearchReport): string {
  const { validation, rungs, comparison, best } = report;
  const header = [
    'trial',
    ...PARAM_NAMES.map((name) => HEADINGS[name]),
    'parameters',
    ...rungs.map(({ windowVisits }) => `${countText(windowVisits)} visits`),
    'time',
  ];
  const rows = report.trials.map((line) => [
    nameOf(line),
    ...PARAM_NAMES.map((name) => String(line.params[name])),
    countText(line.parameters),
    ...rungs.map((_, rung) => percent(line.skillPct[rung])),
    secondsText(line.seconds),
  ]);
  const judged = `${countText(validation.windows)} origins from ${utcDay(validation.fromMs)} to ${utcDay(validation.toMs - 1)}`;
  const parts = [
    `${report.trials.length} trials of ${report.family} on ${report.symbols.length} coins of ${report.interval} candles, seed ${report.seed}. Skill of one net over climatology in per cent, on ${judged}; best first.`,
    textTable([header, ...rows]),
  ];
  if (comparison) {
    const seeds = comparison.seeds.map((one) => [
      `seed ${one.seed}`,
      percent(one.reference),
      percent(one.challenger),
      percent(one.challenger - one.reference),
    ]);
    const means = ['mean', ...[comparison.reference, comparison.challenger, comparison.difference].map(percent)];
    parts.push(
      '',
      'Both again at full length, with seeds that were not used for choosing:',
      textTable([['', 'default', `trial ${best}`, 'difference'], ...seeds, means]),
      `Standard error of the difference: ${comparison.seedError.toFixed(2)} from the seeds, ${comparison.timeError.toFixed(2)} from the period of time.`,
    );
  }
  if (report.diverged.length > 0) parts.push(`Diverged and left out: seed ${report.diverged.join(', ')}.`);
  parts.push('', report.verdict, report.caution);
  const line = report.trials.find(({ trial }) => trial === best);
  if (line && comparison?.verdict === 'better') {
    parts.push(`To train with it: --family ${report.family} ${paramOptions(line.params)}`);
  }
  return parts.join('\n');
}
