import { beforeAll, describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/core/candle.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { buildFeatures, type CoinInput } from '../../../src/ml/features/build.ts';
import type { CandleColumns } from '../../../src/ml/features/columns.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel, encodeModel, type LoadedModel } from '../../../src/ml/model/model-file.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const bits = (values: Float32Array) => Buffer.from(values.slice().buffer).toString('hex');

const cut = (columns: CandleColumns, rows: number): CandleColumns => ({
  ...columns,
  rows,
  open: columns.open.slice(0, rows),
  high: columns.high.slice(0, rows),
  low: columns.low.slice(0, rows),
  close: columns.close.slice(0, rows),
  volume: columns.volume.slice(0, rows),
});

/** Rows without a candle, some of them beside the first row that is wanted. */
function withGaps(coin: CoinInput): CoinInput {
  const columns = cut(coin.columns, coin.columns.rows);
  for (const row of [17, 300, 539, 540, 541, 600, 690]) {
    for (const field of ['open', 'high', 'low', 'close', 'volume'] as const) columns[field][row] = Number.NaN;
  }
  return { ...coin, columns };
}

describe.each(['1d', '1h'] as Interval[])('features of the newest %s rows alone', (interval) => {
  const [btc, eth] = tinyCoins(700, interval);

  it.each([0, 1, 66, 540, 639, 699])('are the bits that all rows have, from row %i on', (from) => {
    for (const coin of [btc!, eth!, withGaps(eth!)]) {
      for (const market of [btc!.columns, null]) {
        const all = buildFeatures(coin, market);
        const newest = buildFeatures(coin, market, from);
        const [width, names] = [all.steps.length / 700, all.contextNames.length];
        expect(newest.contextNames).toEqual(all.contextNames);
        expect(bits(newest.steps.subarray(from * width))).toBe(bits(all.steps.subarray(from * width)));
        expect(bits(newest.context.subarray(from * names))).toBe(bits(all.context.subarray(from * names)));
        expect(newest.series).toEqual(all.series);
      }
    }
  });
});

describe('a forecast from the newest rows alone', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = decodeModel(encodeModel(await tinyModel({ treeShare: [0.5, 0.3, 1] })));
  });

  it('is the one from all rows, however far back calibration has come', () => {
    const [btc, eth] = tinyCoins();
    const forecaster = createForecaster(model);
    const whole = createQuantileForecaster(model);
    for (const coin of [eth!, withGaps(eth!)]) {
      for (const learntUpTo of [500, 650, 698, 699]) {
        const before = { ...coin, columns: cut(coin.columns, learntUpTo) };
        const { calibration } = forecaster.forecast(before, cut(btc!.columns, learntUpTo));
        const made = forecaster.forecast(coin, btc!.columns, calibration);
        const expected = whole.predictLatest(buildFeatures(coin, btc!.columns), 699, calibration);
        expect(made.horizons.flatMap(({ quantiles }) => quantiles)).toEqual(Array.from(expected.quantiles));
        expect(made.horizons[0]!.quantiles).toHaveLength(QUANTILE_LEVELS.length);
        expect(made.calibration).toEqual(expected.state);
        expect(calibration!.untilMs).toBeLessThan(made.calibration!.untilMs);
      }
    }
  });

  it('is the one from all rows where nothing is calibrated', () => {
    const [btc, eth] = tinyCoins();
    const calibration = { ...model.card.calibration, conformalStep: 0 };
    const plain = { ...model, card: { ...model.card, calibration } };
    const made = createForecaster(plain).forecast(eth!, btc!.columns);
    const expected = createQuantileForecaster(plain).predictLatest(buildFeatures(eth!, btc!.columns), 699, null);
    expect(made.horizons.flatMap(({ quantiles }) => quantiles)).toEqual(Array.from(expected.quantiles));
  });
});
