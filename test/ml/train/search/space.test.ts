import { describe, expect, it } from 'vitest';
import { checkSpec } from '../../../../src/ml/engine/checks.ts';
import { FAMILIES, networkSpec } from '../../../../src/ml/model/recipes.ts';
import { PARAM_NAMES, sampleTrials } from '../../../../src/ml/train/search/space.ts';
import { TRIAL_DEFAULTS } from './fake-search.ts';

const sample = (count: number, seed = 1) => sampleTrials(count, seed, 'cnn-lstm', TRIAL_DEFAULTS);

describe('the trials of a search', () => {
  it('begin with the default, whatever the seed', () => {
    for (const seed of [0, 1, 99]) expect(sample(5, seed)[0]).toBe(TRIAL_DEFAULTS);
  });

  it('are the same for the same seed, others for another, and a longer search begins with the shorter one', () => {
    expect(sample(20)).toEqual(sample(20));
    expect(sample(20, 2).slice(1)).not.toEqual(sample(20).slice(1));
    expect(sample(40).slice(0, 20)).toEqual(sample(20));
  });

  it('are these very numbers, on every machine', () => {
    expect(sample(3).slice(1)).toMatchInlineSnapshot(`
      [
        {
          "batch": 512,
          "dense": 24,
          "dropout": 0,
          "filters": 24,
          "peakLearningRate": 0.00112,
          "units": 64,
          "weightDecay": 0.00446,
          "window": 60,
        },
        {
          "batch": 512,
          "dense": 64,
          "dropout": 0.2,
          "filters": 12,
          "peakLearningRate": 0.000898,
          "units": 32,
          "weightDecay": 0.049,
          "window": 48,
        },
      ]
    `);
  });

  it('stay in their ranges, and every network of every family can be built', () => {
    for (const family of FAMILIES) {
      for (const trial of sampleTrials(300, 5, family, TRIAL_DEFAULTS)) {
        expect(trial.peakLearningRate).toBeGreaterThanOrEqual(5e-4);
        expect(trial.peakLearningRate).toBeLessThanOrEqual(8e-3);
        expect(trial.weightDecay).toBeGreaterThanOrEqual(1e-3);
        expect(trial.weightDecay).toBeLessThanOrEqual(0.1);
        expect([64, 128, 256, 512]).toContain(trial.batch);
        expect([24, 36, 48, 60, 72, 96]).toContain(trial.window);
        expect(trial.dropout).toBeLessThanOrEqual(0.4);
        checkSpec(networkSpec(family, 10, 3, trial));
      }
    }
  });

  it('spread evenly: every eighth of each range is drawn, in 200 trials about as often as any other', () => {
    const trials = sample(201).slice(1);
    const rate = (value: number) => Math.floor((8 * Math.log(value / 5e-4)) / Math.log(16));
    const counts = new Array<number>(8).fill(0);
    for (const { peakLearningRate } of trials) counts[Math.min(rate(peakLearningRate), 7)]!++;
    for (const count of counts) expect(Math.abs(count - 25)).toBeLessThanOrEqual(3);
    for (const batch of [64, 128, 256, 512]) {
      expect(Math.abs(trials.filter((trial) => trial.batch === batch).length - 50)).toBeLessThanOrEqual(5);
    }
    const distinct = new Set(trials.map((trial) => PARAM_NAMES.map((name) => trial[name]).join()));
    expect(distinct.size).toBe(200);
  });

  it('leave a width alone that the family has no layer for', () => {
    const units = (family: 'cnn' | 'lstm') => new Set(sampleTrials(50, 1, family, TRIAL_DEFAULTS).map((t) => t.units));
    expect(units('cnn')).toEqual(new Set([TRIAL_DEFAULTS.units]));
    expect(units('lstm').size).toBe(5);
    expect(new Set(sampleTrials(50, 1, 'gru', TRIAL_DEFAULTS).map((t) => t.filters)).size).toBe(1);
  });
});
