import { describe, expect, it } from 'vitest';
import type { TrainProgress } from '../../../src/ml/train/progress.ts';
import { tinyModel } from '../../support/tiny-model.ts';

describe('where a training run stands', () => {
  it('rises in a real run of every part, whose looks are not whole batches, to its end', async () => {
    const said: TrainProgress[] = [];
    const options = { outOfSampleRefit: true, refit: true, treeShare: [0.5, 0.5, 0.5], seeds: [1], windowVisits: 500 };
    await tinyModel(options, (progress) => said.push(progress));
    const shares = said.map(({ done }) => done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    const parts = said.map(({ phase, part }) => `${phase} ${part}`);
    expect([...new Set(parts)]).toEqual([
      'features nets',
      ...['nets', 'refit', 'trees'].map((part) => `evaluation ${part}`),
      ...['nets', 'refit', 'trees'].map((part) => `training ${part}`),
    ]);
  });
});
