import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SYMBOL_PATTERN } from '../core/asset.ts';
import { INTERVALS, type Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { HORIZONS } from '../core/horizon.ts';
import { DAY_MS } from '../core/time.ts';

/** One option of a command: a text that its schema reads, or a flag. */
export interface Option<Schema extends z.ZodType = z.ZodType> {
  /** What stands for the value in the usage line, such as `DIR`; null for a flag. */
  readonly value: string | null;
  readonly about: string;
  /** Gives type, bounds and default. Its messages follow the option's name: `takes a number from 0 to 1.` */
  readonly schema: Schema;
}

/** The type of the parsed options of a table. */
export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Schema> ? z.output<Schema> : never;
};

/** The options of one command. */
export interface CommandOptions<Values> {
  /** The one line that shows how the command is called. */
  readonly usage: string;
  /** The usage line, and each option with its bounds and default: what `--help` shows. */
  help(): string;
  /** Reads and checks the arguments; throws `CC_USAGE`. */
  read(args: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] };
  /** Makes the error of wrong options: `CC_USAGE`, with the usage line as remedy. */
  wrong(message: string): CandlecastError;
}

/** An option with a value. */
export const option = <Schema extends z.ZodType>(value: string, about: string, schema: Schema): Option<Schema> => ({
  value,
  about,
  schema,
});

/** An option without a value, false unless it is given. */
export const flag = (about: string) => ({ value: null, about, schema: z.boolean().default(false) });

/** Makes the options of `npm run NAME` from its table. `positionals` shows the positional arguments in the usage line; without it none is accepted. */
export function commandOptions<Table extends Readonly<Record<string, Option>>>(
  name: string,
  table: Table,
  positionals?: string,
): CommandOptions<OptionValues<Table>> {
  const entries = Object.entries(table).map(([key, one]) => {
    const absent = one.schema.safeParse(undefined);
    const shown = one.value === null ? `--${key}` : `--${key} ${one.value}`;
    return { key, ...one, shown, required: !absent.success, ifAbsent: absent.data };
  });
  const parts = entries.map(({ shown, required }) => (required ? shown : `[${shown}]`));
  const usage = [`npm run ${name} --`, ...(positionals === undefined ? [] : [positionals]), ...parts].join(' ');
  const options = Object.fromEntries(
    entries.map(({ key, value }) => [key, { type: value === null ? 'boolean' : 'string' } as const]),
  );
  const wrong = (message: string) => new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${usage}` });
  const split = (args: readonly string[]) => {
    try {
      return parseArgs({ args: [...args], options, allowPositionals: positionals !== undefined });
    } catch (cause) {
      throw wrong(cause instanceof Error ? cause.message : 'The options are not understood.');
    }
  };
  return {
    usage,
    help() {
      const width = Math.max(0, ...entries.map(({ shown }) => shown.length));
      const lines = entries.map(({ shown, about, schema, ifAbsent }) => {
        const facts = [...boundsText(schema), ...defaultText(ifAbsent)].join(', ');
        return `  ${shown.padEnd(width)}  ${about}${facts === '' ? '' : ` (${facts})`}`;
      });
      return [`Usage: ${usage}`, '', ...lines, ''].join('\n');
    },
    wrong,
    read(args) {
      const given = split(args);
      const values = entries.map(({ key, shown, about, schema }) => {
        const { success, data, error } = schema.safeParse(given.values[key]);
        if (success) return [key, data];
        throw wrong(
          given.values[key] === undefined
            ? `${shown} is missing: ${about}.`
            : `--${key} ${error.issues[0]?.message ?? 'is wrong.'}`,
        );
      });
      return { values: Object.fromEntries(values) as OptionValues<Table>, positionals: given.positionals };
    },
  };
}

/** The bounds of a number. */
function boundsText(schema: z.ZodType): string[] {
  const { minimum, maximum } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return minimum === undefined || maximum === undefined ? [] : [`${minimum} to ${maximum}`];
}

function defaultText(ifAbsent: unknown): string[] {
  const worthSaying = typeof ifAbsent === 'string' || Number.isFinite(ifAbsent);
  return worthSaying ? [`default ${String(ifAbsent)}`] : [];
}

/** A text that is not empty. */
export const filled = z.string().min(1, 'needs a value.');

/** A file that is written, or `-` for standard output. */
export const jsonTarget = option(
  'OUT.json|-',
  'writes JSON to that file, or to standard output alone',
  filled.optional(),
);

/** A number from `least` to `most`. */
export const number = (least: number, most: number) => bounded(least, most, false);

/** A whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number) => bounded(least, most, true);

function bounded(least: number, most: number, whole: boolean) {
  const error = `takes a ${whole ? 'whole number' : 'number'} from ${least} to ${most}.`;
  const numbers = z.number(error).min(least, error).max(most, error);
  return z
    .string()
    .transform(toNumber)
    .pipe(whole ? numbers.int(error) : numbers);
}

/** The number that a text names; NaN for a blank one, which `Number` takes for 0. */
export const toNumber = (text: string) => Number(text.trim() || Number.NaN);

/** A comma-separated list, without what is blank in it. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const SYMBOLS_ERROR = 'takes tickers such as BTC,ETH.';

/** Tickers such as `BTC,ETH`, however they are typed. */
export const symbols = z
  .string()
  .transform((text) =>
    text
      .toUpperCase()
      .split(',')
      .map((symbol) => symbol.trim()),
  )
  .pipe(z.array(z.string().regex(SYMBOL_PATTERN, SYMBOLS_ERROR)))
  .transform((tickers): ReadonlySet<string> => new Set(tickers));

const day = z.iso.date();
const time = z.union([z.iso.datetime(), z.iso.datetime({ precision: -1 })]);
const startMs = (text: string) => Date.parse(text);

/** A day or an exact ISO 8601 time in UTC, in ms; of a day its start and `dayMs` more. */
export const moment = (dayMs: number) =>
  z.union([day.transform((text) => startMs(text) + dayMs), time.transform(startMs)], {
    error: 'takes a day such as 2024-01-01, or a time such as 2024-01-01T12:00:00Z.',
  });

/** A day, as its end in ms, exclusive. */
export const lastDay = z.iso.date('takes a day such as 2022-12-31.').transform((text) => startMs(text) + DAY_MS);

/** Length of a candle. */
export const interval = z.enum(INTERVALS, {
  error: ({ input }) => `takes ${INTERVALS.join(' or ')}: there are no models for the interval "${String(input)}".`,
});

/** Options of every command over a folder of candles. */
export const CANDLE_OPTIONS = {
  candles: option('DIR', 'folder with a SYMBOL.csv of candles for each coin, or with such folders 1d and 1h', filled),
  interval: option(INTERVALS.join('|'), 'length of a candle', interval.default('1d')),
  symbols: option('BTC,ETH', 'uses only these coins', symbols.optional()),
  headlines: option('FILE.csv[,FILE.csv]', 'headlines to take sentiment from', list.default([])),
  feargreed: option('FILE.csv[,FILE.csv]', 'values of the Fear & Greed index', list.default([])),
} as const;

/** The folder of candles and the parts that a command uses; every coin without `symbols`. */
export type CandleOptions = OptionValues<typeof CANDLE_OPTIONS>;

/** A horizon by its name (`7d`) or its number of candles (`7`), in candles of that interval; NaN where it is neither. */
export function stepsOf(text: string, interval: Interval): number {
  const named = Object.values(HORIZONS).find(({ name }) => name === text.trim().toLowerCase());
  return named?.interval === interval ? named.steps : toNumber(text);
}
