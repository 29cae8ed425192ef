import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { FAMILIES } from '../../../src/ml/model/recipes.ts';
import { compareFamilies } from '../../../src/services/models/compare-families.ts';
import type { TrainingJob, TrainingService } from '../../../src/services/models/training.ts';

const record = {
  steps: 3,
  n: 500,
  coins: 7,
  fromMs: 10,
  toMs: 20,
  overClimatology: { value: 2, low: 1, high: 3 },
  model: { pinball: 0.01, mae: 0.02, rmse: 0.03, coverage: [0.5, 0.8, 0.95] },
  randomWalk: { mae: 0.021, rmse: 0.031 },
  direction: { hits: 0.51, low: 0.49, high: 0.53, up: 0.47 },
};

/** Remembers what it was asked to train; its cards differ by family. */
function fakeTraining() {
  const jobs: TrainingJob[] = [];
  const service: TrainingService = {
    current: () => null,
    async train(job) {
      jobs.push(job);
      await job.write({ modelJson: '', weightData: new Uint8Array() }, null);
      return {
        data: { symbols: ['BTC', 'ETH'], windows: 900, fitUntilMs: 5, stopUntilMs: 9 },
        training: { parameters: 100 + jobs.length, windowVisits: 1_000, seeds: [4, 5], engineBuild: 'simd' },
        evaluation: { description: '', records: [record] },
      } as unknown as ModelCard;
    },
  };
  return { service, jobs };
}

const options = { threads: 2, description: 'files', command: 'compare', gitCommit: 'abc', seeds: [4, 5] };
const start = (service: TrainingService) => {
  let ms = 0;
  return compareFamilies(service, {
    interval: '1d',
    series: [],
    options,
    now: () => (ms += 1_000),
    cpuMs: () => ms * 2,
  });
};

describe('the comparison of families', () => {
  it('trains every family once with the same options, only as far as it is scored', async () => {
    const { service, jobs } = fakeTraining();
    const comparison = await start(service);
    expect(jobs.map(({ options: { family } }) => family)).toEqual([...FAMILIES]);
    for (const job of jobs) expect(job.options).toMatchObject({ ...options, outOfSampleRefit: 'only' });
    expect(comparison.families.map(({ family, parameters }) => [family, parameters])).toEqual(
      FAMILIES.map((family, i) => [family, 101 + i]),
    );
  });

  it('gives squared errors, the base rate of the commoner side, and times by both clocks', async () => {
    const { families, ...rest } = await start(fakeTraining().service);
    expect(families[0]).toMatchObject({
      seconds: 1,
      cpuSeconds: 2,
      horizons: [
        {
          median: { mse: 0.03 ** 2, rmse: 0.03, mae: 0.02 },
          randomWalk: { mse: 0.031 ** 2, rmse: 0.031, mae: 0.021 },
          direction: { value: 0.51, low: 0.49, high: 0.53, baseRate: 0.53 },
          skillPct: { value: 2, low: 1, high: 3 },
        },
      ],
    });
    expect(rest).toMatchObject({ coins: 2, windows: 900, fitUntilMs: 5, stopUntilMs: 9, seeds: [4, 5], threads: 2 });
  });

  it('ends with the first family that cannot be trained', async () => {
    const service: TrainingService = {
      current: () => null,
      train: async () => {
        throw new CandlecastError('CC_TRAINING_DATA', 'Too little.');
      },
    };
    await expect(start(service)).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
  });
});
