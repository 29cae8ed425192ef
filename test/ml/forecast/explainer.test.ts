import { describe, expect, it } from 'vitest';
import { INTERVALS } from '../../../src/core/candle.ts';
import { INPUT_GROUPS } from '../../../src/core/forecast.ts';
import { contextNames, stepNames } from '../../../src/ml/features/build.ts';
import { CONTEXT_GROUPS, inputGroup, NEUTRAL_STEP, STEP_GROUPS } from '../../../src/ml/forecast/input-groups.ts';

describe('the groups of inputs', () => {
  it('hold every input of both models exactly once, and nothing else', () => {
    expect(Object.keys(STEP_GROUPS).sort()).toEqual([...stepNames].sort());
    const context = new Set(INTERVALS.flatMap((interval) => contextNames(interval)));
    expect([...CONTEXT_GROUPS.keys()].sort()).toEqual([...context].sort());
    expect([...CONTEXT_GROUPS.keys()].filter((name) => stepNames.includes(name))).toEqual([]);
  });

  it('are none of them empty', () => {
    // Sentiment's inputs are in neither table: they are a group of their own.
    const used = new Set([...CONTEXT_GROUPS.values(), ...Object.values(STEP_GROUPS), 'sentiment']);
    expect([...used].sort()).toEqual([...INPUT_GROUPS].sort());
  });

  it('count what repeats a coin’s own candles to its own groups when the coin is Bitcoin', () => {
    const names = [...CONTEXT_GROUPS.keys(), ...stepNames];
    expect(names.filter((name) => inputGroup(name, 'BTC') === 'bitcoin')).toEqual([]);
    expect(inputGroup('btcReturn', 'BTC')).toBe('trend');
    expect(inputGroup('btcReturn', 'ETH')).toBe('bitcoin');
    for (const name of names.filter((one) => inputGroup(one, 'ETH') !== 'bitcoin')) {
      expect(inputGroup(name, 'BTC')).toBe(inputGroup(name, 'ETH'));
    }
  });

  it('have a neutral value for every number of a candle', () => {
    expect(NEUTRAL_STEP).toHaveLength(stepNames.length);
    expect(NEUTRAL_STEP.every(Number.isFinite)).toBe(true);
  });
});
