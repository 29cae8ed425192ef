import { beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import type { DriftStatus } from '../../../src/core/model-info.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { addPeriods, inOrder, replayCoin } from '../../../src/ml/drift/scored-period.ts';
import { createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel, encodeModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { type ReplayModel, replayInThread } from '../../../src/ml/workers/drift.ts';
import { createDriftService } from '../../../src/services/models/drift.ts';
import { randomCandles } from '../../support/candles.ts';
import { oneModel } from '../../support/one-model.ts';
import { tinyModel } from '../../support/tiny-model.ts';

const START_MS = Date.UTC(2020, 0, 1);
const TRAINED_UNTIL_MS = START_MS + 400 * DAY_MS;
const COUNT = 900;
const SYMBOLS = ['BTC', 'ETH', 'LTC'];

let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ stopUntilMs: TRAINED_UNTIL_MS }));
});

/** The very candles the model learnt from, going on. */
function candlesOf(symbol: string, count: number) {
  const candles = randomCandles(count, { seed: 20 + SYMBOLS.indexOf(symbol) });
  return candles.map((candle) => ({ ...candle, source: 'binance', fetchedAtMs: 0, flag: null }));
}

const inline: ReplayModel = async (coins, data) => {
  const forecaster = createQuantileForecaster(decodeModel(data.model));
  const all = new Map();
  for (const coin of coins) addPeriods(all, replayCoin(coin, data.btc, forecaster, data.fromMs));
  return inOrder(all);
};

function build(options: { candles?: typeof candlesOf; count?: number; replay?: ReplayModel } = {}) {
  const { candles = candlesOf, count = COUNT, replay = inline } = options;
  const state = { replays: 0, alarms: [] as DriftStatus[], nowMs: START_MS + count * DAY_MS + HOUR_MS };
  const service = createDriftService({
    widths: { tableFor: async () => null },
    models: oneModel(model),
    candles: {
      span: async (symbol) =>
        SYMBOLS.includes(symbol) ? { fromMs: START_MS, toMs: START_MS + (count - 1) * DAY_MS } : null,
      range: async (symbol, _interval, fromMs, toMs) =>
        SYMBOLS.includes(symbol)
          ? candles(symbol, count).filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs <= toMs)
          : [],
    },
    symbols: [...SYMBOLS, 'NEVERSTORED'],
    replay: (...given) => {
      state.replays++;
      return replay(...given);
    },
    logger: silentLogger,
    now: () => state.nowMs,
    sleep: async () => {},
    waitMs: 500,
    onAlarm: (status) => state.alarms.push(status),
  });
  return { service, state };
}

describe('the drift service', () => {
  it('scores only what came after the model’s data, and finds nothing where nothing has changed', async () => {
    const { service, state } = build();
    const [daily, ...others] = await service.check();
    expect(others).toEqual([]);
    expect(daily).toMatchObject({ interval: '1d', state: 'ok', coins: 3, findings: [] });
    expect(daily!.fromMs).toBeGreaterThanOrEqual(decodeModel(model).card.data.stopUntilMs);
    expect(daily!.toMs).toBe(START_MS + (COUNT - 1) * DAY_MS);
    const day = daily!.horizons[0]!;
    expect(day.n).toBe(3 * day.periods);
    expect(day.periods).toBeGreaterThan(450);
    expect(day.coverage80).toBeGreaterThan(0.74);
    expect(day.coverage80).toBeLessThan(0.87);
    expect(state.alarms).toEqual([]);
  });

  it('raises one alarm a day when the market leaves the bands behind, and says since when', async () => {
    // Ever wilder candles: whatever the scale has learnt, the next one is larger.
    const wilder: typeof candlesOf = (symbol, count) => {
      let price = 1e6;
      return candlesOf(symbol, count).map((candle, i) => {
        const grow = i < 600 ? 1 : 1.06 ** Math.min(i - 600, 80);
        const open = price;
        price = open * Math.exp(Math.max(-1, Math.min(1, grow * Math.log(candle.close / candle.open))));
        const [high, low] = [Math.max(open, price) * 1.001, Math.min(open, price) * 0.999];
        return { ...candle, open, close: price, high, low };
      });
    };
    const { service, state } = build({ candles: wilder, count: 700 });
    const [daily] = await service.check();
    expect(daily).toMatchObject({ state: 'alarm' });
    expect(daily!.findings.map(({ sign }) => sign)).toContain('bands-too-narrow');
    const since = (daily!.findings[0]!.sinceMs - START_MS) / DAY_MS;
    expect(since).toBeGreaterThan(560);
    expect(since).toBeLessThan(660);
    await service.check();
    expect(state.alarms).toHaveLength(1);
    state.nowMs += DAY_MS;
    await service.check();
    expect(state.alarms).toHaveLength(2);
  });

  it('replays once a day, however often it is asked, and shows a first replay as under way', async () => {
    let finish = () => {};
    const slow: ReplayModel = (...given) => new Promise((resolve) => (finish = () => resolve(inline(...given))));
    const { service, state } = build({ replay: slow });
    expect(await service.status()).toMatchObject([{ state: 'checking', horizons: [] }]);
    expect(await service.status()).toMatchObject([{ state: 'checking' }]);
    await expect.poll(() => state.replays).toBe(1);
    finish();
    expect(await service.check()).toMatchObject([{ state: 'ok' }]);
    state.nowMs += HOUR_MS;
    await service.check();
    expect(state.replays).toBe(1);
  });

  it('has nothing to say before an outcome is known, and looks again a little later', async () => {
    const { service, state } = build({ count: 400 });
    expect(await service.check()).toMatchObject([{ state: 'unknown', fromMs: null }]);
    expect(state.replays).toBe(0);
  });

  it('survives a replay that fails', async () => {
    const { service, state } = build({ replay: async () => Promise.reject(new Error('thread gone')) });
    expect(await service.check()).toMatchObject([{ state: 'unknown' }]);
    await service.check();
    expect(state.replays).toBe(1);
    state.nowMs += HOUR_MS;
    await service.check();
    expect(state.replays).toBe(2);
  });

  it('gives the same in its thread, which ends when it is told to', async () => {
    const threaded = build({ replay: replayInThread });
    expect(await threaded.service.check()).toEqual(await build().service.check());
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const stopped = build({
      replay: (...given) => {
        begin();
        return replayInThread(...given);
      },
    });
    const pending = stopped.service.check();
    await begun;
    await stopped.service.close();
    expect(await pending).toMatchObject([{ state: 'unknown' }]);
  });
});
