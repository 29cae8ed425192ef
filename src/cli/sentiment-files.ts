import { type Asset, KNOWN_ASSETS } from '../core/asset.ts';
import { CandlecastError } from '../core/errors.ts';
import type { FearGreedDay, Headline, SentimentAt } from '../core/sentiment.ts';
import { DAY_MS, utcDay } from '../core/time.ts';
import { createSentimentColumns, scoredStory } from '../sentiment/aggregate.ts';
import { COIN_NAMES } from '../sentiment/coin-names.ts';
import { type ClassifiedHeadline, createHeadlineClassifier, headlineId } from '../sentiment/headline-classifier.ts';
import type { ScoredStory } from '../sentiment/story-lists.ts';
import { parseTimestamp } from '../sources/market/csv-layout.ts';
import { plainText, webAddress } from '../sources/sentiment/plain-text.ts';
import { type ColumnNames, cell, readTable } from './csv-table.ts';

/** The files that `--headlines` and `--feargreed` name. */
export interface SentimentFileNames {
  readonly headlines: readonly string[];
  readonly feargreed: readonly string[];
}

/** What the files hold: sentiment at any time of a coin, and a sentence about the files. */
export interface SentimentFiles {
  readonly at: SentimentAt;
  readonly summary: string;
}

const day = (ms: number | undefined) => (ms === undefined ? '–' : utcDay(ms));

/** Reads, scores and aggregates the files; null when none is named. Throws `CC_FILE` as the readers do. */
export async function readSentimentFiles({ headlines, feargreed }: SentimentFileNames): Promise<SentimentFiles | null> {
  if (headlines.length === 0 && feargreed.length === 0) return null;
  const read = await readHeadlinesFiles(headlines);
  const stories = storiesOf(read);
  const days = daysOf(await Promise.all(feargreed.map(readFearGreedFile)));
  const columnsOf = createSentimentColumns(stories, days);
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
  return { at: async (...asked) => columnsOf(...asked), summary: `${parts.join('; ')}.` };
}

/** Stories that count, in the order they were first seen: filtered headlines are left out, and each story occurs once. */
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

const HEADLINE_TIME: ColumnNames = [
  'timestamp',
  'date',
  'published_at',
  'publishedat',
  'published',
  'time',
  'datetime',
  'created_utc',
];
const TITLE: ColumnNames = ['title', 'text', 'headline'];
const OUTLET: ColumnNames = ['source', 'outlet', 'publisher', 'site', 'subreddit'];
const ADDRESS: ColumnNames = ['url', 'link', 'guid', 'id'];

/** Coins searched for by default: the built-in ones, and former ones that old headlines name. */
const ASSETS: readonly Asset[] = [
  ...KNOWN_ASSETS,
  ...Object.entries(COIN_NAMES)
    .filter(([symbol]) => !KNOWN_ASSETS.some((asset) => asset.symbol === symbol))
    .map(([symbol, [first]]) => ({ symbol, name: first![0], rank: null, marketCapUsd: null, stablecoin: false })),
];

/**
 * Reads CSV files of headlines, by header name: a time (`timestamp`, `date`, `published_at` or `time`; ISO 8601 or epoch), a title (`title`,
 * `text` or `headline`), and if there are any `source` or `outlet`, and `url`. The stamped time counts as the moment it was first seen;
 * where only the day is known (no time, or exactly midnight), that is the day's end, so that nothing is known too early. Ascending in
 * time; coins, stories and what is set aside are worked out from earlier rows of all files alone, repeats within an outlet are left out,
 * and so are rows without a title or time. Throws `CC_FILE`, naming the line.
 */
export async function readHeadlinesFiles(
  paths: readonly string[],
  assets: readonly Asset[] = ASSETS,
): Promise<readonly Headline[]> {
  const found = (await Promise.all(paths.map(rowsOf))).flat();
  found.sort((a, b) => a.firstSeenMs - b.firstSeenMs);
  const classifier = await createHeadlineClassifier(assets);
  const seen = new Set<string>();
  const headlines: Headline[] = [];
  for (const one of found) {
    if (seen.has(one.id)) continue;
    seen.add(one.id);
    const classified = classifier.classify(one);
    if (classified !== null) headlines.push({ ...one, ...classified });
  }
  return headlines;
}

