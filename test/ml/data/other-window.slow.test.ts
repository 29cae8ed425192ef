import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateCoin } from '../../../src/ml/evaluate/evaluate-coin.ts';
import { buildFeatures, minimumCandles, windowUsable } from '../../../src/ml/features/build.ts';
import type { CandleColumns } from '../../../src/ml/features/columns.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { createModelForecaster, createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel, encodeModel, type LoadedModel } from '../../../src/ml/model/model-file.ts';
import { DEFAULT_SIZE } from '../../../src/ml/model/recipes.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const withWindow = async (window: number) =>
  encodeModel(await tinyModel({ size: { window, filters: 10, units: 12, dense: 20, dropout: 0 } }));
const coins = tinyCoins(400);
const [btc, eth] = [coins[0]!, coins[1]!];

/** The columns with the closes of some rows gone, as after an outage. */
function without(columns: CandleColumns, rows: readonly number[]): CandleColumns {
  const close = columns.close.slice();
  for (const row of rows) close[row] = Number.NaN;
  return { ...columns, close };
}

describe.each([30, 96])('a model with windows of %i candles', (window) => {
  let bytes: Awaited<ReturnType<typeof withWindow>>;
  let model: LoadedModel;
  beforeAll(async () => {
    bytes = await withWindow(window);
    model = decodeModel(bytes);
  });

  it('says its window in its card and in its network, and has the widths that were asked for', () => {
    expect(model.card.window).toBe(window);
    expect(model.spec.window).toBe(window);
    expect(model.spec.trunk).toMatchObject([{ filters: 10 }, {}, { units: 12 }]);
    expect(model.spec.dense).toMatchObject([{ units: 20 }, { rate: 0 }]);
  });

  it('forecasts from the shortest history that fills its window and the scales, and says what is missing below that', () => {
    const forecaster = createForecaster(model);
    const enough = tinyCoins(window + 21)[1]!;
    for (const { quantiles } of forecaster.forecast(enough, null).horizons) {
      expect(quantiles.every(Number.isFinite)).toBe(true);
      expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
    }
    const short = tinyCoins(window + 20)[1]!;
    expect(() => forecaster.forecast(short, null)).toThrow(`${window + 20} candles of 1d; ${window + 21} are needed`);
  });

  it('reads its whole window and nothing before it', () => {
    const features = buildFeatures(eth, btc.columns);
    const row = eth.columns.rows - 1;
    const forecaster = createQuantileForecaster({ ...model, card: { ...model.card, calibration: plain } });
    const forecast = (changedStep: number) => {
      const steps = features.steps.slice();
      const width = steps.length / eth.columns.rows;
      for (let i = 0; i < width; i++) steps[changedStep * width + i]! += 2;
      return forecaster.predictQuantiles({ ...features, steps }, Int32Array.of(row));
    };
    const unchanged = forecaster.predictQuantiles(features, Int32Array.of(row));
    expect(forecast(row - window)).toEqual(unchanged);
    expect(forecast(row - window + 1)).not.toEqual(unchanged);
  });

  it('counts the gaps of its own window, and refuses one with more than a sixth of it missing', () => {
    const forecaster = createForecaster(model);
    const last = eth.columns.rows - 1;
    const spread = Array.from({ length: window / 6 + 1 }, (_, i) => last - window + 1 + 5 * i);
    const holed = { ...eth, columns: without(eth.columns, spread.slice(0, 3)) };
    expect(forecaster.forecast(holed, null).windowGaps).toBe(3);
    const worse = { ...eth, columns: without(eth.columns, spread) };
    expect(() => forecaster.forecast(worse, null)).toThrow(`Too many of the last ${window} candles`);
  });

  it('is evaluated at every origin with a usable window and at no other', () => {
    const history = { symbol: 'ETH', raw: eth.columns, flagged: new Uint8Array(eth.columns.rows) };
    const features = buildFeatures(eth, null);
    const rows = Array.from({ length: eth.columns.rows }, (_, row) => row);
    const { counts } = evaluateCoin(
      history,
      {
        interval: '1d',
        steps: [1],
        fromMs: 0,
        toMs: Number.MAX_SAFE_INTEGER,
        btc: null,
        crashes: [],
        window,
        lines: false,
      },
      createModelForecaster(createQuantileForecaster(model)),
      [],
    );
    expect(counts.forecastOrigins).toBe(rows.filter((row) => windowUsable(features, row, window)).length);
    expect(counts.forecastOrigins).toBe(eth.columns.rows - minimumCandles(window) + 1);
  });

  it('is refused when card and network do not agree on it', () => {
    const modelJson = bytes.modelJson.replace(`"window":${window},"scaler"`, `"window":${window + 2},"scaler"`);
    expect(modelJson).not.toBe(bytes.modelJson);
    expect(() => decodeModel({ ...bytes, modelJson })).toThrow(expect.objectContaining({ code: 'CC_MODEL_DAMAGED' }));
  });
});

const plain = { medianShare: 1, climatologyWeight: [0, 0, 0], conformalStep: 0 };

describe('a card from before windows could be chosen', () => {
  it('means the window of that time', async () => {
    const bytes = encodeModel(await tinyModel());
    const modelJson = bytes.modelJson.replace('"window":60,"scaler"', '"scaler"');
    expect(modelJson).not.toBe(bytes.modelJson);
    expect(decodeModel({ ...bytes, modelJson }).card.window).toBe(DEFAULT_SIZE.window);
  });
});
