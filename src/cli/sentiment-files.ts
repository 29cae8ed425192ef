import type { FearGreedDay, Headline } from '../core/headline.ts';
import type { SentimentAt } from '../core/sentiment-columns.ts';
import type { ScoredStory } from '../sentiment/aggregate.ts';
import { createSentimentColumns } from '../sentiment/columns.ts';
import { scoredStory } from '../services/sentiment/scored-story.ts';
import { readFearGreedFile } from './feargreed-file.ts';
import { readHeadlinesFiles } from './headlines-file.ts';

/** The files that `--headlines` and `--feargreed` name. */
export interface SentimentFileNames {
  readonly headlines: readonly string[];
  readonly feargreed: readonly string[];
}

/** What was read of them, and a line that says so. */
export interface SentimentFiles {
  readonly at: SentimentAt;
  readonly said: string;
}

/** Splits `A.csv,B.csv`; nothing where the option is absent. */
export const fileList = (option: string | undefined): readonly string[] =>
  (option ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const day = (ms: number | undefined) => (ms === undefined ? '–' : new Date(ms).toISOString().slice(0, 10));

/** Stories that count, in the order they were first seen: nothing that was set aside, and each story once. */
function storiesOf(headlines: readonly Headline[]): ScoredStory[] {
  return headlines
    .filter((headline) => headline.setAside === null && headline.storyId === headline.id)
    .map(scoredStory)
    .sort((a, b) => a.timeMs - b.timeMs);
}

/** One value a day; of files that overlap the first one named counts. */
function daysOf(lists: readonly (readonly FearGreedDay[])[]): FearGreedDay[] {
  const days = new Map<number, FearGreedDay>();
  for (const one of lists.flat()) if (!days.has(one.timeMs)) days.set(one.timeMs, one);
  return [...days.values()].sort((a, b) => a.timeMs - b.timeMs);
}

/** Reads, scores and aggregates the files; null when none is named. Throws `CC_FILE` as the readers do. */
export async function readSentimentFiles({ headlines, feargreed }: SentimentFileNames): Promise<SentimentFiles | null> {
  if (headlines.length === 0 && feargreed.length === 0) return null;
  const read = await readHeadlinesFiles(headlines);
  const stories = storiesOf(read);
  const days = daysOf(await Promise.all(feargreed.map(readFearGreedFile)));
  const make = createSentimentColumns(stories, days);
  const parts = [
    ...(headlines.length > 0
      ? [
          `${stories.length} stories of ${read.length} headlines, ${day(stories[0]?.timeMs)} to ${day(stories.at(-1)?.timeMs)}`,
        ]
      : []),
    ...(feargreed.length > 0
      ? [`Fear & Greed of ${days.length} days, ${day(days[0]?.timeMs)} to ${day(days.at(-1)?.timeMs)}`]
      : []),
  ];
  return { at: async (symbol, closeTimesMs) => make(symbol, closeTimesMs), said: `${parts.join('; ')}.` };
}
