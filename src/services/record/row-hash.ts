import { hash } from 'node:crypto';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import {
  type ForecastPage,
  type ForecastTexts,
  NO_PRICES,
  NO_SUCH_PRICES,
  type OutcomePage,
  type PriceColumn,
} from '../../core/record-audit.ts';
import { writeNumber, writeText } from '../../core/write-double.ts';
import { writeSingle } from '../../core/write-single.ts';

const COUNT = QUANTILE_LEVELS.length;
/** The longest text of a number is 25 characters, with a comma. */
const ARRAY_BYTES = COUNT * 26 + 2;
/** Longer texts are another row than this program writes. */
const MAX_TEXTS = 3_000;
/** What stands between the texts of a row, with its other numbers. */
const REST_BYTES = 1_000;

const text = Buffer.alloc(MAX_TEXTS + REST_BYTES + 2 * ARRAY_BYTES);
const view = new DataView(text.buffer, text.byteOffset, text.length);
const ascii = (part: string) => Buffer.from(part, 'latin1');

/** What the texts of a forecast's row become in its canonical text, each up to the next number. */
interface Pieces {
  readonly bytes: number;
  readonly beforeClimatology: Uint8Array;
  readonly beforeIssued: Uint8Array;
  readonly beforeOrigin: Uint8Array;
  readonly beforeTarget: Uint8Array;
}

const BEFORE_LAST_PRICE = ascii(',"lastPrice":');
const BEFORE_P_UP = ascii(',"pUp":');
const BEFORE_PREVIOUS = ascii(',"previousHash":"');
const BEFORE_QUANTILES = ascii('","quantiles":');
const BEFORE_SHARE = ascii(',"sentimentShare":');
const BEFORE_SEQUENCE = ascii(',"sequence":');

/** By the object that rows share; a record has few different ones. */
const known = new Map<ForecastTexts, Pieces>();
const MAX_KNOWN = 2_000;

function piecesOf(texts: ForecastTexts): Pieces {
  const found = known.get(texts);
  if (found) return found;
  if (known.size >= MAX_KNOWN) known.clear();
  const { cause, symbol, interval, horizon, model, source } = texts;
  const quoted = (value: string) => JSON.stringify(value);
  const pieces = {
    beforeClimatology: Buffer.from(`{"cause":${quoted(cause)},"climatology":`),
    beforeIssued: Buffer.from(`,"horizon":${quoted(horizon)},"interval":${quoted(interval)},"issuedAtMs":`),
    beforeOrigin: Buffer.from(`,"model":${quoted(model)},"originMs":`),
    beforeTarget: Buffer.from(`,"source":${quoted(source)},"symbol":${quoted(symbol)},"targetMs":`),
  };
  const bytes = Object.values(pieces).reduce((sum, { length }) => sum + length, 0);
  known.set(texts, { bytes, ...pieces });
  return { bytes, ...pieces };
}

/**
 * The hash that a forecast's row should have: SHA-256 of the text that `canonicalEntry` of core/record.ts makes, put together from columns several times
 * faster than by way of objects. Null where the row does not hold 21 prices, or texts of a size that is never written.
 */
export function forecastHash(page: ForecastPage, row: number, previousHash: string): string | null {
  const pieces = piecesOf(page.texts[row]!);
  const { quantiles, climatology } = page;
  if (pieces.bytes > MAX_TEXTS || quantiles.held[row] === NO_PRICES) return null;
  if (quantiles.held[row] === NO_SUCH_PRICES || climatology.held[row] === NO_SUCH_PRICES) return null;
  const share = page.sentimentShare[row]!;
  let end = write(pieces.beforeClimatology, 0);
  end = climatology.held[row] === NO_PRICES ? writeText('null', view, end) : writePrices(climatology, row, end);
  end = writeNumber(page.issuedAtMs[row]!, view, write(pieces.beforeIssued, end));
  end = writeNumber(page.lastPrice[row]!, view, write(BEFORE_LAST_PRICE, end));
  end = writeNumber(page.originMs[row]!, view, write(pieces.beforeOrigin, end));
  end = writeNumber(page.pUp[row]!, view, write(BEFORE_P_UP, end));
  end = writeText(previousHash, view, write(BEFORE_PREVIOUS, end));
  end = writePrices(quantiles, row, write(BEFORE_QUANTILES, end));
  end = writeNumber(share, view, write(BEFORE_SHARE, end));
  end = writeNumber(page.number[row]!, view, write(BEFORE_SEQUENCE, end));
  end = writeNumber(page.targetMs[row]!, view, write(pieces.beforeTarget, end));
  text[end++] = 125;
  return hash('sha256', text.subarray(0, end));
}

