import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { CLOCK_TOLERANCE_MS, isLive, type LedgerCause, NO_HASH } from '../../core/ledger.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import {
  type AuditCandle,
  type AuditReader,
  NO_PRICES,
  type OutcomePage,
  PRICES,
  type RecordFault,
} from '../../core/record-audit.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import { type Scores, scorePrices } from '../../ml/scoring/ledger-score.ts';
import type { RangeAdder } from '../../storage/score-sums-proof.ts';
import { HOUR_SOURCE, nearestHourOpenMs } from '../accuracy/target-prices.ts';
import {
  type AuditRange,
  type ExpectedRow,
  forecastName,
  isInterval,
  putInLate,
  type RangeResult,
  type ReadRange,
  timeText,
  type VerifiedRows,
} from './audit-forecasts.ts';
import {
  type CandleClaims,
  type CandleLookup,
  type ForecastLookup,
  type ForecastPlace,
  isCorrectable,
  isNear,
  PAGE_ROWS,
} from './audit-lookups.ts';
import { hashAt, isHashAt, outcomeHash } from './row-hash.ts';

/** The logarithms of two machines differ by less. */
const NOISE = 1e-9;
/** A minute that a target is scored by may have opened so long before it. */
const MINUTES_BEFORE_MS = 16 * MINUTE_MS;

/** What is compared while outcomes of a range are read. */
export interface OutcomeParts {
  readonly reader: AuditReader;
  readonly lookup: ForecastLookup;
  readonly adder: RangeAdder;
}

/**
 * Verifies outcomes of a range but for their prices: their chain, their times, that each follows a forecast and the revision before, that its scores
 * follow from the forecast and the price. Stops at the first fault.
 */
export async function readOutcomes(
  { reader, lookup, adder }: OutcomeParts,
  { from, to }: AuditRange,
): Promise<ReadRange<OutcomePage>> {
  const pages: VerifiedRows<OutcomePage>[] = [];
  let previous = { hash: NO_HASH, scoredAtMs: 0 };
  let fault: RecordFault | null = null;
  let latestMs: number | null = null;
  let earliest: RangeResult['earliest'] = null;
  let scores = 0;
  if (from > 1 && from <= to) {
    const before = await reader.outcomes(from - 1, from - 1);
    if (before.count === 0) fault = missing(from - 1);
    else previous = { hash: hashAt(before.hash, 0), scoredAtMs: before.scoredAtMs[0]! };
  }
  lookup.forgetFetched();
  for (let next = from; next <= to && !fault; ) {
    const page = await reader.outcomes(next, Math.min(to, next + PAGE_ROWS - 1));
    await lookup.fetch(reader, page.sequence);
    let row = 0;
    for (; row < page.count; row++) {
      const place = lookup.find(page.sequence[row]!);
      const hash = outcomeHash(page, row, previous.hash);
      const beforeMs = Math.max(latestMs ?? 0, previous.scoredAtMs);
      fault = problemOf(page, row, place, { number: next, hash, beforeMs });
      if (!fault && page.revision[row]! > 0) fault = await revisionProblem(reader, page, row, place);
      if (fault) break;
      const scoredAtMs = page.scoredAtMs[row]!;
      latestMs = Math.max(latestMs ?? 0, scoredAtMs);
      if (!earliest || scoredAtMs < earliest.atMs) earliest = { number: next, atMs: scoredAtMs };
      adder.outcome(page, row, place!);
      scores++;
      previous = { hash: hash!, scoredAtMs };
      next++;
    }
    pages.push({ page, count: row });
    if (!fault && page.count === 0) fault = missing(next);
  }
  return { fault, counts: { scores }, latestMs, earliest, pages };
}

const missing = (number: number): RecordFault => ({ in: 'outcomes', number, text: `Outcome ${number} is missing.` });

function wrongOutcome(page: OutcomePage, row: number, place: ForecastPlace | null, text: string): RecordFault {
  const number = page.number[row]!;
  const name = place ? ` (${forecastName(place)})` : '';
  return { in: 'outcomes', number, text: `Outcome ${number}, of forecast ${page.sequence[row]!}${name}, ${text}` };
}

function problemOf(
  page: OutcomePage,
  row: number,
  place: ForecastPlace | null,
  { number, hash, beforeMs }: ExpectedRow,
): RecordFault | null {
  if (page.number[row] !== number) return missing(number);
  const wrong = (text: string) => wrongOutcome(page, row, place, text);
  if (hash === null || !isHashAt(page.hash, row, hash)) {
    return wrong('has been changed, or put in: its hash does not follow from what it holds and from the row before.');
  }
  if (!place) return wrong('belongs to a forecast that is not there.');
  if (!isInterval(place.page.texts[place.row]!.interval)) return wrong('belongs to no forecast of this program.');
  const scoredAtMs = page.scoredAtMs[row]!;
  const revision = page.revision[row]!;
  const targetMs = place.page.targetMs[place.row]!;
  if (scoredAtMs < targetMs) {
    return wrong(`was scored at ${timeText(scoredAtMs)}, before its target at ${timeText(targetMs)}.`);
  }
  if (scoredAtMs < beforeMs - CLOCK_TOLERANCE_MS) return wrong(putInLate(scoredAtMs, beforeMs));
  if (!Number.isInteger(revision) || revision < 0) return wrong('is a revision without a number.');
  return scoreProblem(page, row, place);
}

