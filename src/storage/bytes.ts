/** What a column of bytes holds: `libsql` reads an `ArrayBuffer`, PostgreSQL's driver a `Buffer`; both write a `Uint8Array`. */
export type Bytes = Uint8Array | ArrayBuffer;

/** Numbers as bytes, least significant first: 4 each where that holds all of them exactly, else 8. */
export function toBytes(numbers: readonly number[]): Uint8Array {
  const exact = numbers.every((number) => Math.fround(number) === number);
  return new Uint8Array((exact ? Float32Array.from(numbers) : Float64Array.from(numbers)).buffer);
}

/** The numbers of such a column; throws `RangeError` where it does not hold `count` of them. */
export function numbersOf(bytes: Bytes, count: number): number[] {
  const view = viewOf(bytes);
  if (view.byteLength === 4 * count) return Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  if (view.byteLength === 8 * count) return Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
  throw new RangeError(`There are no ${count} numbers in ${view.byteLength} bytes.`);
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

function bufferOf(bytes: Bytes): Buffer {
  const { buffer, byteOffset, byteLength } = viewOf(bytes);
  return Buffer.from(buffer, byteOffset, byteLength);
}