function write(part: Uint8Array, at: number): number {
  for (let i = 0; i < part.length; i++) text[at + i] = part[i]!;
  return at + part.length;
}

function writePrices({ prices }: PriceColumn, row: number, at: number): number {
  let end = at;
  text[end++] = 91;
  for (let i = COUNT * row; i < COUNT * (row + 1); i++) {
    if (i > COUNT * row) text[end++] = 44;
    const price = prices[i]!;
    end = price === Math.fround(price) ? writeSingle(price, view, end) : writeNumber(price, view, end);
  }
  text[end++] = 93;
  return end;
}

const OF_OUTCOME = {
  absoluteError: ascii('{"absoluteError":'),
  actualPrice: ascii(',"actualPrice":'),
  band: ascii(',"band":'),
  brier: ascii(',"brier":'),
  climatologyPinball: ascii(',"climatologyPinball":'),
  hit: ascii(',"directionHit":true,"level":'),
  noHit: ascii(',"directionHit":false,"level":'),
  logReturn: ascii(',"logReturn":'),
  naiveScale: ascii(',"naiveScale":'),
  number: ascii(',"number":'),
  pinball: ascii(',"pinball":'),
  previousHash: ascii(',"previousHash":"'),
  revision: ascii('","revision":'),
  scoredAtMs: ascii(',"scoredAtMs":'),
  sequence: ascii(',"sequence":'),
  source: ascii(',"source":'),
};

/** The same of an outcome; null where it names its source by a text of a size that is never written. */
export function outcomeHash(page: OutcomePage, row: number, previousHash: string): string | null {
  const source = page.source[row]!;
  if (3 * source.length > MAX_TEXTS) return null;
  let end = writeNumber(page.absoluteError[row]!, view, write(OF_OUTCOME.absoluteError, 0));
  end = writeNumber(page.actualPrice[row]!, view, write(OF_OUTCOME.actualPrice, end));
  end = writeNumber(page.band[row]!, view, write(OF_OUTCOME.band, end));
  end = writeNumber(page.brier[row]!, view, write(OF_OUTCOME.brier, end));
  end = writeNumber(page.climatologyPinball[row]!, view, write(OF_OUTCOME.climatologyPinball, end));
  const isHit = page.directionHit[row] === 1;
  end = writeNumber(page.level[row]!, view, write(isHit ? OF_OUTCOME.hit : OF_OUTCOME.noHit, end));
  end = writeNumber(page.logReturn[row]!, view, write(OF_OUTCOME.logReturn, end));
  end = writeNumber(page.naiveScale[row]!, view, write(OF_OUTCOME.naiveScale, end));
  end = writeNumber(page.number[row]!, view, write(OF_OUTCOME.number, end));
  end = writeNumber(page.pinball[row]!, view, write(OF_OUTCOME.pinball, end));
  end = writeText(previousHash, view, write(OF_OUTCOME.previousHash, end));
  end = writeNumber(page.revision[row]!, view, write(OF_OUTCOME.revision, end));
  end = writeNumber(page.scoredAtMs[row]!, view, write(OF_OUTCOME.scoredAtMs, end));
  end = writeNumber(page.sequence[row]!, view, write(OF_OUTCOME.sequence, end));
  end = write(sourceBytes(source), write(OF_OUTCOME.source, end));
  text[end++] = 125;
  return hash('sha256', text.subarray(0, end));
}

let lastSource = { source: '', bytes: Buffer.from('""') };

/** A source as JSON writes it: rows that follow each other mostly have the same. */
function sourceBytes(source: string): Uint8Array {
  if (lastSource.source !== source) lastSource = { source, bytes: Buffer.from(JSON.stringify(source)) };
  return lastSource.bytes;
}

const HASH_BYTES = 32;

/** The hash of a row in lower-case hexadecimal digits. */
export const hashAt = (hashes: Uint8Array, row: number): string =>
  Buffer.from(hashes.subarray(HASH_BYTES * row, HASH_BYTES * (row + 1))).toString('hex');

/** Whether a row has the hash of such digits. */
export function isHashAt(hashes: Uint8Array, row: number, digits: string): boolean {
  for (let i = 0; i < HASH_BYTES; i++) {
    const byte = 16 * DIGITS[digits.charCodeAt(2 * i)]! + DIGITS[digits.charCodeAt(2 * i + 1)]!;
    if (hashes[HASH_BYTES * row + i] !== byte) return false;
  }
  return digits.length === 2 * HASH_BYTES;
}

/** The values of hexadecimal digits by their ASCII. */
const DIGITS = new Uint8Array(128);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;
