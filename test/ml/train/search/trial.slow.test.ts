import { describe, expect, it } from 'vitest';
import { builtInEngine } from '../../../../src/ml/model/backend.ts';
import type { TrialParams } from '../../../../src/ml/train/search/space.ts';
import { createTrialRunner, type TrialSetting } from '../../../../src/ml/train/search/trial.ts';
import { TINY_OPTIONS, tinyCoins } from '../../../support/tiny-model.ts';
import { TRIAL_DEFAULTS } from './fake-search.ts';

const coins = tinyCoins();
const WINDOWS = [24, 60, 96];
const setting: TrialSetting = {
  interval: '1d',
  family: 'cnn-lstm',
  windows: WINDOWS,
  medianShare: 0.4,
  fit: { ...TINY_OPTIONS, windowVisits: 1_536 },
};
const small: TrialParams = { ...TRIAL_DEFAULTS, filters: 8, units: 8, dense: 8, batch: 128 };
const runner = () => createTrialRunner(coins, coins[0]!.columns, setting, builtInEngine, () => 0);
const ignore = () => {};
const request = (params: Partial<TrialParams> = {}, losses = false) => ({
  params: { ...small, ...params },
  seed: 1,
  share: 1,
  losses,
});

describe('a trial', () => {
  it('gives the same whatever ran before it, also with another window, and whatever the threads', async () => {
    const one = runner();
    const first = await one.run(request({}, true), ignore);
    await one.run(request({ window: 24, batch: 64 }), ignore);
    expect(await one.run(request({}, true), ignore)).toEqual(first);
    const two = createTrialRunner(
      coins,
      coins[0]!.columns,
      { ...setting, fit: { ...setting.fit, threads: 2 } },
      builtInEngine,
      () => 0,
    );
    expect(await two.run(request({}, true), ignore)).toEqual(first);
  });

  it('is judged on the same origins whatever its window, and learns from those its own window reaches', async () => {
    const one = runner();
    const outcomes = [];
    for (const window of WINDOWS) outcomes.push(await one.run(request({ window }), ignore));
    expect(new Set(outcomes.map(({ validation }) => JSON.stringify(validation))).size).toBe(1);
    const [short, middle, long] = outcomes.map(({ fitWindows }) => fitWindows) as [number, number, number];
    expect(short - middle).toBe(3 * 36);
    expect(middle - long).toBe(3 * 36);
  });

  it('has losses by day that add up to its skill', async () => {
    const { losses, skillByHorizon, skillPct } = await runner().run(request({}, true), ignore);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    losses!.model.forEach((daily, at) => {
      expect(100 * (1 - sum(daily) / sum(losses!.climatology[at]!))).toBeCloseTo(skillByHorizon[at]!, 9);
    });
    // The last third of 620 origins, without those whose farthest target is not known, or not whether it counts.
    expect(losses!.model.map(({ length }) => length)).toEqual([199, 199, 199]);
    // Forecast again window by window, to the rounding of the engine.
    expect(sum(skillByHorizon) / 3).toBeCloseTo(skillPct!, 3);
  });

  it('sees a share of the windows for a share of the length', async () => {
    const one = runner();
    const whole = await one.run(request(), ignore);
    const third = await one.run({ ...request(), share: 1 / 3 }, ignore);
    expect(whole.visited).toBeGreaterThan(0);
    expect(third.visited).toBeLessThanOrEqual(768);
  });

  it('that diverges has no skill and stops nothing', async () => {
    const one = runner();
    const wild = await one.run(request({ peakLearningRate: 1e30 }), ignore);
    expect(wild).toMatchObject({ skillPct: null, losses: null });
    expect((await one.run(request(), ignore)).skillPct).toEqual(expect.any(Number));
  });

  it('can be cancelled', async () => {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    cancel[0] = 1;
    await expect(runner().run(request(), ignore, cancel)).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
  });

  it('needs enough history for its window', async () => {
    const short = tinyCoins(230);
    const make = () => createTrialRunner(short, null, { ...setting, windows: [60, 96] }, builtInEngine, () => 0);
    await expect(make().run(request({ window: 96 }), ignore)).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
  });
});
