import { createTask, parse } from 'node-cron';
import { Temporal } from 'temporal-polyfill';
import { DAY_MS } from '../core/time.ts';

/** The times of a schedule in UTC ms, before or after any moment; node-cron itself gives only the next one after the wall clock's present. */
export interface CronTimes {
  /** The first moment after `ms`; null when there is none within eight years. */
  next(ms: number): number | null;
  /** The last moment at or before `ms`; null when there is none within eight years. */
  last(ms: number): number | null;
}

/** The next leap day may be eight years away. */
const MAX_DAYS = 8 * 366 + 1;
const HOURS_A_DAY = 24;
/** Days whose times are cached. */
const CACHED_DAYS = 100;

/**
 * Parses a schedule in node-cron's syntax for a time zone. A time of day that a daylight-saving change skips comes as much
 * later as the clocks jump, and one that occurs twice comes the first time only; a schedule of every hour runs through both changes
 * hour by hour. Throws node-cron's error for an invalid schedule and a `RangeError` for an unknown zone.
 */
export function cronTimes(schedule: string, timeZone: string): CronTimes {
  const fields = parse(schedule);
  // node-cron's matcher decides which days count, with L, W and #; in UTC, where every day has a midnight.
  const { dayOfMonth, month, dayOfWeek } = fields;
  const days = createTask(`0 0 0 ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`, () => undefined, {
    timezone: 'UTC',
  });
  // Only its matcher is needed; node-cron would keep the task in its list for ever.
  void days.destroy();
  const hourly = fields.hour.length === HOURS_A_DAY;
  const times = fields.hour.flatMap((hour) =>
    fields.minute.flatMap((minute) => fields.second.map((second) => (hour * 60 + minute) * 60 + second)),
  );
  times.sort((a, b) => a - b);
  const cached = new Map<number, readonly number[]>();

  /** `day` counts from 1970-01-01 on the calendar. */
  function momentsOf(day: number): readonly number[] {
    const known = cached.get(day);
    if (known) return known;
    const midnightUtc = new Date(day * DAY_MS);
    const moments = days.match(midnightUtc) ? momentsOfDay(midnightUtc, timeZone, times, hourly) : [];
    if (cached.size >= CACHED_DAYS) cached.clear();
    cached.set(day, moments);
    return moments;
  }

  function dayAt(ms: number): number {
    const { offsetNanoseconds } = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
    return Math.floor((ms + offsetNanoseconds / 1e6) / DAY_MS);
  }
  dayAt(0);

  return {
    next(ms) {
      // The day before may reach into this one where the clocks jump over midnight.
      const start = dayAt(ms) - 1;
      for (let day = start; day < start + MAX_DAYS; day++) {
        const found = momentsOf(day).find((moment) => moment > ms);
        if (found !== undefined) return found;
      }
      return null;
    },
    last(ms) {
      const start = dayAt(ms);
      for (let day = start; day > start - MAX_DAYS; day--) {
        const found = momentsOf(day).findLast((moment) => moment <= ms);
        if (found !== undefined) return found;
      }
      return null;
    },
  };
}

/** The moments on one local day, ascending; `times` are seconds since midnight in local time. */
function momentsOfDay(
  midnightUtc: Date,
  timeZone: string,
  times: readonly number[],
  hourly: boolean,
): readonly number[] {
  const date = new Temporal.PlainDate(
    midnightUtc.getUTCFullYear(),
    midnightUtc.getUTCMonth() + 1,
    midnightUtc.getUTCDate(),
  );
  const startMs = date.toZonedDateTime(timeZone).epochMilliseconds;
  const endMs = date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
  if (endMs - startMs === DAY_MS) return times.map((second) => startMs + second * 1_000);
  const moments = new Set<number>();
  for (const second of times) {
    const wall = date.toPlainDateTime().add({ seconds: second });
    const earlier = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
    const later = wall.toZonedDateTime(timeZone, { disambiguation: 'later' });
    const exists = earlier.toPlainDateTime().equals(wall);
    if (!hourly) moments.add((exists ? earlier : later).epochMilliseconds);
    else if (exists) moments.add(earlier.epochMilliseconds).add(later.epochMilliseconds);
  }
  return [...moments].sort((a, b) => a - b);
}
