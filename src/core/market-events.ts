import { localMoment } from './local-time.ts';
import { DAY_MS, HOUR_MS, utcDay } from './time.ts';

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

/** How long a kind goes on after its moment; figures and statements are out at once. */
const LASTS_MS: Readonly<Record<EventKind, number>> = { fomc: 0, cpi: 0, payrolls: 0, 'fomc-press': HOUR_MS };
const LONGEST_MS = Math.max(...Object.values(LASTS_MS));

/** An announcement whose time was known before. */
export interface ScheduledEvent {
  readonly kind: EventKind;
  readonly atMs: number;
  /** From when that time was known, where it was set or moved late; forecasts from before do not know it. */
  readonly announcedMs?: number;
  /** Set where nobody has announced it: its publisher's usual rule says so. */
  readonly expected?: true;
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
    // A calendar may name a day that its month does not have.
    return null;
  }
}

/** Announcements by time. */
export interface EventSchedule {
  /** All of them, ascending. */
  readonly events: readonly ScheduledEvent[];
  /**
   * The event that counts in [fromMs, fromMs + lengthMs), as known at its start: one that comes in it, or that goes on at its start. Null where there is none of
   * the kinds, by default of all.
   */
  within(fromMs: number, lengthMs: number, kinds?: readonly EventKind[]): ScheduledEvent | null;
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
    within(fromMs, lengthMs, kinds = EVENT_KINDS) {
      let found: ScheduledEvent | null = null;
      for (let at = firstFrom(fromMs - LONGEST_MS); at < sorted.length; at++) {
        const event = sorted[at]!;
        if (event.atMs >= fromMs + lengthMs) break;
        const isOver = event.atMs < fromMs && event.atMs + LASTS_MS[event.kind] <= fromMs;
        if (isOver || !kinds.includes(event.kind) || (event.announcedMs ?? fromMs) > fromMs) continue;
        if (!found || EVENT_KINDS.indexOf(event.kind) < EVENT_KINDS.indexOf(found.kind)) found = event;
      }
      return found;
    },
  };
}

/** A calendar that ends nearer than this is said to: releases are a month apart, so the next one may be missing already. */
const ENDS_SOON_MS = 45 * DAY_MS;

/**
 * The kinds of which no event is announced long ahead, as `no US inflation figures are known after 2026-12-10`; null where there are none. Of dates that are
 * only expected it says so.
 */
export function endingText({ events }: EventSchedule, nowMs: number): string | null {
  // Press conferences follow statements.
  const ending = (['fomc', 'cpi', 'payrolls'] as const).flatMap((kind) => {
    const last = events.findLast((event) => event.kind === kind && !event.expected);
    if (!last || last.atMs >= nowMs + ENDS_SOON_MS) return [];
    const are = kind === 'fomc' ? 'is' : 'are';
    const rule = events.some((event) => event.kind === kind && event.expected && event.atMs > last.atMs);
    return [
      `no ${EVENT_NAMES[kind]} ${are} known after ${utcDay(last.atMs)}${rule ? ' (expected on their usual days)' : ''}`,
    ];
  });
  return ending.length === 0 ? null : ending.join(', ');
}
