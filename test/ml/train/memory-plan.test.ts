import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitIntoMemory, smallestTrainingBytes, trainingBytes } from '../../../src/ml/train/memory-plan.ts';

const MB = 2 ** 20;
const WANTED = { threads: 3, candles: 6_000, coins: 30 };

describe('what of a training run fits into memory', () => {
  it('is all of it where there is enough, to the byte', () => {
    const needed = trainingBytes(WANTED, false);
    expect(fitIntoMemory(WANTED, '1h', false, needed)).toEqual(WANTED);
    expect(fitIntoMemory(WANTED, '1h', false, needed - 1)).toEqual({ ...WANTED, threads: 2 });
  });

  it('is a shorter history once one thread is left, then fewer coins, then nothing', () => {
    expect(fitIntoMemory(WANTED, '1h', false, 350 * MB)).toMatchObject({ threads: 1, coins: 30 });
    expect(fitIntoMemory(WANTED, '1h', false, 220 * MB)).toMatchObject({ threads: 1, candles: 2_400 });
    expect(fitIntoMemory(WANTED, '1h', false, 140 * MB)).toBeNull();
    expect(fitIntoMemory({ ...WANTED, candles: 100 }, '1h', false, 180 * MB)).toMatchObject({ candles: 100 });
  });

  it('never takes more than there is or was wanted, and refuses only what cannot be made', () => {
    fc.assert(
      fc.property(
        fc.record({
          threads: fc.integer({ min: 1, max: 16 }),
          candles: fc.integer({ min: 1, max: 8_000 }),
          coins: fc.integer({ min: 5, max: 150 }),
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
          expect(trainingBytes(plan, sentiment)).toBeLessThanOrEqual(mb * MB);
          expect(plan.threads).toBeLessThanOrEqual(wanted.threads);
          expect(plan.candles).toBeLessThanOrEqual(wanted.candles);
          expect(plan.coins).toBeLessThanOrEqual(wanted.coins);
        },
      ),
    );
  });
});