/** Computes the scores again from the forecast and the price. */
function scoreProblem(page: OutcomePage, row: number, place: ForecastPlace): RecordFault | null {
  const { page: forecasts, row: at } = place;
  const { quantiles, climatology } = forecasts;
  const hasClimatology = climatology.held[at] !== NO_PRICES;
  if (quantiles.held[at] !== PRICES || (hasClimatology && climatology.held[at] !== PRICES)) {
    return wrongOutcome(page, row, place, 'belongs to a forecast that does not hold its prices.');
  }
  const actualPrice = page.actualPrice[row]!;
  const computed = scorePrices(
    {
      lastPrice: forecasts.lastPrice[at]!,
      pUp: forecasts.pUp[at]!,
      quantiles: quantiles.prices,
      climatology: hasClimatology ? climatology.prices : null,
      at: QUANTILE_LEVELS.length * at,
    },
    actualPrice,
  );
  const isRight =
    isSame(page.logReturn[row]!, computed.logReturn) &&
    isSame(page.pinball[row]!, computed.pinball) &&
    isSameOrNone(page.climatologyPinball[row]!, computed.climatologyPinball) &&
    isSame(page.absoluteError[row]!, computed.absoluteError) &&
    isSameOrNone(page.naiveScale[row]!, computed.naiveScale) &&
    isSame(page.brier[row]!, computed.brier) &&
    isSameOrNone(page.band[row]!, computed.band) &&
    isSame(page.level[row]!, computed.level) &&
    (page.directionHit[row] === 1) === computed.directionHit;
  if (isRight) return null;
  const different = NAMES.find((name) => {
    const [own, right] = [page[name][row]!, computed[name]];
    return typeof right === 'boolean' ? (own === 1) !== right : !isSameOrNone(own, right);
  })!;
  const own = page[different][row]!;
  const said = different === 'directionHit' ? own === 1 : Number.isNaN(own) ? null : own;
  return wrongOutcome(
    page,
    row,
    place,
    `says ${different} ${String(said)}, and its forecast and its price ${actualPrice} give ${String(computed[different])}.`,
  );
}

const NAMES = [
  'logReturn',
  'pinball',
  'climatologyPinball',
  'absoluteError',
  'naiveScale',
  'brier',
  'band',
  'level',
  'directionHit',
] as const satisfies readonly (keyof Scores)[];

const isSame = (a: number, b: number) => Math.abs(a - b) <= NOISE * Math.max(1, Math.abs(b));
const isSameOrNone = (a: number, b: number | null) => (b === null ? Number.isNaN(a) : isSame(a, b));

/** Revisions count from 0; each follows the one before in the chain. */
async function revisionProblem(
  reader: AuditReader,
  page: OutcomePage,
  row: number,
  place: ForecastPlace | null,
): Promise<RecordFault | null> {
  const revision = page.revision[row]!;
  const before = await reader.outcomeNumber(page.sequence[row]!, revision - 1);
  if (before !== null && before < page.number[row]!) return null;
  const text = `is revision ${revision}, and revision ${revision - 1} does not stand before it.`;
  return wrongOutcome(page, row, place, text);
}

/** What an outcome says of a stored candle. */
interface OutcomeClaim {
  readonly symbol: string;
  readonly interval: Interval;
  /** The candle whose close is the price, or the hour that the price's minute lies in. */
  readonly openMs: number;
  /** The source of that close; null where the price is a minute's. */
  readonly source: string | null;
}

function claimOf(page: OutcomePage, row: number, place: ForecastPlace): OutcomeClaim {
  const { symbol, interval, cause } = place.page.texts[place.row]!;
  const targetMs = place.page.targetMs[place.row]!;
  const source = page.source[row]!;
  if (!isLive(cause as LedgerCause)) {
    return { symbol, interval: interval as Interval, openMs: targetMs - INTERVAL_MS[interval as Interval], source };
  }
  if (source.endsWith(HOUR_SOURCE)) {
    const openMs = nearestHourOpenMs(targetMs);
    return { symbol, interval: '1h', openMs, source: source.slice(0, -HOUR_SOURCE.length) };
  }
  return { symbol, interval: '1h', openMs: hourOf(targetMs), source: null };
}

