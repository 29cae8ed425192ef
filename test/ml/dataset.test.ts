import { describe, expect, it } from 'vitest';
import { joinCoins, scaleInputs, windowsBetween } from '../../src/ml/dataset.ts';
import { buildFeatures } from '../../src/ml/features/build.ts';
import { spoken } from '../support/sentiment.ts';
import { tinyCoins } from '../support/tiny-model.ts';

const COINS = spoken(tinyCoins(400));
const join = () => joinCoins(COINS, COINS[0]!.columns, '1d', 60);

describe('joined coins', () => {
  it('hold every coin’s inputs once: what the coin has are views of them', () => {
    const { coins, data } = join();
    coins.forEach(({ symbol, features, firstRow }, i) => {
      const own = buildFeatures(COINS[i]!, COINS[0]!.columns);
      expect([symbol, firstRow]).toEqual([COINS[i]!.symbol, 400 * i]);
      expect(features.steps).toEqual(own.steps);
      expect(features.context).toEqual(own.context);
      expect(features.steps.buffer).toBe(data.steps.buffer);
      expect(features.context.buffer).toBe(data.context.buffer);
    });
  });

  it('stay as they are when inputs are scaled, which is done by the given windows alone', () => {
    const joined = join();
    const before = structuredClone(joined.data);
    const windows = windowsBetween(joined, 0, Date.UTC(2020, 7, 1));
    const scaled = scaleInputs(joined, windows);
    expect(joined.data).toEqual(before);
    const { context, sentiment, ...others } = scaled.joined.data;
    expect(context).not.toEqual(before.context);
    expect(sentiment).not.toEqual(before.sentiment);
    for (const name of Object.keys(others) as (keyof typeof others)[]) expect(others[name]).toBe(joined.data[name]);

    // What is not among the windows may be anything.
    const outside = new Set(Array.from({ length: joined.data.rows }, (_, row) => row));
    for (const row of windows) outside.delete(row);
    const width = joined.contextNames.length;
    for (const row of outside) joined.data.context.fill(1e6, row * width, (row + 1) * width);
    expect(scaleInputs(joined, windows).scaler).toEqual(scaled.scaler);
  });
});
