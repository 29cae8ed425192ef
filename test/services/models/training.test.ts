import { existsSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../../src/core/candle.ts';
import type { ModelBytes } from '../../../src/ml/model/model-file.ts';
import { createTrainingService, type TrainingJob } from '../../../src/services/models/training.ts';
import { randomCandles } from '../../support/candles.ts';
import { TINY_OPTIONS } from '../../support/tiny-model.ts';

const series = ['BTC', 'ETH', 'LTC'].map((symbol, i) => ({
  symbol,
  interval: '1d' as const,
  candles: randomCandles(700, { seed: 20 + i }) as (Candle & { flag: null })[],
}));

/** A job whose model goes to `written`. */
function job(overrides: Partial<TrainingJob['options']> = {}, rest: Partial<TrainingJob> = {}) {
  const written: ModelBytes[] = [];
  const full = {
    interval: '1d',
    series: series as unknown as TrainingJob['series'],
    options: { ...TINY_OPTIONS, ...overrides },
    write: async (model: ModelBytes) => {
      written.push(model);
    },
    ...rest,
  } satisfies TrainingJob;
  return { full, written };
}

const threads = () => readdirSync('/proc/self/task').length;

describe('training as a service', () => {
  const service = createTrainingService({ backend: 'wasm' });

  // What Node starts once and keeps is started.
  beforeAll(async () => {
    await service.train(job({ threads: 3 }).full);
  });

  it('stops with its error when the net diverges, writes nothing, and the next run works', async () => {
    const diverging = job({ peakLearningRate: 1e30, clipNorm: Number.MAX_VALUE });
    await expect(service.train(diverging.full)).rejects.toMatchObject({ code: 'CC_TRAINING_DIVERGED' });
    expect(diverging.written).toEqual([]);
    expect(service.current()).toBeNull();
    const next = job();
    expect((await service.train(next.full)).training.parameters).toBeGreaterThan(0);
    expect(next.written).toHaveLength(1);
  });

  it.skipIf(!existsSync('/proc/self/task'))(
    'frees every thread when it is cancelled, writes nothing, and the next run works',
    async () => {
      const before = threads();
      const stop = new AbortController();
      let during = 0;
      const cancelled = job(
        { threads: 3, windowVisits: 10_000_000, validationChecks: 100, patience: 100 },
        {
          signal: stop.signal,
          onProgress: ({ visited }) => {
            if (visited === 0) return;
            during = threads();
            stop.abort();
          },
        },
      );
      await expect(service.train(cancelled.full)).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
      // The run's own thread, its warden and two helpers.
      expect(during - before).toBeGreaterThanOrEqual(4);
      expect(threads()).toBe(before);
      expect(cancelled.written).toEqual([]);
      const next = job({ threads: 2 });
      await service.train(next.full);
      expect(next.written).toHaveLength(1);
      expect(threads()).toBe(before);
    },
  );

  it('refuses a second run while one is under way', async () => {
    const first = service.train(job().full);
    await expect(service.train(job().full)).rejects.toMatchObject({ code: 'CC_TRAINING_DATA', retryable: true });
    await first;
  });
});
