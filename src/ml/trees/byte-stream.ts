import { CandlecastError } from '../../core/errors.ts';

const FIRST_SIZE = 4096;

/** Writes numbers one after the other, little-endian. */
export class ByteWriter {
  #view = new DataView(new ArrayBuffer(FIRST_SIZE));
  #length = 0;

  uint8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  uint16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
  }

  uint32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  float32(value: number): void {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, true);
  }

  float64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Appends bytes as they are. */
  append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }

  /** Everything written so far. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.#length));
  }

  /** Makes room for so many bytes and returns its place. */
  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#view.byteLength) {
      const larger = new Uint8Array(Math.max(2 * this.#view.byteLength, this.#length));
      larger.set(new Uint8Array(this.#view.buffer, 0, at));
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads such numbers back; throws `CC_MODEL_DAMAGED`, with the name of what is read, past the end and where `require` fails. */
export class ByteReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  uint8(): number {
    return this.#view.getUint8(this.#next(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#next(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#next(4), true);
  }

  float32(): number {
    return this.#view.getFloat32(this.#next(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.#next(8), true);
  }

  /** Everything that is left, shared. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#next(this.#bytes.length - this.#at));
  }

  /** Throws unless the condition holds; the message goes on from the name. */
  require(condition: boolean, message: string): void {
    if (!condition) throw new CandlecastError('CC_MODEL_DAMAGED', `${this.#name} ${message}.`);
  }

  /** Throws unless so many bytes are left. */
  requireLeft(size: number): void {
    this.require(size <= this.#bytes.length - this.#at, 'end too early');
  }

  /** Throws unless everything has been read. */
  end(): void {
    this.require(this.#at === this.#bytes.length, 'do not end where they should');
  }

  #next(size: number): number {
    this.requireLeft(size);
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
