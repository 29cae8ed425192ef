import type { AmountColumns, SentimentColumns, SentimentExtent, ToneColumns } from '../../core/sentiment.ts';
import { fitScaler, type Scaler, scaledValue } from '../data/scaler.ts';

/** The numbers of each part of the modality, and its mask. A part that is not known is zeros throughout. */
const PARTS = [
  { numbers: ['newsScore', 'newsVolume', 'newsUnusual', 'newsChange'], mask: 'newsKnown' },
  { numbers: ['redditScore', 'redditVolume', 'redditUnusual', 'redditChange'], mask: 'redditKnown' },
  { numbers: ['marketScore', 'marketVolume', 'marketUnusual', 'marketChange'], mask: 'marketKnown' },
  { numbers: ['fearGreed', 'fearGreedChange'], mask: 'fearGreedKnown' },
] as const;
/** Amounts of stories, which say nothing about what prices do next (docs/sentiment.md); models of earlier versions take them in. */
const AMOUNTS = /(Volume|Unusual)$/;

const MASKS = PARTS.map(({ mask }) => mask);
/** Names of all numbers that a model may take in, in order: those of all parts, then the masks, which only act on the gate. */
export const SENTIMENT_COLUMNS: readonly string[] = [...PARTS.flatMap(({ numbers }) => numbers), ...MASKS];
/** Names of the sentiment inputs of a model that is trained now, in order; the masks stand last. */
export const SENTIMENT_INPUTS: readonly string[] = SENTIMENT_COLUMNS.filter((name) => !AMOUNTS.test(name));
const WIDTH = SENTIMENT_COLUMNS.length;
/** Number of sentiment inputs and masks, for a network's specification. */
export const SENTIMENT_SHAPE = { inputs: SENTIMENT_INPUTS.length, masks: MASKS.length } as const;

/** Whether this version computes a model's sentiment inputs: those of a model trained now, or of earlier versions. */
export const readsSentiment = (names: readonly string[]): boolean =>
  [SENTIMENT_INPUTS, SENTIMENT_COLUMNS].some(
    (known) => known.length === names.length && known.every((name, i) => name === names[i]),
  );

/** What a model that takes in the given names needs of sentiment. */
export const sentimentExtent = (names: readonly string[]): SentimentExtent =>
  names.some((name) => AMOUNTS.test(name)) ? 'all' : 'tone';

/** Columns of each part's numbers among the given names, and that of its mask. */
const placesOf = (names: readonly string[]) =>
  PARTS.map(({ numbers, mask }) => ({
    numbers: numbers.flatMap((name) => (names.includes(name) ? [names.indexOf(name)] : [])),
    mask: names.indexOf(mask),
  }));

/** Minimum share of training windows on which a part must be known; a rarer part stays masked. */
const MIN_SHARE = 0.005;

/**
 * Makes the unscaled sentiment numbers: rows × SENTIMENT_COLUMNS, NaN where a number is unknown or not computed, masks 0 or 1. Columns are
 * aligned with the candles' rows, so a row depends on headlines up to its close only; columns may go on beyond `rows`. Rows before `from` are not
 * wanted, and NaN.
 */
export function sentimentFeatures(rows: number, sentiment: SentimentColumns, from = 0): Float32Array {
  const out = new Float32Array(rows * WIDTH).fill(Number.NaN);
  const unknown = Number.NaN;
  const view = ({ known, score, change, count, unusual }: ToneColumns & Partial<AmountColumns>, row: number) =>
    known[row] ? [score[row]!, Math.log1p(count?.[row] ?? unknown), unusual?.[row] ?? unknown, change[row]!] : null;
  const places = placesOf(SENTIMENT_COLUMNS);
  for (let row = from; row < rows; row++) {
    const { news, reddit, market, fearGreed, fearGreedChange } = sentiment;
    const index = Number.isNaN(fearGreed[row]!) ? null : [fearGreed[row]!, fearGreedChange[row]!];
    [view(news, row), view(reddit, row), view(market, row), index].forEach((values, part) => {
      const { numbers, mask } = places[part]!;
      if (values) out.set(values, row * WIDTH + numbers[0]!);
      out[row * WIDTH + mask] = values ? 1 : 0;
    });
  }
  return out;
}

/** Fits a scaler to the given rows (rows × SENTIMENT_INPUTS): each number over where it is known; a mask's mean is the share of rows on which its part is. */
export function fitSentimentScaler(values: Float32Array, rows: Int32Array): Scaler {
  return fitScaler(SENTIMENT_INPUTS, values, rows);
}

/**
 * Scales rows × the scaler's names in place. Unknown numbers become 0, the mean; unknown parts zeros throughout, and so do parts that were
 * rare in training, so that inputs the net was not trained on have no effect.
 */
export function applySentimentScaler(scaler: Scaler, values: Float32Array): Float32Array {
  const places = placesOf(scaler.names);
  for (let at = 0; at < values.length; at += scaler.names.length) {
    for (const { numbers, mask } of places) {
      const known = values[at + mask] === 1 && scaler.mean[mask]! >= MIN_SHARE;
      for (const column of numbers) {
        values[at + column] = known ? scaledValue(scaler, column, values[at + column]!) : 0;
      }
      values[at + mask] = known ? 1 : 0;
    }
  }
  return values;
}

/** Whether anything at all is known at a row of the given width, scaled or not. */
export function sentimentKnown(values: Float32Array, row: number, width: number): boolean {
  for (let mask = (row + 1) * width - MASKS.length; mask < (row + 1) * width; mask++)
    if (values[mask] === 1) return true;
  return false;
}

/** Whether headlines are known at a row of the given width; Fear & Greed alone, whose mask is the last, does not count. */
export function headlinesKnown(values: Float32Array, row: number, width: number): boolean {
  for (let mask = (row + 1) * width - MASKS.length; mask < (row + 1) * width - 1; mask++) {
    if (values[mask] === 1) return true;
  }
  return false;
}

/** The named columns of some rows of {@link sentimentFeatures}, copied; of all rows where none are given. */
export function pickSentiment(features: Float32Array, names: readonly string[], rows?: Int32Array): Float32Array {
  const columns = names.map((name) => SENTIMENT_COLUMNS.indexOf(name));
  const count = rows ? rows.length : features.length / WIDTH;
  const picked = new Float32Array(count * columns.length);
  for (let i = 0; i < count; i++) {
    const from = (rows ? rows[i]! : i) * WIDTH;
    for (let at = 0; at < columns.length; at++) picked[i * columns.length + at] = features[from + columns[at]!]!;
  }
  return picked;
}
