import { SYMBOL_PATTERN } from '../core/asset.ts';
import { INTERVALS, type Interval } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { HORIZONS } from '../core/horizon.ts';
import { DAY_MS } from '../core/time.ts';
import { fileList, type SentimentFileNames } from './sentiment-files.ts';

/** Makes the error of a command that was called with wrong options: `CC_USAGE`, with its usage line as remedy. */
export type WrongUsage = (message: string) => CandlecastError;

/** What makes the errors of the command with that usage line. */
export function wrongUsage(usage: string): WrongUsage {
  return (message) => new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${usage}` });
}

/** What `parseArgs` reads; throws what `wrong` makes where it refuses the options. */
export function understood<T>(read: () => T, wrong: WrongUsage): T {
  try {
    return read();
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : 'The options are not understood.');
  }
}

/** What every command over a folder of candles takes, as `parseArgs` wants it. */
export const CANDLE_OPTIONS = {
  candles: { type: 'string' },
  interval: { type: 'string', default: '1d' },
  symbols: { type: 'string' },
  headlines: { type: 'string' },
  feargreed: { type: 'string' },
} as const;

/** The folder of candles, and what of it and beside it a command uses. */
export interface CandleOptions {
  readonly candles: string;
  readonly interval: Interval;
  /** All of the folder without any. */
  readonly symbols: ReadonlySet<string> | undefined;
  readonly sentiment: SentimentFileNames;
}

/** Reads the values of `CANDLE_OPTIONS`. Throws what `wrong` makes. */
export function candleOptions(
  values: { readonly [name in keyof typeof CANDLE_OPTIONS]?: string | undefined },
  wrong: WrongUsage,
): CandleOptions {
  const { candles, interval } = values;
  const known = INTERVALS.find((name) => name === interval);
  if (!known) throw wrong(`There are no models for the interval "${interval}".`);
  if (!candles) throw wrong('Say where the candles are with --candles DIR.');
  return {
    candles,
    interval: known,
    symbols: symbolSet(values.symbols, wrong),
    sentiment: { headlines: fileList(values.headlines), feargreed: fileList(values.feargreed) },
  };
}

/** A horizon by its name (`7d`) or its number of candles (`7`), in candles of that interval; NaN where it is neither. */
export function stepsOf(text: string, interval: Interval): number {
  const named = Object.values(HORIZONS).find(({ name }) => name === text.trim().toLowerCase());
  return named?.interval === interval ? named.steps : Number(text.trim() || 'none');
}

/** Tickers such as `BTC,ETH`; undefined without any. Throws what `wrong` makes. */
export function symbolSet(text: string | undefined, wrong: WrongUsage): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const list = text
    .toUpperCase()
    .split(',')
    .map((symbol) => symbol.trim());
  if (!list.every((symbol) => SYMBOL_PATTERN.test(symbol))) throw wrong('--symbols takes tickers such as BTC,ETH.');
  return new Set(list);
}

/** A day (its start, or with `end` its last moment) or an exact ISO 8601 time in UTC, in ms. Throws what `wrong` makes. */
export function momentOf(text: string, option: string, end: boolean, wrong: WrongUsage): number {
  const dayMs = startOfDay(text);
  if (!Number.isNaN(dayMs)) return end ? dayMs + DAY_MS - 1 : dayMs;
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{3})?)?Z$/.test(text) && isOfCalendar(text);
  const ms = time ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw wrong(`${option} takes a day such as 2024-01-01, or a time such as 2024-01-01T12:00:00Z.`);
  }
  return ms;
}

/** The end of a day, exclusive, in ms; undefined without one. Throws what `wrong` makes. */
export function dayAfter(text: string | undefined, option: string, wrong: WrongUsage): number | undefined {
  if (text === undefined) return undefined;
  const ms = startOfDay(text);
  if (Number.isNaN(ms)) throw wrong(`${option} takes a day such as 2022-12-31.`);
  return ms + DAY_MS;
}

/** Start of a day given as 2022-12-31, UTC, in ms; NaN where it is none. */
function startOfDay(text: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isOfCalendar(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
}

/** V8 rolls 2023-02-31 over into March; nobody means that. */
function isOfCalendar(text: string): boolean {
  const day = text.slice(0, 10);
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
