import { Temporal } from 'temporal-polyfill';
import { cutText } from './cut-text.ts';
import { CandlecastError } from './errors.ts';
import { DAY_MS } from './time.ts';

/** A daily wall-clock time in a time zone. */
export interface WallClock {
  /** `HH:MM`, 00:00 to 23:59. */
  readonly localTime: string;
  /** IANA name. */
  readonly timeZone: string;
}

/** One day's moment of a wall-clock time. */
export interface Occurrence {
  readonly atMs: number;
  /** The local day it belongs to: 1 is Monday, 7 Sunday. */
  readonly weekday: number;
}

/** Days searched from the one before; a local day may not exist, as on islands that crossed the date line. */
const DAYS_AHEAD = 5;

/** Parses `9:30`, `09.30`, `9am`, `9:30 pm` or `21` as `HH:MM`; throws `CC_USAGE`. */
export function parseLocalTime(text: string): string {
  const found = /^(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?(?:m\.?)?$/i.exec(text.trim());
  const half = found?.[3]?.toLowerCase();
  const typed = Number(found?.[1]);
  const minute = Number(found?.[2] ?? 0);
  const fits = found !== null && minute < 60 && (half ? typed >= 1 && typed <= 12 : typed < 24);
  // A bare "m" without "a" or "p" is no half of the day.
  if (!fits || (!half && /m/i.test(text))) {
    throw new CandlecastError('CC_USAGE', `"${cutText(text.trim(), 20)}" is not a time of day.`, {
      remedy: 'Give hours and minutes, such as 09:30 or 18:00.',
      said: { key: 'errors.timeUnknown', values: { typed: cutText(text.trim(), 20) } },
      advice: { key: 'errors.timeAdvice' },
    });
  }
  const hour = half ? (typed % 12) + (half === 'p' ? 12 : 0) : typed;
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/**
 * The first moment after `afterMs` at which the clock in that zone shows the time, once for every local day: where the clock
 * skips the time, the first moment after the gap; where it shows it twice, the first of them only.
 */
export function nextOccurrence(clock: WallClock, afterMs: number): Occurrence {
  const today = dateOf(clock.timeZone, afterMs);
  for (let days = -1; days <= DAYS_AHEAD; days++) {
    const date = today.add({ days });
    const atMs = momentOn(date, clock);
    if (atMs !== null && atMs > afterMs) return { atMs, weekday: date.dayOfWeek };
  }
  throw new CandlecastError('CC_INTERNAL', `There is no ${clock.localTime} in ${clock.timeZone}.`);
}

/** The last moment at or before `atMs` at which {@link nextOccurrence} falls. */
export function latestOccurrence(clock: WallClock, atMs: number): Occurrence {
  const today = dateOf(clock.timeZone, atMs);
  for (let days = 1; days >= -DAYS_AHEAD; days--) {
    const date = today.add({ days });
    const momentMs = momentOn(date, clock);
    if (momentMs !== null && momentMs <= atMs) return { atMs: momentMs, weekday: date.dayOfWeek };
  }
  throw new CandlecastError('CC_INTERNAL', `There was no ${clock.localTime} in ${clock.timeZone}.`);
}

function dateOf(timeZone: string, atMs: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** The moment at which the clock in a zone shows a time on a date such as `2024-01-31`; null on a date that the zone left out. Throws `RangeError` for what is no date. */
export function localMoment(day: string, clock: WallClock): number | null {
  return momentOn(Temporal.PlainDate.from(day), clock);
}

/** The moment of a clock's time on a local date; null on a date that the zone left out. */
function momentOn(date: Temporal.PlainDate, { localTime, timeZone }: WallClock): number | null {
  const wanted = date.toPlainDateTime(Temporal.PlainTime.from(localTime));
  // In a daylight-saving gap, `earlier` uses the offset from before it; the clock then still shows an earlier time.
  const earlier = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(wanted)) return earlier.epochMilliseconds;
  const later = wanted.toZonedDateTime(timeZone, { disambiguation: 'later' });
  if (later.epochMilliseconds - earlier.epochMilliseconds >= DAY_MS) return null;
  return earlier.getTimeZoneTransition('next')?.epochMilliseconds ?? later.epochMilliseconds;
}

/** The local time in that zone, as `HH:MM`, and its offset from UTC, as `+01:00`. */
export function clockIn(timeZone: string, atMs: number): { readonly time: string; readonly offset: string } {
  const there = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
  return { time: there.toPlainTime().toString({ smallestUnit: 'minute' }), offset: there.offset.slice(0, 6) };
}
