import { hash } from 'node:crypto';
import { readPrices } from '../../core/price-bytes.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { StoredForecast } from '../../core/record-audit.ts';
import { writeSingle } from '../../core/single-text.ts';

const COUNT = QUANTILE_LEVELS.length;
/** The longest text of a number is 25 characters, with a comma. */
const ARRAY_BYTES = COUNT * 26 + 2;
/** A longer text is another row than this program writes. */
const MAX_TEXT = 4_096;

/** A little longer than the bytes of prices, since reading looks ahead. */
const bytes = Buffer.alloc(8 * COUNT + 8);
const prices = new Float64Array(COUNT);
const text = Buffer.alloc(MAX_TEXT + 2 * ARRAY_BYTES);

/**
 * The hash that a forecast's row should have: SHA-256 of the text that `canonicalEntry` of core/record.ts makes, put together from what the row
 * holds several times faster than by way of objects. Null where the row does not hold 21 prices, or texts of a size that is never written.
 */
export function forecastHash(row: StoredForecast, previousHash: string): string | null {
  const { quantiles, climatology, cause, horizon, interval, issuedAtMs, lastPrice, model, originMs, pUp } = row;
  const first = `{"cause":${quoted(cause)},"climatology":`;
  const second = `,"horizon":${quoted(horizon)},"interval":${quoted(interval)},"issuedAtMs":${issuedAtMs},"lastPrice":${lastPrice},"model":${quoted(model)},"originMs":${originMs},"pUp":${pUp},"previousHash":"${previousHash}","quantiles":`;
  const third = `,"sentimentShare":${row.sentimentShare},"sequence":${row.number},"source":${quoted(row.source)},"symbol":${quoted(row.symbol)},"targetMs":${row.targetMs}}`;
  // A character takes three bytes at most.
  if (3 * (first.length + second.length + third.length) > MAX_TEXT) return null;
  let end = text.write(first, 0);
  const afterClimatology = climatology === null ? end + text.write('null', end) : writeNumbers(climatology, end);
  if (afterClimatology === null) return null;
  end = afterClimatology;
  end += text.write(second, end);
  const afterQuantiles = writeNumbers(quantiles, end);
  if (afterQuantiles === null) return null;
  end = afterQuantiles;
  end += text.write(third, end);
  return hash('sha256', text.subarray(0, end));
}

/** A text as JSON writes it. A record has few different ones. */
function quoted(name: string): string {
  const known = QUOTED.get(name);
  if (known !== undefined) return known;
  if (QUOTED.size >= MAX_QUOTED) QUOTED.clear();
  const made = JSON.stringify(name);
  QUOTED.set(name, made);
  return made;
}

const QUOTED = new Map<string, string>();
const MAX_QUOTED = 2_000;

/** The prices of a column of bytes in hexadecimal digits; null where it does not hold 21 of them. */
export function pricesOf(hex: string): number[] | null {
  if (!read(hex)) return null;
  // A typed array would be copied by its iterator, at ten times the cost.
  const found: number[] = [];
  for (let i = 0; i < COUNT; i++) found.push(prices[i]!);
  return found;
}

/** Reads such a column into `prices`. */
function read(hex: string): boolean {
  const size = hex.length / 2;
  return size <= 8 * COUNT && bytes.write(hex, 'hex') === size && readPrices(bytes, prices, size);
}

function writeNumbers(hex: string, at: number): number | null {
  if (!read(hex)) return null;
  let end = at;
  text[end++] = 91;
  for (let i = 0; i < COUNT; i++) {
    if (i > 0) text[end++] = 44;
    const price = prices[i]!;
    end = price === Math.fround(price) ? writeSingle(price, text, end) : end + text.write(String(price), end);
  }
  text[end++] = 93;
  return end;
}
