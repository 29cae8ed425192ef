import { describe, expect, it } from 'vitest';
import { type Candle, INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import { OBSERVATION_METRICS } from '../../../src/core/market.ts';
import type { SentimentColumns } from '../../../src/core/sentiment.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { BASELINES } from '../../../src/ml/baselines/registry.ts';
import { buildFeatures, type CoinFeatures } from '../../../src/ml/features/build.ts';
import {
  type CandleColumns,
  closeTimesMs,
  type ObservationColumn,
  toColumns,
} from '../../../src/ml/features/columns.ts';
import { SENTIMENT_COLUMNS } from '../../../src/ml/features/sentiment-features.ts';
import { createSentimentColumns } from '../../../src/sentiment/aggregate.ts';
import type { ScoredStory } from '../../../src/sentiment/story-lists.ts';
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

/** A story every seven hours and Fear & Greed every day; from the planted candle's close on, another tone and another index. */
function sentimentOf(columns: CandleColumns, interval: Interval, planted: boolean): SentimentColumns {
  const first = Date.UTC(2020, 0, 1);
  const plantedMs = first + (PLANTED + 1) * INTERVAL_MS[interval];
  const endMs = first + ROWS * INTERVAL_MS[interval];
  const every = (stepMs: number) =>
    Array.from({ length: Math.ceil((endMs - first) / stepMs) }, (_, i) => first + i * stepMs);
  const stories = every(7 * HOUR_MS).map((timeMs, i): ScoredStory => {
    const changed = planted && timeMs >= plantedMs;
    const kind = i % 3 === 0 ? 'reddit' : 'news';
    return { timeMs, kind, outlet: 'coindesk', symbols: i % 2 ? ['ETH'] : [], score: changed ? 1 : Math.sin(i) };
  });
  const days = every(DAY_MS).map((timeMs, i) => ({
    timeMs,
    value: planted && timeMs >= plantedMs ? 99 : 50 + 20 * Math.cos(i),
  }));
  const extra = planted
    ? [...Array(9)].map(
        (): ScoredStory => ({ timeMs: plantedMs, kind: 'news', outlet: 'x', symbols: ['ETH'], score: 1 }),
      )
    : [];
  const all = [...stories, ...extra].sort((a, b) => a.timeMs - b.timeMs);
  return createSentimentColumns(all, days)('ETH', closeTimesMs(columns));
}

function features(coin: Candle[], btc: Candle[], interval: Interval, factor = 1, planted = false): CoinFeatures {
  const columns = toColumns(coin, interval);
  return buildFeatures(
    {
      symbol: 'ETH',
      columns,
      observations: observations(interval, factor),
      sentiment: sentimentOf(columns, interval, planted),
    },
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

  it('no bit of sentiment before a headline or an index that is planted moves, and from its moment on it does', () => {
    const after = features(coin, btc, interval, 1, true);
    const inputs = SENTIMENT_COLUMNS.length;
    const sentiment = (made: CoinFeatures, to: number) => bits(made.sentiment!, to * inputs);
    expect(sentiment(after, PLANTED)).toBe(sentiment(before, PLANTED));
    expect(sentiment(after, PLANTED + 1)).not.toBe(sentiment(before, PLANTED + 1));
    const last = before.sentiment!.subarray((ROWS - 1) * inputs);
    expect(SENTIMENT_COLUMNS.filter((_, i) => !Number.isFinite(last[i]!))).toEqual([]);
    expect(bits(after.context, ROWS * width)).toBe(bits(before.context, ROWS * width));
  });

  it('no bit moves when the future is cut off', () => {
    const cut = features(coin.slice(0, PLANTED), btc.slice(0, PLANTED), interval);
    expect(bits(cut.context, PLANTED * width)).toBe(bits(before.context, PLANTED * width));
    expect(bits(cut.steps, PLANTED * stepWidth)).toBe(bits(before.steps, PLANTED * stepWidth));
    const to = PLANTED * SENTIMENT_COLUMNS.length;
    expect(bits(cut.sentiment!, to)).toBe(bits(before.sentiment!, to));
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
