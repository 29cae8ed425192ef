/** A number between these powers of two is put together from whole digits; others are written by the engine. */
const SMALLEST_EXPONENT = -9;
const LARGEST_EXPONENT = 22;
/** Digits of a fraction that are found at once: so many fit into a double beside the 24 bits of the number itself. */
const BLOCK = 1e8;
const TENS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
/** What a number of so many digits stays below; one of none is 0. */
const LIMITS = TENS.concat(1e9);
const ZERO = 48;
const POINT = 46;

const value4 = new Float32Array(1);
const bits = new Uint32Array(value4.buffer);
/** ASCII of 0000 … 9999, the first digit in the lowest byte. */
const FOURS = Uint32Array.from({ length: 10_000 }, (_, i) => Buffer.from(String(i).padStart(4, '0')).readUInt32LE());
/** Half of the distance between two doubles in units of the sixteenth digit, by exponent and by digits before (or, negative, zeros behind) the point. */
const HALF_STEPS = Array.from({ length: LARGEST_EXPONENT - SMALLEST_EXPONENT + 1 }, (_, i) =>
  Float64Array.from({ length: 11 }, (_, place) => 2 ** (i + SMALLEST_EXPONENT - 53) * 10 ** (16 - (place - 2))),
);

/**
 * Writes a number of single precision in ASCII as ECMAScript writes it, and returns where it ends: several times faster than the engine, which
 * finds the shortest text of any double. One of single precision has so few bits that its decimal digits are found by exact multiplications;
 * the shortest text that still means this number has 16 or 17 of them, but for rare ones, which the engine writes.
 */
export function writeSingle(value: number, into: DataView, at: number): number {
  value4[0] = value;
  const raw = bits[0]!;
  const exponent = (raw >>> 23) - 127;
  // The numbers below a power of two lie closer than those above it. With its sign bit set a negative number is too large.
  if (exponent < SMALLEST_EXPONENT || exponent > LARGEST_EXPONENT || (raw & 0x7fffff) === 0) {
    return writeByEngine(value, into, at);
  }
  const whole = value | 0;
  let rest = (value - whole) * BLOCK;
  const first = rest | 0;
  rest = (rest - first) * BLOCK;
  let second = rest | 0;
  rest -= second;

  /** Digits before the point; below one, minus the zeros behind it. */
  let place: number;
  /** What follows the digits of `first`, or below one of `second`, up to the sixteenth digit, and what is left in units of that. */
  let last: number;
  let left: number;
  if (whole > 0) {
    place = whole < 1e4 ? (whole < 100 ? (whole < 10 ? 1 : 2) : whole < 1e3 ? 3 : 4) : digitsOf(whole);
    const unit = TENS[place]!;
    last = (second / unit) | 0;
    left = (second - last * unit + rest) / unit;
  } else {
    place = first >= 1e7 ? 0 : first >= 1e6 ? -1 : -2;
    left = rest * TENS[-place]!;
    last = left | 0;
    left -= last;
  }
  const halfStep = HALF_STEPS[exponent - SMALLEST_EXPONENT]![place + 2]!;
  const off = left < 0.5 ? left : 1 - left;
  const sixteenth = (place === 8 ? first : place === 0 ? second : last) % 10;
  const offByFifteen = sixteenth < 5 ? sixteenth + left : 10 - sixteenth - left;
  let count = whole > 0 ? 8 - place : -place;
  // Two numbers of up to fifteen digits never mean the same one, so that its own digits are the shortest.
  const isExact = left === 0 && sixteenth === 0;
  if (!isExact) {
    // Rounding errors here could decide.
    if (Math.abs(off - halfStep) < 1e-6 || Math.abs(offByFifteen - halfStep) < 1e-6)
      return writeByEngine(value, into, at);
    if (offByFifteen < halfStep) {
      const fifteenth = ((last / 10) | 0) % 10;
      // Fourteen digits might do.
      if (count < 2 || fifteenth === 0 || fifteenth === 9) return writeByEngine(value, into, at);
      left = (sixteenth + left) / 10;
      last = (last / 10) | 0;
      count--;
    } else if (off > halfStep) {
      left *= 10;
      const seventeenth = left | 0;
      last = 10 * last + seventeenth;
      left -= seventeenth;
      count++;
    }
    if (left !== 0.5 && Math.abs(left - 0.5) < 1e-6) return writeByEngine(value, into, at);
  }
  // Of two as near, the even one.
  if (left > 0.5 || (left === 0.5 && (count > 0 ? last : second) % 2 === 1)) {
    if (count > 0) last++;
    else second++;
    if (last >= LIMITS[count]! || second >= BLOCK || place === 8) return writeByEngine(value, into, at);
  }

  let to = at;
  if (whole > 0) {
    to = writeDigits(whole, place, into, to);
    into.setUint8(to++, POINT);
    to = writeEight(first, into, to);
  } else {
    into.setUint8(to++, ZERO);
    into.setUint8(to++, POINT);
    to = writeEight(second, into, writeEight(first, into, to));
  }
  to = writeDigits(last, count, into, to);
  if (!isExact) return to;
  while (into.getUint8(to - 1) === ZERO) to--;
  return into.getUint8(to - 1) === POINT ? to - 1 : to;
}

const digitsOf = (whole: number) => (whole < 1e6 ? (whole < 1e5 ? 5 : 6) : whole < 1e7 ? 7 : 8);

function writeEight(value: number, into: DataView, at: number): number {
  const high = (value / 1e4) | 0;
  into.setUint32(at, FOURS[high]!, true);
  into.setUint32(at + 4, FOURS[value - 1e4 * high]!, true);
  return at + 8;
}

/** Writes the last digits, 12 at most, of a whole number of 31 bits. Up to four bytes behind them are changed, too. */
export function writeDigits(value: number, count: number, into: DataView, at: number): number {
  let rest = value;
  let left = count;
  let to = at;
  if (left > 4) {
    const high = (rest / 1e4) | 0;
    rest -= 1e4 * high;
    to = left > 8 ? writeDigits(high, left - 4, into, to) : writeFour(high, left - 4, into, to);
    left = 4;
  }
  return writeFour(rest, left, into, to);
}

/** The same of up to four digits. */
function writeFour(value: number, count: number, into: DataView, at: number): number {
  into.setUint32(at, FOURS[value]! >>> (8 * (4 - count)), true);
  return at + count;
}

/** Writes a number as the engine does. */
export function writeByEngine(value: number, into: DataView, at: number): number {
  const text = String(value);
  for (let i = 0; i < text.length; i++) into.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}
