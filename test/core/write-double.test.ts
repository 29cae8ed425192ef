import { describe, expect, it } from 'vitest';
import { writeDouble, writeNumber } from '../../src/core/write-double.ts';

const bytes = Buffer.alloc(64);
const into = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const written = (value: number) => bytes.toString('latin1', 0, writeNumber(value, into, 0));
const value8 = new Float64Array(1);
const bits = new BigUint64Array(value8.buffer);

describe('the text of a number of double precision', () => {
  it('is what ECMAScript writes, of any size and any number of digits', () => {
    // Numerical Recipes' generator: every run tries the same numbers.
    let state = 11;
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const wrong: number[] = [];
    const check = (value: number) => {
      if (written(value) !== JSON.stringify(value)) wrong.push(value);
    };
    for (let i = 0; i < 200_000; i++) {
      const size = 10 ** (next() * 18 - 9);
      const value = (next() + next() / 2 ** 32) * size;
      check(i % 2 === 0 ? value : -value);
      check(Number(value.toPrecision(1 + (i % 17))));
      check(Math.fround(value));
      check(Math.floor(value * 1e6));
    }
    expect(wrong).toEqual([]);
  });

  it('is so at powers of two and of ten, beside them, and of what is no number', () => {
    const wrong: number[] = [];
    const check = (value: number) => {
      if (written(value) !== JSON.stringify(value)) wrong.push(value);
    };
    const powers = Array.from({ length: 160 }, (_, i) => 2 ** (i - 80)).concat(
      Array.from({ length: 40 }, (_, i) => 10 ** (i - 20)),
    );
    for (const power of powers) {
      value8[0] = power;
      const raw = bits[0]!;
      for (let off = -4n; off <= 4n; off++) {
        bits[0] = raw + off;
        check(value8[0]!);
      }
    }
    for (const value of [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE, Number.MIN_VALUE]) check(value);
    expect(wrong).toEqual([]);
    expect(bytes.toString('latin1', 0, writeDouble(-0.1, into, 0))).toBe('-0.1');
  });
});
