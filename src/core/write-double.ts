import { writeByEngine, writeDigits } from './write-single.ts';

/** Numbers from one power of ten to below another are put together from whole digits; others are written by the engine. */
const SMALLEST_PLACE = -6;
const LARGEST_PLACE = 7;
/** Digits found first, and as many more as a double may need. */
const FIRST_DIGITS = 8;
const MORE_DIGITS = 9;
const MORE = 10 ** MORE_DIGITS;
/** Digits behind which shorter texts are left to the engine. */
const MOST_DROPPED = 3;
const TENS = Array.from({ length: 23 }, (_, power) => 10 ** power);
const WHOLE_TENS = Int32Array.from({ length: 10 }, (_, power) => 10 ** power);
/** Splits a double into two of 26 bits, whose products are exact (Dekker 1971). */
const SPLITTER = 2 ** 27 + 1;
/** 10 ** (7 - place), its two halves, and half the distance of two doubles by binary exponent, in units of the seventeenth digit. */
const SCALES = Float64Array.from({ length: LARGEST_PLACE - SMALLEST_PLACE + 1 }, (_, i) => TENS[i]!);
const SCALES_HIGH = SCALES.map((scale) => scale * SPLITTER - (scale * SPLITTER - scale));
const LOWEST_EXPONENT = -21;
const HALVES = Float64Array.from({ length: 50 }, (_, i) => 2 ** (i + LOWEST_EXPONENT - 53));
/** A decision that lies so near is left to the engine: rounding errors are far smaller. */
const NEAR = 1e-6;

const value8 = new Float64Array(1);
const words = new Uint32Array(value8.buffer);

/**
 * Writes a finite number in ASCII as ECMAScript writes it, the shortest text that means it, and returns where it ends: several times faster than by
 * way of a string. The number times a power of ten is found as the exact sum of two doubles; where more than seventeen digits would have to decide, or
 * the text is short, the engine writes it.
 */
export function writeDouble(value: number, into: DataView, at: number): number {
  if (value < 0) {
    into.setUint8(at, 45);
    return writeDouble(-value, into, at + 1);
  }
  if (value < 1e-6 || value >= 1e8) return writeByEngine(value, into, at);
  value8[0] = value;
  const high = words[1]!;
  // The numbers below a power of two lie closer than those above it.
  if (words[0] === 0 && (high & 0xfffff) === 0) return writeByEngine(value, into, at);
  let place = SMALLEST_PLACE;
  if (value >= 1) {
    place =
      value < 1e4
        ? value < 1e2
          ? value < 10
            ? 0
            : 1
          : value < 1e3
            ? 2
            : 3
        : value < 1e6
          ? value < 1e5
            ? 4
            : 5
          : value < 1e7
            ? 6
            : 7;
  } else
    place =
      value >= 1e-2 ? (value >= 0.1 ? -1 : -2) : value >= 1e-4 ? (value >= 1e-3 ? -3 : -4) : value >= 1e-5 ? -5 : -6;

  // value * scale = product + error, exactly.
  const scale = SCALES[LARGEST_PLACE - place]!;
  const scaleHigh = SCALES_HIGH[LARGEST_PLACE - place]!;
  const scaleLow = scale - scaleHigh;
  const spread = value * SPLITTER;
  const valueHigh = spread - (spread - value);
  const valueLow = value - valueHigh;
  const product = value * scale;
  const error = valueLow * scaleLow - (product - valueHigh * scaleHigh - valueLow * scaleHigh - valueHigh * scaleLow);
  let first = Math.floor(product);
  const rest = (product - first) * MORE;
  let more = Math.floor(rest);
  let left = rest - more + error * MORE;
  const carried = Math.floor(left);
  left -= carried;
  more += carried;
  if (more < 0) {
    more += MORE;
    first--;
  } else if (more >= MORE) {
    more -= MORE;
    first++;
  }
  if (first < 1e7 || first >= 1e8) return writeByEngine(value, into, at);
  // Whole numbers of 32 bits are divided several times faster.
  const whole8 = first | 0;
  const whole9 = more | 0;

  const halfStep = HALVES[((high >>> 20) & 0x7ff) - 1023 - LOWEST_EXPONENT]! * TENS[16 - place]!;
  let dropped = 0;
  let unit = 1;
  let over = left;
  for (let digits = 1; digits <= MOST_DROPPED; digits++) {
    const wider = WHOLE_TENS[digits]!;
    const beyond = (whole9 % wider) + left;
    const off = beyond < wider / 2 ? beyond : wider - beyond;
    if (Math.abs(off - halfStep) < NEAR) return writeByEngine(value, into, at);
    if (off > halfStep) break;
    dropped = digits;
    unit = wider;
    over = beyond;
  }
  if (dropped === MOST_DROPPED || Math.abs(over - unit / 2) < NEAR) return writeByEngine(value, into, at);
  const count = MORE_DIGITS - dropped;
  const last = ((whole9 / unit) | 0) + (over > unit / 2 ? 1 : 0);
  if (last >= WHOLE_TENS[count]!) return writeByEngine(value, into, at);

  let to = at;
  if (place >= 0) {
    const behind = FIRST_DIGITS - 1 - place;
    const whole = (whole8 / WHOLE_TENS[behind]!) | 0;
    to = writeDigits(whole, place + 1, into, to);
    into.setUint8(to++, 46);
    if (behind > 0) to = writeDigits(whole8 - whole * WHOLE_TENS[behind]!, behind, into, to);
  } else {
    into.setUint8(to++, 48);
    into.setUint8(to++, 46);
    for (let zeros = -1 - place; zeros > 0; zeros--) into.setUint8(to++, 48);
    to = writeDigits(whole8, FIRST_DIGITS, into, to);
  }
  return writeDigits(last, count, into, to);
}

/** Writes a number as JSON does: whole ones by their digits, and null for what is no number. */
export function writeNumber(value: number, into: DataView, at: number): number {
  if (value >= 1 && value < 1e16 && Math.floor(value) === value) return writeWhole(value, into, at);
  return Number.isFinite(value) ? writeDouble(value, into, at) : writeText('null', into, at);
}

/** Writes ASCII. */
export function writeText(text: string, into: DataView, at: number): number {
  for (let i = 0; i < text.length; i++) into.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}

function writeWhole(value: number, into: DataView, at: number): number {
  // A time in milliseconds has 13 digits.
  let count = value >= 1e12 ? 13 : 1;
  while (count < 16 && value >= TENS[count]!) count++;
  if (count <= 8) return writeDigits(value, count, into, at);
  const high = Math.floor(value / 1e8);
  return writeDigits(value - high * 1e8, 8, into, writeDigits(high, count - 8, into, at));
}
