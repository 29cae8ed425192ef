import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceBytes, readPrices } from '../../src/storage/bytes.ts';

const COUNT = 21;
function read(bytes: Uint8Array): number[] | null {
  const prices = new Float64Array(COUNT);
  return readPrices(bytes, prices) ? Array.from(prices) : null;
}
const anyNumbers = (number: fc.Arbitrary<number>) => fc.array(number, { minLength: COUNT, maxLength: COUNT });
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe('the bytes of prices', () => {
  it('give back every number as it was, whatever they are', () => {
    const numbers = fc.oneof(fc.double(), fc.float(), fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(anyNumbers(numbers), fc.boolean(), (made, isSorted) => {
        const prices = isSorted ? ascending(made) : made;
        expect(read(priceBytes(prices))).toEqual(prices);
      }),
    );
  });

  it('of ascending ones of single precision are packed, and shorter than 4 bytes a number, however far they lie apart', () => {
    const price = fc.float({ min: 0, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(anyNumbers(price), (made) => {
        const prices = ascending(made.map((one) => one + 0));
        const bytes = priceBytes(prices);
        expect(bytes.length).toBeLessThan(4 * COUNT);
        expect(read(bytes)).toEqual(prices);
      }),
    );
  });

  it('whose range is a tenth take 45 bytes, of equal ones 5', () => {
    const prices = Array.from({ length: COUNT }, (_, i) => Math.fround(58_000 + 180 * i));
    expect(priceBytes(prices)).toHaveLength(45);
    expect(priceBytes(Array(COUNT).fill(0.25))).toHaveLength(5);
  });

  it('as earlier versions wrote them, 4 or 8 each, are read', () => {
    const prices = Array.from({ length: COUNT }, (_, i) => 100 + i);
    expect(read(new Uint8Array(Float32Array.from(prices).buffer))).toEqual(prices);
    expect(read(new Uint8Array(Float64Array.from(prices).buffer))).toEqual(prices);
  });

  it('are refused where they are not that many, or no finite prices', () => {
    const bytes = priceBytes(Array.from({ length: COUNT }, (_, i) => 100 + i));
    for (const wrong of [[], [0], bytes.subarray(1), [...bytes, 0], [32, ...bytes.subarray(1)]]) {
      expect(read(Uint8Array.from(wrong))).toBeNull();
    }
    // Differences that lead beyond the largest number.
    expect(read(Uint8Array.from([31, ...Array(82).fill(255)]))).toBeNull();
  });
});
