import { beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../src/core/calibration-state.ts';
import { type Candle, INTERVAL_MS, type Interval, rollingDays, type SourcedCandle } from '../../../src/core/candle.ts';
import { flagCandles } from '../../../src/core/candle-quality.ts';
import { HORIZONS } from '../../../src/core/horizon.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import { MEDIAN_INDEX } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createExplainer } from '../../../src/ml/forecast/explainer.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { createCloseForecasts } from '../../../src/services/forecast/close-forecast.ts';
import { createExplanationService } from '../../../src/services/forecast/explain.ts';
import { createForecastService } from '../../../src/services/forecast/forecast.ts';
import type { ForecastMarket } from '../../../src/services/forecast/forecast-inputs.ts';
import { createRollingCandleService } from '../../../src/services/forecast/rolling-candles.ts';
import { memoryCalibrations } from '../../support/calibration-store.ts';
import { randomCandles } from '../../support/candles.ts';
import { noteText } from '../../support/english.ts';
import { oneModel } from '../../support/one-model.ts';
import { tinyModel } from '../../support/tiny-model.ts';

const DAYS = 200;
const HOURS: Record<string, readonly Candle[]> = {
  BTC: randomCandles(DAYS * 24, { seed: 31, interval: '1h' }),
  ETH: randomCandles(DAYS * 24, { seed: 32, interval: '1h' }),
};
/** Midnight before the last ten days. */
const MIDNIGHT_MS = HOURS['ETH']![0]!.openTimeMs + (DAYS - 10) * DAY_MS;
const asset = { symbol: 'ETH', name: 'Ether', rank: 2, marketCapUsd: null, stablecoin: false };

let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ seeds: [1] }));
});

/** Both services over the same market at a moment that the test moves; `hoursFromMs` leaves out older hours. */
function build(calibrations = memoryCalibrations(), hoursFromMs = 0) {
  const state = { nowMs: MIDNIGHT_MS, daysUntilMs: Number.POSITIVE_INFINITY, hours: HOURS, btcAheadMs: 0 };
  const tasks: { calibration: CalibrationState | null; rows: number }[] = [];
  const readings = new Map<string, MarketSeries>();
  const complete = (symbol: string, interval: Interval): readonly Candle[] => {
    const hours = state.hours[symbol]!;
    const all = interval === '1h' ? hours.filter(({ openTimeMs }) => openTimeMs >= hoursFromMs) : rollingDays(hours, 0);
    const aheadMs = symbol === 'BTC' ? state.btcAheadMs : 0;
    const untilMs = interval === '1h' ? state.nowMs + aheadMs : Math.min(state.nowMs, state.daysUntilMs);
    return all.filter(({ openTimeMs }) => openTimeMs + INTERVAL_MS[interval] <= untilMs);
  };
  const market: ForecastMarket = {
    async series({ symbol, interval }) {
      const key = `${symbol} ${interval} ${Math.floor(Math.min(state.nowMs, state.daysUntilMs) / HOUR_MS)}`;
      const known = readings.get(key);
      if (known) return known;
      const found = complete(symbol, interval).slice(interval === '1h' ? -2_000 : -1_000);
      const candles = found.map(
        (one): SourcedCandle => ({
          ...one,
          source: 'binance',
          fetchedAtMs: one.openTimeMs + INTERVAL_MS[interval],
          flag: null,
        }),
      );
      const fetched = { candles, source: 'binance', fetchedAtMs: state.nowMs, failures: [], unconfirmed: null };
      const series: MarketSeries = { symbol, interval, gaps: [], ...fetched };
      readings.set(key, series);
      return series;
    },
    isStatic: async () => false,
    observations: async () => [],
  };
  const rolling = createRollingCandleService({
    market,
    history: {
      complete: async () => {},
      read: async ({ symbol }) => {
        const hours = state.hours[symbol]!.filter(({ openTimeMs }) => openTimeMs >= hoursFromMs);
        return {
          version: complete(symbol, '1h').length,
          fromMs: hours[0]!.openTimeMs,
          days: (untilMs) =>
            rollingDays(
              hours.filter(({ openTimeMs }) => openTimeMs < untilMs),
              (untilMs % DAY_MS) / HOUR_MS,
            ),
        };
      },
    },
    logger: silentLogger,
    sleep: () => new Promise(() => {}),
  });
  const models = oneModel(model);
  const now = () => state.nowMs;
  const close = createCloseForecasts({
    widths: { tableFor: async () => null, eventFactors: async () => [], stamp: () => 0 },
    market,
    rolling,
    calibrations,
    models,
    pool: {
      async forecast(task) {
        tasks.push({ calibration: task.calibration ?? null, rows: task.coin.columns.rows });
        return createForecaster(decodeModel(task.model)).forecast(task.coin, task.btc, task.calibration);
      },
      close: async () => {},
    },
    logger: silentLogger,
    now,
  });
  const service = createForecastService({
    assets: { resolve: () => asset },
    close,
    prices: {
      lastTrade: async (symbol) => {
        const price = complete(symbol, '1h').at(-1)!.close;
        const told = {
          source: 'binance',
          fetchedAtMs: state.nowMs,
          kind: 'trade' as const,
          doubted: null,
          failures: [],
        };
        return { symbol, price, atMs: state.nowMs, ...told };
      },
    },
    simulated: () => false,
    now,
  });
  const explanation = createExplanationService({
    widths: { tableFor: async () => null },
    market,
    rolling,
    calibrations,
    models,
    logger: silentLogger,
    pool: {
      explain: async (task) =>
        createExplainer(decodeModel(task.model))(task.coin, task.btc, task.explainSteps, task.calibration),
    },
  });
  const at = (ms: number) => {
    state.nowMs = ms;
  };
  return { service, close, explanation, calibrations, tasks, state, at };
}

