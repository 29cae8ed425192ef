import { describe, expect, it } from 'vitest';
import { FLAG_LOOKAHEAD } from '../../../src/core/candle-quality.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { joinCoins, scaleInputs, symbolsOf, windowsBetween } from '../../../src/ml/data/dataset.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { closeTimesMs, toColumns } from '../../../src/ml/features/columns.ts';
import { randomCandles } from '../../support/candles.ts';
import { spoken } from '../../support/sentiment.ts';
import { tinyCoins } from '../../support/tiny-model.ts';

const COINS = spoken(tinyCoins(400));
/** When the last candle of tinyCoins(400) closes. */
const joinedEndMs = () => closeTimesMs(COINS[0]!.columns).at(-1)!;
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

describe('windows between two dates', () => {
  it('end so early that the farthest target is known, and whether its candle counts, which the next candle tells', () => {
    const joined = join();
    const untilMs = Date.UTC(2020, 7, 1);
    const last = (purgeMs?: number) => {
      const windows = new Set(windowsBetween(joined, 0, untilMs, purgeMs));
      return Math.max(...joined.originMs.filter((_, i) => windows.has(joined.windows[i]!)));
    };
    expect(last()).toBe(untilMs - DAY_MS);
    expect(last(untilMs)).toBe(untilMs - (7 + FLAG_LOOKAHEAD) * DAY_MS);
    expect(FLAG_LOOKAHEAD).toBeGreaterThan(0);
  });

  it('belong to the coins that had any: one that began later taught nothing', () => {
    const [btc, eth] = tinyCoins(400);
    const late = randomCandles(400, { seed: 5 }).slice(100);
    const joined = joinCoins(
      [btc!, { ...eth!, symbol: 'LATE', columns: toColumns(late, '1d') }, { ...eth!, symbol: 'ZEN' }],
      btc!.columns,
      '1d',
      60,
    );
    const early = windowsBetween(joined, 0, joinedEndMs() - 290 * DAY_MS);
    expect(symbolsOf(joined, early)).toEqual(['BTC', 'ZEN']);
    expect(symbolsOf(joined, joined.windows)).toEqual(['BTC', 'LATE', 'ZEN']);
    expect(symbolsOf(joined, new Int32Array())).toEqual([]);
  });
});
