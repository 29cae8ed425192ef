import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { CLOCK_TOLERANCE_MS, isLive, isWithinWriteWindow, type LedgerCause, NO_HASH } from '../../core/ledger.ts';
import {
  type AuditCounts,
  type AuditReader,
  type RecordFault,
  type StoredForecast,
  scheduledKey,
} from '../../core/record-audit.ts';
import { utcDay, utcTime } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import type { RangeAdder, RangeSums } from '../../storage/score-sums-pieces.ts';
import { firstOf, isNear, readCandles } from './candle-book.ts';
import { forecastHash } from './forecast-hash.ts';

/** Rows of a chain that are verified together, both included. */
export interface AuditRange {
  readonly from: number;
  readonly to: number;
}

/** The models that were recorded: when each was first, by version, and the first of all; null where none is. */
export interface KnownModels {
  readonly byVersion: ReadonlyMap<string, number>;
  readonly firstMs: number | null;
}

/** The result for one range; times are those at which rows say that they were written, null in an empty range. */
export interface RangeResult {
  readonly fault: RecordFault | null;
  readonly counts: Partial<Omit<AuditCounts, 'rows'>>;
  readonly latestMs: number | null;
  readonly earliest: { readonly number: number; readonly atMs: number } | null;
  /** What the rows add to the sums of scores. */
  readonly sums: RangeSums;
}

/** What is kept of a row until its close is compared: not the texts of its prices, which are long. */
type Origin = Pick<
  StoredForecast,
  'number' | 'symbol' | 'horizon' | 'originMs' | 'lastPrice' | 'source' | 'issuedAtMs'
> & {
  readonly interval: Interval;
};

/** Rows read at once. */
const PAGE_ROWS = 2_000;
/** A source that corrects a close before it is first scored moves it by less. */
const MAX_CORRECTION = Math.log(1.02);
/** Forecasts of one origin are written within hours: their second ones lie no farther apart. */
const NEAR_ROWS = 3_000;
const CAUSES: readonly string[] = ['scheduled', 'on-demand', 'asked', 'posted'];

/** Verifies forecasts of a range: their chain, their times, their models, and the closes that they start from. Stops at the first fault. */
export async function auditForecasts(
  reader: AuditReader,
  { from, to }: AuditRange,
  models: KnownModels,
  adder: RangeAdder,
): Promise<RangeResult> {
  const origins: Origin[] = [];
  const scheduled = new Set(from > 1 ? await reader.scheduled(Math.max(1, from - NEAR_ROWS), from - 1) : []);
  let previous: StoredForecast | null = null;
  let fault: RecordFault | null = null;
  let latestMs: number | null = null;
  let earliest: RangeResult['earliest'] = null;
  let beforeModels = 0;
  if (from > 1) {
    previous = (await reader.forecasts(from - 1, from - 1))[0] ?? null;
    if (!previous) fault = missing(from - 1);
  }
  for (let next = from; next <= to && !fault; ) {
    const page = await reader.forecasts(next, Math.min(to, next + PAGE_ROWS - 1));
    for (const row of page) {
      fault = problemOf(row, next, previous, latestMs, models) ?? secondOf(row, scheduled);
      if (fault) break;
      if (isBeforeModels(row, models)) beforeModels++;
      adder.forecast(row);
      latestMs = Math.max(latestMs ?? 0, row.issuedAtMs);
      if (!earliest || row.issuedAtMs < earliest.atMs) earliest = { number: row.number, atMs: row.issuedAtMs };
      if (!isLive(row.cause as LedgerCause)) origins.push(originOf(row));
      previous = row;
      next++;
    }
    if (!fault && page.length === 0) fault = missing(next);
  }
  const compared = await compareOrigins(reader, origins);
  return {
    fault: firstOf([fault, compared.fault]),
    counts: { ...compared.counts, beforeModels },
    latestMs,
    earliest,
    sums: adder.all(),
  };
}

const missing = (number: number): RecordFault => ({
  in: 'forecasts',
  number,
  text: `Forecast ${number} is missing.`,
});

/** A forecast as a sentence names it. */
export const forecastName = ({ symbol, horizon, originMs }: Pick<StoredForecast, 'symbol' | 'horizon' | 'originMs'>) =>
  `${symbol.slice(0, 20)} ${horizon.slice(0, 4)} from ${timeText(originMs)}`;

/** `2026-01-31 00:00 UTC`, or that a number is no time. */
export const timeText = (ms: number) =>
  Math.abs(ms) < 8.64e15 ? `${utcDay(ms)} ${utcTime(ms)} UTC` : 'a time that is none';

const isBeforeModels = ({ issuedAtMs }: StoredForecast, { firstMs }: KnownModels) =>
  firstMs === null || issuedAtMs < firstMs;

