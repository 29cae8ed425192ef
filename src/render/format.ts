import { DAY_MS, HOUR_MS, MINUTE_MS, utcDay, utcTime } from '../core/time.ts';

/** A no-break space, as between a number and its unit. */
export const NBSP = '\u00a0';
/** A true minus sign. */
export const MINUS = '\u2212';

/** Formats by number of decimals; making one takes longer than using it a hundred times. */
const FORMATS = new Map<number, Intl.NumberFormat>();

function withDecimals(value: number, decimals: number): string {
  let format = FORMATS.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    FORMATS.set(decimals, format);
  }
  return format.format(value);
}

/** Decimals that give a price about five significant digits, and none from five digits before the point on. */
function priceDecimals(price: number): number {
  const magnitude = Math.floor(Math.log10(Math.abs(price)));
  if (magnitude >= 4) return 0;
  if (magnitude >= 2) return 2;
  return 4 - magnitude;
}

/**
 * Writes prices in US dollars with the decimals that suit `reference`, so that the prices of one reply line up.
 * A price far below the reference keeps three significant digits; beyond 1e15 and below 1e-10 it is written as a power of ten.
 */
export function priceFormatter(reference: number): (price: number) => string {
  return (price) => {
    if (!Number.isFinite(price)) return 'unknown';
    if (price === 0) return '$0';
    const size = Math.abs(price);
    if (size >= 1e15 || size < 1e-10) return `${price < 0 ? MINUS : ''}$${size.toExponential(3)}`;
    const own = priceDecimals(price);
    const wanted = Number.isFinite(reference) && reference !== 0 ? priceDecimals(reference) : own;
    const decimals = Math.min(Math.max(wanted, size * 10 ** wanted < 100 ? own - 2 : 0, 0), 16);
    const digits = withDecimals(size, decimals);
    return `${price < 0 ? MINUS : ''}$${digits}`;
  };
}

/** Writes one price in US dollars with decimals that suit its own size, such as `$98,123` or `$0.000012345`. */
export function formatPrice(price: number): string {
  return priceFormatter(price)(price);
}

/** Digits of a percentage: two decimals below 0.1, one below 100, then none. */
function percentDigits(percent: number): string {
  const size = Math.abs(percent);
  if (size >= 1e7) return size.toExponential(1);
  const decimals = size >= 99.95 ? 0 : size < 0.0995 && size > 0 ? 2 : 1;
  return withDecimals(size, decimals);
}

/** Writes a percentage (already × 100) such as `1.6 %`, with a true minus sign where it is negative. */
export function formatPercent(percent: number): string {
  if (!Number.isFinite(percent)) return 'unknown';
  const digits = percentDigits(percent);
  return `${percent < 0 && Number(digits) !== 0 ? MINUS : ''}${digits}${NBSP}%`;
}

/** Writes a percentage (already × 100) with a plus where it is positive, such as `+1.6 %`. */
export function formatSignedPercent(percent: number): string {
  return `${percent > 0 ? '+' : ''}${formatPercent(percent)}`;
}

/** Writes a change from one price to another with its sign, such as `+1.6 %`. */
export function formatChange(from: number, to: number): string {
  const percent = (to / from - 1) * 100;
  if (!Number.isFinite(percent)) return 'unknown';
  const digits = percentDigits(percent);
  const sign = Number(digits) === 0 ? '±' : percent < 0 ? MINUS : '+';
  return `${sign}${digits}${NBSP}%`;
}

/** Writes a probability, never as 0 or 100 %: `52 %`, `under 1 %`, `over 99 %`. */
export function formatProbability(probability: number): string {
  if (!Number.isFinite(probability)) return 'unknown';
  if (probability < 0.01) return `under 1${NBSP}%`;
  if (probability > 0.99) return `over 99${NBSP}%`;
  return `${Math.round(probability * 100)}${NBSP}%`;
}

/** Writes a count with thousands separators. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? withDecimals(count, 0) : 'unknown';
}

/** Writes a length of time in its largest fitting unit, such as `3 days`, `5 hours`, `12 minutes` or `under a minute`. */
export function formatDuration(durationMs: number): string {
  const size = Math.abs(durationMs);
  for (const [unitMs, smallerMs, unit] of [
    [DAY_MS, HOUR_MS, 'day'],
    [HOUR_MS, MINUTE_MS, 'hour'],
    [MINUTE_MS, 0, 'minute'],
  ] as const) {
    // 59.7 minutes are an hour, not 60 minutes.
    if (size < unitMs - smallerMs / 2) continue;
    const count = Math.round(size / unitMs);
    return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'under a minute';
}

/**
 * Discord's markup for a moment, shown in the reader's own time zone.
 * Styles: `f` date and time, `t` time, `D` date, `R` relative to now.
 */
export function timestamp(timeMs: number, style: 'f' | 't' | 'D' | 'R'): string {
  return `<t:${Math.floor(timeMs / 1000)}:${style}>`;
}

/** Writes a moment as `2026-11-21 14:00 UTC`, for places where Discord's markup does not work. */
export function formatUtc(timeMs: number): string {
  if (Number.isNaN(new Date(timeMs).getTime())) return 'unknown time';
  return `${utcDay(timeMs)} ${utcTime(timeMs)} UTC`;
}

/** Characters that Discord reads as markup, mentions or masked links. */
const SPECIAL = /[\\*_~`|>#[\]()<@-]/g;

/**
 * Escapes text of a person or a feed so that Discord shows it literally: on one line, without markup, mentions, links, control
 * or text-direction characters.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(SPECIAL, (character, offset: number, whole: string) => {
      // A hyphen is markup only at the start of a line; elsewhere the backslash would be noise for screen readers.
      if (character === '-' && offset > 0) return character;
      // Parentheses matter only right after a bracket.
      if ((character === '(' || character === ')') && !whole.includes('[')) return character;
      return character === '@' ? '@\u200b' : `\\${character}`;
    })
    .replace(/:\/\//g, '\\://')
    .trim();
}

/** Takes the backslashes and invisible characters of {@link escapeMarkdown} away again, and bold, italics and code marks. */
export function stripMarkdown(text: string): string {
  return text
    .replace(/(?<!\\)(\*\*|__|`)/g, '')
    .replace(/^-# /gm, '')
    .replace(/\\([\\*_~`|>#[\]()<@:-])/g, '$1')
    .replaceAll('\u200b', '');
}
