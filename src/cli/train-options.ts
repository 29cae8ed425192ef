import { parseArgs } from 'node:util';
import { FAMILIES, type Family } from '../ml/model/recipes.ts';
import type { TrialParams } from '../ml/train/search/space.ts';
import { CANDLE_OPTIONS, type CandleOptions, candleOptions, dayAfter, understood, wrongUsage } from './options.ts';

export const TRAIN_USAGE = [
  'npm run train -- --candles DIR [--interval 1d|1h] [--symbols BTC,ETH] [--out FILE] [--fit-until DAY] [--stop-until DAY] [--seeds 1,2,3] [--threads N] [--reproducible] [--no-rehearsal] [--headlines FILE.csv[,FILE.csv]] [--feargreed FILE.csv]',
  `[--family ${FAMILIES.join('|')}] [--learning-rate 0.002] [--batch N] [--weight-decay 0.01] [--window N] [--filters N] [--units N] [--dense N] [--dropout 0.1]`,
  '| --search N [--search-file FILE] [--search-seed N] [--json FILE|-]',
].join(' ');

/** Wrong usage, with the usage line as its remedy. */
export const wrongTraining = wrongUsage(TRAIN_USAGE);

/** What a search was asked for. */
export interface SearchAsked {
  readonly trials: number;
  readonly file: string;
  readonly seed: number;
  readonly json: string | undefined;
}

/** What `npm run train` was called with; times in ms, ends exclusive. */
export interface TrainArguments extends CandleOptions {
  readonly family: Family | undefined;
  /** Where to write the model and be done; undefined: it goes through the promotion gate. */
  readonly out: string | undefined;
  readonly seeds: readonly number[] | undefined;
  readonly threads: number | undefined;
  readonly fitUntilMs: number | undefined;
  readonly stopUntilMs: number | undefined;
  readonly reproducible: boolean;
  readonly rehearse: boolean;
  /** What is not left at its default. */
  readonly params: Partial<TrialParams>;
  readonly search: SearchAsked | null;
}

/** Each parameter's option, its bounds, and whether it must be whole. */
const PARAMS = {
  'learning-rate': { name: 'peakLearningRate', from: 1e-6, to: 1, whole: false },
  batch: { name: 'batch', from: 1, to: 4_096, whole: true },
  'weight-decay': { name: 'weightDecay', from: 0, to: 1, whole: false },
  window: { name: 'window', from: 12, to: 512, whole: true },
  filters: { name: 'filters', from: 1, to: 512, whole: true },
  units: { name: 'units', from: 1, to: 512, whole: true },
  dense: { name: 'dense', from: 1, to: 1_024, whole: true },
  dropout: { name: 'dropout', from: 0, to: 0.95, whole: false },
} as const satisfies Record<string, { name: keyof TrialParams; from: number; to: number; whole: boolean }>;
type ParamOption = keyof typeof PARAMS;
const PARAM_OPTIONS = Object.keys(PARAMS) as ParamOption[];

/** The options that train with the given parameters. */
export const paramOptions = (params: TrialParams): string =>
  PARAM_OPTIONS.map((option) => `--${option} ${params[PARAMS[option].name]}`).join(' ');

/** Reads the options; throws `CC_USAGE` with the usage line. */
export function parseTrain(args: readonly string[]): TrainArguments {
  const values = parseOptions(args);
  const common = candleOptions(values, wrongTraining);
  const { interval } = common;
  const family = FAMILIES.find((known) => known === values.family);
  if (values.family !== undefined && !family) throw wrongTraining(`--family takes one of ${FAMILIES.join(', ')}.`);
  const seeds = values.seeds?.split(',').map(Number);
  if (seeds && (seeds.length > 16 || !seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31))) {
    throw wrongTraining('--seeds takes one to sixteen whole numbers such as 1,2,3.');
  }
  const whole = (option: 'threads' | 'search' | 'search-seed', from: number, to: number) => {
    const number = values[option] === undefined ? undefined : Number(values[option]);
    if (number !== undefined && !(Number.isInteger(number) && number >= from && number <= to)) {
      throw wrongTraining(`--${option} takes a whole number from ${from} to ${to}.`);
    }
    return number;
  };
  const trials = whole('search', 2, 1_000);
  const searchSeed = whole('search-seed', 0, 2 ** 31 - 1);
  const params = Object.fromEntries(
    PARAM_OPTIONS.flatMap((option) => {
      const text = values[option];
      return text === undefined ? [] : [[PARAMS[option].name, numberOf(option, text)]];
    }),
  ) as Partial<TrialParams>;
  const forSearch = ['search-file', 'search-seed', 'json'] as const;
  const stray = trials === undefined ? forSearch.find((option) => values[option] !== undefined) : undefined;
  if (stray) throw wrongTraining(`--${stray} goes with --search N.`);
  if (trials !== undefined) {
    if (values.out !== undefined) throw wrongTraining('A search writes no model: --out does not go with --search.');
    const set = PARAM_OPTIONS.find((option) => values[option] !== undefined);
    if (set) throw wrongTraining(`A search chooses --${set} itself.`);
    const spoken = (['headlines', 'feargreed'] as const).find((option) => values[option] !== undefined);
    if (spoken) throw wrongTraining(`A search goes without sentiment: --${spoken} does not go with --search.`);
  }
  return {
    ...common,
    family,
    out: values.out,
    seeds,
    threads: whole('threads', 1, 64),
    fitUntilMs: dayAfter(values['fit-until'], '--fit-until', wrongTraining),
    stopUntilMs: dayAfter(values['stop-until'], '--stop-until', wrongTraining),
    reproducible: values.reproducible,
    rehearse: !values['no-rehearsal'],
    params,
    search:
      trials === undefined
        ? null
        : {
            trials,
            file: values['search-file'] ?? `data/search/${interval}.json`,
            seed: searchSeed ?? 1,
            json: values.json,
          },
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  return understood(
    () =>
      parseArgs({
        args: [...args],
        options: {
          ...CANDLE_OPTIONS,
          family: text,
          out: text,
          seeds: text,
          threads: text,
          'fit-until': text,
          'stop-until': text,
          reproducible: flag,
          'no-rehearsal': flag,
          'learning-rate': text,
          batch: text,
          'weight-decay': text,
          window: text,
          filters: text,
          units: text,
          dense: text,
          dropout: text,
          search: text,
          'search-file': text,
          'search-seed': text,
          json: text,
        },
      }).values,
    wrongTraining,
  );
}

function numberOf(option: ParamOption, text: string): number {
  const { from, to, whole } = PARAMS[option];
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= from && value <= to) || (whole && !Number.isInteger(value))) {
    throw wrongTraining(`--${option} takes a ${whole ? 'whole number' : 'number'} from ${from} to ${to}.`);
  }
  return value;
}
