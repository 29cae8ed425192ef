import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitIntoMemory, smallestTrainingBytes, trainingBytes } from '../../../src/ml/train/memory-plan.ts';

const MB = 2 ** 20;
const LENGTHS: readonly number[] = Array(30).fill(6_000);
const WANTED = { threads: 3, candles: 6_000, lengths: LENGTHS };
const WHOLE = { threads: 3, candles: 6_000, coins: 30 };

describe('what of a training run fits into memory', () => {
  it('is all of it where there is enough, to the byte', () => {
    const needed = trainingBytes(WHOLE, LENGTHS, false);
    expect(fitIntoMemory(WANTED, '1h', false, needed)).toEqual(WHOLE);
    expect(fitIntoMemory(WANTED, '1h', false, needed - 1)).toEqual({ ...WHOLE, threads: 2 });
  });

  it('is a shorter history once one thread is left, then fewer coins, then nothing', () => {
    expect(fitIntoMemory(WANTED, '1h', false, 350 * MB)).toMatchObject({ threads: 1, coins: 30 });
    expect(fitIntoMemory(WANTED, '1h', false, 220 * MB)).toMatchObject({ threads: 1, candles: 2_400 });
    expect(fitIntoMemory(WANTED, '1h', false, 140 * MB)).toBeNull();
    expect(fitIntoMemory({ ...WANTED, candles: 100 }, '1h', false, 180 * MB)).toMatchObject({ candles: 100 });
  });

  it('counts the candles that there are: many young coins fit where as many old ones would not', () => {
    const lengths = [...Array(20).fill(2_500), ...Array(130).fill(400)];
    const run = { threads: 1, candles: 2_500, lengths };
    expect(fitIntoMemory(run, '1d', false, 320 * MB)).toEqual({ threads: 1, candles: 2_500, coins: 150 });
    expect(fitIntoMemory({ ...run, lengths: Array(150).fill(2_500) }, '1d', false, 320 * MB)).toMatchObject({
      candles: 900,
    });
  });

  it('drops coins from the end of the list', () => {
    const lengths = [...Array(10).fill(900), ...Array(140).fill(2_500)];
    expect(fitIntoMemory({ threads: 1, candles: 2_500, lengths }, '1d', false, 190 * MB)).toEqual({
      threads: 1,
      candles: 900,
      coins: 24,
    });
  });

  it('never takes more than there is or was wanted, and refuses only what cannot be made', () => {
    fc.assert(
      fc.property(
        fc.record({
          threads: fc.integer({ min: 1, max: 16 }),
          candles: fc.integer({ min: 1, max: 8_000 }),
          lengths: fc.array(fc.integer({ min: 1, max: 8_000 }), { minLength: 5, maxLength: 150 }),
        }),
        fc.constantFrom('1h' as const, '1d' as const),
        fc.boolean(),
        fc.integer({ min: 0, max: 4_000 }),
        (wanted, interval, sentiment, mb) => {
          const plan = fitIntoMemory(wanted, interval, sentiment, mb * MB);
          if (!plan) {
            expect(mb * MB).toBeLessThan(smallestTrainingBytes(interval, sentiment));
            return;
          }
          expect(trainingBytes(plan, wanted.lengths, sentiment)).toBeLessThanOrEqual(mb * MB);
          expect(plan.threads).toBeLessThanOrEqual(wanted.threads);
          expect(plan.candles).toBeLessThanOrEqual(wanted.candles);
          expect(plan.coins).toBeLessThanOrEqual(wanted.lengths.length);
        },
      ),
    );
  });
});
