import { storyWords } from './story-words.ts';

const [RISE = 'rise'] = storyWords('rise');
const [FALL = 'fall'] = storyWords('fall');
/** How far apart two numbers may be and still be the same, rounded. */
const ABOUT = 0.02;

/**
 * Whether two headlines, as story words, speak of opposite moves, both of numbers of which none is about the same, or differ in
 * nothing but numbers, as the parts of a daily series do.
 */
export function contradict(a: readonly string[], b: readonly string[]): boolean {
  if ((onlyRises(a) && onlyFalls(b)) || (onlyFalls(a) && onlyRises(b))) return true;
  const mine = numbersIn(a);
  const theirs = numbersIn(b);
  if (mine.length === 0 || theirs.length === 0) return false;
  const about = (x: number) => (y: number) => Math.abs(x - y) <= ABOUT * Math.max(x, y);
  if (!mine.some((x) => theirs.some(about(x)))) return true;
  const serial = !mine.every((x) => theirs.includes(x)) && !theirs.every((x) => mine.includes(x));
  return serial && a.length === b.length && a.every((word) => word.startsWith('#') || b.includes(word));
}

const onlyRises = (words: readonly string[]) => words.includes(RISE) && !words.includes(FALL);
const onlyFalls = (words: readonly string[]) => words.includes(FALL) && !words.includes(RISE);

function numbersIn(words: readonly string[]): number[] {
  return words.filter((word) => word.startsWith('#')).map((word) => Number(word.slice(1)));
}
