import { z } from 'zod';
import { FAMILIES } from '../ml/model/recipes.ts';
import type { TrialParams } from '../ml/train/search/space.ts';
import {
  CANDLE_OPTIONS,
  commandOptions,
  filled,
  flag,
  jsonTarget,
  lastDay,
  number,
  option,
  toNumber,
  wholeNumber,
} from './options.ts';

/** Options of the parameters that a search chooses itself. */
const PARAM_TABLE = {
  'learning-rate': option('0.002', 'peak of the learning rate', number(1e-6, 1).optional()),
  batch: option('N', 'windows in a batch', wholeNumber(1, 4_096).optional()),
  'weight-decay': option('0.01', 'weight decay of AdamW', number(0, 1).optional()),
  window: option('N', 'candles that a forecast sees', wholeNumber(12, 512).optional()),
  filters: option('N', 'filters of a convolution', wholeNumber(1, 512).optional()),
  units: option('N', 'units of a recurrent layer', wholeNumber(1, 512).optional()),
  dense: option('N', 'units of the dense layer', wholeNumber(1, 1_024).optional()),
  dropout: option('0.1', 'share of the dense layer that is dropped in training', number(0, 0.95).optional()),
} as const;
type ParamOption = keyof typeof PARAM_TABLE;

/** The parameter that each option sets. */
const PARAMS: Readonly<Record<ParamOption, keyof TrialParams>> = {
  'learning-rate': 'peakLearningRate',
  batch: 'batch',
  'weight-decay': 'weightDecay',
  window: 'window',
  filters: 'filters',
  units: 'units',
  dense: 'dense',
  dropout: 'dropout',
};
const PARAM_OPTIONS = Object.keys(PARAMS) as ParamOption[];

const SEEDS_ERROR = 'takes one to sixteen whole numbers such as 1,2,3.';
const seeds = z
  .string()
  .transform((text) => text.split(',').map(toNumber))
  .pipe(
    z
      .array(
        z
          .int(SEEDS_ERROR)
          .min(0, SEEDS_ERROR)
          .max(2 ** 31 - 1, SEEDS_ERROR),
      )
      .max(16, SEEDS_ERROR),
  );

/** The options of `npm run train`, of its search for parameters and of its comparison of families. */
export const OPTIONS = commandOptions('train', {
  ...CANDLE_OPTIONS,
  out: option(
    'FILE',
    'only writes the model there; without it the model goes through the promotion gate',
    filled.optional(),
  ),
  family: option(
    FAMILIES.join('|'),
    'family of networks',
    z.enum(FAMILIES, `takes one of ${FAMILIES.join(', ')}.`).optional(),
  ),
  'fit-until': option('DAY', 'last day that weights are fitted on', lastDay.optional()),
  'stop-until': option('DAY', 'last day that training may see', lastDay.optional()),
  seeds: option('1,2,3', 'trains one net with each seed', seeds.optional()),
  threads: option(
    'N',
    'threads to train with; without it one fewer than there are cores',
    wholeNumber(1, 64).optional(),
  ),
  reproducible: flag('gives the same bits on every processor'),
  'no-rehearsal': flag(
    'leaves out the out-of-sample refit that the record in replies comes from; with the promotion gate its twin gives the record',
  ),
  ...PARAM_TABLE,
  search: option('N', 'tries N sets of parameters instead, and writes no model', wholeNumber(2, 1_000).optional()),
  'search-file': option('FILE', 'keeps the search there; without it in data/search', filled.optional()),
  'search-seed': option('N', 'chooses what is tried; without it 1', wholeNumber(0, 2 ** 31 - 1).optional()),
  json: { ...jsonTarget, about: 'writes the report of a search to that file, or to standard output alone' },
  compare: flag('trains every family on the same split instead, and writes the comparison'),
});

/** The options of a search. */
export interface SearchOptions {
  readonly trials: number;
  readonly file: string;
  readonly seed: number;
  readonly json: string | undefined;
}

/** What `npm run train` was called with; times in ms, ends exclusive. */
export type TrainArguments = ReturnType<typeof parseTrain>;

/** Reads the options; throws `CC_USAGE`. */
export function parseTrain(args: readonly string[]) {
  const { values } = OPTIONS.read(args);
  const { candles, interval, symbols, headlines, feargreed, family, out, seeds, threads, reproducible } = values;
  const set = PARAM_OPTIONS.filter((name) => values[name] !== undefined);
  const trials = values.search;
  const stray = (['search-file', 'search-seed', 'json'] as const).find((name) => values[name] !== undefined);
  if (trials === undefined && stray) throw OPTIONS.wrong(`--${stray} goes with --search N.`);
  const withSentiment = (['headlines', 'feargreed'] as const).find((name) => values[name].length > 0);
  if (trials !== undefined) {
    if (out !== undefined) throw OPTIONS.wrong('A search writes no model: --out does not go with --search.');
    if (set[0]) throw OPTIONS.wrong(`A search chooses --${set[0]} itself.`);
    if (withSentiment)
      throw OPTIONS.wrong(`A search goes without sentiment: --${withSentiment} does not go with --search.`);
  }
  if (values.compare) {
    if (trials !== undefined || family !== undefined)
      throw OPTIONS.wrong('A comparison trains every family: --family and --search do not go with it.');
    if (set.length > 0 || values['no-rehearsal']) throw OPTIONS.wrong('A comparison trains with the defaults.');
    if (withSentiment)
      throw OPTIONS.wrong('A comparison goes without sentiment: --headlines and --feargreed do not go with it.');
  }
  const search: SearchOptions | null =
    trials === undefined
      ? null
      : {
          trials,
          file: values['search-file'] ?? `data/search/${interval}.json`,
          seed: values['search-seed'] ?? 1,
          json: values.json,
        };
  return {
    ...{ candles, interval, symbols, headlines, feargreed },
    family,
    /** Folder of the model without a promotion gate; undefined: it goes through the gate. */
    out,
    seeds,
    threads,
    fitUntilMs: values['fit-until'],
    stopUntilMs: values['stop-until'],
    reproducible,
    /** Whether the recipe is also trained on an earlier part of the data and evaluated on the later part. */
    outOfSampleRefit: !values['no-rehearsal'],
    /** Parameters that differ from the default. */
    params: Object.fromEntries(set.map((name) => [PARAMS[name], values[name]])) as Partial<TrialParams>,
    search,
    compare: values.compare,
  };
}

/** The options that train with the given parameters. */
export const paramOptions = (params: TrialParams): string =>
  PARAM_OPTIONS.map((name) => `--${name} ${params[PARAMS[name]]}`).join(' ');
