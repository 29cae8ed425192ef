import { describe, expect, it } from 'vitest';
import type { Candle, Interval } from '../../../src/core/candle.ts';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { OBSERVATION_METRICS } from '../../../src/core/market.ts';
import { BASELINES } from '../../../src/ml/baselines/registry.ts';
import type { CoinFeatures } from '../../../src/ml/features/build.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import type { ObservationColumn } from '../../../src/ml/features/observations.ts';
import { randomCandles } from '../../support/candles.ts';

const ROWS = 420;
/** The first row that is changed. */
const PLANTED = 300;

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const;

function observations(
  interval: Interval,
  factor = 1,
): ReadonlyMap<(typeof OBSERVATION_METRICS)[number], ObservationColumn> {
  const plantedMs = Date.UTC(2020, 0, 1) + (PLANTED + 1) * INTERVAL_MS[interval];
  const availableAtMs = Float64Array.from(
    { length: ROWS },
    (_, i) => Date.UTC(2020, 0, 1) + i * INTERVAL_MS[interval] + 3_600_000,
  );
  const values = availableAtMs.map(
    (at, i) => (1000 + 100 * Math.sin(i)) * (at > plantedMs - INTERVAL_MS[interval] ? factor : 1),
  );
  return new Map(OBSERVATION_METRICS.map((metric) => [metric, { availableAtMs, values }]));
}

function features(coin: Candle[], btc: Candle[], interval: Interval, factor = 1): CoinFeatures {
  return buildFeatures(
    { symbol: 'ETH', columns: toColumns(coin, interval), observations: observations(interval, factor) },
    toColumns(btc, interval),
  );
}

const bits = (values: Float32Array, to: number) => Buffer.from(values.slice(0, to).buffer).toString('hex');

describe.each(['1d', '1h'] as const)('features of %s candles', (interval) => {
  const coin = randomCandles(ROWS, { seed: 11, interval });
  const btc = randomCandles(ROWS, { seed: 12, interval });
  const before = features(coin, btc, interval);
  const width = before.contextNames.length;
  const stepWidth = before.steps.length / ROWS;
  const plant = (candles: Candle[], field: (typeof FIELDS)[number], factor: number) =>
    candles.map((candle, i) => (i >= PLANTED ? { ...candle, [field]: candle[field] * factor } : candle));

  it.each(FIELDS.flatMap((field) => [['coin', field] as const, ['btc', field] as const]))(
    'no bit before a changed future %s %s moves',
    (which, field) => {
      const factor = field === 'low' ? 0.5 : 3;
      const after =
        which === 'coin'
          ? features(plant(coin, field, factor), btc, interval)
          : features(coin, plant(btc, field, factor), interval);
      expect(bits(after.steps, PLANTED * stepWidth)).toBe(bits(before.steps, PLANTED * stepWidth));
      expect(bits(after.context, PLANTED * width)).toBe(bits(before.context, PLANTED * width));
      // The changed value does reach the rows from which it is known; open is the one input no feature reads.
      const moved =
        bits(after.steps, ROWS * stepWidth) !== bits(before.steps, ROWS * stepWidth) ||
        bits(after.context, ROWS * width) !== bits(before.context, ROWS * width);
      expect(moved).toBe(field !== 'open' && !(which === 'btc' && field === 'volume'));
    },
  );

  it('no bit before a changed future observation moves', () => {
    const after = features(coin, btc, interval, 5);
    expect(bits(after.context, PLANTED * width)).toBe(bits(before.context, PLANTED * width));
    expect(bits(after.context, ROWS * width)).not.toBe(bits(before.context, ROWS * width));
  });

  it('no bit moves when the future is cut off', () => {
    const cut = features(coin.slice(0, PLANTED), btc.slice(0, PLANTED), interval);
    expect(bits(cut.context, PLANTED * width)).toBe(bits(before.context, PLANTED * width));
    expect(bits(cut.steps, PLANTED * stepWidth)).toBe(bits(before.steps, PLANTED * stepWidth));
  });

  it('baselines before a changed future do not move', () => {
    const rows = Int32Array.from({ length: PLANTED }, (_, row) => row);
    const quantiles = (candles: Candle[]) =>
      BASELINES.map((baseline) => baseline.forecast(features(candles, btc, interval), [1, 3], rows));
    expect(quantiles(plant(coin, 'close', 3))).toEqual(quantiles(coin));
  });

  it('every context number is finite once the warm-up is over', () => {
    const row = before.context.subarray((ROWS - 1) * width);
    expect(before.contextNames.filter((_, i) => !Number.isFinite(row[i]!))).toEqual([]);
  });
});
