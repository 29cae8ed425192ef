import { describe, expect, it } from 'vitest';
import type { FitProgress } from '../../../src/ml/train/fit-member.ts';
import { startSearchThread } from '../../../src/ml/workers/search.ts';
import { TINY_OPTIONS, tinyCoins } from '../../support/tiny-model.ts';
import { TRIAL_DEFAULTS } from '../train/search/fake-search.ts';

const coins = tinyCoins();
const request = { params: { ...TRIAL_DEFAULTS, batch: 128 }, seed: 1, share: 1, losses: false };

/** A thread; `visits` windows a trial, so a large number never ends by itself. */
function start(windowVisits: number, symbols = coins) {
  return startSearchThread({
    coins: symbols,
    btc: null,
    setting: {
      interval: '1d',
      family: 'cnn-lstm',
      windows: [60],
      medianShare: 0.4,
      fit: { ...TINY_OPTIONS, windowVisits },
    },
  });
}

describe('the searching thread', () => {
  it('trains one trial after the other and says how it goes', async () => {
    const thread = start(2_048);
    try {
      const said: FitProgress[] = [];
      const first = await thread.run(request, (progress) => said.push(progress));
      const second = await thread.run(request, () => {});
      expect(second.skillPct).toBe(first.skillPct);
      expect(said.length).toBeGreaterThan(0);
    } finally {
      await thread.close();
    }
  });

  it('stops a trial when it is cancelled', async () => {
    const thread = start(5_000_000);
    try {
      const run = thread.run(request, thread.cancel);
      await expect(run).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
    } finally {
      await thread.close();
    }
  });

  it('that is closed says so to whoever waits and to whoever asks later, and another one works', async () => {
    const thread = start(5_000_000);
    const run = thread.run(request, () => void thread.close());
    await expect(run).rejects.toMatchObject({ code: 'CC_STOPPING', message: 'The trial was stopped.' });
    await expect(thread.run(request, () => {})).rejects.toMatchObject({ code: 'CC_STOPPING' });
    const other = start(2_048);
    try {
      expect((await other.run(request, () => {})).skillPct).toEqual(expect.any(Number));
    } finally {
      await other.close();
    }
  });

  it('hands on what is wrong with the data, with its code', async () => {
    const thread = start(2_048, tinyCoins(120));
    try {
      await expect(thread.run(request, () => {})).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
    } finally {
      await thread.close();
    }
  });
});
