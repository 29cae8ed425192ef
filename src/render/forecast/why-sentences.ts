import type { Attribution, ForecastExplanation, InputGroup } from '../../core/explanation.ts';
import { HORIZONS } from '../../core/horizon.ts';

type Words = Readonly<Record<InputGroup, string>>;

/** The groups as a reader calls them, inside a sentence. */
const WORDS: Words = {
  volatility: "this coin's recent volatility",
  trend: 'its recent trend',
  bitcoin: 'Bitcoin',
  volume: 'volume',
  calendar: 'the time of the week',
  history: 'how much history there is',
  onchain: 'market cap and on-chain activity',
  sentiment: 'news and mood',
};

const NBSP = '\u00a0';
/** A width within this of the usual one is as usual, and a pull below this is not worth naming. */
const USUAL = 0.03;
const WORTH_NAMING = 0.02;
/** Pulls on the median below this are nothing. */
const STILL = 0.001;

const change = (share: number, decimals = 0) =>
  `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(decimals)}${NBSP}%`;

interface Pull {
  readonly words: string;
  readonly value: number;
}

/** The attribution in plain words: one sentence about the width, one about the direction. */
export function whySentences({ width, median, horizon }: ForecastExplanation): string[] {
  const words = HORIZONS[horizon].interval === '1h' ? { ...WORDS, calendar: 'the time of day and of the week' } : WORDS;
  return [widthSentence(width, words), directionSentence(median, words)];
}

/** Every part that pulls, the largest first; what is no group of inputs is named for what it is. */
function pulls({ groups, reference, calibration, adjustment }: Attribution, words: Words): Pull[] {
  return [
    ...groups.map(({ group, value }) => ({ words: words[group], value })),
    { words: 'how the model reads neutral inputs', value: reference },
    { words: 'calibration', value: calibration },
    { words: 'a safety margin for unusual markets', value: adjustment },
  ].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function named(list: readonly Pull[]): string {
  return list.map(({ words, value }) => `${words} (${change(Math.expm1(value))})`).join(' and ');
}

function widthSentence(width: Attribution, words: Words): string {
  const total = width.shown - width.usual;
  const all = pulls(width, words).filter(({ value }) => Math.abs(value) >= WORTH_NAMING);
  if (Math.abs(total) < USUAL) {
    const [most] = all;
    return most === undefined
      ? 'About as wide as usual; nothing in particular moves it.'
      : `About as wide as usual; the strongest pull is ${named([most])}, and the others make up for it.`;
  }
  const along = all.filter(({ value }) => value > 0 === total > 0);
  const against = all.filter(({ value }) => value > 0 !== total > 0);
  const because = along.length === 0 ? ', from many small pulls' : `, mainly because of ${named(along.slice(0, 2))}`;
  const despite = against.length === 0 ? '' : `, despite ${named(against.slice(0, 1))}`;
  return `${total > 0 ? 'Wider' : 'Narrower'} than usual (${change(Math.expm1(total))})${because}${despite}.`;
}

/** Only inputs are named: that the model starts elsewhere than the coin's past drift is no news about direction. */
function directionSentence(median: Attribution, words: Words): string {
  const most = median.groups
    .map(({ group, value }) => ({ words: words[group], value }))
    .filter(({ value }) => Math.abs(value) >= STILL)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  if (most.length === 0) return `Direction: nothing moves the median by more than 0.1${NBSP}%.`;
  const list = most.slice(0, 2).map(({ words, value }) => `${words} (${change(Math.expm1(value), 1)})`);
  return `Direction: the median is moved by ${list.join(' and ')}.`;
}
