import { utcTime } from './time.ts';

/**
 * Kinds of scheduled announcements that move the whole market, the one that counts first where a span holds several: the statement of the US
 * Federal Reserve's committee (FOMC), consumer prices, payrolls, and the press conference that follows a statement.
 */
export const EVENT_KINDS = ['fomc', 'cpi', 'payrolls', 'fomc-press'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** What people call each kind, as a sentence begins with it. */
export const EVENT_NAMES: Readonly<Record<EventKind, string>> = {
  fomc: 'Federal Reserve statement',
  cpi: 'US inflation figures',
  payrolls: 'US jobs figures',
  'fomc-press': 'Federal Reserve press conference',
};

/** An announcement whose time was known before. */
export interface ScheduledEvent {
  readonly kind: EventKind;
  readonly atMs: number;
  /** From when that time was known, where it was set or moved late; forecasts from before do not know it. */
  readonly announcedMs?: number;
}

/** Announcements by time. */
export interface EventSchedule {
  /** All of them, ascending. */
  readonly events: readonly ScheduledEvent[];
  /** The event that counts in [fromMs, fromMs + lengthMs), as known at its start; null where there is none. */
  within(fromMs: number, lengthMs: number): ScheduledEvent | null;
}

/** A schedule without events. */
export const NO_EVENTS: EventSchedule = { events: [], within: () => null };

/** Makes a schedule of events in any order. */
export function createEventSchedule(events: readonly ScheduledEvent[]): EventSchedule {
  const sorted = [...events].sort(
    (a, b) => a.atMs - b.atMs || EVENT_KINDS.indexOf(a.kind) - EVENT_KINDS.indexOf(b.kind),
  );
  /** Index of the first event at or after a moment. */
  function firstFrom(ms: number): number {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]!.atMs < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  return {
    events: sorted,
    within(fromMs, lengthMs) {
      let found: ScheduledEvent | null = null;
      for (let at = firstFrom(fromMs); at < sorted.length && sorted[at]!.atMs < fromMs + lengthMs; at++) {
        const event = sorted[at]!;
        if ((event.announcedMs ?? fromMs) > fromMs) continue;
        if (!found || EVENT_KINDS.indexOf(event.kind) < EVENT_KINDS.indexOf(found.kind)) found = event;
      }
      return found;
    },
  };
}

/** An event with its time, as `US inflation figures at 13:30 UTC`. */
export function eventText({ kind, atMs }: ScheduledEvent): string {
  return `${EVENT_NAMES[kind]} at ${utcTime(atMs)} UTC`;
}
