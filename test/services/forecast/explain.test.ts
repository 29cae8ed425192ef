import { beforeAll, describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import type { Attribution, ForecastReport } from '../../../src/core/forecast.ts';
import { HORIZONS } from '../../../src/core/horizon.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import { MEDIAN_INDEX } from '../../../src/core/quantiles.ts';
import { createExplainer } from '../../../src/ml/forecast/explainer.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { createCloseForecasts } from '../../../src/services/forecast/close-forecast.ts';
import { createExplanationService } from '../../../src/services/forecast/explain.ts';
import { createForecastService } from '../../../src/services/forecast/forecast.ts';
import type { ForecastMarket } from '../../../src/services/forecast/forecast-inputs.ts';
import { memoryCalibrations } from '../../support/calibration-store.ts';
import { randomCandles } from '../../support/candles.ts';
import { lastCloses } from '../../support/live-prices.ts';
import { midnightDays } from '../../support/midnight-days.ts';
import { oneModel } from '../../support/one-model.ts';
import { tinyModel } from '../../support/tiny-model.ts';

const COUNT = 500;
const END_MS = Date.UTC(2020, 0, 1) + COUNT * INTERVAL_MS['1d'];
let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ seeds: [1] }));
});

const series = (symbol: string, count: number): MarketSeries => ({
  symbol,
  interval: '1d',
  candles: randomCandles(count, { seed: symbol === 'BTC' ? 20 : 21 }).map((candle) => ({
    ...candle,
    source: 'binance',
    fetchedAtMs: END_MS,
    flag: null,
  })),
  gaps: [],
  source: 'binance',
  fetchedAtMs: END_MS,
  failures: [],
  unconfirmed: null,
});

/** Both services over the same market, whose candles may grow between two questions. */
function build() {
  const state = { candles: COUNT };
  const market: ForecastMarket = {
    series: async ({ symbol }) => series(symbol, state.candles),
    isStatic: async () => true,
    observations: async () => [],
  };
  const models = oneModel(model);
  const calibrations = memoryCalibrations();
  const close = createCloseForecasts({
    widths: { tableFor: async () => null, eventFactors: async () => [], stamp: () => 0 },
    market,
    rolling: midnightDays(market),
    calibrations,
    models: models,
    pool: {
      forecast: async (task) =>
        createForecaster(decodeModel(task.model)).forecast(task.coin, task.btc, task.calibration),
      close: async () => {},
    },
    logger: silentLogger,
    now: () => END_MS,
  });
  const forecast = createForecastService({
    assets: {
      resolve: (symbol) => ({ symbol, name: symbol, rank: 1, marketCapUsd: null, stablecoin: false }),
    },
    close,
    prices: lastCloses(market),
    simulated: () => false,
    now: () => END_MS,
  });
  const explanation = createExplanationService({
    widths: { tableFor: async () => null },
    market,
    rolling: midnightDays(market),
    calibrations,
    models,
    logger: silentLogger,
    pool: {
      explain: async (task) =>
        createExplainer(decodeModel(task.model))(task.coin, task.btc, task.explainSteps, task.calibration),
    },
  });
  return { forecast, explanation, state };
}

const parts = ({ usual, reference, groups, calibration, adjustment }: Attribution) =>
  [reference, ...groups.map(({ value }) => value), calibration, adjustment].reduce((sum, value) => sum + value, usual);
const shownNumbers = (report: ForecastReport) => ({
  width: Math.log(report.volatility.expected / report.volatility.usual),
  median: Math.log(report.quantiles[MEDIAN_INDEX]! / report.lastPrice),
  pUp: report.pUp,
});

describe('the explanation service', () => {
  it('adds up to the numbers of the report at every horizon', async () => {
    const { forecast, explanation } = build();
    for (const horizon of ['1d', '3d', '7d'] as const) {
      for (const symbol of ['ETH', 'BTC']) {
        const report = await forecast.forecast({ symbol, horizon });
        const why = await explanation.explain(report);
        const shown = shownNumbers(report);
        for (const name of ['width', 'median', 'pUp'] as const) {
          expect(parts(why[name])).toBeCloseTo(shown[name], 9);
          expect(why[name].adjustment).toBeCloseTo(0, 9);
        }
        expect(why).toMatchObject({ symbol, horizon: HORIZONS[horizon].name, originMs: report.originMs });
      }
    }
  });

  it('shows what was done after the model as a part of its own', async () => {
    const { forecast, explanation } = build();
    const report = await forecast.forecast({ symbol: 'ETH', horizon: '1d' });
    const widened = { ...report, volatility: { ...report.volatility, expected: 1.5 * report.volatility.expected } };
    const { width, adjustmentCause } = await explanation.explain(widened);
    expect(adjustmentCause).toBe('move');
    const hours = { horizon: '24h' as const, model: 'hours', candlesUntilMs: report.originMs };
    expect(await explanation.explain({ ...widened, parts: [hours, ...report.parts] })).toMatchObject({
      adjustmentCause: 'hours',
      horizon: '1d',
    });
    expect(width.adjustment).toBeCloseTo(Math.log(1.5), 9);
    expect(parts(width)).toBeCloseTo(Math.log(widened.volatility.expected / widened.volatility.usual), 9);
  });

  it('explains the forecast that is shown although a candle has come since', async () => {
    const { forecast, explanation, state } = build();
    const report = await forecast.forecast({ symbol: 'ETH', horizon: '1d' });
    const before = await explanation.explain(report);
    state.candles = COUNT + 1;
    expect(await explanation.explain(report)).toEqual(before);
  });

  it('refuses to explain a forecast of another model', async () => {
    const { forecast, explanation } = build();
    const report = await forecast.forecast({ symbol: 'ETH', horizon: '1d' });
    const other = { ...report, parts: report.parts.map((part) => ({ ...part, model: 'another' })) };
    await expect(explanation.explain(other)).rejects.toMatchObject({ code: 'CC_MODEL_MISSING', retryable: true });
  });
});
