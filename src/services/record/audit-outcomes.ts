import { hash } from 'node:crypto';
import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { CLOCK_TOLERANCE_MS, isLive, type LedgerCause, NO_HASH, type Outcome } from '../../core/ledger.ts';
import { canonicalOutcome } from '../../core/record.ts';
import type { AuditCandle, AuditReader, RecordFault, StoredOutcome } from '../../core/record-audit.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import { scoreForecast } from '../../ml/scoring/ledger-score.ts';
import type { RangeAdder } from '../../storage/score-sums-pieces.ts';
import { HOUR_SOURCE, nearestHourOpenMs } from '../accuracy/target-prices.ts';
import { type AuditRange, forecastName, putInLate, type RangeResult, timeText } from './audit-forecasts.ts';
import { type CandleBook, firstOf, isCorrectable, isNear, readCandles } from './candle-book.ts';
import { pricesOf } from './forecast-hash.ts';

/** Rows read at once. */
const PAGE_ROWS = 2_000;
/** The logarithms of two machines differ by less. */
const NOISE = 1e-9;
/** A minute that a target is scored by may have opened so long before it. */
const MINUTES_BEFORE_MS = 16 * MINUTE_MS;

/** An outcome with the forecast that it belongs to. */
type Scored = StoredOutcome & { readonly forecast: NonNullable<StoredOutcome['forecast']> };
/** What is kept of one until prices are compared: not the texts of its prices, which are long. */
type Priced = Pick<StoredOutcome, 'number' | 'sequence' | 'revision' | 'actualPrice' | 'source' | 'scoredAtMs'> & {
  readonly forecast: Omit<Scored['forecast'], 'quantiles' | 'climatology' | 'pUp' | 'model'>;
};

/**
 * Verifies outcomes of a range: their chain, their times, that each follows a forecast and the revision before, that its scores follow from the forecast
 * and the price, and that the price is that of the stored candle. Stops at the first fault.
 */
export async function auditOutcomes(
  reader: AuditReader,
  { from, to }: AuditRange,
  nowMs: number,
  adder: RangeAdder,
): Promise<RangeResult> {
  const rows: Priced[] = [];
  let previous: StoredOutcome | null = null;
  let fault: RecordFault | null = null;
  let latestMs: number | null = null;
  let earliest: RangeResult['earliest'] = null;
  if (from > 1) {
    previous = (await reader.outcomes(from - 1, from - 1))[0] ?? null;
    if (!previous) fault = missing(from - 1);
  }
  for (let next = from; next <= to && !fault; ) {
    const page = await reader.outcomes(next, Math.min(to, next + PAGE_ROWS - 1));
    for (const row of page) {
      fault =
        problemOf(row, next, previous, latestMs) ?? (row.revision > 0 ? await revisionProblem(reader, row) : null);
      if (fault) break;
      latestMs = Math.max(latestMs ?? 0, row.scoredAtMs);
      if (!earliest || row.scoredAtMs < earliest.atMs) earliest = { number: row.number, atMs: row.scoredAtMs };
      rows.push(pricedOf(row as Scored));
      adder.outcome(row);
      previous = row;
      next++;
    }
    if (!fault && page.length === 0) fault = missing(next);
  }
  const compared = await comparePrices(reader, rows, nowMs);
  return {
    fault: firstOf([fault, compared.fault]),
    counts: { ...compared.counts, scores: rows.length },
    latestMs,
    earliest,
    sums: adder.all(),
  };
}

const missing = (number: number): RecordFault => ({ in: 'outcomes', number, text: `Outcome ${number} is missing.` });

function wrongOf(
  {
    number,
    sequence,
    forecast,
  }: Pick<StoredOutcome, 'number' | 'sequence'> & { readonly forecast: Priced['forecast'] | null },
  text: string,
): RecordFault {
  const name = forecast ? ` (${forecastName(forecast)})` : '';
  return { in: 'outcomes', number, text: `Outcome ${number}, of forecast ${sequence}${name}, ${text}` };
}

