import { Temporal } from 'temporal-polyfill';
import { cutText } from './cut-text.ts';
import { CandlecastError } from './errors.ts';
import { localMoment, nextOccurrence, parseLocalTime } from './local-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/** Words of the five languages for a unit of time, without accents. */
const UNITS: readonly (readonly [ms: number, words: string])[] = [
  [MINUTE_MS, 'm min mins minute minutes minuten minuto minutos'],
  [HOUR_MS, 'h hr hrs hour hours std stunde stunden hora horas heure heures'],
  [DAY_MS, 'd day days tag tage tagen dia dias jour jours'],
  [7 * DAY_MS, 'w wk week weeks woche wochen semana semanas semaine semaines'],
];
const UNIT_MS: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([ms, words]) => words.split(' ').map((word) => [word, ms] as const)),
);
const TODAY: ReadonlySet<string> = new Set(['today', 'heute', 'hoy', "aujourd'hui", 'hoje']);
const TOMORROW: ReadonlySet<string> = new Set(['tomorrow', 'morgen', 'manana', 'demain', 'amanha']);
/** Spans that have a name, in the five languages, without accents. */
const NAMED: readonly (readonly [ms: number, names: readonly string[]])[] = [
  [DAY_MS, [...TOMORROW, 'daily', 'one day', 'a day']],
  [
    7 * DAY_MS,
    [
      'next week',
      'nachste woche',
      'proxima semana',
      'semaine prochaine',
      'la semaine prochaine',
      'la proxima semana',
      'semana que vem',
      'weekly',
    ],
  ],
  [7 * DAY_MS, ['one week', 'a week', 'week', 'woche', 'semana', 'semaine']],
  [HOUR_MS, ['hourly', 'one hour', 'an hour', 'next hour']],
];
const NAMED_MS: ReadonlyMap<string, number> = new Map(
  NAMED.flatMap(([ms, names]) => names.map((name) => [name, ms] as const)),
);
/** The days of the week from Monday on, in the five languages, without accents. */
const WEEKDAYS: readonly string[] = [
  'monday mon montag mo lunes lundi segunda segunda-feira',
  'tuesday tue tues dienstag di martes mardi terca terca-feira',
  'wednesday wed mittwoch mi miercoles mercredi quarta quarta-feira',
  'thursday thu thurs donnerstag do jueves jeudi quinta quinta-feira',
  'friday fri freitag fr viernes vendredi sexta sexta-feira',
  'saturday sat samstag sonnabend sa sabado samedi',
  'sunday sun sonntag so domingo dimanche',
];
const WEEKDAY_OF: ReadonlyMap<string, number> = new Map(
  WEEKDAYS.flatMap((words, i) => words.split(' ').map((word) => [word, i + 1] as const)),
);
/** A number with a unit. */
const PART = /(\d{1,5}(?:\.\d{1,3})?)\s*([a-z]+)\s*/gy;
/** Words before a span, a day or a time of day. */
const LEADING = /^(?:in|for|by|until|bis|en|para|dans|pour|em) /;
const BEFORE_DAY = /^(?:by|until|on|next|this|bis|am|nachsten|el|este|hasta|le|avant|ate|na|no) /;
const BEFORE_TIME = /^(?:at|um|a las|a la|a|as) /;

/**
 * The moment that a person means by `6h`, `2d`, `1d12h`, `18:00` (the next one), `friday`, `tomorrow 18:00`, `2026-12-03`, `2026-12-03 18:00` or
 * `2026-12-03T18:00Z`. A day alone is its beginning, except that `tomorrow` is a day from now. Dates and times without `Z` or `UTC` are those of the zone.
 * Throws `CC_USAGE`.
 */
export function parseMomentAhead(text: string, nowMs: number, timeZone: string): number {
  const typed = unaccented(text);
  const spanMs = spanOf(typed);
  if (spanMs !== null) return nowMs + spanMs;
  const plain = typed.replace(/ ?(?:z|utc)$/, '');
  const where = plain === typed ? timeZone : 'UTC';
  try {
    const dated = /^(\d{4}-\d{2}-\d{2})(?:[t, ] ?(\S.*))?$/.exec(plain);
    const day = dated ? { date: dated[1]!, time: dated[2] } : namedDay(plain, nowMs, where);
    if (!day) return nextOccurrence({ localTime: parseLocalTime(withoutLeading(plain)), timeZone: where }, nowMs).atMs;
    const localTime = day.time === undefined ? '00:00' : parseLocalTime(day.time.replace(/^(\d\d:\d\d):\d\d.*$/, '$1'));
    const atMs = localMoment(day.date, { localTime, timeZone: where });
    if (atMs !== null) return atMs;
  } catch (error) {
    if (!(error instanceof CandlecastError) && !(error instanceof RangeError)) throw error;
  }
  throw new CandlecastError('CC_USAGE', `"${cutText(text.trim(), 30)}" is not a moment that I understand.`, {
    remedy: 'Give how far ahead, such as 6h or 2d, or a time, such as 18:00 or friday 18:00.',
    said: { key: 'errors.momentUnknown', values: { typed: cutText(text.trim(), 30) } },
    advice: { key: 'errors.momentAdvice' },
  });
}

