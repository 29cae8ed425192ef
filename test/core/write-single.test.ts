import { describe, expect, it } from 'vitest';
import { writeSingle } from '../../src/core/write-single.ts';

const bytes = Buffer.alloc(64);
const into = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const written = (value: number) => bytes.toString('latin1', 0, writeSingle(value, into, 0));
const value4 = new Float32Array(1);
const bits = new Uint32Array(value4.buffer);
const single = (raw: number) => {
  bits[0] = raw;
  return value4[0]!;
};

describe('the text of a number of single precision', () => {
  it('is what ECMAScript writes, of any size', () => {
    // Numerical Recipes' generator: every run tries the same numbers.
    let state = 7;
    const wrong: number[] = [];
    for (let i = 0; i < 300_000; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      // Every third of the size of prices, where the digits are put together; the others of any size and sign.
      const raw = i % 3 === 0 ? (((127 - 10 + (state % 34)) << 23) | (state >>> 9)) >>> 0 : state;
      const value = single(raw);
      if (Number.isFinite(value) && written(value) !== JSON.stringify(value)) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });

  it('is so at powers of two and of ten, and beside them', () => {
    const numbers = [0, -0];
    for (let power = -149; power < 128; power++) numbers.push(2 ** power);
    for (let power = -40; power < 39; power++) numbers.push(Math.fround(10 ** power));
    const wrong: number[] = [];
    for (const number of numbers) {
      value4[0] = number;
      const raw = bits[0]!;
      for (const near of [raw - 1, raw, raw + 1]) {
        const value = single(near >>> 0);
        if (Number.isFinite(value) && written(value) !== JSON.stringify(value)) wrong.push(value);
      }
    }
    expect(wrong).toEqual([]);
  });
});
