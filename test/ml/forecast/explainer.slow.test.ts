import { beforeAll, describe, expect, it } from 'vitest';
import type { Attribution } from '../../../src/core/forecast.ts';
import { MEDIAN_INDEX, probabilityAbove } from '../../../src/core/quantiles.ts';
import type { CandleColumns } from '../../../src/ml/features/columns.ts';
import { createExplainer } from '../../../src/ml/forecast/explainer.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel, type LoadedModel } from '../../../src/ml/model/model-file.ts';
import { createForecastPool, task as forecastTask } from '../../../src/ml/workers/forecast.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const [btc, eth] = tinyCoins();
let model: LoadedModel;
let bytes: ReturnType<typeof encodeModel>;
beforeAll(async () => {
  bytes = encodeModel(await tinyModel());
  model = decodeModel(bytes);
});

const cut = (columns: CandleColumns, rows: number): CandleColumns => ({
  ...columns,
  rows,
  open: columns.open.slice(0, rows),
  high: columns.high.slice(0, rows),
  low: columns.low.slice(0, rows),
  close: columns.close.slice(0, rows),
  volume: columns.volume.slice(0, rows),
});
const contribution = (attribution: Attribution, group: string) =>
  attribution.groups.find((one) => one.group === group)?.value;
const parts = ({ usual, reference, groups, calibration, adjustment }: Attribution) =>
  [reference, ...groups.map(({ value }) => value), calibration, adjustment].reduce((sum, value) => sum + value, usual);

