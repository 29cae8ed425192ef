import type { ScheduledEvent } from '../../core/market-events.ts';
import { MINUTE_MS } from '../../core/time.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import type { FeedReader } from '../sentiment/feed-reader.ts';
import { SourceError } from '../source-error.ts';
import type { CalendarName } from './calendar-page.ts';

/** A publisher's calendar of announcements. */
export interface OfficialCalendar {
  readonly name: CalendarName;
  /** The events to come. Throws as `HttpClient.getBytes` and `FeedReader.readCalendar`. */
  fetchEvents(signal?: AbortSignal): Promise<readonly ScheduledEvent[]>;
}

/** {@link ProviderOptions} for both publishers. */
export interface CalendarOptions extends Omit<ProviderOptions, 'baseUrl'> {
  readonly reader: Pick<FeedReader, 'readCalendar'>;
  readonly fedUrl: string;
  readonly blsUrl: string;
}

const RATE_LIMITS = [{ requests: 4, perMs: MINUTE_MS }];
/** The page has about 300 kB and the calendar 100. */
const MAX_BYTES = 2 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** The calendars of the US Federal Reserve and the US Bureau of Labor Statistics. */
export function createOfficialCalendars(options: CalendarOptions): readonly OfficialCalendar[] {
  const { reader, fedUrl, blsUrl, ...provider } = options;
  const calendar = (name: CalendarName, baseUrl: string, path: string, accept: string): OfficialCalendar => {
    const http = createHttpClient({
      rateLimits: RATE_LIMITS,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      ...provider,
      baseUrl,
      source: name,
      headers: { Accept: accept },
    });
    return {
      name,
      async fetchEvents(signal) {
        const answer = await http.getBytes({ path, ...(signal ? { signal } : {}) });
        if (!answer) throw new SourceError(name, 'CC_SOURCE_BAD_DATA', 'sent nothing.');
        const request = { source: name, answer: { bytes: answer.bytes, nowMs: provider.now() } };
        return reader.readCalendar(request, signal);
      },
    };
  };
  return [
    calendar('federalreserve.gov', fedUrl, '/monetarypolicy/fomccalendars.htm', 'text/html'),
    calendar('bls.gov', blsUrl, '/schedule/news_release/bls.ics', 'text/calendar, text/plain'),
  ];
}
