import { DAY_MS, HOUR_MS, MINUTE_MS, utcTime } from '../../core/time.ts';
import { timeZoneLabel } from '../../core/time-zones.ts';
import { languageOf } from '../../language/languages.ts';

const UTC = 'UTC';

/** Clocks by zone; making one takes longer than using it a hundred times. */
const CLOCKS = new Map<string, Intl.DateTimeFormat>();

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The time that a clock in the zone shows at a moment, as ms of a clock in UTC that shows the same. */
function wallTime(timeMs: number, timeZone: string): number {
  if (timeZone === UTC) return timeMs;
  let clock = CLOCKS.get(timeZone);
  if (!clock) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    clock = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric });
    CLOCKS.set(timeZone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute']);
}

/** Days by locale, as a clock in UTC; one for each locale that charts are drawn in. */
const DAYS = new Map<string, Intl.DateTimeFormat>();

/** A day such as `21 Nov`, `21. Nov.` or `21 de nov.`. */
function dayText(wallMs: number, locale: string): string {
  const date = new Date(wallMs);
  if (languageOf(locale) === 'en') return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  let day = DAYS.get(locale);
  if (!day) {
    day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: UTC });
    DAYS.set(locale, day);
  }
  return day.format(date);
}

/**
 * A date such as `21 Nov`, or `21 Nov 14:00` where the time of day matters; in UTC if no zone is given, in English if no locale is. Throws
 * `RangeError` for what is no time.
 */
export function axisDate(timeMs: number, withTime: boolean, timeZone = UTC, locale = 'en'): string {
  const wallMs = wallTime(timeMs, timeZone);
  const day = dayText(wallMs, locale);
  return withTime ? `${day} ${utcTime(wallMs)}` : day;
}

/** A date with its year, such as `21 Nov 2026`, in UTC. */
export function fullDate(timeMs: number, locale: string): string {
  if (languageOf(locale) === 'en') return `${axisDate(timeMs, false)} ${new Date(timeMs).getUTCFullYear()}`;
  const date = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  return new Intl.DateTimeFormat(locale, { ...date, timeZone: UTC }).format(timeMs);
}

function yearIn(timeMs: number, timeZone: string): number {
  return new Date(wallTime(timeMs, timeZone)).getUTCFullYear();
}

/** A zone as a reader calls it: `UTC`, `UTC+5`, or by its city, such as `Los Angeles time`, in other languages than English by the city alone. */
function zoneName(timeZone: string, locale: string): string {
  const label = timeZoneLabel(timeZone);
  if (label !== timeZone) return label;
  if (/^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich|GMT[+-]?0)$/.test(timeZone)) return 'UTC';
  const city = timeZone.split('/').at(-1)!.replaceAll('_', ' ');
  return languageOf(locale) === 'en' ? `${city} time` : city;
}

/** Steps between the labels of a time axis. */
const LABEL_STEPS = [3, 6, 12, 24, 48, 72, 96, 120, 168, 240, 336].map((hours) => hours * HOUR_MS);

/** Writes a moment by the clock of a zone, such as `21 Nov 2026, 14:00 (Berlin time)`. Throws `RangeError` for what is no time. */
export function formatZoned(timeMs: number, timeZone: string, locale = 'en'): string {
  const time = axisDate(timeMs, true, timeZone).slice(-5);
  const day = axisDate(timeMs, false, timeZone, locale);
  return `${day} ${yearIn(timeMs, timeZone)}, ${time} (${zoneName(timeZone, locale)})`;
}

/** A label of a time axis. */
interface TimeTick {
  readonly timeMs: number;
  readonly label: string;
}

/**
 * Labels of a time axis between two moments, at least `gapMs` apart, at full hours or midnights of the zone; midnight shows the date. Where
 * none of so few falls between them, the last one of more is taken.
 */
export function timeTicks(fromMs: number, toMs: number, timeZone: string, gapMs: number, locale = 'en'): TimeTick[] {
  const first = LABEL_STEPS.findIndex((step) => step >= gapMs);
  const fitting = first < 0 ? LABEL_STEPS.length - 1 : first;
  const ticks = ticksEvery(LABEL_STEPS[fitting]!, fromMs, toMs, timeZone, locale);
  if (ticks.length > 0) return ticks;
  const smaller = LABEL_STEPS.slice(0, fitting).reverse();
  return (
    smaller
      .map((step) => ticksEvery(step, fromMs, toMs, timeZone, locale).slice(-1))
      .find(({ length }) => length > 0) ?? []
  );
}

function ticksEvery(stepMs: number, fromMs: number, toMs: number, timeZone: string, locale: string): TimeTick[] {
  const aheadMs = wallTime(toMs, timeZone) - Math.floor(toMs / MINUTE_MS) * MINUTE_MS;
  const ticks: TimeTick[] = [];
  const base = Math.min(stepMs, DAY_MS);
  for (let wallMs = Math.floor((toMs + aheadMs) / base) * base; ; wallMs -= stepMs) {
    const near = wallMs - aheadMs;
    // The clock may have been changed in between.
    const timeMs = near - (wallTime(near, timeZone) - wallMs);
    if (timeMs < fromMs) return ticks.reverse();
    const isMidnight = wallMs % DAY_MS === 0;
    const text = axisDate(timeMs, !isMidnight, timeZone, locale);
    ticks.push({ timeMs, label: isMidnight ? text : text.slice(-5) });
  }
}

/** Months between the labels of a long time axis. */
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];

const MONTH_MS = 30.4 * DAY_MS;

/** Labels of a time axis of days or weeks at first days of months, UTC, at least about `gapMs` apart; January shows the year. */
export function monthTicks(fromMs: number, toMs: number, gapMs: number, locale: string): TimeTick[] {
  const step = MONTH_STEPS.find((months) => months * MONTH_MS >= gapMs) ?? MONTH_STEPS.at(-1)!;
  const month = new Intl.DateTimeFormat(languageOf(locale) === 'en' ? 'en-US' : locale, {
    month: 'short',
    timeZone: UTC,
  });
  const first = new Date(fromMs);
  const ticks: TimeTick[] = [];
  for (let number = first.getUTCFullYear() * 12 + first.getUTCMonth(); ; number++) {
    const timeMs = Date.UTC(Math.floor(number / 12), number % 12);
    if (timeMs > toMs) return ticks;
    if (timeMs < fromMs || number % step !== 0) continue;
    ticks.push({ timeMs, label: number % 12 === 0 ? String(number / 12) : month.format(timeMs) });
  }
}
