import { describe, expect, it } from 'vitest';
import { joinCoins, scaleInputs, windowsBetween } from '../../../src/ml/data/dataset.ts';
import type { Weights } from '../../../src/ml/engine/types.ts';
import { SENTIMENT_SHAPE } from '../../../src/ml/features/sentiment-features.ts';
import { DEFAULT_SIZE, networkSpec } from '../../../src/ml/model/recipes.ts';
import { fitMember, type MemberRun, refitMember } from '../../../src/ml/train/fit-member.ts';
import { createValidationSet } from '../../../src/ml/train/validation-set.ts';
import { spoken } from '../../support/sentiment.ts';
import { TINY_OPTIONS, tinyCoins } from '../../support/tiny-model.ts';

const FIT_MS = Date.UTC(2021, 2, 1);
const STOP_MS = Date.UTC(2021, 7, 1);

/** A run on random walks about which something is said, and what decides when it stops. */
function setting(coins = spoken(tinyCoins())) {
  const joined = joinCoins(coins, coins[0]!.columns, '1d', DEFAULT_SIZE.window);
  const windows = windowsBetween(joined, 0, FIT_MS, FIT_MS);
  const sentiment = joined.data.sentiment ? SENTIMENT_SHAPE : null;
  const spec = networkSpec('cnn-lstm', joined.contextNames.length, joined.steps.length, DEFAULT_SIZE, sentiment);
  let clockMs = 0;
  const clock = () => {
    clockMs += 10;
    return clockMs;
  };
  const checks: number[] = [];
  const run: MemberRun = {
    spec,
    dataset: scaleInputs(joined, windows).joined.data,
    windows,
    seed: 1,
    options: { ...TINY_OPTIONS, windowVisits: 2_048, validationChecks: 4, patience: 4 },
    clock,
    onProgress: ({ check }) => checks.push(check),
  };
  const validation = createValidationSet(joined, windowsBetween(joined, FIT_MS, STOP_MS, STOP_MS), 12_000);
  return { run, validation, checks };
}

const values = 'sentiment_value/kernel';
const tensor = (weights: Weights, name: string) => weights.find((one) => one.name === name)!.data;

describe('a net that is fitted again', () => {
  it('is on the same windows, by what was chosen, the very same net', async () => {
    const { run, validation, checks } = setting();
    const first = await fitMember(run, validation);
    checks.length = 0;
    const again = await refitMember(run, first.choices);
    expect(again.weights).toEqual(first.weights);
    expect(Math.max(...checks)).toBe(Math.max(first.choices.checks, first.choices.gateChecks) - 1);
    const { run: bareRun, validation: same } = setting(tinyCoins());
    const bare = await fitMember(bareRun, same);
    expect(bare.choices).toEqual({ checks: first.choices.checks, gateChecks: 0, gateScale: 0 });
    expect((await refitMember(bareRun, bare.choices)).weights).toEqual(bare.weights);
  });

  it('stops when it is told to', async () => {
    const { run } = setting();
    const fits = await Promise.all(
      [1, 3, 4].map((count) => refitMember(run, { checks: count, gateChecks: 0, gateScale: 0 })),
    );
    expect(fits.map(({ visited }) => visited)).toEqual([512, 1_536, 2_048]);
    for (const { weights } of fits) expect(tensor(weights, values).every((value) => value === 0)).toBe(true);
    expect(tensor(fits[0]!.weights, 'head/kernel')).not.toEqual(tensor(fits[1]!.weights, 'head/kernel'));
    await expect(refitMember(run, { checks: 5, gateChecks: 0, gateScale: 0 })).rejects.toThrow(RangeError);
  });

  it('opens to sentiment as far as it was told to', async () => {
    const { run } = setting();
    const [half, whole] = [
      await refitMember(run, { checks: 1, gateChecks: 2, gateScale: 0.5 }),
      await refitMember(run, { checks: 1, gateChecks: 2, gateScale: 1 }),
    ];
    expect(tensor(whole.weights, values).some((value) => value !== 0)).toBe(true);
    expect(tensor(half.weights, values)).toEqual(tensor(whole.weights, values).map((value) => value / 2));
    const rest = (weights: Weights) => weights.filter(({ name }) => name !== values);
    expect(rest(half.weights)).toEqual(rest(whole.weights));
    // The gate visits a quarter of the windows that the rest of the net does: 512 of 2048, in four checks of whole batches.
    expect(whole.visited).toBe(512 + 2 * 128);
  });
});
