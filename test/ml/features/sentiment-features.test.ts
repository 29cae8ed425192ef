import { describe, expect, it } from 'vitest';
import type { SentimentColumns, ViewColumns } from '../../../src/core/sentiment.ts';
import {
  applySentimentScaler,
  fitSentimentScaler,
  headlinesKnown,
  SENTIMENT_INPUTS,
  sentimentFeatures,
  sentimentKnown,
} from '../../../src/ml/features/sentiment-features.ts';

const NONE = Number.NaN;
const column = (...values: number[]) => Float64Array.from(values);
const view = (score: number[], count: number[]): ViewColumns => ({
  score: column(...score),
  count: column(...count),
  unusual: column(...count.map(() => 1)),
  change: column(...score),
});
/** Four rows: nothing known; the index alone; a live feed that says nothing of the coin; everything but Reddit. */
const COLUMNS: SentimentColumns = {
  news: view([NONE, NONE, NONE, 0.5], [NONE, NONE, 0, 3]),
  reddit: view([NONE, NONE, NONE, NONE], [NONE, NONE, NONE, NONE]),
  market: view([NONE, NONE, 0.1, 0.3], [NONE, NONE, 8, 20]),
  fearGreed: column(NONE, 20, 30, 70),
  fearGreedChange: column(NONE, NONE, 5, 10),
};
const at = (values: Float32Array, row: number, name: string) =>
  values[row * SENTIMENT_INPUTS.length + SENTIMENT_INPUTS.indexOf(name)];

describe('the sentiment inputs', () => {
  const raw = sentimentFeatures(4, COLUMNS);

  it('tell a feed that is down from one that says nothing', () => {
    expect([0, 1, 2, 3].map((row) => at(raw, row, 'newsKnown'))).toEqual([0, 0, 1, 1]);
    expect(at(raw, 2, 'newsVolume')).toBe(0);
    expect(at(raw, 2, 'newsScore')).toBeNaN();
    expect(at(raw, 3, 'marketVolume')).toBeCloseTo(Math.log(21), 6);
    expect([0, 1, 2, 3].map((row) => sentimentKnown(raw, row))).toEqual([false, true, true, true]);
    expect([0, 1, 2, 3].map((row) => headlinesKnown(raw, row))).toEqual([false, false, true, true]);
  });

  it('are zeros where nothing is known, and means where a number of a known part is', () => {
    const scaler = fitSentimentScaler(raw, Int32Array.of(0, 1, 2, 3));
    const scaled = applySentimentScaler(scaler, raw.slice());
    const width = SENTIMENT_INPUTS.length;
    expect([...scaled.subarray(0, width)]).toEqual(Array(width).fill(0));
    expect(at(scaled, 1, 'fearGreedKnown')).toBe(1);
    expect(at(scaled, 1, 'fearGreedChange')).toBe(0);
    expect(at(scaled, 1, 'fearGreed')).toBeCloseTo(-20 / Math.sqrt(1400 / 3), 4);
    expect(at(scaled, 2, 'newsScore')).toBe(0);
    expect(scaled.every(Number.isFinite)).toBe(true);
  });

  it('stay zeros for a part that training never saw, whatever it says later', () => {
    const scaler = fitSentimentScaler(raw, Int32Array.of(0, 1, 2, 3));
    const later = sentimentFeatures(4, { ...COLUMNS, reddit: view([0.9, 0.9, 0.9, 0.9], [50, 50, 50, 50]) });
    expect(applySentimentScaler(scaler, later)).toEqual(applySentimentScaler(scaler, raw.slice()));
  });

  it('take the first rows of columns that go on', () => {
    expect(sentimentFeatures(2, COLUMNS)).toEqual(raw.slice(0, 2 * SENTIMENT_INPUTS.length));
  });
});