describe('the explanation of a forecast', () => {
  it('adds up from climatology to the very forecast that is served, at every horizon and on many dates', () => {
    const explain = createExplainer(model);
    const forecaster = createForecaster(model);
    for (const rows of [120, 300, 555, 700]) {
      for (const coin of [btc!, eth!]) {
        const own = { ...coin, columns: cut(coin.columns, rows) };
        const market = coin === btc ? own.columns : cut(btc!.columns, rows);
        const forecast = forecaster.forecast(own, market);
        for (const horizon of forecast.horizons) {
          const { width, median, pUp } = explain(own, market, horizon.steps);
          for (const one of [width, median, pUp]) expect(Math.abs(parts(one) - one.shown)).toBeLessThan(1e-9);
          expect(width.usual).toBe(0);
          expect(width.shown).toBeCloseTo(Math.log(horizon.expectedVolatility / horizon.usualVolatility), 12);
          expect(median.shown).toBe(horizon.quantiles[MEDIAN_INDEX]);
          expect(pUp.shown).toBe(probabilityAbove(horizon.quantiles, 0));
        }
      }
    }
  });

  it('adds up to the forecast of a model with trees too, in which they have their say', async () => {
    const trained = decodeModel(encodeModel(await tinyModel({ treeShare: [0.5, 0.3, 1] })));
    // With nothing to calibrate, the groups alone lead to the forecast.
    const calibration = { ...trained.card.calibration, climatologyWeight: [0, 0, 0], conformalStep: 0 };
    const blended = { ...trained, card: { ...trained.card, calibration } };
    const [explain, nets] = [createExplainer(blended), createExplainer({ ...blended, trees: null })];
    const forecaster = createForecaster(blended);
    for (const rows of [300, 700]) {
      const own = { ...eth!, columns: cut(eth!.columns, rows) };
      const market = cut(btc!.columns, rows);
      for (const horizon of forecaster.forecast(own, market).horizons) {
        const { width, median, pUp } = explain(own, market, horizon.steps);
        for (const one of [width, median, pUp]) expect(Math.abs(parts(one) - one.shown)).toBeLessThan(1e-9);
        for (const one of [width, median, pUp]) expect(Math.abs(one.calibration)).toBeLessThan(1e-9);
        expect(median.shown).toBe(horizon.quantiles[MEDIAN_INDEX]);
        expect(contribution(width, 'history')).not.toBe(
          contribution(nets(own, market, horizon.steps).width, 'history'),
        );
      }
    }
  });

  it('gives 0 to a group whose inputs are all neutral, and leaves out what the model never learnt', () => {
    const explain = createExplainer(model);
    const { scaler } = model.card;
    const never = scaler.names.map((name) => (name.startsWith('volume') ? 0 : null));
    // A scaler that never saw volume vary keeps its context at 0; candles without volume keep the steps neutral.
    const deviation = scaler.deviation.map((value, i) => never[i] ?? value);
    const deaf = { ...model, card: { ...model.card, scaler: { ...scaler, deviation } } };
    const silent = { ...eth!, columns: { ...eth!.columns, volume: new Float64Array(eth!.columns.rows) } };
    const explained = createExplainer(deaf)(silent, btc!.columns, 3);
    for (const one of [explained.width, explained.median, explained.pUp]) {
      expect(contribution(one, 'volume')).toBeCloseTo(0, 12);
      expect(contribution(one, 'onchain')).toBeUndefined();
    }
    expect(Math.abs(contribution(explain(eth!, btc!.columns, 3).width, 'volume')!)).toBeGreaterThan(1e-6);
  });

  it('has no Bitcoin group for Bitcoin', () => {
    const { width } = createExplainer(model)(btc!, btc!.columns, 1);
    expect(width.groups.map(({ group }) => group)).toEqual(['volatility', 'trend', 'volume', 'calendar', 'history']);
  });

  it('lays a calmer coin’s narrower band at its own volatility', () => {
    const calm = { ...eth!.columns, close: eth!.columns.close.slice() };
    const { rows, close, high, low, open } = {
      ...calm,
      high: calm.high.slice(),
      low: calm.low.slice(),
      open: calm.open.slice(),
    };
    for (let i = rows - 80; i < rows; i++) {
      close[i] = close[i - 1]! * (i % 2 ? 1.002 : 0.998);
      open[i] = close[i - 1]!;
      high[i] = Math.max(open[i]!, close[i]!) * 1.001;
      low[i] = Math.min(open[i]!, close[i]!) * 0.999;
    }
    const { width } = createExplainer(model)({ ...eth!, columns: { ...calm, high, low, open } }, btc!.columns, 1);
    expect(width.shown).toBeLessThan(-0.5);
    expect(contribution(width, 'volatility')).toBeLessThan(0.7 * width.shown);
  });

  it('shows bands that were opened after a shock as a part of its own', () => {
    const { rows } = eth!.columns;
    const close = eth!.columns.close.slice();
    const low = eth!.columns.low.slice();
    close[rows - 1] = close[rows - 2]! * 0.55;
    low[rows - 1] = close[rows - 1]! * 0.98;
    const crashed = { ...eth!, columns: { ...eth!.columns, close, low } };
    const { width, median } = createExplainer(model)(crashed, btc!.columns, 1);
    expect(width.adjustment).toBeGreaterThan(0.02);
    expect(median.adjustment).toBe(0);
    for (const one of [width, median]) expect(Math.abs(parts(one) - one.shown)).toBeLessThan(1e-9);
    expect(createExplainer(model)(eth!, btc!.columns, 1).width.adjustment).toBeCloseTo(0, 12);
  });

  it('comes from the forecasting worker’s own function, and so do its refusals', () => {
    const { forecast, explain } = forecastTask({ backend: 'wasm' });
    const task = { version: bytes.card.version, model: bytes, coin: eth!, btc: btc!.columns };
    expect(explain({ ...task, explainSteps: 7 })).toEqual(createExplainer(model)(eth!, btc!.columns, 7));
    expect(forecast(task)).toEqual(createForecaster(model).forecast(eth!, btc!.columns));
    expect(() => explain({ ...task, explainSteps: 2 })).toThrow(expect.objectContaining({ code: 'CC_MODEL_DAMAGED' }));
    const short = { ...task, coin: { ...eth!, columns: cut(eth!.columns, 40) }, explainSteps: 1 };
    expect(() => explain(short)).toThrow(expect.objectContaining({ code: 'CC_HISTORY_TOO_SHORT' }));
  });

  it('comes from the thread that reads cards, which keeps the model it has decoded', async () => {
    const { readCard, forecast } = forecastTask({ backend: 'wasm' });
    expect(readCard(bytes)).toEqual(bytes.card);
    const unreadable = { modelJson: '', weightData: new Uint8Array() };
    const task = { version: bytes.card.version, model: unreadable, coin: eth!, btc: btc!.columns };
    expect(forecast(task)).toEqual(createForecaster(model).forecast(eth!, btc!.columns));
    const pool = createForecastPool();
    try {
      expect(await pool.readCard(bytes)).toEqual(bytes.card);
      const damaged = { ...bytes, weightData: bytes.weightData.slice(4) };
      await expect(pool.readCard(damaged)).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
    } finally {
      await pool.close();
    }
  });

  it('is sent a model once, and again where the thread keeps it no longer', async () => {
    const { forecast, forecastKept } = forecastTask({ backend: 'wasm' });
    const { model: _, ...rest } = { version: bytes.card.version, model: bytes, coin: eth!, btc: btc!.columns };
    expect(forecastKept(rest)).toBeNull();
    expect(forecast({ ...rest, model: bytes })).toEqual(forecastKept(rest));
    const pool = createForecastPool();
    const asked = (version: string) => pool.forecast({ ...rest, version, model: bytes });
    try {
      const first = await asked('1');
      expect(await asked('1')).toEqual(first);
      // The thread keeps four; the first of five is decoded again.
      for (const version of ['2', '3', '4', '5', '1']) expect(await asked(version)).toEqual(first);
    } finally {
      await pool.close();
    }
  });

  it('is made in the thread that forecasts, beside forecasts', async () => {
    const pool = createForecastPool();
    const task = { version: bytes.card.version, model: bytes, coin: eth!, btc: btc!.columns };
    try {
      const [forecast, explanation] = await Promise.all([
        pool.forecast(task),
        pool.explain({ ...task, explainSteps: 3 }),
      ]);
      expect(explanation.median.shown).toBe(forecast.horizons[1]!.quantiles[MEDIAN_INDEX]);
      await expect(pool.explain({ ...task, explainSteps: 2 })).rejects.toMatchObject({ code: 'CC_MODEL_DAMAGED' });
    } finally {
      await pool.close();
    }
  });
});
