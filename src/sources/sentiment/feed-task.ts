import type { ScheduledEvent } from '../../core/market-events.ts';
import type { FetchedHeadline } from '../../core/sentiment.ts';
import { readBlsCalendar } from '../calendar/bls-calendar.ts';
import type { CalendarAnswer, CalendarName } from '../calendar/calendar-page.ts';
import { readFedPage } from '../calendar/fed-page.ts';
import { type FeedAnswer, type FeedOrigin, readFeed } from './feed.ts';

/** A feed to read. */
export interface FeedRequest {
  /** Name of the source, for errors. */
  readonly source: string;
  readonly answer: FeedAnswer;
  readonly origin: FeedOrigin;
}

/** An official calendar to read. */
export interface CalendarRequest {
  readonly source: CalendarName;
  readonly answer: CalendarAnswer;
}

/** Reads a calendar in the calling thread; throws `CC_SOURCE_BAD_DATA`. */
export function readCalendar({ source, answer }: CalendarRequest): readonly ScheduledEvent[] {
  return source === 'bls.gov' ? readBlsCalendar(answer) : readFedPage(answer);
}

/** The worker's task: reads feeds and official calendars. */
export const task = (_setup: null) => ({
  read: ({ source, answer, origin }: FeedRequest): readonly FetchedHeadline[] => readFeed(source, answer, origin),
  readCalendar,
});
