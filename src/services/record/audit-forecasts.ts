import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { CLOCK_TOLERANCE_MS, isLive, isWithinWriteWindow, type LedgerCause, NO_HASH } from '../../core/ledger.ts';
import type { AuditCounts, AuditReader, ForecastPage, ForecastTexts, RecordFault } from '../../core/record-audit.ts';
import { utcDay, utcTime } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import type { RangeAdder } from '../../storage/score-sums-proof.ts';
import {
  type CandleClaims,
  type CandleLookup,
  type ForecastLookup,
  type ForecastPlace,
  isNear,
  PAGE_ROWS,
} from './audit-lookups.ts';
import { forecastHash, hashAt, isHashAt } from './row-hash.ts';

/** Rows of a chain that are verified together, both included; none where `to` lies before `from`. */
export interface AuditRange {
  readonly from: number;
  readonly to: number;
}

/** The models that were recorded: when each was first, by version, and the first of all; null where none is. */
export interface KnownModels {
  readonly byVersion: ReadonlyMap<string, number>;
  readonly firstMs: number | null;
}

/** The result for a range of one chain; times are those at which rows say that they were written, null in an empty range. */
export interface RangeResult {
  readonly fault: RecordFault | null;
  readonly counts: Partial<Omit<AuditCounts, 'rows'>>;
  readonly latestMs: number | null;
  readonly earliest: { readonly number: number; readonly atMs: number } | null;
}

/** Rows of a page that were found to be right, from its first. */
export interface VerifiedRows<Page> {
  readonly page: Page;
  readonly count: number;
}

/** What was found in a range before prices are compared. */
export interface ReadRange<Page> extends RangeResult {
  readonly pages: readonly VerifiedRows<Page>[];
}

/** A source that corrects a close before it is first scored moves it by less. */
const MAX_CORRECTION = Math.log(1.02);
/** Forecasts of one origin are written within hours: their second ones lie no farther apart. */
const NEAR_ROWS = 3_000;
const CAUSES: readonly string[] = ['scheduled', 'on-demand', 'asked', 'posted'];

/** What is compared while forecasts of a range are read. */
export interface ForecastParts {
  readonly reader: AuditReader;
  readonly lookup: ForecastLookup;
  readonly adder: RangeAdder;
  readonly models: KnownModels;
}

/** Verifies forecasts of a range but for the closes that they start from: their chain, their times, their models. Stops at the first fault. */
export async function readForecasts(
  { reader, lookup, adder, models }: ForecastParts,
  { from, to }: AuditRange,
): Promise<ReadRange<ForecastPage>> {
  const pages: VerifiedRows<ForecastPage>[] = [];
  const scheduled = createScheduled();
  let previous = { hash: NO_HASH, issuedAtMs: 0 };
  let fault: RecordFault | null = null;
  let latestMs: number | null = null;
  let earliest: RangeResult['earliest'] = null;
  let beforeModels = 0;
  if (from > 1 && from <= to) {
    const before = await reader.forecasts(from - 1, from - 1);
    if (before.count === 0) fault = missing(from - 1);
    else previous = { hash: hashAt(before.hash, 0), issuedAtMs: before.issuedAtMs[0]! };
    for (const one of await reader.scheduled(Math.max(1, from - NEAR_ROWS), from - 1)) scheduled.add(one, one.originMs);
  }
  for (let next = from; next <= to && !fault; ) {
    const lastOfPage = Math.ceil(next / PAGE_ROWS) * PAGE_ROWS;
    const page = await reader.forecasts(next, Math.min(to, lastOfPage));
    let row = 0;
    for (; row < page.count; row++) {
      const texts = page.texts[row]!;
      const issuedAtMs = page.issuedAtMs[row]!;
      const originMs = page.originMs[row]!;
      const hash = forecastHash(page, row, previous.hash);
      const beforeMs = Math.max(latestMs ?? 0, previous.issuedAtMs);
      fault = problemOf(page, row, { number: next, hash, beforeMs }, models);
      if (!fault && texts.cause === 'scheduled' && !scheduled.add(texts, originMs)) {
        const text = 'is the second one of the schedule from there: it was put in.';
        fault = wrongForecast({ page, row }, text);
      }
      if (fault) break;
      if (isBeforeModels(issuedAtMs, models)) beforeModels++;
      adder.forecast(texts, originMs);
      latestMs = Math.max(latestMs ?? 0, issuedAtMs);
      if (!earliest || issuedAtMs < earliest.atMs) earliest = { number: next, atMs: issuedAtMs };
      previous = { hash: hash!, issuedAtMs };
      next++;
    }
    lookup.add(page);
    pages.push({ page, count: row });
    if (!fault && page.count === 0) fault = missing(next);
  }
  return { fault, counts: { beforeModels }, latestMs, earliest, pages };
}

