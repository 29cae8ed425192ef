import { SourceError } from '../source-error.ts';

/** Official calendars that are read, by the name of their publisher's host. */
export const CALENDARS = ['federalreserve.gov', 'bls.gov'] as const;
export type CalendarName = (typeof CALENDARS)[number];

/** What a calendar's answer holds, and as of when it is read. */
export interface CalendarAnswer {
  readonly bytes: Uint8Array;
  readonly nowMs: number;
}

/** The error of a calendar that is not built as it was; nothing of it is used. */
export function notUnderstood(source: CalendarName, why: string): SourceError {
  return new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent a calendar that cannot be understood: ${why}.`);
}
