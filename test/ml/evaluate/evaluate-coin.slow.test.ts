import { describe, expect, it } from 'vitest';
import type { CandleFlag } from '../../../src/core/candle.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { climatologyBaseline } from '../../../src/ml/baselines/climatology.ts';
import { garchBaseline } from '../../../src/ml/baselines/garch.ts';
import { harBaseline } from '../../../src/ml/baselines/har.ts';
import { EXPERTS } from '../../../src/ml/calibration/expert-shares.ts';
import { PAIRS } from '../../../src/ml/calibration/widths.ts';
import { columnsAsOf, knownColumns, toHistory } from '../../../src/ml/data/coin-history.ts';
import { evaluateCoin } from '../../../src/ml/evaluate/evaluate-coin.ts';
import { buildFeatures } from '../../../src/ml/features/build.ts';
import { toColumns } from '../../../src/ml/features/columns.ts';
import { createModelForecaster, createQuantileForecaster } from '../../../src/ml/forecast/quantile-forecaster.ts';
import type { ModelCard } from '../../../src/ml/model/card.ts';
import { encodeModel } from '../../../src/ml/model/model-file.ts';
import { randomCandles } from '../../support/candles.ts';
import { tinyModel } from '../../support/tiny-model.ts';

const candles = randomCandles(300, { seed: 7 });
const START = candles[0]!.openTimeMs;
const flagged = (...rows: number[]) =>
  candles.map((candle, i) => ({ ...candle, flag: rows.includes(i) ? ('glitch' as CandleFlag) : null }));
const originOf = (row: number) => START + (row + 1) * DAY_MS;

const PLAIN = { medianShare: 1, climatologyWeight: [], conformalStep: 0 };

async function forecaster(calibration: ModelCard['calibration'] = PLAIN) {
  const trained = await tinyModel();
  return createQuantileForecaster({ ...trained, card: { ...encodeModel(trained).card, calibration } });
}

describe('a history', () => {
  it('has flagged candles as gaps once they are past, and as prices while they are the newest', () => {
    const history = toHistory('ETH', flagged(150, 299), '1d');
    expect(knownColumns(history).close[150]).toBeNaN();
    expect(knownColumns(history).close[299]).toBeNaN();
    const then = columnsAsOf(history, 150);
    expect([then.rows, then.close[150]]).toEqual([151, candles[150]!.close]);
    expect(columnsAsOf(history, 160).close[150]).toBeNaN();
    expect(columnsAsOf(history, 299).close[299]).toBe(candles[299]!.close);
  });

  it('cut at a row is what serving would have had then', () => {
    const history = toHistory('ETH', flagged(150, 200), '1d');
    expect(columnsAsOf(history, 200)).toEqual(toColumns(flagged(150, 200).slice(0, 201), '1d'));
  });
});

