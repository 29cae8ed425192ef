import { localMoment } from '../../core/local-time.ts';
import { type EventKind, eventOn, type ScheduledEvent } from '../../core/market-events.ts';
import { DAY_MS } from '../../core/time.ts';
import { type CalendarAnswer, notUnderstood } from './calendar-page.ts';

const SOURCE = 'bls.gov';
/** Releases by the title of their entry; others have longer ones, such as "Employment Situation of Veterans". */
const TITLES: readonly (readonly [RegExp, EventKind])[] = [
  [/^Consumer Price Index(?: for \w+ \d{4})?$/i, 'cpi'],
  [/^(?:The )?Employment Situation(?: for \w+ \d{4})?$/i, 'payrolls'],
];
const EASTERN = new Set(['US-Eastern', 'US/Eastern', 'America/New_York']);
const MOST_LINES = 200_000;
const MOST_EVENTS = 100;
/** Months lie between two releases, or nearly three after a shutdown; closer ones are not both the monthly release. */
const LEAST_APART_MS = 12 * DAY_MS;
const MOST_APART_MS = 100 * DAY_MS;

/**
 * Reads the calendar of the Bureau of Labor Statistics (https://www.bls.gov/schedule/news_release/bls.ics, iCalendar, RFC 5545): entries titled
 * `Consumer Price Index` and `Employment Situation`, at 08:30 in New York. Throws `CC_SOURCE_BAD_DATA` for anything else, and where an entry is at
 * another time of day or the entries do not lie about a month apart.
 */
export function readBlsCalendar({ bytes, nowMs }: CalendarAnswer): readonly ScheduledEvent[] {
  // A line that begins with white space goes on from the line before.
  const lines = new TextDecoder()
    .decode(bytes)
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/, MOST_LINES);
  if (lines[0]?.trim() !== 'BEGIN:VCALENDAR') throw notUnderstood(SOURCE, 'it is no iCalendar file');
  const found = new Map<EventKind, Set<number>>();
  let entry: { title: string; start: string } | null = null;
  for (const line of lines) {
    if (line === 'BEGIN:VEVENT') entry = { title: '', start: '' };
    else if (!entry) continue;
    else if (/^SUMMARY[;:]/.test(line)) entry.title = line.slice(line.indexOf(':') + 1).trim();
    else if (/^DTSTART[;:]/.test(line)) entry.start = line;
    else if (line === 'END:VEVENT') {
      const { title, start } = entry;
      const kind = TITLES.find(([pattern]) => pattern.test(title))?.[1];
      if (kind) found.set(kind, (found.get(kind) ?? new Set<number>()).add(releaseMs(kind, start)));
      entry = null;
    }
  }
  return [...found].flatMap(([kind, moments]) => {
    const sorted = [...moments].sort((a, b) => a - b);
    const apart = sorted.slice(1).map((ms, i) => ms - sorted[i]!);
    if (sorted.length > MOST_EVENTS || apart.some((ms) => ms < LEAST_APART_MS || ms > MOST_APART_MS)) {
      throw notUnderstood(SOURCE, 'its releases do not lie about a month apart');
    }
    return sorted.filter((atMs) => atMs > nowMs).map((atMs) => ({ kind, atMs }));
  });
}

/** The moment of a release from its `DTSTART` line. */
function releaseMs(kind: EventKind, line: string): number {
  const parts = /^DTSTART((?:;[^:]*)?):(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\d(Z?)$/.exec(line.trim());
  const [, options = '', year, month, day, hour, minute, utc] = parts ?? [];
  const zone = /;TZID="?([^";]+)/.exec(options)?.[1];
  const date = `${year}-${month}-${day}`;
  const usual = parts && eventOn(kind, date);
  if (!usual || (!utc && !EASTERN.has(zone ?? ''))) throw notUnderstood(SOURCE, 'a release has no date and time');
  const time = `${hour}:${minute}`;
  const atMs = utc
    ? Date.parse(`${date}T${time}:00Z`)
    : localMoment(date, { localTime: time, timeZone: 'America/New_York' });
  if (atMs !== usual.atMs) throw notUnderstood(SOURCE, 'a release is at another time than 08:30 in New York');
  return usual.atMs;
}
