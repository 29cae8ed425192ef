import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { Bagging } from '../../../src/ml/trees/bagging.ts';

describe('the rows of a round', () => {
  it.each([
    [10, 0.5, 5],
    [7, 0.01, 1],
    [7, 1, 7],
    [1, 0.5, 1],
  ])('of %i are drawn by a share of %d: %i of them, the others are all the rest', (rows, share, drawn) => {
    const bagging = new Bagging(rows, share);
    const random = seededRandom(rows);
    for (let round = 0; round < 20; round++) {
      bagging.draw(random);
      const inBag = [...bagging.inBag.subarray(0, bagging.inBagRows)];
      const outOfBag = [...bagging.outOfBag.subarray(0, bagging.outOfBagRows)];
      expect(inBag.length).toBe(drawn);
      expect(inBag).toEqual(inBag.toSorted((a, b) => a - b));
      expect([...inBag, ...outOfBag].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
    }
  });

  it('are each as likely as another', () => {
    const bagging = new Bagging(40, 0.25);
    const random = seededRandom(3);
    const times = new Array<number>(40).fill(0);
    for (let round = 0; round < 8000; round++) {
      bagging.draw(random);
      for (const row of bagging.inBag.subarray(0, bagging.inBagRows)) times[row]!++;
    }
    // 2000 each, with a standard deviation of 39.
    expect(Math.min(...times)).toBeGreaterThan(1840);
    expect(Math.max(...times)).toBeLessThan(2160);
  });

  it('are divided by a bin within a range, both parts in their order', () => {
    const bagging = new Bagging(12, 0.5);
    bagging.draw(seededRandom(1));
    const bins = Uint8Array.of(9, 1, 200, 3, 7, 2, 3, 250, 3, 8, 0, 4);
    const word = Uint32Array.from(bagging.inBag.subarray(0, 6), (row) => (bins[row]! << 24) | 0x00ff00ff);
    const inBag = [...bagging.inBag.subarray(1, 6)];
    const middle = bagging.partitionInBag(1, 6, word, 24, 3);
    const rows = Array.from(bagging.order, (place) => bagging.inBag[place]!);
    expect(rows.slice(1, middle)).toEqual(inBag.filter((row) => bins[row]! <= 3));
    expect(rows.slice(middle)).toEqual(inBag.filter((row) => bins[row]! > 3));
    expect(bagging.order[0]).toBe(0);

    const outOfBag = [...bagging.outOfBag.subarray(0, 5)];
    const last = bagging.outOfBag[5];
    const otherMiddle = bagging.partitionOutOfBag(0, 5, bins, 3);
    expect([...bagging.outOfBag.subarray(0, otherMiddle)]).toEqual(outOfBag.filter((row) => bins[row]! <= 3));
    expect([...bagging.outOfBag.subarray(otherMiddle, 5)]).toEqual(outOfBag.filter((row) => bins[row]! > 3));
    expect(bagging.outOfBag[5]).toBe(last);
  });
});
