import { describe, expect, it } from 'vitest';
import type { SentimentColumns, ViewColumns } from '../../../src/core/sentiment.ts';
import { fitScaler } from '../../../src/ml/data/scaler.ts';
import {
  applySentimentScaler,
  fitSentimentScaler,
  headlinesKnown,
  pickSentiment,
  readsSentiment,
  SENTIMENT_COLUMNS,
  SENTIMENT_INPUTS,
  SENTIMENT_SHAPE,
  sentimentFeatures,
  sentimentKnown,
} from '../../../src/ml/features/sentiment-features.ts';

const NONE = Number.NaN;
const column = (...values: number[]) => Float64Array.from(values);
const view = (score: number[], count: number[]): ViewColumns => ({
  known: Uint8Array.from(count, (stories) => (Number.isNaN(stories) ? 0 : 1)),
  score: column(...score),
  count: column(...count),
  unusual: column(...count.map(() => 1)),
  change: column(...score),
});
/** Four rows: nothing known; the index alone; a live feed that says nothing of the coin; everything but Reddit. */
const COLUMNS = {
  news: view([NONE, NONE, NONE, 0.5], [NONE, NONE, 0, 3]),
  reddit: view([NONE, NONE, NONE, NONE], [NONE, NONE, NONE, NONE]),
  market: view([NONE, NONE, 0.1, 0.3], [NONE, NONE, 8, 20]),
  fearGreed: column(NONE, 20, 30, 70),
  fearGreedChange: column(NONE, NONE, 5, 10),
} satisfies SentimentColumns;
const at = (values: Float32Array, row: number, name: string, names = SENTIMENT_COLUMNS) =>
  values[row * names.length + names.indexOf(name)];
const ROWS = Int32Array.of(0, 1, 2, 3);

describe('the sentiment numbers', () => {
  const raw = sentimentFeatures(4, COLUMNS);

  it('tell a feed that is down from one that says nothing', () => {
    expect([0, 1, 2, 3].map((row) => at(raw, row, 'newsKnown'))).toEqual([0, 0, 1, 1]);
    expect(at(raw, 2, 'newsVolume')).toBe(0);
    expect(at(raw, 2, 'newsScore')).toBeNaN();
    expect(at(raw, 3, 'marketVolume')).toBeCloseTo(Math.log(21), 6);
    const width = SENTIMENT_COLUMNS.length;
    expect([0, 1, 2, 3].map((row) => sentimentKnown(raw, row, width))).toEqual([false, true, true, true]);
    expect([0, 1, 2, 3].map((row) => headlinesKnown(raw, row, width))).toEqual([false, false, true, true]);
  });

  it('take the first rows of columns that go on', () => {
    expect(sentimentFeatures(2, COLUMNS)).toEqual(raw.slice(0, 2 * SENTIMENT_COLUMNS.length));
  });

  it('are the same without the amounts of stories, which then are unknown', () => {
    const toneOf = ({ known, score, change }: ViewColumns) => ({ known, score, change });
    const { news, reddit, market } = COLUMNS;
    const tone = { ...COLUMNS, news: toneOf(news), reddit: toneOf(reddit), market: toneOf(market) };
    const quiet = sentimentFeatures(4, tone);
    expect(pickSentiment(quiet, SENTIMENT_INPUTS)).toEqual(pickSentiment(raw, SENTIMENT_INPUTS));
    expect(at(quiet, 3, 'marketVolume')).toBeNaN();
    expect(at(quiet, 3, 'newsUnusual')).toBeNaN();
  });
});

describe.each([
  ['a model that is trained now', SENTIMENT_INPUTS],
  ['a model of earlier versions', SENTIMENT_COLUMNS],
])('the sentiment inputs of %s', (_what, names) => {
  const raw = pickSentiment(sentimentFeatures(4, COLUMNS), names);
  const scaler = fitScaler(names, raw, ROWS);
  const width = names.length;

  it('are known by their names, with the masks last', () => {
    expect(readsSentiment(names)).toBe(true);
    expect(names.slice(-SENTIMENT_SHAPE.masks)).toEqual(['newsKnown', 'redditKnown', 'marketKnown', 'fearGreedKnown']);
    expect([0, 1, 2, 3].map((row) => sentimentKnown(raw, row, width))).toEqual([false, true, true, true]);
    expect([0, 1, 2, 3].map((row) => headlinesKnown(raw, row, width))).toEqual([false, false, true, true]);
  });

  it('are zeros where nothing is known, and means where a number of a known part is', () => {
    const scaled = applySentimentScaler(scaler, raw.slice());
    expect([...scaled.subarray(0, width)]).toEqual(Array(width).fill(0));
    expect(at(scaled, 1, 'fearGreedKnown', names)).toBe(1);
    expect(at(scaled, 1, 'fearGreedChange', names)).toBe(0);
    expect(at(scaled, 1, 'fearGreed', names)).toBeCloseTo(-20 / Math.sqrt(1400 / 3), 4);
    expect(at(scaled, 2, 'newsScore', names)).toBe(0);
    expect(scaled.every(Number.isFinite)).toBe(true);
  });

  it('stay zeros for a part that training never saw, whatever it says later', () => {
    const loud = { ...COLUMNS, reddit: view([0.9, 0.9, 0.9, 0.9], [50, 50, 50, 50]) };
    const later = pickSentiment(sentimentFeatures(4, loud), names);
    expect(applySentimentScaler(scaler, later)).toEqual(applySentimentScaler(scaler, raw.slice()));
  });

  it('come in the rows that are asked for', () => {
    const two = pickSentiment(sentimentFeatures(4, COLUMNS), names, Int32Array.of(3, 1));
    expect([...two.subarray(width)]).toEqual([...raw.subarray(width, 2 * width)]);
    expect([...two.subarray(0, width)]).toEqual([...raw.subarray(3 * width)]);
  });
});

describe('what a model is trained on', () => {
  it('is no amount of stories', () => {
    expect(SENTIMENT_SHAPE.inputs).toBe(12);
    expect(SENTIMENT_COLUMNS.filter((name) => !SENTIMENT_INPUTS.includes(name))).toEqual(
      ['news', 'reddit', 'market'].flatMap((view) => [`${view}Volume`, `${view}Unusual`]),
    );
    expect(readsSentiment(SENTIMENT_INPUTS.slice(1))).toBe(false);
    expect(fitSentimentScaler(pickSentiment(sentimentFeatures(4, COLUMNS), SENTIMENT_INPUTS), ROWS).names).toEqual(
      SENTIMENT_INPUTS,
    );
  });
});
