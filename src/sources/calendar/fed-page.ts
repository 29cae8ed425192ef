import { Parser } from 'htmlparser2';
import { eventOn, type ScheduledEvent } from '../../core/market-events.ts';
import { type CalendarAnswer, notUnderstood } from './calendar-page.ts';

const SOURCE = 'federalreserve.gov';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Eight meetings are usual; one may be added or left out. */
const FEWEST_A_YEAR = 7;
const MOST_A_YEAR = 9;
const MOST_MEETINGS = 400;
/** Texts of a heading, a month and days are short; longer ones are something else. */
const MOST_TEXT = 120;

/** A meeting as the page writes it, such as `March` and `17-18*`, or `Apr/May` and `30-1`. */
interface Meeting {
  readonly year: number;
  readonly month: string;
  readonly days: string;
}

/**
 * Reads the page of the Federal Reserve's meetings (https://www.federalreserve.gov/monetarypolicy/fomccalendars.htm): headings such as `2026 FOMC
 * Meetings`, each followed by elements of the classes `fomc-meeting__month` and `fomc-meeting__date`. A meeting's last day has the statement and, since
 * 2019, the press conference. Meetings of earlier years, and those marked as unscheduled, cancelled or a notation vote, are left out. Throws
 * `CC_SOURCE_BAD_DATA` for another page, and where a year has too few or too many meetings.
 */
export function readFedPage({ bytes, nowMs }: CalendarAnswer): readonly ScheduledEvent[] {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const meetings = meetingsOf(new TextDecoder().decode(bytes)).filter(({ year }) => year >= thisYear);
  const days = new Map<number, string[]>();
  for (const meeting of meetings) {
    const day = lastDay(meeting);
    if (day === null) continue;
    const known = days.get(meeting.year) ?? [];
    known.push(day);
    days.set(meeting.year, known);
  }
  if (!days.has(thisYear)) throw notUnderstood(SOURCE, 'there are no meetings of this year');
  const events: ScheduledEvent[] = [];
  for (const [year, list] of days) {
    const count = new Set(list).size;
    if (count < FEWEST_A_YEAR || count > MOST_A_YEAR) throw notUnderstood(SOURCE, `${year} has ${count} meetings`);
    for (const day of new Set(list)) {
      const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
      const both = [eventOn('fomc', day), eventOn('fomc-press', day)];
      if (weekday === 0 || weekday === 6 || both.includes(null)) {
        throw notUnderstood(SOURCE, `${day} is no day for a meeting`);
      }
      events.push(...both.filter((event) => event !== null));
    }
  }
  return events.filter(({ atMs }) => atMs > nowMs);
}

/** The meetings of the page in its order. */
function meetingsOf(html: string): Meeting[] {
  const meetings: Meeting[] = [];
  let year: number | null = null;
  let month = '';
  let text = '';
  let inside: { readonly part: 'month' | 'date'; depth: number } | null = null;
  const parser = new Parser({
    onopentag(_name, attributes) {
      if (inside) {
        inside.depth++;
        return;
      }
      const classes = (attributes['class'] ?? '').split(/\s+/);
      const part = (['month', 'date'] as const).find((one) => classes.includes(`fomc-meeting__${one}`));
      text = '';
      if (part) inside = { part, depth: 0 };
    },
    ontext(more) {
      if (text.length < MOST_TEXT) text += more;
    },
    onclosetag() {
      if (!inside) {
        const heading = /^\s*(\d{4}) FOMC Meetings\s*$/.exec(text);
        if (heading) year = Number(heading[1]);
        text = '';
        return;
      }
      if (inside.depth-- > 0) return;
      if (inside.part === 'month') month = text.trim();
      else if (year !== null && month !== '') {
        if (meetings.length >= MOST_MEETINGS) throw notUnderstood(SOURCE, 'it has too many meetings');
        meetings.push({ year, month, days: text.trim() });
        month = '';
      }
      inside = null;
      text = '';
    },
  });
  parser.write(html);
  parser.end();
  return meetings;
}

/** The last day of a meeting, as `2026-03-18`; null for what is no scheduled meeting. Throws for days and months that do not fit together. */
function lastDay({ year, month, days }: Meeting): string | null {
  if (/notation|unscheduled|cancel|conference call/i.test(days)) return null;
  const range = /^(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?\s*\*?$/.exec(days);
  const months = month.split('/').map((name) => MONTHS.indexOf(name.trim().slice(0, 3).toLowerCase()) + 1);
  if (!range || months.length > 2 || months.includes(0)) throw notUnderstood(SOURCE, 'a meeting has no date');
  const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
  const crosses = months.length === 2;
  if (crosses !== last < first) throw notUnderstood(SOURCE, 'the days of a meeting do not fit its months');
  const two = (value: number) => String(value).padStart(2, '0');
  // "Dec/Jan" ends in the next year.
  const endYear = crosses && months[1]! < months[0]! ? year + 1 : year;
  return `${endYear}-${two(months.at(-1)!)}-${two(last)}`;
}
