import { beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { coinRatios } from '../../../src/ml/calibration/coin-ratios.ts';
import { EXPERTS } from '../../../src/ml/calibration/expert-shares.ts';
import { createWidthFactors } from '../../../src/ml/calibration/width-factors.ts';
import { carryOn, learnFromMs, learnInOrder, recordWidths } from '../../../src/ml/calibration/width-stream.ts';
import { PAIRS, sharesOf, widthsOf } from '../../../src/ml/calibration/widths.ts';
import { toHistory } from '../../../src/ml/data/coin-history.ts';
import { createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel, encodeModel, type ModelBytes } from '../../../src/ml/model/model-file.ts';
import { type LearnFromReplay, learnInProcess } from '../../../src/ml/workers/widths.ts';
import { createWidthService } from '../../../src/services/models/widths.ts';
import type { StoredWidths, WidthRepository } from '../../../src/storage/calibration-repository.ts';
import { randomCandles } from '../../support/candles.ts';
import { oneModel } from '../../support/one-model.ts';
import { tinyModel } from '../../support/tiny-model.ts';

const START_MS = Date.UTC(2020, 0, 1);
const TRAINED_UNTIL_MS = START_MS + 400 * DAY_MS;
const SYMBOLS = ['BTC', 'ETH', 'LTC'];
const later = () => tinyModel({ stopUntilMs: TRAINED_UNTIL_MS + 50 * DAY_MS });

let model: ModelBytes;
beforeAll(async () => {
  model = encodeModel(await tinyModel({ stopUntilMs: TRAINED_UNTIL_MS }));
});

function candlesOf(symbol: string, count: number) {
  const candles = randomCandles(count, { seed: 20 + SYMBOLS.indexOf(symbol) });
  return candles.map((candle) => ({ ...candle, source: 'binance', fetchedAtMs: 0, flag: null }));
}

const inline: LearnFromReplay = async (coins, { model: bytes, btc, fromMs, toMs }, request) => {
  const forecaster = createQuantileForecaster(decodeModel(bytes));
  return carryOn(
    coins.map((coin) => coinRatios(coin, btc, forecaster, { fromMs, toMs })),
    request,
  );
};

function memoryWidths(): WidthRepository & { readonly rows: Map<string, StoredWidths> } {
  const rows = new Map<string, StoredWidths>();
  return {
    rows,
    get: async (interval, version) => rows.get(`${interval} ${version}`) ?? null,
    latest: async (interval) => [...rows].find(([key]) => key.startsWith(interval))?.[1] ?? null,
    put: async (interval, version, widths) => {
      for (const key of rows.keys()) if (key.startsWith(interval)) rows.delete(key);
      rows.set(`${interval} ${version}`, widths);
    },
  };
}

function build(
  options: { widths?: ReturnType<typeof memoryWidths>; bytes?: ModelBytes; replay?: LearnFromReplay } = {},
) {
  const { widths = memoryWidths(), bytes = model, replay = inline } = options;
  /** Candles of each coin that are stored. */
  const stored = new Map(SYMBOLS.map((symbol) => [symbol, 600]));
  const replayed: number[] = [];
  const models = oneModel(bytes);
  const service = createWidthService({
    models,
    candles: {
      span: async (symbol, interval) =>
        interval === '1d' && stored.has(symbol)
          ? { fromMs: START_MS, toMs: START_MS + (stored.get(symbol)! - 1) * DAY_MS }
          : null,
      range: async (symbol, _interval, fromMs, toMs) =>
        candlesOf(symbol, stored.get(symbol) ?? 0).filter(
          ({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs <= toMs,
        ),
    },
    widths,
    symbols: [...SYMBOLS, 'NEVERSTORED'],
    replay: async (coins, data, request, signal) => {
      replayed.push((data.toMs - data.fromMs) / DAY_MS);
      return replay(coins, data, request, signal);
    },
    logger: silentLogger,
  });
  const close = (count: number) => START_MS + count * DAY_MS;
  const to = async (count: number) => {
    for (const symbol of SYMBOLS) stored.set(symbol, count);
    return service.carryOn('1d', new AbortController().signal);
  };
  const learnt = () => JSON.parse([...widths.rows.values()].at(-1)!.learnt);
  return { service, widths, models, stored, replayed, close, to, learnt };
}

describe('the width service', () => {
  it('learns from every close since the year before the end of the model’s data, and goes on where it stopped', async () => {
    const whole = build();
    expect(await whole.to(600)).toEqual({ untilMs: whole.close(600), closes: 565, coins: 3 });
    const parts = build();
    for (const count of [560, 561, 575, 599, 600]) await parts.to(count);
    expect(parts.learnt().state).toEqual(whole.learnt().state);
    // A forecast matures up to seven days after its origin; what recurs in a week is learnt from three years more at first.
    expect(parts.replayed).toEqual([1_627, 8, 21, 31, 8]);
    expect(await parts.to(600)).toMatchObject({ closes: 0 });
    expect(parts.replayed).toHaveLength(5);
    const factors: number[][] = whole.learnt().state.market;
    expect(factors.flat().every((one) => one !== 1 && one > 0.5 && one < 2)).toBe(true);
  });

  it('gives forecasts the very factors that an evaluation has at their origins', async () => {
    const { service, models, to, close } = build();
    await to(600);
    const serving = await models.serving('1d');
    const table = widthsOf((await service.tableFor(serving, 'ETH', close(600)))!);
    const histories = SYMBOLS.map((symbol) => toHistory(symbol, candlesOf(symbol, 600), '1d'));
    const forecaster = createQuantileForecaster(decodeModel(model));
    const all = { fromMs: Number.NEGATIVE_INFINITY, toMs: close(600) };
    const coins = histories.map((history) => coinRatios(history, histories[0]!, forecaster, all));
    const { interval, steps } = serving.card;
    const fromMs = learnFromMs(interval, serving.card, close(600));
    const learntUntilMs = serving.card.data.stopUntilMs;
    const stream = { interval, steps, coins, fromMs, toMs: close(600), learntUntilMs };
    const evaluated = recordWidths(createWidthFactors(interval, steps), stream, ['ETH'])('ETH');
    const expected = widthsOf(evaluated);
    const market = new Map<number, number[][]>();
    const again = createWidthFactors(interval, steps);
    learnInOrder(again, { ...stream, onMoment: (momentMs) => market.set(momentMs, again.state().market) });
    const shares = sharesOf((await service.tableFor(serving, 'ETH', close(600)))!, EXPERTS)!;
    const wanted = sharesOf(evaluated, EXPERTS)!;
    steps.forEach((_, horizon) => {
      expect([...shares(close(600), horizon)!]).toEqual([...wanted(close(600), horizon)!]);
      expect([...table(close(600), horizon)!]).toEqual([...expected(close(600), horizon)!]);
      // Of the market's past every seventh close is kept, to four decimals.
      for (const count of [100, 350, 593]) {
        const [kept, exact] = [table(close(count), horizon)!, market.get(close(count))![horizon]!];
        for (let pair = 0; pair < PAIRS; pair++) expect(Math.abs(kept[pair]! - exact[pair]!)).toBeLessThan(0.03);
      }
      expect(table(close(10), horizon)).toBeNull();
    });
  });

  it('starts from what the model’s card knows, and serves that before anything is learnt', async () => {
    const trained = await tinyModel({ stopUntilMs: TRAINED_UNTIL_MS });
    const market = trained.card.steps.map(() => new Array<number>(PAIRS).fill(1.25));
    const widths = { untilMs: TRAINED_UNTIL_MS, market };
    const bytes = encodeModel({ ...trained, card: { ...trained.card, widths } });
    const { service, models, to, close, replayed, learnt } = build({ bytes });
    const serving = await models.serving('1d');
    const first = widthsOf((await service.tableFor(serving, 'BTC', close(600)))!);
    expect([...first(close(600), 0)!]).toEqual(new Array(PAIRS).fill(1.25));
    expect(first(TRAINED_UNTIL_MS - DAY_MS, 0)).toBeNull();
    await to(410);
    // This card knows nothing of what recurs in a week, which is learnt from three years more.
    expect(replayed).toEqual([1_112]);
    for (const factor of learnt().state.market.flat()) expect(Math.abs(factor - 1.25)).toBeLessThan(0.1);
  });

  it('makes again what was lost or belongs to another model', async () => {
    const first = build();
    await first.to(600);
    const [key, row] = [...first.widths.rows][0]!;
    const broken = build({ widths: memoryWidths() });
    broken.widths.rows.set(key, { ...row, learnt: '{"state":' });
    expect(await broken.to(600)).toMatchObject({ closes: 565 });
    expect(broken.learnt()).toEqual(first.learnt());
    const next = build({ widths: memoryWidths(), bytes: encodeModel(await later()) });
    expect(await next.service.tableFor(await next.models.serving('1d'), 'BTC', next.close(600))).toBeNull();
    expect(await next.to(600)).toMatchObject({ closes: 515 });
  });

  it('lets a new model go on: with what its card holds, and with what recurs as it was learnt beside the model before', async () => {
    const before = build();
    await before.to(600);
    const { state, past } = before.learnt();
    const trained = await later();
    const market = trained.card.steps.map(() => new Array<number>(PAIRS).fill(1.25));
    const holding = (untilMs: number) =>
      encodeModel({ ...trained, card: { ...trained.card, widths: { untilMs, market } } });
    const next = build({ widths: before.widths, bytes: holding(before.close(600)) });
    expect(await next.to(600)).toMatchObject({ closes: 0, untilMs: next.close(600) });
    expect(await next.to(601)).toMatchObject({ closes: 1 });
    expect(next.replayed).toEqual([8]);
    const learnt = next.learnt();
    for (const factor of learnt.state.market.flat()) expect(Math.abs(factor - 1.25)).toBeLessThan(0.05);
    const counts = (of: typeof state) => of.weekdays[0].market.counts.reduce((a: number, b: number) => a + b, 0);
    expect(counts(learnt.state)).toBe(counts(state) + 1);
    expect(learnt.past.slice(0, past.length)).toEqual(past);
    // One whose card ends earlier goes on with all that was learnt.
    const behind = build({ widths: next.widths, bytes: holding(before.close(500)) });
    expect(await behind.to(602)).toMatchObject({ closes: 1 });
    for (const factor of behind.learnt().state.market.flat()) expect(Math.abs(factor - 1.25)).toBeLessThan(0.05);
  });

  it('forecasts with the coin’s own factors of the closes just before, which calibration goes through again', async () => {
    const { service, models, to, close } = build();
    await to(600);
    const serving = await models.serving('1d');
    const at = async (count: number) => widthsOf((await service.tableFor(serving, 'ETH', close(count)))!);
    const newest = await at(600);
    for (const count of [598, 599]) {
      expect([...newest(close(count), 0)!]).toEqual([...(await at(count))(close(count), 0)!]);
    }
  });

  it('does not wait for a coin that comes late, nor run ahead of most of them', async () => {
    const { service, stored, close, to } = build();
    await to(600);
    const go = () => service.carryOn('1d', new AbortController().signal);
    stored.set('LTC', 601);
    expect(await go()).toMatchObject({ closes: 0, untilMs: close(600) });
    stored.set('ETH', 601);
    expect(await go()).toMatchObject({ closes: 1, untilMs: close(601) });
  });

  it('learns nothing where no candles are stored yet', async () => {
    const { service, stored, replayed, widths } = build();
    stored.clear();
    const nothing = { untilMs: null, closes: 0, coins: 0 };
    expect(await service.carryOn('1d', new AbortController().signal)).toEqual(nothing);
    expect(replayed).toEqual([]);
    expect(widths.rows.size).toBe(0);
  });

  it('replays in a process of its own to the same bits', async () => {
    const [own, separate] = [build(), build({ replay: learnInProcess })];
    await own.to(450);
    await separate.to(450);
    expect(separate.learnt()).toEqual(own.learnt());
  }, 180_000);
});
