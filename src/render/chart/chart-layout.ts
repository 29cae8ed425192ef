import { type Candle, closeTimeMs, INTERVAL_MS, type Interval, joined } from '../../core/candle.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, utcTime } from '../../core/time.ts';
import { timeZoneLabel } from '../../core/time-zones.ts';
import type { Formats } from '../../language/formats.ts';
import { languageOf } from '../../language/languages.ts';

/** One place on the time axis of the past: the candle of its time, or null where none is known. */
export interface Slot {
  readonly openTimeMs: number;
  readonly candle: Candle | null;
}

/** How the past before a moment is drawn. */
export interface Past {
  /** Interval of the candles that are known. */
  readonly interval: Interval;
  /** Candles of the interval that one slot puts together. */
  readonly each: number;
  /** Slots wanted. */
  readonly count: number;
}

/**
 * The last `count` slots up to the newest close that there may be at the origin, gaps included. A slot of several candles opens with the first
 * of those known and closes with the last; one without any is a gap.
 */
export function historySlots(history: readonly Candle[], { interval, each, count }: Past, originMs: number): Slot[] {
  const stepMs = INTERVAL_MS[interval];
  const byTime = new Map(history.map((candle) => [candle.openTimeMs, candle]));
  const newest = history.at(-1);
  if (!newest) return [];
  // Days may end at any hour.
  const newestMs = closeTimeMs(newest, interval);
  const endMs = newestMs + Math.floor((originMs - newestMs) / stepMs) * stepMs;
  const slots: Slot[] = [];
  for (let i = count; i >= 1; i--) {
    const openTimeMs = endMs - i * each * stepMs;
    const within = Array.from({ length: each }, (_, k) => byTime.get(openTimeMs + k * stepMs) ?? []).flat();
    slots.push({ openTimeMs, candle: within.length === 0 ? null : joined(openTimeMs, within) });
  }
  // The chart of a young coin starts with its history.
  const first = slots.findIndex((slot) => slot.candle !== null);
  return first < 0 ? [] : slots.slice(Math.min(first, Math.max(slots.length - 8, 0)));
}

/** Smallest share of a chart's height that the outermost band takes, so that old prices far away do not press it flat. */
const BAND_SHARE = 0.4;

/**
 * The price range to draw: the outermost band, and of the past every candle body, and wicks up to half of that range beyond it, so that one
 * extreme trade does not flatten everything else. The past is cut where the band would get less than {@link BAND_SHARE} of the height.
 */
export function priceDomain(slots: readonly Slot[], bandEdges: readonly number[]): { min: number; max: number } {
  const candles = slots.flatMap((slot) => slot.candle ?? []);
  const edges = bandEdges.filter(Number.isFinite);
  const [lowEdge, highEdge] = [Math.min(...edges), Math.max(...edges)];
  const solid = [...edges, ...candles.flatMap((candle) => [candle.open, candle.close])].filter(Number.isFinite);
  const [low, high] = [Math.min(...solid), Math.max(...solid)];
  const reach = (high - low) / 2;
  const lowest = Math.max(Math.min(low, ...candles.map((candle) => candle.low)), low - reach);
  const highest = Math.min(Math.max(high, ...candles.map((candle) => candle.high)), high + reach);
  const room = highEdge > lowEdge ? (highEdge - lowEdge) * (1 / BAND_SHARE - 1) : Number.POSITIVE_INFINITY;
  const [below, above] = [lowEdge - lowest, highest - highEdge];
  const isWide = below + above > room;
  // The side that needs less than half of the room gets what it needs.
  const share = (own: number, other: number) => Math.min(own, Math.max(room / 2, room - other));
  const min = isWide ? lowEdge - share(below, above) : lowest;
  const max = isWide ? highEdge + share(above, below) : highest;
  const margin = max > min ? (max - min) * 0.04 : Math.abs(max) * 0.01 || 1;
  return { min: min - margin, max: max + margin };
}

/** Round numbers inside a range, about `wanted` of them, with the decimals they need. */
export function niceTicks(min: number, max: number, wanted: number): { values: number[]; decimals: number } {
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const values: number[] = [];
  const first = Math.ceil(min / step);
  for (let i = first; i * step <= max && values.length < 20; i++) values.push(i * step);
  // 2.5 is the only factor that needs a digit more than its power of ten.
  const decimals = Math.min(Math.max(-Math.floor(Math.log10(step) + 1e-9) + (step / power === 2.5 ? 1 : 0), 0), 16);
  return { values, decimals };
}

/** A label of a price axis. */
export interface PriceTick {
  readonly value: number;
  readonly label: string;
}

/**
 * About `wanted` round prices inside a range, written with the decimals that they need together; those that are too large or too small for that as
 * the prices around `reference` are.
 */
export function priceTicks(
  { min, max }: { readonly min: number; readonly max: number },
  wanted: number,
  reference: number,
  formats: Pick<Formats, 'amount' | 'prices'>,
  currency?: string,
): PriceTick[] {
  const { values, decimals } = niceTicks(min, max, wanted);
  return values.map((value) => {
    const isExtreme = Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-10);
    const label = isExtreme ? formats.prices(reference, currency)(value) : formats.amount(value, decimals, currency);
    return { value, label };
  });
}

/**
 * Moves labels apart until each has `gap` to the next, as little as needed and inside [top, bottom].
 * Takes wanted centres in any order; returns the centres in the same order.
 */
export function spreadLabels(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
  const room = Math.min(gap, (bottom - top) / Math.max(wanted.length - 1, 1));
  // A cluster of touching labels is centred on the mean of its members' wanted positions.
  const clusters: { members: number[]; start: number }[] = [];
  const startOf = (members: readonly number[]): number => {
    const centre = members.reduce((sum, member, i) => sum + wanted[member]! - i * room, 0) / members.length;
    return Math.min(Math.max(centre, top), bottom - (members.length - 1) * room);
  };
  for (const index of order) {
    let cluster = { members: [index], start: startOf([index]) };
    for (let last = clusters.at(-1); last && last.start + last.members.length * room > cluster.start; ) {
      clusters.pop();
      const members = [...last.members, ...cluster.members];
      cluster = { members, start: startOf(members) };
      last = clusters.at(-1);
    }
    clusters.push(cluster);
  }
  const centres = new Array<number>(wanted.length).fill(0);
  for (const { members, start } of clusters)
    members.forEach((member, i) => {
      centres[member] = start + i * room;
    });
  return centres;
}

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
