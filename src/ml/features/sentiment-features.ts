import type { SentimentColumns, ViewColumns } from '../../core/sentiment.ts';
import { fitScaler, type Scaler, scaledValue } from '../data/scaler.ts';

/** The numbers of each part of the modality, and its mask. A part that is not known is zeros throughout. */
const PARTS = [
  { numbers: ['newsScore', 'newsVolume', 'newsUnusual', 'newsChange'], mask: 'newsKnown' },
  { numbers: ['redditScore', 'redditVolume', 'redditUnusual', 'redditChange'], mask: 'redditKnown' },
  { numbers: ['marketScore', 'marketVolume', 'marketUnusual', 'marketChange'], mask: 'marketKnown' },
  { numbers: ['fearGreed', 'fearGreedChange'], mask: 'fearGreedKnown' },
] as const;

/** Names of the sentiment inputs, in order: the numbers of all parts, then the masks, which only act on the gate. */
export const SENTIMENT_INPUTS: readonly string[] = [
  ...PARTS.flatMap(({ numbers }) => numbers),
  ...PARTS.map(({ mask }) => mask),
];
const WIDTH = SENTIMENT_INPUTS.length;
/** Number of sentiment inputs and masks, for a network's specification. */
export const SENTIMENT_SHAPE = { inputs: WIDTH, masks: PARTS.length } as const;
/** Parts whose mask is 1 where there were headlines. */
const HEADLINE_MASKS = ['newsKnown', 'redditKnown', 'marketKnown'].map((name) => SENTIMENT_INPUTS.indexOf(name));

/** First column of each part's numbers, the column after them, and that of its mask. */
const PLACES = PARTS.map(({ numbers, mask }) => {
  const first = SENTIMENT_INPUTS.indexOf(numbers[0]);
  return { first, end: first + numbers.length, mask: SENTIMENT_INPUTS.indexOf(mask) };
});

/** Minimum share of training windows on which a part must be known; a rarer part stays masked. */
const MIN_SHARE = 0.005;

/**
 * Makes the unscaled sentiment inputs: rows × SENTIMENT_INPUTS, NaN where a number is unknown, masks 0 or 1. Columns are aligned with the
 * candles' rows, so a row depends on headlines up to its close only; columns may go on beyond `rows`.
 */
export function sentimentFeatures(rows: number, sentiment: SentimentColumns): Float32Array {
  const out = new Float32Array(rows * WIDTH).fill(Number.NaN);
  const view = ({ score, count, unusual, change }: ViewColumns, row: number) =>
    Number.isNaN(count[row]!) ? null : [score[row]!, Math.log1p(count[row]!), unusual[row]!, change[row]!];
  for (let row = 0; row < rows; row++) {
    const { news, reddit, market, fearGreed, fearGreedChange } = sentiment;
    const index = Number.isNaN(fearGreed[row]!) ? null : [fearGreed[row]!, fearGreedChange[row]!];
    [view(news, row), view(reddit, row), view(market, row), index].forEach((numbers, part) => {
      const { first, mask } = PLACES[part]!;
      if (numbers) out.set(numbers, row * WIDTH + first);
      out[row * WIDTH + mask] = numbers ? 1 : 0;
    });
  }
  return out;
}

/** Fits a scaler to the given rows: each number over where it is known; a mask's mean is the share of rows on which its part is. */
export function fitSentimentScaler(values: Float32Array, rows: Int32Array): Scaler {
  return fitScaler(SENTIMENT_INPUTS, values, rows);
}

/**
 * Scales in place. Unknown numbers become 0, the mean; unknown parts zeros throughout, and so do parts that were rare in training, so that
 * inputs the net was not trained on have no effect.
 */
export function applySentimentScaler(scaler: Scaler, values: Float32Array): Float32Array {
  for (let at = 0; at < values.length; at += WIDTH) {
    for (const { first, end, mask } of PLACES) {
      const known = values[at + mask] === 1 && scaler.mean[mask]! >= MIN_SHARE;
      for (let column = first; column < end; column++) {
        values[at + column] = known ? scaledValue(scaler, column, values[at + column]!) : 0;
      }
      values[at + mask] = known ? 1 : 0;
    }
  }
  return values;
}

/** Whether anything at all is known at a row, scaled or not. */
export const sentimentKnown = (values: Float32Array, row: number): boolean =>
  PLACES.some(({ mask }) => values[row * WIDTH + mask] === 1);

/** Whether headlines are known at a row; Fear & Greed alone does not count. */
export const headlinesKnown = (values: Float32Array, row: number): boolean =>
  HEADLINE_MASKS.some((mask) => values[row * WIDTH + mask] === 1);

/** The given rows, copied. */
export function pickSentiment(values: Float32Array, rows: Int32Array): Float32Array {
  const picked = new Float32Array(rows.length * WIDTH);
  rows.forEach((row, i) => {
    picked.set(values.subarray(row * WIDTH, (row + 1) * WIDTH), i * WIDTH);
  });
  return picked;
}
