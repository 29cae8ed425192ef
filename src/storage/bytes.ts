/** Bytes before the differences: how many bits each of them has, and the first number. */
const HEAD_BYTES = 5;
/** The bits of the largest finite number of single precision; those of negative ones are above. */
const LARGEST_BITS = 0x7f7fffff;

/**
 * Prices of a distribution as bytes, least significant first: 8 each, or 4 where single precision holds all of them exactly. Where those also ascend from 0
 * or more, as prices do, they are about 2 each: one byte that says how many bits a difference has, the first price in 4, and without gaps the difference of each
 * price from the one before, both taken as whole numbers of 32 bits.
 */
export function priceBytes(prices: readonly number[]): Uint8Array {
  const exact = prices.every((price) => Math.fround(price) === price);
  if (!exact) return new Uint8Array(Float64Array.from(prices).buffer);
  const singles = Float32Array.from(prices);
  return packed(new Uint32Array(singles.buffer)) ?? new Uint8Array(singles.buffer);
}

function packed(bits: Uint32Array): Uint8Array | null {
  if (bits.length === 0 || bits.at(-1)! > LARGEST_BITS) return null;
  let used = 0;
  for (let i = 1; i < bits.length; i++) {
    if (bits[i]! < bits[i - 1]!) return null;
    used |= bits[i]! - bits[i - 1]!;
  }
  const width = 32 - Math.clz32(used);
  const bytes = new Uint8Array(packedBytes(bits.length, width));
  bytes[0] = width;
  new DataView(bytes.buffer).setUint32(1, bits[0]!, true);
  // Up to 38 bits, which a number holds exactly.
  let [held, count, at] = [0, 0, HEAD_BYTES];
  for (let i = 1; i < bits.length; i++) {
    held += (bits[i]! - bits[i - 1]!) * 2 ** count;
    count += width;
    for (; count >= 8; count -= 8) {
      bytes[at++] = held % 256;
      held = Math.floor(held / 256);
    }
  }
  if (count > 0) bytes[at] = held;
  return bytes;
}

const packedBytes = (count: number, width: number) => HEAD_BYTES + Math.ceil(((count - 1) * width) / 8);

/** A part of an array: where it begins, and how many there are. */
interface Part {
  readonly at: number;
  readonly count: number;
}

/** Reads prices out of bytes into numbers, of both all or a part; false where those bytes do not hold that many. */
export function readPrices(
  bytes: Uint8Array,
  into: Float64Array,
  { at: first, count: length }: Part = { at: 0, count: bytes.length },
  { at: target, count }: Part = { at: 0, count: into.length },
): boolean {
  if (length === 4 * count) {
    for (let i = 0; i < count; i++) {
      one4[0] = wordAt(bytes, first + 4 * i);
      into[target + i] = one[0]!;
    }
    return true;
  }
  if (length === 8 * count) {
    for (let i = 0; i < count; i++) {
      two4[0] = wordAt(bytes, first + 8 * i);
      two4[1] = wordAt(bytes, first + 8 * i + 4);
      into[target + i] = two[0]!;
    }
    return true;
  }
  const width = length === 0 ? 32 : bytes[first]!;
  // With 31 bits they are still shorter than prices of 4 bytes each, so that the length tells which they are.
  if (width > 31 || length !== packedBytes(count, width)) return false;
  const mask = 2 ** width - 1;
  let bits = wordAt(bytes, first + 1) >>> 0;
  for (let i = 0, from = 8 * HEAD_BYTES; i < count; i++) {
    one4[0] = bits;
    into[target + i] = one[0]!;
    const at = first + (from >>> 3);
    const shift = from & 7;
    // What lies past the end is not needed; `undefined` counts as 0.
    let found = wordAt(bytes, at) >>> shift;
    if (shift + width > 32) found |= bytes[at + 4]! << (32 - shift);
    if (i + 1 < count) bits += found & mask;
    from += width;
  }
  return bits <= LARGEST_BITS;
}

const wordAt = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Numbers of 4 and 8 bytes by their bits; the machine writes the least significant first, as all do that Node runs on. */
const one = new Float32Array(1);
const one4 = new Uint32Array(one.buffer);
const two = new Float64Array(1);
const two4 = new Uint32Array(two.buffer);

/** What a column of bytes holds: `libsql` reads an `ArrayBuffer`, PostgreSQL's driver a `Buffer`; both write a `Uint8Array`. */
export type Bytes = Uint8Array | ArrayBuffer;

/** The prices of such a column; throws `RangeError` where it does not hold `count` of them. */
export function pricesOf(bytes: Bytes, count: number): number[] {
  const prices = new Float64Array(count);
  if (!readPrices(bufferOf(bytes), prices))
    throw new RangeError(`There are no ${count} prices in ${bytes.byteLength} bytes.`);
  // By its iterator a typed array is copied at ten times the cost.
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push(prices[i]!);
  return found;
}

/** Bytes as lower-case hexadecimal digits. */
export const hexOf = (bytes: Bytes): string => bufferOf(bytes).toString('hex');

/** Bytes as Base64. */
export const base64Of = (bytes: Bytes): string => bufferOf(bytes).toString('base64');

/** Bytes of hexadecimal digits. */
export const fromHex = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

/** A view of the bytes of a column; throws `TypeError` where it holds something else, such as text that somebody has written into it. */
export const viewOf = (bytes: Bytes): DataView<ArrayBufferLike> =>
  ArrayBuffer.isView(bytes) ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new DataView(bytes);

/** The same bytes as a `Buffer`; throws as `viewOf`. */
export function bufferOf(bytes: Bytes): Buffer {
  const { buffer, byteOffset, byteLength } = viewOf(bytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}