describe('the model as a rolling forecaster', () => {
  it('averages its quantiles with those of GARCH-t and HAR by the shares of the table, from the moment that it begins', async () => {
    const final = await forecaster();
    const columns = toColumns(randomCandles(400, { seed: 3 }), '1d');
    const coin = buildFeatures({ symbol: 'ETH', columns, observations: new Map() }, null);
    const rows = Int32Array.of(200, 350);
    const count = final.steps.length;
    const closeMs = columns.startMs + 301 * DAY_MS;
    const shares = Float32Array.from({ length: count * EXPERTS }, (_, i) => (i % EXPERTS === 0 ? 0.5 : 0.25));
    const factors = new Float32Array(count * PAIRS).fill(1);
    const table = { fromMs: Float64Array.of(closeMs), factors, shares };
    const [alone, averaged] = [null, table].map((widths) => final.predictQuantiles(coin, rows, new Map(), widths));
    const [garch, har] = [garchBaseline, harBaseline].map((one) => one.forecast(coin, final.steps, rows));
    const half = alone!.length / 2;
    expect(averaged!.subarray(0, half)).toEqual(alone!.subarray(0, half));
    for (let i = half; i < alone!.length; i++) {
      expect(averaged![i]).toBeCloseTo(0.25 * alone![i]! + 0.5 * garch![i]! + 0.25 * har![i]!, 6);
    }
    const latest = final.predictLatest(coin, 350, null, table).quantiles;
    expect([...latest]).toEqual([...averaged!.subarray(half)]);
  });

  it('learns its calibration from the warm-up alone where it has one, and forecasts nothing before that', async () => {
    const final = await forecaster({ ...PLAIN, conformalStep: 0.005 });
    const columns = toColumns(randomCandles(400, { seed: 3 }), '1d');
    const coin = buildFeatures({ symbol: 'ETH', columns, observations: new Map() }, null);
    const rows = Int32Array.from({ length: 100 }, (_, i) => 300 + i);
    const made = (warmUpRows?: number) => {
      const known = new Map<number, Float64Array>();
      const model = createModelForecaster(final, { known, ...(warmUpRows === undefined ? {} : { warmUpRows }) });
      return { values: model.forecast(coin, final.steps, rows), rows: [...known.keys()].sort((a, b) => a - b) };
    };
    const [whole, long, short] = [made(), made(400), made(50)];
    expect(long).toEqual(whole);
    expect(whole.rows[0]).toBeLessThan(100);
    expect([short.rows[0], short.rows.length]).toEqual([250, 150]);
    expect(short.values).not.toEqual(whole.values);
    // What is learnt in two hundred more days is little.
    short.values.forEach((value, i) => {
      expect(Math.abs(value - whole.values[i]!)).toBeLessThan(0.1);
    });
  });

  it('keeps coins apart', async () => {
    const final = await forecaster();
    const features = [1, 2].map((seed) => {
      const columns = toColumns(randomCandles(200, { seed }), '1d');
      return buildFeatures({ symbol: `C${seed}`, columns, observations: new Map() }, null);
    });
    const rows = Int32Array.of(150, 199);
    const shared = createModelForecaster(final);
    for (const coin of [...features, ...features]) {
      expect(shared.forecast(coin, [3], rows)).toEqual(createModelForecaster(final).forecast(coin, [3], rows));
    }
  });
});

describe('evaluating one coin', () => {
  const setting = {
    interval: '1d' as const,
    steps: [1, 7],
    fromMs: originOf(200),
    toMs: originOf(260),
    btc: null,
    crashes: [],
    window: 60,
    lines: true,
  };
  const conformal = { medianShare: 0.5, climatologyWeight: [0.2, 0.2, 0.2], conformalStep: 0.05 };

  it.each([
    ['plain', PLAIN],
    ['calibrated with feedback', conformal],
  ])('forecasts a %s model at each origin as from a series that ends there', async (_, calibration) => {
    const final = await forecaster(calibration);
    const history = toHistory('ETH', flagged(220, 240), '1d');
    const { lines, counts } = evaluateCoin(history, setting, createModelForecaster(final), [climatologyBaseline]);
    const written = new Map(lines.map((line) => [line.split(',').slice(2, 4).join(' '), line]));
    expect(counts).toEqual({ origins: 61, forecastOrigins: 61, notUsable: 0, recomputed: 2, withoutOutcome: 0 });
    for (const row of [200, 219, 220, 221, 239, 240, 241, 260]) {
      const features = buildFeatures(
        { symbol: 'ETH', columns: columnsAsOf(history, row), observations: new Map() },
        null,
      );
      const alone = final.predictQuantiles(features, Int32Array.of(row));
      const origin = new Date(originOf(row)).toISOString().replace('.000Z', 'Z');
      const prices = written.get(`7 ${origin}`)!.split(',').slice(8).map(Number);
      expect(prices).toEqual(Array.from(alone.subarray(2 * 21), (q) => candles[row]!.close * Math.exp(q)));
    }
  });

  it('takes outcomes from the file as it is, flags or not', async () => {
    const history = toHistory('ETH', flagged(230), '1d');
    const { lines } = evaluateCoin(history, setting, createModelForecaster(await forecaster()), []);
    const line = lines.find((one) => one.includes(`,1,${new Date(originOf(229)).toISOString().slice(0, 10)}`))!;
    expect(Number(line.split(',')[6])).toBe(candles[230]!.close);
  });
});
