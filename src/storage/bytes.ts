import { readPrices } from '../core/price-bytes.ts';

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
