import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import {
  createEventSchedule,
  type EventKind,
  type EventSchedule,
  type ScheduledEvent,
} from '../../core/market-events.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';

/** A publisher's calendar, as far as this service needs it. */
interface Publisher {
  readonly name: string;
  fetchEvents(signal?: AbortSignal): Promise<readonly ScheduledEvent[]>;
}

/** What came of reading the official calendars. */
export interface CalendarReading {
  /** Events to come by publisher, or why it could not be read. */
  readonly publishers: readonly { readonly name: string; readonly events: number; readonly problem: string | null }[];
  /** Events added or moved. */
  readonly changed: number;
}

/** The announcements that forecasts know of. */
export interface EventCalendar {
  /** As known now; the same object until something changes. */
  schedule(): EventSchedule;
  /** Reads the official calendars. A publisher that cannot be read or understood changes nothing. Throws the signal's reason. */
  refresh(signal: AbortSignal): Promise<CalendarReading>;
}

/** What official calendars have said since they were first read. */
export interface OfficialEvents {
  readonly named: readonly ScheduledEvent[];
  /** Events that were expected and that a calendar named no more while they were still to come. */
  readonly removed: readonly ScheduledEvent[];
}

/** What the calendar is built from. */
export interface EventCalendarParts {
  /** Events of the file. */
  readonly file: readonly ScheduledEvent[];
  readonly official: OfficialEvents;
  readonly publishers: readonly Publisher[];
  readonly keep: (official: OfficialEvents) => Promise<void>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** What official calendars said longer ago than this is in no candles that are still replayed. */
const KEPT_MS = 1_100 * DAY_MS;
const keyOf = ({ kind, atMs }: ScheduledEvent) => `${kind} ${atMs}`;

/** Makes the calendar: the file's events, corrected and continued by what official calendars say. */
export function createEventCalendar(parts: EventCalendarParts): EventCalendar {
  const { file, publishers, keep, now, logger } = parts;
  let official = parts.official;
  let current = merged(file, official);

  return {
    schedule: () => current,
    async refresh(signal) {
      const readings: CalendarReading['publishers'][number][] = [];
      let next = official;
      const nowMs = now();
      for (const { name, fetchEvents } of publishers) {
        try {
          const events = await fetchEvents(signal);
          next = corrected(next, merged(file, next), events, nowMs);
          readings.push({ name, events: events.length, problem: null });
        } catch (error) {
          signal.throwIfAborted();
          const { code, message } = asCandlecastError(error);
          logger.info({ publisher: name, code }, 'an official calendar cannot be read; what is known stays');
          readings.push({ name, events: 0, problem: message });
        }
      }
      const recent = ({ atMs }: ScheduledEvent) => atMs > nowMs - KEPT_MS;
      next = { named: next.named.filter(recent), removed: next.removed.filter(recent) };
      const before = new Set(current.events.map(keyOf));
      const schedule = merged(file, next);
      const added = schedule.events.filter((event) => !before.has(keyOf(event))).length;
      if (JSON.stringify(next) !== JSON.stringify(official)) await keep(next);
      official = next;
      if (added > 0 || schedule.events.length !== before.size) current = schedule;
      return { publishers: readings, changed: added };
    },
  };
}

/** What was read takes the place of what was expected of its kinds up to its last event; a time that nobody expected is known from now on. */
function corrected(
  { named, removed }: OfficialEvents,
  expected: EventSchedule,
  read: readonly ScheduledEvent[],
  nowMs: number,
): OfficialEvents {
  const keys = new Set(read.map(keyOf));
  const lastMs = (kind: EventKind) =>
    Math.max(nowMs, ...read.filter((event) => event.kind === kind).map(({ atMs }) => atMs));
  const known = new Map(expected.events.map((event) => [keyOf(event), event]));
  const gone = expected.events.filter(
    (event) => event.atMs > nowMs && event.atMs <= lastMs(event.kind) && !keys.has(keyOf(event)),
  );
  const goneKeys = new Set(gone.map(keyOf));
  const isReplaced = (event: ScheduledEvent) => keys.has(keyOf(event)) || goneKeys.has(keyOf(event));
  return {
    named: [
      ...named.filter((event) => !isReplaced(event)),
      ...read.map((event) => known.get(keyOf(event)) ?? { ...event, announcedMs: nowMs }),
    ],
    removed: [...removed.filter((event) => !isReplaced(event)), ...gone],
  };
}

function merged(file: readonly ScheduledEvent[], { named, removed }: OfficialEvents): EventSchedule {
  const without = new Set([...named, ...removed].map(keyOf));
  return createEventSchedule([...file.filter((event) => !without.has(keyOf(event))), ...named]);
}
