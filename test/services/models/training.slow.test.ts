import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../src/core/candle.ts';
import type { ModelBytes } from '../../../src/ml/model/model-file.ts';
import { createTrainingService, type TrainingJob } from '../../../src/services/models/training.ts';
import { randomCandles } from '../../support/candles.ts';
import { childrenOf, threadsOf } from '../../support/processes.ts';
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

const children = () => childrenOf(process.pid);

describe('training as a service', () => {
  const service = createTrainingService({ backend: 'wasm' });

  it('stops with its error when the net diverges, writes nothing, and the next run works', async () => {
    const diverging = job({ peakLearningRate: 1e30, clipNorm: Number.MAX_VALUE });
    await expect(service.train(diverging.full)).rejects.toMatchObject({ code: 'CC_TRAINING_DIVERGED' });
    expect(diverging.written).toEqual([]);
    expect(service.current()).toBeNull();
    const next = job();
    expect((await service.train(next.full)).training.parameters).toBeGreaterThan(0);
    expect(next.written).toHaveLength(1);
  });

  it.skipIf(!existsSync('/proc/self/stat'))(
    'ends its process when it is cancelled, writes nothing, and the next run works',
    async () => {
      const before = children();
      const stop = new AbortController();
      let during: readonly number[] = [];
      let threads = 0;
      const cancelled = job(
        { threads: 3, windowVisits: 10_000_000, validationChecks: 100, patience: 100 },
        {
          signal: stop.signal,
          onProgress: ({ visited }) => {
            if (visited === 0) return;
            during = children().filter((pid) => !before.includes(pid));
            threads = threadsOf(during[0]!);
            stop.abort();
          },
        },
      );
      await expect(service.train(cancelled.full)).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
      expect(during).toHaveLength(1);
      // Its main thread, the supervisor and two helpers.
      expect(threads).toBeGreaterThanOrEqual(4);
      expect(children()).toEqual(before);
      expect(cancelled.written).toEqual([]);
      const next = job({ threads: 2 });
      await service.train(next.full);
      expect(next.written).toHaveLength(1);
      expect(children()).toEqual(before);
    },
  );

  it('refuses a second run while one is under way', async () => {
    const first = service.train(job().full);
    await expect(service.train(job().full)).rejects.toMatchObject({ code: 'CC_TRAINING_DATA', retryable: true });
    await first;
  });
});
