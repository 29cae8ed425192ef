import { utcDay, utcTime } from '../core/time.ts';
import { translatorFor } from '../language/translator.ts';

export { MINUS, NBSP } from '../language/formats.ts';

/** For texts that exist in English alone; others use the formats of the reader's translator. */
const ENGLISH = translatorFor('en-US').formats;

export const {
  prices: priceFormatter,
  price: formatPrice,
  percent: formatPercent,
  signedPercent: formatSignedPercent,
  change: formatChange,
  probability: formatProbability,
  count: formatCount,
  duration: formatDuration,
} = ENGLISH;

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