/** Whether {@link parseMomentAhead} understands the text. */
export function isMomentAhead(text: string): boolean {
  try {
    parseMomentAhead(text, 0, 'UTC');
    return true;
  } catch {
    return false;
  }
}

/** The date and the time of day, if there is one, of `friday`, `next friday at 6pm`, `today 18:00` or `tomorrow 18:00`; a day of the week is the next one that begins. */
function namedDay(text: string, nowMs: number, timeZone: string): { date: string; time: string | undefined } | null {
  const [word = '', ...rest] = text.replace(BEFORE_DAY, '').split(' ');
  const time = rest.length === 0 ? undefined : withoutLeading(rest.join(' '));
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).toPlainDate();
  const weekday = WEEKDAY_OF.get(word);
  const days =
    weekday !== undefined
      ? ((weekday - today.dayOfWeek + 6) % 7) + 1
      : TODAY.has(word)
        ? 0
        : TOMORROW.has(word)
          ? 1
          : null;
  return days === null ? null : { date: today.add({ days }).toString(), time };
}

function withoutLeading(time: string): string {
  return time.replace(BEFORE_TIME, '').replace(/(\d) ?(?:uhr|h)$/, '$1');
}

/** In small letters, without accents, with single spaces. */
function unaccented(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('’', "'").toLowerCase().trim().replace(/\s+/g, ' ');
}

/** The length of time in ms that is written as `6h`, `2 days`, `1d12h`, `in 3 Tagen` or `tomorrow`; null where it is none. */
export function spanOf(text: string): number | null {
  const typed = unaccented(text).replace(LEADING, '');
  const named = NAMED_MS.get(typed);
  if (named !== undefined) return named;
  // As charts name their candles: `h4` is four hours.
  const turned = /^([hdw])(\d{1,3})$/.exec(typed);
  if (turned) return Number(turned[2]) * UNIT_MS.get(turned[1]!)!;
  let sum = 0;
  PART.lastIndex = 0;
  for (;;) {
    const from = PART.lastIndex;
    const found = PART.exec(typed);
    if (!found) return from > 0 && from === typed.length ? sum : null;
    const unitMs = UNIT_MS.get(found[2]!);
    if (unitMs === undefined) return null;
    sum += Number(found[1]) * unitMs;
  }
}

/** Words of a span at most: `in 3 days`, `semana que vem`. */
const MAX_SPAN_WORDS = 4;

/** Signs between a coin and a span that stand in place of a space: `BTC:1d`, `BTC@4h`. */
const BEFORE_SPAN = [':', '@', '-', '_'];

/**
 * What was typed as a coin and how far ahead, as in `BTC 2h`, `BTC in 3 days`, `1d BTC`, `BTC:1d` or `what will BTC do tomorrow?`; null where no span stands
 * before or after a coin.
 */
export function splitSpan(text: string): { readonly rest: string; readonly span: string } | null {
  const words = withoutEnd(text.trim()).split(/\s+/);
  for (let count = Math.min(MAX_SPAN_WORDS, words.length - 1); count > 0; count--) {
    for (const at of [words.length - count, 0]) {
      const span = words.slice(at, at + count).join(' ');
      const rest = words.toSpliced(at, count).join(' ');
      if (spanOf(span) !== null) return { rest: withoutEnd(rest), span };
    }
  }
  const typed = words.join(' ');
  const at = Math.max(...BEFORE_SPAN.map((sign) => typed.lastIndexOf(sign)));
  const [rest, span] = [typed.slice(0, Math.max(at, 0)), typed.slice(at + 1)];
  return rest !== '' && spanOf(span) !== null ? { rest, span } : null;
}

/** A text without the marks that end a sentence or a part of one. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 1 && '?!.,;'.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