function problemOf(
  row: StoredOutcome,
  number: number,
  previous: StoredOutcome | null,
  latestMs: number | null,
): RecordFault | null {
  if (row.number !== number) return missing(number);
  const { forecast, scoredAtMs, revision } = row;
  if (hash('sha256', canonicalOutcome(row, previous?.hash ?? NO_HASH)) !== row.hash) {
    return wrongOf(
      row,
      'has been changed, or put in: its hash does not follow from what it holds and from the row before.',
    );
  }
  if (!forecast) return wrongOf(row, 'belongs to a forecast that is not there.');
  if (!INTERVALS.some((known) => known === forecast.interval))
    return wrongOf(row, 'belongs to no forecast of this program.');
  if (scoredAtMs < forecast.targetMs) {
    return wrongOf(row, `was scored at ${timeText(scoredAtMs)}, before its target at ${timeText(forecast.targetMs)}.`);
  }
  const beforeMs = Math.max(latestMs ?? 0, previous?.scoredAtMs ?? 0);
  if (scoredAtMs < beforeMs - CLOCK_TOLERANCE_MS) return wrongOf(row, putInLate(scoredAtMs, beforeMs));
  if (!Number.isInteger(revision) || revision < 0) return wrongOf(row, 'is a revision without a number.');
  return scoreProblem(row as Scored);
}

/** Computes the scores again from the forecast and the price. */
function scoreProblem(row: Scored): RecordFault | null {
  const { forecast } = row;
  const quantiles = pricesOf(forecast.quantiles);
  const climatology = forecast.climatology === null ? null : pricesOf(forecast.climatology);
  if (!quantiles || (climatology === null) !== (forecast.climatology === null)) {
    return wrongOf(row, 'belongs to a forecast that does not hold its prices.');
  }
  const { sequence, actualPrice, source, scoredAtMs, revision } = row;
  const entry = { sequence, lastPrice: forecast.lastPrice, pUp: forecast.pUp, quantiles, climatology };
  const computed = scoreForecast(entry, { actualPrice, source, scoredAtMs, revision });
  const different = SCORES.find((name) => !isSame(row[name], computed[name]));
  if (!different) return null;
  return wrongOf(
    row,
    `says ${different} ${String(row[different])}, and its forecast and its price ${actualPrice} give ${String(computed[different])}.`,
  );
}

const SCORES = [
  'logReturn',
  'pinball',
  'climatologyPinball',
  'absoluteError',
  'naiveScale',
  'brier',
  'band',
  'level',
  'directionHit',
] as const satisfies readonly (keyof Outcome)[];

function isSame(a: number | boolean | null, b: number | boolean | null): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Math.abs(a - b) <= NOISE * Math.max(1, Math.abs(b));
}

/** Revisions count from 0; each follows the one before in the chain. */
async function revisionProblem(reader: AuditReader, row: StoredOutcome): Promise<RecordFault | null> {
  const before = await reader.outcomeNumber(row.sequence, row.revision - 1);
  if (before !== null && before < row.number) return null;
  return wrongOf(row, `is revision ${row.revision}, and revision ${row.revision - 1} does not stand before it.`);
}

function pricedOf({ number, sequence, revision, actualPrice, source, scoredAtMs, forecast }: Scored): Priced {
  const { cause, symbol, interval, horizon, originMs, targetMs, lastPrice } = forecast;
  const kept = { cause, symbol, interval, horizon, originMs, targetMs, lastPrice };
  return { number, sequence, revision, actualPrice, source, scoredAtMs, forecast: kept };
}

/** What an outcome says of a stored candle. */
interface OutcomeClaim {
  readonly row: Priced;
  readonly symbol: string;
  readonly interval: Interval;
  /** The candle whose close is the price, or the hour that the price's minute lies in. */
  readonly openMs: number;
  /** The source of that close; null where the price is a minute's. */
  readonly source: string | null;
}

function claimOf(row: Priced): OutcomeClaim {
  const { forecast, source } = row;
  const { symbol, targetMs } = forecast;
  if (!isLive(forecast.cause as LedgerCause)) {
    const interval = forecast.interval as Interval;
    return { row, symbol, interval, openMs: targetMs - INTERVAL_MS[interval], source };
  }
  if (source.endsWith(HOUR_SOURCE)) {
    const openMs = nearestHourOpenMs(targetMs);
    return { row, symbol, interval: '1h', openMs, source: source.slice(0, -HOUR_SOURCE.length) };
  }
  return { row, symbol, interval: '1h', openMs: hourOf(targetMs), source: null };
}

