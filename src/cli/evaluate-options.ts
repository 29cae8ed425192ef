import { parseArgs } from 'node:util';
import type { Interval } from '../core/candle.ts';
import { HORIZON_STEPS } from '../core/horizon.ts';
import {
  CANDLE_OPTIONS,
  type CandleOptions,
  candleOptions,
  momentOf,
  stepsOf,
  understood,
  wrongUsage,
} from './options.ts';

export const EVALUATE_USAGE =
  'npm run evaluate -- --candles DIR --interval 1d|1h --horizons 1,3,7 --from DAY [--to DAY] [--symbols BTC,ETH] [--model FILE] [--headlines FILE.csv[,FILE.csv]] [--feargreed FILE.csv] [--forecasts OUT.csv] [--json OUT.json|-] [--report OUT.svg|OUT.png]';

const wrong = wrongUsage(EVALUATE_USAGE);

/** What `npm run evaluate` was called with. Times in ms, both included. */
export interface EvaluateOptions extends CandleOptions {
  readonly steps: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly model: string | undefined;
  readonly forecasts: string | undefined;
  readonly json: string | undefined;
  readonly report: string | undefined;
}

/** Reads the options; throws `CC_USAGE` with the usage line. */
export function parseEvaluate(args: readonly string[]): EvaluateOptions {
  const values = parseOptions(args);
  const common = candleOptions(values, wrong);
  const { interval } = common;
  if (!values.from) throw wrong('Say from which day on forecasts are made with --from 2024-01-01.');
  const fromMs = momentOf(values.from, '--from', false, wrong);
  const toMs = values.to === undefined ? Number.POSITIVE_INFINITY : momentOf(values.to, '--to', true, wrong);
  if (toMs < fromMs) throw wrong('--to lies before --from.');
  if (values.report !== undefined && !/\.(svg|png)$/i.test(values.report)) {
    throw wrong('--report takes the name of an .svg or .png file.');
  }
  return {
    ...common,
    steps: horizons(values.horizons, interval),
    fromMs,
    toMs,
    model: values.model,
    forecasts: values.forecasts,
    json: values.json,
    report: values.report,
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  return understood(
    () =>
      parseArgs({
        args: [...args],
        options: {
          ...CANDLE_OPTIONS,
          horizons: text,
          from: text,
          to: text,
          model: text,
          forecasts: text,
          json: text,
          report: text,
        },
      }).values,
    wrong,
  );
}

/** `1,3,7` in candles, or by name (`1d,3d`); all of the interval's without one. */
function horizons(text: string | undefined, interval: Interval): readonly number[] {
  const known = HORIZON_STEPS[interval];
  if (text === undefined) return known;
  const asked = text.split(',').map((part) => stepsOf(part, interval));
  if (!asked.every((steps) => known.includes(steps))) {
    throw wrong(`--horizons takes numbers of ${interval} candles among ${known.join(',')}.`);
  }
  return known.filter((steps) => asked.includes(steps));
}