/** What the model says of the days that ended at a moment, from the hours before it, without any service. */
function truth(untilMs: number) {
  const columns = (symbol: string) => {
    const hours = HOURS[symbol]!.filter(({ openTimeMs }) => openTimeMs < untilMs);
    return toColumns(flagCandles(rollingDays(hours, (untilMs % DAY_MS) / HOUR_MS), '1d'), '1d');
  };
  const coin = { symbol: 'ETH', columns: columns('ETH'), observations: new Map() };
  return createForecaster(decodeModel(model)).forecast(coin, columns('BTC'));
}
const returns = (report: { quantiles: readonly number[]; lastPrice: number }) =>
  report.quantiles.map((price) => Math.log(price / report.lastPrice));

describe('a daily forecast at any hour', () => {
  it('is what the model says of days that end at the last complete hour', async () => {
    const { service, close, at } = build();
    for (const hour of [1, 7, 23]) {
      const untilMs = MIDNIGHT_MS + hour * HOUR_MS;
      at(untilMs + 48 * MINUTE_MS);
      const report = await service.forecast({ symbol: 'ETH', horizon: '3d' });
      expect(report.parts).toMatchObject([{ horizon: '3d', candlesUntilMs: untilMs }]);
      const made = await close.atClose({ asset, horizon: HORIZONS['3d'], rolling: true });
      expect(made.forecast.horizons).toEqual(truth(untilMs).horizons);
      expect(made.lastPrice).toBe(HOURS['ETH']!.find(({ openTimeMs }) => openTimeMs === untilMs - HOUR_MS)!.close);
      expect(report.targetMs).toBe(untilMs + 48 * MINUTE_MS + 3 * DAY_MS);
      expect(report.notes.map(({ code }) => code)).not.toContain('midnight-days');
    }
  });

  it('depends on no hour after that', async () => {
    const first = build();
    first.at(MIDNIGHT_MS + 7 * HOUR_MS);
    const before = await first.close.atClose({ asset, horizon: HORIZONS['7d'], rolling: true });
    const other = build();
    const cut = (symbol: string) =>
      HOURS[symbol]!.map((one) =>
        one.openTimeMs < MIDNIGHT_MS + 7 * HOUR_MS ? one : { ...one, close: one.close * 1.1, high: one.high * 2 },
      );
    other.state.hours = { BTC: cut('BTC'), ETH: cut('ETH') };
    // Bitcoin's next hours are known already.
    other.state.btcAheadMs = 5 * HOUR_MS;
    other.at(MIDNIGHT_MS + 7 * HOUR_MS + 59 * MINUTE_MS);
    const after = await other.close.atClose({ asset, horizon: HORIZONS['7d'], rolling: true });
    expect(after.forecast).toEqual(before.forecast);
  });

  it('is at midnight the very forecast that the schedule records, and is computed once with it', async () => {
    const { close, tasks, at, calibrations } = build();
    at(MIDNIGHT_MS + 5 * MINUTE_MS);
    const recorded = await close.atClose({ asset, horizon: HORIZONS['1d'] });
    const shown = await close.atClose({ asset, horizon: HORIZONS['1d'], rolling: true });
    expect(shown).toEqual(recorded);
    expect(shown.forecast.horizons).toEqual(truth(MIDNIGHT_MS).horizons);
    expect(tasks).toHaveLength(1);
    expect([...calibrations.kept.keys()].every((key) => !/ \d+$/.test(key))).toBe(true);
  });

  it('leaves the schedule its own forecast and what it has learnt', async () => {
    const { close, tasks, at, state, calibrations } = build();
    at(MIDNIGHT_MS + 5 * MINUTE_MS);
    const recorded = await close.atClose({ asset, horizon: HORIZONS['1d'] });
    const learnt = JSON.stringify([...calibrations.kept]);
    at(MIDNIGHT_MS + 7 * HOUR_MS);
    await close.atClose({ asset, horizon: HORIZONS['1d'], rolling: true });
    expect((await close.atClose({ asset, horizon: HORIZONS['1d'] })).forecast).toEqual(recorded.forecast);
    expect(tasks).toHaveLength(2);
    // A minute after midnight the source has no daily candle yet; the day from hours is as good, and what it learns is not kept.
    state.daysUntilMs = MIDNIGHT_MS + DAY_MS - 1;
    at(MIDNIGHT_MS + DAY_MS + MINUTE_MS);
    const early = await close.atClose({ asset, horizon: HORIZONS['1d'], rolling: true });
    expect(early.originMs).toBe(MIDNIGHT_MS + DAY_MS);
    expect(JSON.stringify([...calibrations.kept].slice(0, 1))).toBe(learnt);
    expect(calibrations.kept.size).toBe(2);
  });

  it('carries on what calibration learnt a day before at the same hour, also after a restart, to the same forecast', async () => {
    const calibrations = memoryCalibrations();
    for (const [day, hours] of [
      [0, [7, 8]],
      [1, [7]],
      [2, [7, 8]],
    ] as const) {
      for (const hour of hours) {
        const untilMs = MIDNIGHT_MS + day * DAY_MS + hour * HOUR_MS;
        const { close, tasks, at } = build(calibrations);
        at(untilMs);
        const made = await close.atClose({ asset, horizon: HORIZONS['1d'], rolling: true });
        expect(tasks[0]!.calibration === null).toBe(day === 0);
        const fresh = truth(untilMs);
        expect(made.forecast.horizons).toEqual(fresh.horizons);
      }
    }
    expect(calibrations.kept.size).toBe(2);
  });

  it('is explained by the inputs that it was made from, also an hour later', async () => {
    const { service, explanation, at } = build();
    at(MIDNIGHT_MS + 7 * HOUR_MS);
    const report = await service.forecast({ symbol: 'ETH', horizon: '3d' });
    const why = await explanation.explain(report);
    expect(why.originMs).toBe(MIDNIGHT_MS + 7 * HOUR_MS);
    expect(why.median.shown).toBeCloseTo(returns(report)[MEDIAN_INDEX]!, 9);
    for (const { adjustment } of [why.width, why.median, why.pUp]) expect(adjustment).toBeCloseTo(0, 9);
    at(MIDNIGHT_MS + 8 * HOUR_MS + 5 * MINUTE_MS);
    expect(await explanation.explain(report)).toEqual(why);
  });

  it('starts from midnight where too few hours are known, and says so', async () => {
    const { service, explanation, at } = build(memoryCalibrations(), MIDNIGHT_MS - 30 * DAY_MS);
    at(MIDNIGHT_MS + 7 * HOUR_MS);
    const report = await service.forecast({ symbol: 'ETH', horizon: '3d' });
    expect(report.parts).toMatchObject([{ candlesUntilMs: MIDNIGHT_MS }]);
    expect(report.originMs).toBe(MIDNIGHT_MS + 7 * HOUR_MS);
    expect(report.notes.find(({ code }) => code === 'midnight-days')!.severity).toBe('info');
    expect(noteText(report.notes, 'midnight-days')).toBe(
      'Too few hours of ETH are known so far, so days are counted from midnight UTC: the model of days last read prices up to 2020-07-09 00:00 UTC.',
    );
    expect((await explanation.explain(report)).originMs).toBe(MIDNIGHT_MS);
  });
});
