import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Candle, INTERVAL_MS, INTERVALS } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { OddsReliability } from '../core/odds-record.ts';
import { QUANTILE_LEVELS } from '../core/quantiles.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../core/time.ts';
import { type PastForecast, type PastOdds, pastOdds } from '../ml/evaluate/past-odds.ts';
import { combineQuantiles } from '../ml/forecast/from-now.ts';
import { oddsReliability } from '../ml/scoring/odds-reliability.ts';
import { readCandleFolder } from './candle-folder.ts';
import { commandOptions, filled, jsonTarget, list, moment, option, wholeNumber } from './options.ts';
import { writeReport } from './output-files.ts';
import { countText, textTable } from './text-table.ts';

/** The options of `npm run odds`. */
export const OPTIONS = commandOptions('odds', {
  candles: option('DIR', 'folder with hourly candles, as for npm run evaluate', filled),
  forecasts: option(
    'FILE.csv,FILE.csv',
    'forecasts of npm run evaluate, of hours and of days; those from one origin are put together',
    list.pipe(z.array(z.string()).min(1, 'needs a file.')),
  ),
  from: option('DAY', 'first day that is asked on', moment(0).default(Number.NEGATIVE_INFINITY)),
  to: option('DAY', 'last day that is asked on', moment(DAY_MS).default(Number.POSITIVE_INFINITY)),
  every: option('HOURS', 'hours from one question to the next, from midnight on', wholeNumber(1, 24).default(24)),
  json: jsonTarget,
});

/** What `npm run odds` is started with. */
export interface OddsCommand {
  readonly args: readonly string[];
  readonly now: Clock;
  readonly out: NodeJS.WritableStream;
}

/** Spans between the forecasts' horizons, and those themselves. */
const SPANS_HOURS = [1, 2, 4, 8, 12, 24, 48, 72, 120, 168] as const;

/** The forecasts from one origin of a coin, by how far ahead they are. */
type Origins = Map<string, Map<number, Map<number, readonly number[]>>>;

/** Says how odds of levels would have held in the past. Throws `CC_USAGE`, `CC_FILE`. */
export async function runOdds({ args, now, out }: OddsCommand): Promise<void> {
  const { candles, forecasts, from, to, every, json } = OPTIONS.read(args).values;
  const origins: Origins = new Map();
  for (const file of forecasts) await readForecasts(file, origins, { from, to, everyMs: every * HOUR_MS });
  if (origins.size === 0) throw new CandlecastError('CC_FILE', 'There is no forecast from these days in these files.');
  const { series } = await readCandleFolder(candles, '1h', now, new Set(origins.keys()));
  const found: PastOdds[] = [];
  for (const { symbol, candles: hours } of series) {
    const byOpen = new Map<number, Candle>(hours.map((hour) => [hour.openTimeMs, hour]));
    for (const [originMs, byAhead] of origins.get(symbol) ?? []) {
      const made: PastForecast[] = [...byAhead].map(([aheadMs, returns]) => ({ aheadMs, returns }));
      const spansMs = SPANS_HOURS.map((hours) => hours * HOUR_MS);
      for (const one of pastOdds({ originMs, forecasts: made, hourAt: (ms) => byOpen.get(ms), spansMs }))
        found.push(one);
    }
  }
  const report = [
    ...SPANS_HOURS.map((hours) => ({
      span: `${hours}h`,
      odds: found.filter(({ spanMs }) => spanMs === hours * HOUR_MS),
    })),
    { span: 'all', odds: found },
  ].map(({ span, odds }) => ({
    span,
    end: oddsReliability(odds.map(({ end }) => end)),
    touch: oddsReliability(odds.map(({ touch }) => touch)),
  }));
  const result = { coins: series.map(({ symbol }) => symbol), spans: report };
  await writeReport(json, result, reportText(report), out);
}

/** Reads the forecasts from the moments that are asked on. Two of 24 hours from one origin, of hours and of days, are averaged, as the bot does. */
async function readForecasts(
  file: string,
  origins: Origins,
  { from, to, everyMs }: { readonly from: number; readonly to: number; readonly everyMs: number },
): Promise<void> {
  const input = createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let at: ((name: string) => number) | null = null;
  try {
    for await (const line of lines) {
      const cells = line.split(',');
      if (!at) {
        at = (name) => cells.indexOf(name);
        continue;
      }
      const row = rowOf(cells);
      if (!row || row.originMs % everyMs !== 0 || row.originMs < from || row.originMs > to) continue;
      const ofCoin = origins.get(row.symbol) ?? new Map<number, Map<number, readonly number[]>>();
      origins.set(row.symbol, ofCoin);
      const byAhead = ofCoin.get(row.originMs) ?? new Map<number, readonly number[]>();
      ofCoin.set(row.originMs, byAhead);
      const other = byAhead.get(row.aheadMs);
      byAhead.set(row.aheadMs, other ? combineQuantiles(other, row.returns) : row.returns);
    }
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The forecasts ${file} cannot be read.`, { cause });
  }
}

/** `symbol,interval,horizon,origin,target,origin_close,actual_close,p_up,q…`: what npm run evaluate writes; null for any other line. */
function rowOf(cells: readonly string[]) {
  const [symbol = '', interval = '', horizon = '', origin = '', , close = ''] = cells;
  const length = INTERVALS.find((known) => known === interval);
  const quantiles = cells.slice(8).map(Number);
  const lastPrice = Number(close);
  if (!length || quantiles.length !== QUANTILE_LEVELS.length || !(lastPrice > 0)) return null;
  const returns = quantiles.map((price) => Math.log(price / lastPrice));
  if (returns.some((value) => !Number.isFinite(value))) return null;
  return { symbol, originMs: Date.parse(origin), aheadMs: Number(horizon) * INTERVAL_MS[length], returns };
}

type Spans = readonly {
  readonly span: string;
  readonly end: OddsReliability | null;
  readonly touch: OddsReliability | null;
}[];

function reportText(spans: Spans): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  const summary = (['end', 'touch'] as const).map((kind) => {
    const rows = spans.flatMap(({ span, [kind]: one }) =>
      one
        ? [
            [
              span,
              countText(one.n),
              percent(one.gap),
              one.againstUsual?.odds.toFixed(4) ?? '',
              one.againstUsual?.usual.toFixed(4) ?? '',
              one.baseRateBrier.toFixed(4),
            ],
          ]
        : [],
    );
    const title = kind === 'end' ? 'Above the level at the end' : 'Touched the level on the way';
    return `${title}\n${textTable([['span', 'n', 'mean gap, %', 'Brier', 'usual moves', 'base rate'], ...rows])}`;
  });
  const steps = (['end', 'touch'] as const).map((kind) => {
    const all = spans.at(-1)![kind];
    const rows = (all?.steps ?? []).map(({ n, stated, happened }) => [
      percent(stated),
      percent(happened.value),
      `${percent(happened.low)} to ${percent(happened.high)}`,
      countText(n),
    ]);
    const title = kind === 'end' ? 'Above, all spans' : 'Touched, all spans';
    return `${title}\n${textTable([['said, %', 'happened, %', '95 % interval', 'n'], ...rows])}`;
  });
  return [...summary, ...steps].join('\n\n');
}