const missing = (number: number): RecordFault => ({
  in: 'forecasts',
  number,
  text: `Forecast ${number} is missing.`,
});

/** A forecast as a sentence names it. */
export const forecastName = ({ page, row }: ForecastPlace) => {
  const { symbol, horizon } = page.texts[row]!;
  return `${symbol.slice(0, 20)} ${horizon.slice(0, 4)} from ${timeText(page.originMs[row]!)}`;
};

function wrongForecast(place: ForecastPlace, text: string): RecordFault {
  const number = place.page.number[place.row]!;
  return { in: 'forecasts', number, text: `Forecast ${number} (${forecastName(place)}) ${text}` };
}

/** `2026-01-31 00:00 UTC`, or that a number is no time. */
export const timeText = (ms: number) =>
  Math.abs(ms) < 8.64e15 ? `${utcDay(ms)} ${utcTime(ms)} UTC` : 'a time that is none';

const isBeforeModels = (issuedAtMs: number, { firstMs }: KnownModels) => firstMs === null || issuedAtMs < firstMs;

/** What follows from the rows before one: its number, its hash, null where it cannot have one, and the newest time of writing. */
export interface ExpectedRow {
  readonly number: number;
  readonly hash: string | null;
  readonly beforeMs: number;
}

function problemOf(
  page: ForecastPage,
  row: number,
  { number, hash, beforeMs }: ExpectedRow,
  models: KnownModels,
): RecordFault | null {
  if (page.number[row] !== number) return missing(number);
  const wrong = (text: string) => wrongForecast({ page, row }, text);
  if (hash === null) return wrong('has been changed: it does not hold what this program writes.');
  if (!isHashAt(page.hash, row, hash)) {
    return wrong('has been changed, or put in: its hash does not follow from what it holds and from the row before.');
  }
  const { cause, interval, model } = page.texts[row]!;
  if (!CAUSES.includes(cause) || !isInterval(interval)) {
    return wrong('holds a cause or an interval that this program does not write.');
  }
  const issuedAtMs = page.issuedAtMs[row]!;
  const forecast = { interval, originMs: page.originMs[row]!, targetMs: page.targetMs[row]! };
  if (!isWithinWriteWindow(forecast, cause as LedgerCause, issuedAtMs)) {
    return wrong(`was written too late to count: at ${timeText(issuedAtMs)}.`);
  }
  if (issuedAtMs < beforeMs - CLOCK_TOLERANCE_MS) return wrong(putInLate(issuedAtMs, beforeMs));
  const unknown = isBeforeModels(issuedAtMs, models) ? null : unknownModel(model, issuedAtMs, models);
  if (unknown) return wrong(`names the model ${unknown.slice(0, 60)}, which had not been recorded before it.`);
  return null;
}

/** Whether a text names an interval. */
export const isInterval = (text: string): text is Interval => INTERVALS.some((known) => known === text);

/** What is wrong with a row whose time lies before that of an earlier row. */
export const putInLate = (atMs: number, beforeMs: number) =>
  `says that it was written at ${timeText(atMs)}, and a row before it at ${timeText(beforeMs)}: it was put in later.`;