type UnclassifiedHeadline = Omit<Headline, keyof ClassifiedHeadline>;

async function rowsOf(path: string): Promise<UnclassifiedHeadline[]> {
  const found: UnclassifiedHeadline[] = [];
  for await (const row of readTable(path, [HEADLINE_TIME, TITLE])) {
    const stamp = cell(row, HEADLINE_TIME);
    const title = plainText(cell(row, TITLE));
    if (stamp === '' || title === '') continue;
    const stampedMs = stampMs(stamp);
    if (stampedMs === null)
      throw new CandlecastError('CC_FILE', `${path}, line ${row.line}: "${stamp.slice(0, 40)}" is no time in UTC.`);
    const outlet = plainText(cell(row, OUTLET)).slice(0, 100) || 'file';
    const guid = (cell(row, ADDRESS) || `${stamp} ${title}`).slice(0, 300);
    const firstSeenMs = stampedMs % DAY_MS === 0 ? stampedMs + DAY_MS : stampedMs;
    found.push({
      id: headlineId(outlet, guid),
      guid,
      kind: /^(?:r\/|reddit)/i.test(outlet) ? 'reddit' : 'news',
      outlet,
      title,
      url: webAddress(cell(row, ADDRESS)),
      publishedAtMs: stampedMs,
      firstSeenMs,
    });
  }
  if (found.length === 0) throw new CandlecastError('CC_FILE', `${path} holds no headline.`);
  return found;
}

/** ISO 8601 in UTC or with an offset, or an epoch time; null for everything else. */
function stampMs(text: string): number | null {
  const plain = parseTimestamp(text);
  if (plain !== null) return plain;
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?[+-]\d{2}:?\d{2}$/.test(text))
    return /^\d{9,13}\.\d{1,6}$/.test(text) ? parseTimestamp(text.split('.')[0]!) : null;
  const ms = Date.parse(text.replace(' ', 'T').replace(/\s/g, ''));
  return Number.isFinite(ms) ? ms : null;
}

const INDEX_TIME: ColumnNames = ['timestamp', 'date', 'time', 'datetime', 'day'];
const INDEX_VALUE: ColumnNames = ['value', 'index', 'fng', 'feargreed', 'fear_greed', 'fng_value'];

/**
 * Reads a CSV of the Fear & Greed index, by header name: a time (`timestamp` or `date`) and a `value` from 0 to 100. Ascending, one a
 * day. A value stamped later than midnight counts from the next midnight on, so that it is never known too early. Throws `CC_FILE`,
 * naming the line.
 */
export async function readFearGreedFile(path: string): Promise<readonly FearGreedDay[]> {
  const days = new Map<number, number>();
  for await (const row of readTable(path, [INDEX_TIME, INDEX_VALUE])) {
    const bad = (what: string) => new CandlecastError('CC_FILE', `${path}, line ${row.line}: ${what}.`);
    const stampedMs = parseTimestamp(cell(row, INDEX_TIME));
    if (stampedMs === null) throw bad(`"${cell(row, INDEX_TIME).slice(0, 40)}" is no time in UTC`);
    const text = cell(row, INDEX_VALUE);
    const value = text === '' ? Number.NaN : Number(text);
    if (!(value >= 0 && value <= 100)) throw bad(`"${text.slice(0, 40)}" is no value from 0 to 100`);
    const timeMs = Math.ceil(stampedMs / DAY_MS) * DAY_MS;
    const before = days.get(timeMs);
    if (before !== undefined && before !== value) throw bad('the same day has two different values');
    days.set(timeMs, value);
  }
  if (days.size === 0) throw new CandlecastError('CC_FILE', `${path} holds no value.`);
  return [...days].map(([timeMs, value]) => ({ timeMs, value })).sort((a, b) => a.timeMs - b.timeMs);
}
