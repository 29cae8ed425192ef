import { parseArgs } from 'node:util';
import { SYMBOL_PATTERN } from '../core/asset.ts';
import type { Interval } from '../core/candle.ts';
import { INTERVALS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import { HORIZON_STEPS, HORIZONS } from '../core/horizon.ts';
import { DAY_MS } from '../core/time.ts';
import type { SentimentFileNames } from './sentiment-files.ts';
import { fileList } from './sentiment-files.ts';

export const EVALUATE_USAGE =
  'npm run evaluate -- --candles DIR --interval 1d|1h --horizons 1,3,7 --from DAY [--to DAY] [--symbols BTC,ETH] [--model FILE] [--headlines FILE.csv[,FILE.csv]] [--feargreed FILE.csv] [--forecasts OUT.csv] [--json OUT.json|-] [--report OUT.svg|OUT.png]';

const wrong = (message: string) => new CandlecastError('CC_USAGE', message, { remedy: `Usage: ${EVALUATE_USAGE}` });

/** What `npm run evaluate` was called with. Times in ms, both included. */
export interface EvaluateOptions {
  readonly candles: string;
  readonly interval: Interval;
  readonly steps: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly symbols: ReadonlySet<string> | undefined;
  readonly model: string | undefined;
  readonly sentiment: SentimentFileNames;
  readonly forecasts: string | undefined;
  readonly json: string | undefined;
  readonly report: string | undefined;
}

/** Reads the options; throws `CC_USAGE` with the usage line. */
export function parseEvaluate(args: readonly string[]): EvaluateOptions {
  const values = parseOptions(args);
  const interval = INTERVALS.find((known) => known === values.interval);
  if (!interval) throw wrong(`There are no models for the interval "${values.interval}".`);
  if (!values.candles) throw wrong('Say where the candles are with --candles DIR.');
  if (!values.from) throw wrong('Say from which day on forecasts are made with --from 2024-01-01.');
  const fromMs = momentOf(values.from, '--from', false, wrong);
  const toMs = values.to === undefined ? Number.POSITIVE_INFINITY : momentOf(values.to, '--to', true, wrong);
  if (toMs < fromMs) throw wrong('--to lies before --from.');
  if (values.report !== undefined && !/\.(svg|png)$/i.test(values.report)) {
    throw wrong('--report takes the name of an .svg or .png file.');
  }
  return {
    candles: values.candles,
    interval,
    steps: horizons(values.horizons, interval),
    fromMs,
    toMs,
    symbols: symbolSet(values.symbols, wrong),
    model: values.model,
    sentiment: { headlines: fileList(values.headlines), feargreed: fileList(values.feargreed) },
    forecasts: values.forecasts,
    json: values.json,
    report: values.report,
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        candles: text,
        interval: { ...text, default: '1d' },
        horizons: text,
        from: text,
        to: text,
        symbols: text,
        model: text,
        headlines: text,
        feargreed: text,
        forecasts: text,
        json: text,
        report: text,
      },
    }).values;
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : 'The options are not understood.');
  }
}

/** `1,3,7` in candles, or by name (`1d,3d`); all of the interval's without one. */
function horizons(text: string | undefined, interval: Interval): readonly number[] {
  const known = HORIZON_STEPS[interval];
  if (text === undefined) return known;
  const asked = text.split(',').map((part) => {
    const named = Object.values(HORIZONS).find(({ name }) => name === part.trim().toLowerCase());
    return named?.interval === interval ? named.steps : Number(part.trim() || 'none');
  });
  if (!asked.every((steps) => known.includes(steps))) {
    throw wrong(`--horizons takes numbers of ${interval} candles among ${known.join(',')}.`);
  }
  return known.filter((steps) => asked.includes(steps));
}

/** Tickers such as `BTC,ETH`; undefined without any. Throws what `wrong` makes. */
export function symbolSet(
  text: string | undefined,
  wrong: (message: string) => CandlecastError,
): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const list = text
    .toUpperCase()
    .split(',')
    .map((symbol) => symbol.trim());
  if (!list.every((symbol) => SYMBOL_PATTERN.test(symbol))) throw wrong('--symbols takes tickers such as BTC,ETH.');
  return new Set(list);
}

/** A day (its start, or with `end` its last moment) or an exact ISO 8601 time in UTC, in ms. Throws what `wrong` makes. */
export function momentOf(
  text: string,
  option: string,
  end: boolean,
  wrong: (message: string) => CandlecastError,
): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{3})?)?Z$/.test(text);
  const ms = day ? Date.parse(`${text}T00:00:00Z`) : time ? Date.parse(text) : Number.NaN;
  // V8 rolls 2023-02-31 over into March; nobody means that.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw wrong(`${option} takes a day such as 2024-01-01, or a time such as 2024-01-01T12:00:00Z.`);
  }
  return day && end ? ms + DAY_MS - 1 : ms;
}