/** The first of a forecast's models that had not been recorded before it; climatology is none. */
function unknownModel(model: string, issuedAtMs: number, { byVersion }: KnownModels): string | null {
  const isKnown = (name: string) => {
    const recordedMs = byVersion.get(name);
    return name === 'climatology' || (recordedMs !== undefined && recordedMs <= issuedAtMs + CLOCK_TOLERANCE_MS);
  };
  if (isKnown(model)) return null;
  return model.split(' + ').find((name) => !isKnown(name)) ?? null;
}

/** The schedule writes one forecast a coin, horizon and close, whatever the model. `add` returns false where it is the second one. */
function createScheduled() {
  const series = new Map<string, Map<string, Origins>>();
  /** The same by the object that rows share, which is looked up several times faster. */
  const known = new Map<Pick<ForecastTexts, 'symbol' | 'horizon'>, Origins>();
  function originsOf(texts: Pick<ForecastTexts, 'symbol' | 'horizon'>): Origins {
    const horizons = getOrMake(series, texts.symbol, () => new Map<string, Origins>());
    const origins = getOrMake(horizons, texts.horizon, () => ({ latestMs: Number.NEGATIVE_INFINITY, all: [] }));
    known.set(texts, origins);
    return origins;
  }
  return {
    add(texts: Pick<ForecastTexts, 'symbol' | 'horizon'>, originMs: number): boolean {
      const origins = known.get(texts) ?? originsOf(texts);
      // Rows come in the order of time, but for a few.
      if (originMs <= origins.latestMs && origins.all.includes(originMs)) return false;
      origins.latestMs = Math.max(origins.latestMs, originMs);
      origins.all.push(originMs);
      return true;
    },
  };
}

/** Origins of one coin and horizon. */
interface Origins {
  latestMs: number;
  readonly all: number[];
}

/** Claims the closes that verified forecasts start from. */
export function claimOrigins(claims: CandleClaims, { pages }: Pick<ReadRange<ForecastPage>, 'pages'>): void {
  for (const { page, count } of pages) {
    for (let row = 0; row < count; row++) {
      const { symbol, interval, cause } = page.texts[row]!;
      if (isLive(cause as LedgerCause)) continue;
      claims.add(symbol, interval as Interval, page.originMs[row]! - INTERVAL_MS[interval as Interval]);
    }
  }
}

/** Compares the last prices of forecasts from closes with the stored candles. Stops at the first fault. */
export async function compareOrigins(
  reader: AuditReader,
  candles: CandleLookup,
  { pages }: Pick<ReadRange<ForecastPage>, 'pages'>,
): Promise<Pick<RangeResult, 'fault' | 'counts'>> {
  const counts = { prices: 0, withoutCandle: 0, otherSource: 0, corrected: 0 };
  for (const { page, count } of pages) {
    for (let row = 0; row < count; row++) {
      const { symbol, interval: text, source, cause } = page.texts[row]!;
      if (isLive(cause as LedgerCause)) continue;
      const interval = text as Interval;
      const [originMs, lastPrice] = [page.originMs[row]!, page.lastPrice[row]!];
      const candle = candles.at(symbol, interval, originMs - INTERVAL_MS[interval]);
      if (!candle) counts.withoutCandle++;
      else if (candle.close === lastPrice) counts.prices++;
      // Made from another coin's price: it is never scored.
      else if (areFarApart(candle.close, lastPrice)) counts.otherSource++;
      else if (candle.source !== source && isNear(lastPrice, candle)) counts.otherSource++;
      else if (
        candle.fetchedAtMs > page.issuedAtMs[row]! &&
        (Math.abs(Math.log(candle.close / lastPrice)) <= MAX_CORRECTION ||
          (await reader.wasScoredBy({ symbol, interval, targetMs: originMs, price: lastPrice })))
      ) {
        counts.corrected++;
      } else {
        const text = `starts from ${lastPrice}, and the stored candle of ${candle.source} closed there at ${candle.close}: one of them has been changed.`;
        return { counts, fault: wrongForecast({ page, row }, text) };
      }
    }
  }
  return { counts, fault: null };
}
