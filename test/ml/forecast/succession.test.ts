import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createSuccession, type RollingForecaster } from '../../../src/ml/forecast/rolling-forecaster.ts';
import { randomCandles } from '../../support/candles.ts';

const candles = randomCandles(300, { seed: 1 });
const columns = toColumns(candles, '1d');
const coin = buildFeatures({ symbol: 'BTC', columns, observations: new Map() }, columns);
const originMs = (row: number) => candles[row]!.openTimeMs + DAY_MS;

/** Says its own number and the row at every level. */
const saying = (number: number, asked: number[][]): RollingForecaster => ({
  name: `model ${number}`,
  forecast(_, steps, rows) {
    asked.push([...rows]);
    const width = steps.length * QUANTILE_LEVELS.length;
    return Float64Array.from({ length: rows.length * width }, (_, i) => 1_000 * number + rows[Math.floor(i / width)]!);
  },
});

describe('models that serve one after the other', () => {
  it('forecast each origin by the one that served then, and none is asked about the others', () => {
    const calls: number[][][] = [[], [], []];
    const succession = createSuccession([
      { fromMs: Number.NEGATIVE_INFINITY, forecaster: saying(1, calls[0]!) },
      { fromMs: originMs(202), forecaster: saying(2, calls[1]!) },
      { fromMs: originMs(205), forecaster: saying(3, calls[2]!) },
    ]);
    const out = succession.forecast(coin, [1, 3], Int32Array.of(200, 201, 202, 204, 205, 206));
    const width = 2 * QUANTILE_LEVELS.length;
    const said = Array.from({ length: 6 }, (_, i) => [out[i * width], out[(i + 1) * width - 1]]);
    expect(said).toEqual([1200, 1201, 2202, 2204, 3205, 3206].map((value) => [value, value]));
    expect(calls).toEqual([[[200, 201]], [[202, 204]], [[205, 206]]]);
    expect(succession.name).toBe('model 1');
  });
});
