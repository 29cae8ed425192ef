import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import {
  createEventSchedule,
  type EventKind,
  type EventSchedule,
  eventOn,
  type ScheduledEvent,
} from '../../core/market-events.ts';
import { type Clock, DAY_MS, utcDay } from '../../core/time.ts';

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
  /** And, once they have come, the dates that were only expected. */
  readonly named: readonly ScheduledEvent[];
  /** Events that were expected and that a calendar named no more while they were still to come. */
  readonly removed: readonly ScheduledEvent[];
}

/** What the calendar is built from. */
export interface EventCalendarParts {
  /** Events of the file. */
  readonly file: readonly ScheduledEvent[];
  readonly official: OfficialEvents;
  /** Without any nothing is expected either: the file is all there is. */
  readonly publishers: readonly Publisher[];
  readonly keep: (official: OfficialEvents) => Promise<void>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** How far ahead dates are expected; every reading goes on from there. */
const EXPECTED_MS = 400 * DAY_MS;
/** What official calendars said longer ago than this is in no candles that are still replayed. */
const KEPT_MS = 1_100 * DAY_MS;
const keyOf = ({ kind, atMs }: ScheduledEvent) => `${kind} ${atMs}`;
/** The same with whether it is only expected, which people are told. */
const told = (event: ScheduledEvent) => `${keyOf(event)} ${event.expected ?? false}`;

/** Makes the calendar: the file's events, corrected and continued by what official calendars say, and after the last known payrolls by their rule. */
export function createEventCalendar(parts: EventCalendarParts): EventCalendar {
  const { file, publishers, keep, now, logger } = parts;
  let official = parts.official;
  const scheduleOf = (known: OfficialEvents) => {
    const events = merged(file, known);
    return createEventSchedule(publishers.length > 0 ? [...events, ...expectedPayrolls(events, now())] : events);
  };
  let current = scheduleOf(official);

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
      // What forecasts were made with stays in the past, whatever a calendar names from now on.
      const keys = new Set(next.named.map(keyOf));
      const come = current.events.filter((event) => event.expected && event.atMs <= nowMs && !keys.has(keyOf(event)));
      next = { named: [...next.named, ...come].filter(recent), removed: next.removed.filter(recent) };
      const before = new Set(current.events.map(told));
      const schedule = scheduleOf(next);
      const added = schedule.events.filter((event) => !event.expected && !before.has(told(event))).length;
      if (JSON.stringify(next) !== JSON.stringify(official)) await keep(next);
      official = next;
      if (schedule.events.length !== before.size || schedule.events.some((event) => !before.has(told(event)))) {
        current = schedule;
      }
      return { publishers: readings, changed: added };
    },
  };
}

/** What was read takes the place of what was known before of its kinds up to its last event; a time that nobody expected is known from now on. */
function corrected(
  { named, removed }: OfficialEvents,
  before: readonly ScheduledEvent[],
  read: readonly ScheduledEvent[],
  nowMs: number,
): OfficialEvents {
  const keys = new Set(read.map(keyOf));
  const lastMs = (kind: EventKind) =>
    Math.max(nowMs, ...read.filter((event) => event.kind === kind).map(({ atMs }) => atMs));
  const known = new Map(before.map((event) => [keyOf(event), event]));
  const gone = before.filter(
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

/** Everything that was announced. */
function merged(file: readonly ScheduledEvent[], { named, removed }: OfficialEvents): readonly ScheduledEvent[] {
  const without = new Set([...named, ...removed].map(keyOf));
  return [...file.filter((event) => !without.has(keyOf(event))), ...named];
}

/** Payrolls after the last known ones, by their rule; none where none are known. */
function expectedPayrolls(known: readonly ScheduledEvent[], nowMs: number): readonly ScheduledEvent[] {
  const lastMs = known.reduce((last, { kind, atMs }) => (kind === 'payrolls' && atMs > last ? atMs : last), 0);
  if (lastMs === 0) return [];
  const last = new Date(lastMs);
  const events: ScheduledEvent[] = [];
  for (let month = last.getUTCMonth() + 1; ; month++) {
    const event = eventOn('payrolls', utcDay(payrollsDayMs(last.getUTCFullYear(), month)));
    if (!event || event.atMs > nowMs + EXPECTED_MS) return events;
    events.push({ ...event, expected: true });
  }
}

/**
 * The day in a month (from 0; 12 is the next January) on which payrolls of the month before are released, as the Bureau of Labor Statistics describes it: the
 * third Friday after the week, Sunday to Saturday, that holds the 12th. Before 4 January it has been a week later, and the day before where Independence Day
 * is kept on that Friday (docs/events.md has how often this was right).
 */
export function payrollsDayMs(year: number, month: number): number {
  const twelfthMs = Date.UTC(year, month - 1, 12);
  const saturdayMs = twelfthMs + (6 - new Date(twelfthMs).getUTCDay()) * DAY_MS;
  const fridayMs = saturdayMs + 20 * DAY_MS;
  const friday = new Date(fridayMs);
  const [inMonth, day] = [friday.getUTCMonth(), friday.getUTCDate()];
  if (inMonth === 0 && day < 4) return fridayMs + 7 * DAY_MS;
  if (inMonth === 6 && (day === 3 || day === 4)) return fridayMs - DAY_MS;
  return fridayMs;
}
