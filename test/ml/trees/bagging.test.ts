import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { RowBags } from '../../../src/ml/trees/bagging.ts';

describe('the rows of a round', () => {
  it.each([
    [10, 0.5, 5],
    [7, 0.01, 1],
    [7, 1, 7],
    [1, 0.5, 1],
  ])('of %i are drawn by a share of %d: %i of them, the others are all the rest', (rows, share, drawn) => {
    const bags = new RowBags(rows, share);
    const random = seededRandom(rows);
    for (let round = 0; round < 20; round++) {
      bags.draw(random);
      const grown = [...bags.grown.subarray(0, bags.grownRows)];
      const others = [...bags.others.subarray(0, bags.otherRows)];
      expect(grown.length).toBe(drawn);
      expect(grown).toEqual(grown.toSorted((a, b) => a - b));
      expect([...grown, ...others].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
    }
  });

  it('are each as likely as another', () => {
    const bags = new RowBags(40, 0.25);
    const random = seededRandom(3);
    const times = new Array<number>(40).fill(0);
    for (let round = 0; round < 8000; round++) {
      bags.draw(random);
      for (const row of bags.grown.subarray(0, bags.grownRows)) times[row]!++;
    }
    // 2000 each, with a standard deviation of 39.
    expect(Math.min(...times)).toBeGreaterThan(1840);
    expect(Math.max(...times)).toBeLessThan(2160);
  });

  it('are divided by a bin within a range, both parts in their order', () => {
    const bags = new RowBags(12, 0.5);
    bags.draw(seededRandom(1));
    const bins = Uint8Array.of(9, 1, 200, 3, 7, 2, 3, 250, 3, 8, 0, 4);
    const word = Uint32Array.from(bags.grown.subarray(0, 6), (row) => (bins[row]! << 24) | 0x00ff00ff);
    const grown = [...bags.grown.subarray(1, 6)];
    const middle = bags.divideGrown(1, 6, word, 24, 3);
    const rows = Array.from(bags.order, (place) => bags.grown[place]!);
    expect(rows.slice(1, middle)).toEqual(grown.filter((row) => bins[row]! <= 3));
    expect(rows.slice(middle)).toEqual(grown.filter((row) => bins[row]! > 3));
    expect(bags.order[0]).toBe(0);

    const others = [...bags.others.subarray(0, 5)];
    const last = bags.others[5];
    const otherMiddle = bags.divideOthers(0, 5, bins, 3);
    expect([...bags.others.subarray(0, otherMiddle)]).toEqual(others.filter((row) => bins[row]! <= 3));
    expect([...bags.others.subarray(otherMiddle, 5)]).toEqual(others.filter((row) => bins[row]! > 3));
    expect(bags.others[5]).toBe(last);
  });
});
