import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/core/random.ts';
import { shapleyValues } from '../../../src/ml/forecast/explainer.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const game = fc.integer({ min: 1, max: 8 }).chain((players) =>
  fc.record({
    players: fc.constant(players),
    values: fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: 1 << players,
      maxLength: 1 << players,
    }),
  }),
);

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** The definition: the mean over every order of arrival of what a player adds on arriving. */
function byOrders(values: readonly number[], players: number): number[] {
  const totals = Array.from({ length: players }, () => 0);
  const arrive = (present: number, rest: readonly number[]) => {
    for (const player of rest) {
      const after = rest.filter((one) => one !== player);
      // This arrival happens in as many orders as those after it can come in.
      const orders = factorial(after.length) / factorial(players);
      totals[player]! += orders * (values[present | (1 << player)]! - values[present]!);
      arrive(present | (1 << player), after);
    }
  };
  arrive(0, Array.from(totals.keys()));
  return totals;
}

describe('Shapley values', () => {
  it('are the mean over all orders of arrival', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 16 }, () => random() - 0.5);
    byOrders(values, 4).forEach((value, i) => {
      expect(shapleyValues(values, 4)[i]).toBeCloseTo(value, 12);
    });
  });

  it('split the glove game as the textbook says', () => {
    // One left glove, two right ones; a pair is worth 1.
    const worth = (bits: number) => (bits & 1 && bits & 6 ? 1 : 0);
    const values = shapleyValues(
      Array.from({ length: 8 }, (_, bits) => worth(bits)),
      3,
    );
    [2 / 3, 1 / 6, 1 / 6].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 12);
    });
  });

  it('add up to what all together are worth more than none', () => {
    fc.assert(
      fc.property(game, ({ players, values }) => {
        expect(sum(shapleyValues(values, players))).toBeCloseTo(values.at(-1)! - values[0]!, 9);
      }),
    );
  });

  it('give 0 to a player who changes nothing, and the same to two who are interchangeable', () => {
    fc.assert(
      fc.property(game, ({ players, values }) => {
        const idle = values.map((_, bits) => values[bits & ~1]!);
        expect(shapleyValues(idle, players)[0]).toBeCloseTo(0, 12);
        if (players < 2) return;
        const swapped = (bits: number) => (bits & ~3) | ((bits & 1) << 1) | ((bits >> 1) & 1);
        const even = values.map((value, bits) => (value + values[swapped(bits)]!) / 2);
        const [first, second] = shapleyValues(even, players);
        expect(first).toBeCloseTo(second!, 9);
      }),
    );
  });
});
