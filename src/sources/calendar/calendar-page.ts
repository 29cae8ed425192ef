import { localMoment } from '../../core/local-time.ts';
import type { EventKind, ScheduledEvent } from '../../core/market-events.ts';
import { SourceError } from '../source-error.ts';

/** Official calendars that are read, by the name of their publisher's host. */
export const CALENDARS = ['federalreserve.gov', 'bls.gov'] as const;
export type CalendarName = (typeof CALENDARS)[number];

/** What a calendar's answer holds, and as of when it is read. */
export interface CalendarAnswer {
  readonly bytes: Uint8Array;
  readonly nowMs: number;
}

/** Time of day in New York at which each kind is published. */
export const PUBLISHED_AT: Readonly<Record<EventKind, string>> = {
  fomc: '14:00',
  'fomc-press': '14:30',
  cpi: '08:30',
  payrolls: '08:30',
};

/** The event of a kind on a date such as `2024-01-31`, at its usual time in New York; null for what is no date. */
export function eventOn(kind: EventKind, day: string): ScheduledEvent | null {
  try {
    const atMs = localMoment(day, { localTime: PUBLISHED_AT[kind], timeZone: 'America/New_York' });
    return atMs === null ? null : { kind, atMs };
  } catch {
    // The page may name a day that its month does not have.
    return null;
  }
}

/** The error of a calendar that is not built as it was; nothing of it is used. */
export function notUnderstood(source: CalendarName, why: string): SourceError {
  return new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent a calendar that cannot be understood: ${why}.`);
}