const hourOf = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** Claims the candles that verified outcomes were scored by. */
export function claimTargets(
  claims: CandleClaims,
  { pages }: Pick<ReadRange<OutcomePage>, 'pages'>,
  lookup: ForecastLookup,
): void {
  for (const { page, count } of pages) {
    for (let row = 0; row < count; row++) {
      const place = lookup.find(page.sequence[row]!)!;
      const { symbol, interval, openMs, source } = claimOf(page, row, place);
      claims.add(symbol, interval, openMs);
      if (source === null) claims.add(symbol, interval, hourOf(place.page.targetMs[place.row]! - MINUTES_BEFORE_MS));
    }
  }
}

/** Compares the prices of verified outcomes with the stored candles. Stops at the first fault. */
export async function compareTargets(
  reader: AuditReader,
  candles: CandleLookup,
  { pages }: Pick<ReadRange<OutcomePage>, 'pages'>,
  lookup: ForecastLookup,
  nowMs: number,
): Promise<Pick<RangeResult, 'fault' | 'counts'>> {
  const counts = { prices: 0, withoutCandle: 0, otherSource: 0, corrected: 0 };
  for (const { page, count } of pages) {
    for (let row = 0; row < count; row++) {
      const place = lookup.find(page.sequence[row]!)!;
      const claim = claimOf(page, row, place);
      // A promise for each of millions of rows takes longer than the comparison.
      if (isClose(candles, claim, page.actualPrice[row]!)) {
        counts.prices++;
        continue;
      }
      const priced = { page, row, place, claim };
      const found =
        claim.source === null ? compareMinute(candles, priced) : await compareClose(reader, candles, priced, nowMs);
      if (typeof found !== 'string') return { counts, fault: found };
      if (found === 'withoutCandle' && (await shouldBeThere(reader, claim))) {
        const text = `was scored by the price ${page.actualPrice[row]!} of a candle that is not stored.`;
        return { counts, fault: wrongOutcome(page, row, place, text) };
      }
      counts[found]++;
    }
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

/** An outcome whose price is compared. */
interface Priced {
  readonly page: OutcomePage;
  readonly row: number;
  readonly place: ForecastPlace;
  readonly claim: OutcomeClaim;
}

/** The minutes are not stored: the price lies within the range of an hour that it may be from, and a tenth. */
function compareMinute(candles: CandleLookup, { page, row, place, claim: { symbol, openMs } }: Priced): Compared {
  const actualPrice = page.actualPrice[row]!;
  const hours = [...new Set([openMs, hourOf(place.page.targetMs[place.row]! - MINUTES_BEFORE_MS)])]
    .map((ms) => candles.at(symbol, '1h', ms))
    .filter((hour) => hour !== null);
  if (hours.length === 0) return 'withoutCandle';
  if (hours.some((hour) => isNear(actualPrice, hour))) return 'prices';
  return wrongOutcome(page, row, place, `was scored by the price ${actualPrice}, and ${rangeText(hours[0]!)}.`);
}

const rangeText = ({ source, low, high }: AuditCandle) =>
  `the stored candle of ${source} at its target lies between ${low} and ${high}`;

/** Whether the price is the close of the stored candle, from the same source. */
function isClose(candles: CandleLookup, { symbol, interval, openMs, source }: OutcomeClaim, price: number): boolean {
  const candle = source === null ? null : candles.at(symbol, interval, openMs);
  return candle !== null && candle.close === price && candle.source === source;
}

/** What a price is that is not the close of the stored candle. */
async function compareClose(
  reader: AuditReader,
  candles: CandleLookup,
  { page, row, place, claim: { symbol, interval, openMs, source } }: Priced,
  nowMs: number,
): Promise<Compared> {
  const candle = candles.at(symbol, interval, openMs);
  if (!candle) return 'withoutCandle';
  const actualPrice = page.actualPrice[row]!;
  const lastPrice = place.page.lastPrice[place.row]!;
  // The newest revision alone follows the candle as it is now.
  if ((await reader.outcomeNumber(page.sequence[row]!, page.revision[row]! + 1)) !== null) return 'corrected';
  if (candle.source !== source && isNear(actualPrice, candle)) return 'otherSource';
  const closeMs = openMs + INTERVAL_MS[interval];
  if (candle.fetchedAtMs > page.scoredAtMs[row]! && isCorrectable(closeMs, interval, nowMs)) return 'corrected';
  // A forecast from another coin's price is never revised.
  if (areFarApart(lastPrice, actualPrice) && areFarApart(lastPrice, candle.close)) return 'corrected';
  const price = candle.source === source ? `closed at ${candle.close}` : null;
  const text = `was scored by the price ${actualPrice}, and ${price ? `the stored candle of ${candle.source} at its target ${price}` : rangeText(candle)}: one of them has been changed.`;
  return wrongOutcome(page, row, place, text);
}