const hourOf = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;

async function comparePrices(reader: AuditReader, rows: readonly Priced[], nowMs: number) {
  const counts = { prices: 0, withoutCandle: 0, otherSource: 0, corrected: 0 };
  const claims = rows.map(claimOf);
  const hours = claims
    .filter(({ source }) => source === null)
    .map(({ row, symbol, interval }) => ({
      symbol,
      interval,
      openMs: hourOf(row.forecast.targetMs - MINUTES_BEFORE_MS),
    }));
  const book = await readCandles(reader, [...claims, ...hours]);
  for (const claim of claims) {
    // A promise for each of millions of rows takes longer than the comparison.
    if (isClose(book, claim)) {
      counts.prices++;
      continue;
    }
    const found = claim.source === null ? compareMinute(book, claim) : await compareClose(reader, book, claim, nowMs);
    if (typeof found !== 'string') return { counts, fault: found };
    if (found === 'withoutCandle' && (await shouldBeThere(reader, claim))) {
      const text = `was scored by the price ${claim.row.actualPrice} of a candle that is not stored.`;
      return { counts, fault: wrongOf(claim.row, text) };
    }
    counts[found]++;
  }
  return { counts, fault: null };
}

/** A series has no holes behind its first candle where scores were made from; a candle of the hour may be missing where minutes were there. */
async function shouldBeThere(
  reader: AuditReader,
  { symbol, interval, openMs, source }: OutcomeClaim,
): Promise<boolean> {
  if (source === null) return false;
  const firstMs = await reader.firstCandleMs(symbol, interval);
  return firstMs !== null && firstMs < openMs;
}

type Compared = 'prices' | 'withoutCandle' | 'otherSource' | 'corrected' | RecordFault;

/** The minutes are not stored: the price lies within the range of an hour that it may be from, and a tenth. */
function compareMinute(book: CandleBook, { row, symbol, openMs }: OutcomeClaim): Compared {
  const { targetMs } = row.forecast;
  const hours = [...new Set([openMs, hourOf(targetMs - MINUTES_BEFORE_MS)])]
    .map((ms) => book.at(symbol, '1h', ms))
    .filter((hour) => hour !== null);
  if (hours.length === 0) return 'withoutCandle';
  if (hours.some((hour) => isNear(row.actualPrice, hour))) return 'prices';
  return wrongOf(row, `was scored by the price ${row.actualPrice}, and ${rangeText(hours[0]!)}.`);
}

const rangeText = ({ source, low, high }: AuditCandle) =>
  `the stored candle of ${source} at its target lies between ${low} and ${high}`;

/** Whether the price is the close of the stored candle, from the same source. */
function isClose(book: CandleBook, { row, symbol, interval, openMs, source }: OutcomeClaim): boolean {
  const candle = source === null ? null : book.at(symbol, interval, openMs);
  return candle !== null && candle.close === row.actualPrice && candle.source === source;
}

/** What a price is that is not the close of the stored candle. */
async function compareClose(
  reader: AuditReader,
  book: CandleBook,
  { row, symbol, interval, openMs, source }: OutcomeClaim,
  nowMs: number,
): Promise<Compared> {
  const candle = book.at(symbol, interval, openMs);
  if (!candle) return 'withoutCandle';
  const { actualPrice, sequence, revision, scoredAtMs, forecast } = row;
  // The newest revision alone follows the candle as it is now.
  if ((await reader.outcomeNumber(sequence, revision + 1)) !== null) return 'corrected';
  if (candle.source !== source && isNear(actualPrice, candle)) return 'otherSource';
  const closeMs = openMs + INTERVAL_MS[interval];
  if (candle.fetchedAtMs > scoredAtMs && isCorrectable(closeMs, interval, nowMs)) return 'corrected';
  // A forecast from another coin's price is never revised.
  if (areFarApart(forecast.lastPrice, actualPrice) && areFarApart(forecast.lastPrice, candle.close)) return 'corrected';
  const price = candle.source === source ? `closed at ${candle.close}` : null;
  return wrongOf(
    row,
    `was scored by the price ${actualPrice}, and ${price ? `the stored candle of ${candle.source} at its target ${price}` : rangeText(candle)}: one of them has been changed.`,
  );
}
