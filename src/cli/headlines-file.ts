import { type Asset, KNOWN_ASSETS } from '../core/asset.ts';
import { CandlecastError } from '../core/errors.ts';
import type { Headline } from '../core/headline.ts';
import { DAY_MS } from '../core/time.ts';
import { COIN_NAMES } from '../sentiment/coin-names.ts';
import { headlineId } from '../sentiment/headline-id.ts';
import { createHeadlineSorter, type SortedHeadline } from '../sentiment/sorter.ts';
import { parseTimestamp } from '../sources/market/timestamp.ts';
import { plainText, webAddress } from '../sources/sentiment/plain-text.ts';
import { type ColumnNames, cell, readTable } from './csv-table.ts';

const TIME: ColumnNames = [
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

/** Coins looked for where the caller names none: those known to the program, and former ones that old headlines speak of. */
const ASSETS: readonly Asset[] = [
  ...KNOWN_ASSETS,
  ...Object.entries(COIN_NAMES)
    .filter(([symbol]) => !KNOWN_ASSETS.some((asset) => asset.symbol === symbol))
    .map(([symbol, [first]]) => ({ symbol, name: first![0], rank: null, marketCapUsd: null, stablecoin: false })),
];

/**
 * Reads a CSV of headlines, by header name: a time (`timestamp`, `date`, `published_at` or `time`; ISO 8601 or epoch), a title (`title`, `text` or
 * `headline`), and if there are any `source` or `outlet`, and `url`. The stamped time counts as the moment it was first seen; where only
 * the day is known (no time, or exactly midnight), that is the day's end, so that nothing is known too early. Ascending in time; coins, stories
 * and what is set aside are worked out from earlier rows alone, repeats within an outlet are left out, and so are rows without a title
 * or time. Throws `CC_FILE`, naming the line.
 */
export async function readHeadlinesFile(path: string, assets: readonly Asset[] = ASSETS): Promise<readonly Headline[]> {
  return readHeadlinesFiles([path], assets);
}

/** Several files as {@link readHeadlinesFile} reads one, together: a story that two of them tell is one story. */
export async function readHeadlinesFiles(
  paths: readonly string[],
  assets: readonly Asset[] = ASSETS,
): Promise<readonly Headline[]> {
  const found = (await Promise.all(paths.map(rowsOf))).flat();
  found.sort((a, b) => a.firstSeenMs - b.firstSeenMs);
  const sorter = createHeadlineSorter(assets);
  const seen = new Set<string>();
  const headlines: Headline[] = [];
  for (const one of found) {
    if (seen.has(one.id)) continue;
    seen.add(one.id);
    const sorted = sorter.sort(one);
    if (sorted !== null) headlines.push({ ...one, ...sorted });
  }
  return headlines;
}

type UnsortedHeadline = Omit<Headline, keyof SortedHeadline>;

async function rowsOf(path: string): Promise<UnsortedHeadline[]> {
  const found: UnsortedHeadline[] = [];
  for await (const row of readTable(path, [TIME, TITLE])) {
    const stamp = cell(row, TIME);
    const title = plainText(cell(row, TITLE));
    if (stamp === '' || title === '') continue;
    const stampedMs = momentOf(stamp);
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
function momentOf(text: string): number | null {
  const plain = parseTimestamp(text);
  if (plain !== null) return plain;
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?[+-]\d{2}:?\d{2}$/.test(text))
    return /^\d{9,13}\.\d{1,6}$/.test(text) ? parseTimestamp(text.split('.')[0]!) : null;
  const ms = Date.parse(text.replace(' ', 'T').replace(/\s/g, ''));
  return Number.isFinite(ms) ? ms : null;
}