function problemOf(
  row: StoredForecast,
  number: number,
  previous: StoredForecast | null,
  latestMs: number | null,
  models: KnownModels,
): RecordFault | null {
  if (row.number !== number) return missing(number);
  const wrong = (text: string): RecordFault => ({
    in: 'forecasts',
    number,
    text: `Forecast ${number} (${forecastName(row)}) ${text}`,
  });
  const expected = forecastHash(row, previous?.hash ?? NO_HASH);
  if (expected === null) return wrong('has been changed: it does not hold what this program writes.');
  if (expected !== row.hash) {
    return wrong('has been changed, or put in: its hash does not follow from what it holds and from the row before.');
  }
  const { cause, interval, originMs, targetMs, issuedAtMs } = row;
  if (!CAUSES.includes(cause) || !INTERVALS.some((known) => known === interval)) {
    return wrong('holds a cause or an interval that this program does not write.');
  }
  const forecast = { interval: interval as Interval, originMs, targetMs };
  if (!isWithinWriteWindow(forecast, cause as LedgerCause, issuedAtMs)) {
    return wrong(`was written too late to count: at ${timeText(issuedAtMs)}.`);
  }
  const beforeMs = Math.max(latestMs ?? 0, previous?.issuedAtMs ?? 0);
  if (issuedAtMs < beforeMs - CLOCK_TOLERANCE_MS) return wrong(putInLate(issuedAtMs, beforeMs));
  const unknown = isBeforeModels(row, models) ? null : unknownModel(row, models);
  if (unknown) return wrong(`names the model ${unknown.slice(0, 60)}, which had not been recorded before it.`);
  return null;
}

/** What is wrong with a row whose time lies before that of an earlier row. */
export const putInLate = (atMs: number, beforeMs: number) =>
  `says that it was written at ${timeText(atMs)}, and a row before it at ${timeText(beforeMs)}: it was put in later.`;

/** The first of a forecast's models that had not been recorded before it; climatology is none. */
function unknownModel({ model, issuedAtMs }: StoredForecast, { byVersion }: KnownModels): string | null {
  const isKnown = (name: string) => {
    const recordedMs = byVersion.get(name);
    return name === 'climatology' || (recordedMs !== undefined && recordedMs <= issuedAtMs + CLOCK_TOLERANCE_MS);
  };
  if (isKnown(model)) return null;
  return model.split(' + ').find((name) => !isKnown(name)) ?? null;
}

/** The schedule writes one forecast a coin, horizon and close, whatever the model. */
function secondOf(row: StoredForecast, scheduled: Set<string>): RecordFault | null {
  if (row.cause !== 'scheduled') return null;
  const key = scheduledKey(row);
  if (scheduled.has(key)) {
    const text = `Forecast ${row.number} (${forecastName(row)}) is the second one of the schedule from there: it was put in.`;
    return { in: 'forecasts', number: row.number, text };
  }
  scheduled.add(key);
  return null;
}

function originOf({
  number,
  symbol,
  horizon,
  interval,
  originMs,
  lastPrice,
  source,
  issuedAtMs,
}: StoredForecast): Origin {
  return { number, symbol, horizon, interval: interval as Interval, originMs, lastPrice, source, issuedAtMs };
}

/** Compares the last prices of forecasts from closes with the stored candles. */
async function compareOrigins(reader: AuditReader, rows: readonly Origin[]) {
  const counts = { prices: 0, withoutCandle: 0, otherSource: 0, corrected: 0 };
  const claims = rows.map((row) => {
    const { symbol, interval, originMs } = row;
    return { row, symbol, interval, openMs: originMs - INTERVAL_MS[interval] };
  });
  const book = await readCandles(reader, claims);
  for (const { row, symbol, interval, openMs } of claims) {
    const candle = book.at(symbol, interval, openMs);
    const { lastPrice } = row;
    if (!candle) counts.withoutCandle++;
    else if (candle.close === lastPrice) counts.prices++;
    // Made from another coin's price: it is never scored.
    else if (areFarApart(candle.close, lastPrice)) counts.otherSource++;
    else if (candle.source !== row.source && isNear(lastPrice, candle)) counts.otherSource++;
    else if (
      candle.fetchedAtMs > row.issuedAtMs &&
      (Math.abs(Math.log(candle.close / lastPrice)) <= MAX_CORRECTION ||
        (await reader.wasScoredBy({ symbol, interval, targetMs: row.originMs, price: lastPrice })))
    ) {
      counts.corrected++;
    } else {
      const text = `Forecast ${row.number} (${forecastName(row)}) starts from ${lastPrice}, and the stored candle of ${candle.source} closed there at ${candle.close}: one of them has been changed.`;
      return { counts, fault: { in: 'forecasts', number: row.number, text } satisfies RecordFault };
    }
  }
  return { counts, fault: null };
}
