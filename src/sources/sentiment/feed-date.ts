/** Longer texts are no dates. */
const MAX_LENGTH = 70;
/** Offsets of zone names in minutes: those of RFC 822 and what publishers of Europe, Asia and Australia write. */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    gmt: 0,
    ut: 0,
    utc: 0,
    z: 0,
    wet: 0,
    west: 60,
    bst: 60,
    cet: 60,
    cest: 120,
    met: 60,
    mest: 120,
    eet: 120,
    eest: 180,
    msk: 180,
    ist: 330,
    sgt: 480,
    hkt: 480,
    jst: 540,
    kst: 540,
    wib: 420,
    pkt: 300,
    sast: 120,
    awst: 480,
    acst: 570,
    acdt: 630,
    aest: 600,
    aedt: 660,
    nzst: 720,
    nzdt: 780,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
    mst: -420,
    mdt: -360,
    pst: -480,
    pdt: -420,
    akst: -540,
    akdt: -480,
    hst: -600,
    nst: -210,
    ndt: -150,
    ast: -240,
    adt: -180,
    art: -180,
    brt: -180,
  }),
);
/** Languages whose names of months are read; where two mean different months by one beginning, the first counts. */
const LANGUAGES = ['en', 'de', 'es', 'fr', 'it', 'pt', 'nl', 'sv', 'nb', 'id', 'pl', 'ru', 'uk', 'tr'];
const MONTHS = monthNames();
/** Words that stand between the parts of a date. */
const FILLERS = new Set([
  'at',
  'à',
  'às',
  'a',
  'las',
  'um',
  'om',
  'kl.',
  'de',
  'del',
  'di',
  'of',
  'uhr',
  '|',
  '-',
  '–',
  '·',
]);

/** Date and time as written; the zone still text. */
interface Written {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  readonly time: string;
}

/**
 * The moment a date of RFC 822, RFC 3339, ISO 8601 or one of the other common forms means, in ms; null for anything else and for days and
 * times that do not exist. Without a zone it is UTC. The zone of this machine has no influence. A date of three numbers is day first where
 * it has points, month first where it has slashes.
 */
export function parseFeedDate(text: string): number | null {
  if (text.length > MAX_LENGTH) return null;
  const line = text.trim().toLowerCase();
  const written = isoDate(line) ?? namedDate(line) ?? numericDate(line) ?? eastAsianDate(line);
  if (!written) return null;
  const time = timeOfDay(written.time);
  const { year, month, day } = written;
  if (time === null) return null;
  const dayMs = Date.UTC(year, month, day);
  const made = new Date(dayMs);
  if (year < 1970 || made.getUTCMonth() !== month || made.getUTCDate() !== day) return null;
  return dayMs + time;
}

/** `2026-06-17`, `20260617T…`, `2026/06/17`, then `T` or a space and the time. */
function isoDate(line: string): Written | null {
  const match = /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2})(?=t|$))(?:[t ]\s{0,3}(.{1,60}))?$/.exec(line);
  if (!match) return null;
  const [, year, , m1, d1, m2, d2, time = ''] = match;
  return { year: Number(year), month: Number(m1 ?? m2) - 1, day: Number(d1 ?? d2), time };
}

/** `Wed, 17 Jun 2026 …`, `17-Jun-26 …`, `June 17, 2026 …`, and `Wed Jun 17 2026 …` or `Wed Jun 17 09:00:00 GMT 2026`. */
function namedDate(line: string): Written | null {
  const words = line.split(/[\s,]/).filter((word) => word !== '' && !FILLERS.has(word));
  // The weekday in any language, with or without its comma; it is not compared.
  if (
    words.length > 3 &&
    !/\d/.test(words[0]!) &&
    (line.includes(',') || monthOf(words[0]!) === null || monthOf(words[1]!) !== null)
  ) {
    // "mar" is March in English and Tuesday in Italian, which a day and a month follow.
    const isMonth = monthOf(words[0]!) !== null && /^\d{1,2}$/.test(words[1]!) && monthOf(words[2]!) === null;
    if (!isMonth) words.shift();
  }
  const dashed = /^(\d{1,2})-([^\d\s-]{3,12})-(\d{2,4})$/.exec(words[0] ?? '');
  if (dashed) words.splice(0, 1, dashed[1]!, dashed[2]!, dashed[3]!);
  const dayFirst = /^\d/.test(words[0] ?? '');
  const [first = '', second = '', ...rest] = words;
  const month = monthOf(dayFirst ? second : first);
  const day = dayNumber(dayFirst ? first : second);
  if (month === null || day === null) return null;
  // asctime and `date` put the year last.
  const yearAt = rest[0]?.includes(':') ? rest.length - 1 : 0;
  const year = yearNumber(rest[yearAt] ?? '');
  if (year === null) return null;
  return { year, month, day, time: rest.filter((_, at) => at !== yearAt).join(' ') };
}

/** `17.06.2026 …`, `6/17/2026 …`. */
function numericDate(line: string): Written | null {
  const match = /^(\d{1,2})([./])(\d{1,2})\2(\d{4})(?:,? {1,3}(.{1,60}))?$/.exec(line);
  if (!match) return null;
  const [, first, sign, second, year, time = ''] = match;
  const [day, month] = sign === '.' ? [first, second] : [second, first];
  return { year: Number(year), month: Number(month) - 1, day: Number(day), time };
}

/** Months, 0 to 11, by the beginnings of their names of three letters or more, and by their short names; the former also without accents. */
function monthNames(): ReadonlyMap<string, number> {
  const months = new Map<string, number | null>();
  for (const language of LANGUAGES) {
    const own = new Map<string, number | null>();
    const note = (text: string, month: number) => own.set(text, (own.get(text) ?? month) === month ? month : null);
    for (const [day, style] of [
      ['numeric', 'long'],
      [undefined, 'long'],
      ['numeric', 'short'],
    ] as const) {
      const format = new Intl.DateTimeFormat(language, { timeZone: 'UTC', month: style, ...(day ? { day } : {}) });
      for (let month = 0; month < 12; month++) {
        const part = format.formatToParts(Date.UTC(2026, month, 1)).find(({ type }) => type === 'month')!.value;
        const name = part.toLowerCase().replace(/\.$/, '').normalize('NFC');
        const bare = name.normalize('NFD').replace(/\p{M}/gu, '');
        for (let end = Math.min(3, name.length); end <= name.length; end++) note(name.slice(0, end), month);
        for (let end = 3; bare !== name && end <= bare.length; end++) note(bare.slice(0, end), month);
      }
    }
    for (const [text, month] of own) if (!months.has(text)) months.set(text, month);
  }
  return new Map([...months].flatMap(([text, month]) => (month === null ? [] : [[text, month] as const])));
}

function monthOf(word: string): number | null {
  return MONTHS.get(word.replace(/\.$/, '').normalize('NFC')) ?? null;
}

/** `2026年6月17日 …`. */
function eastAsianDate(line: string): Written | null {
  const match = /^(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일](?:\s?(.{1,60}))?$/.exec(line);
  if (!match) return null;
  const [, year, month, day, time = ''] = match;
  return { year: Number(year), month: Number(month) - 1, day: Number(day), time };
}

function dayNumber(word: string): number | null {
  const match = /^(\d{1,2})(?:st|nd|rd|th|\.)?$/.exec(word);
  return match ? Number(match[1]) : null;
}

/** RFC 2822 §4.3: two digits up to 49 are of this century. */
function yearNumber(word: string): number | null {
  if (/^\d{4}$/.test(word)) return Number(word);
  if (!/^\d{2}$/.test(word)) return null;
  return Number(word) + (Number(word) < 50 ? 2000 : 1900);
}

/** A time with its zone in ms after midnight UTC; 0 for none. */
function timeOfDay(text: string): number | null {
  const line = text.trim();
  if (line === '') return 0;
  // bounded: dates of at most 70 characters
  const match = /^(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s{0,3}([ap]\.?m\.?(?![a-z]))?(.*)$/.exec(
    line,
  );
  const basic = /^(\d{2})(\d{2})(\d{2})()()((?:z|[+-]).*)?$/.exec(line);
  const found = match ?? basic;
  if (!found) return null;
  const [, hourText, minuteText, secondText = '0', fraction = '', half = '', zone = ''] = found;
  const hour = halfDay(Number(hourText), half);
  const [minute, second] = [Number(minuteText), Number(secondText)];
  const offset = zoneMinutes(zone.trim());
  // 24:00 and leap seconds exist.
  if (hour === null || offset === null || minute > 59 || second > 60) return null;
  if (hour > 23 && !(hour === 24 && minute === 0 && second === 0)) return null;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return ((hour * 60 + minute - offset) * 60 + second) * 1000 + ms;
}

function halfDay(hour: number, half: string): number | null {
  if (half === '') return hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.startsWith('p') ? 12 : 0);
}

/** Minutes before UTC of `+02:00`, `-0500`, `+00`, `gmt+2`, `gmt+0000 (…)`, `+0200 cest m=+0.1` or a name; 0 for none, null for an unknown one. */
function zoneMinutes(zone: string): number | null {
  // Behind an offset, the name of the zone says nothing more, nor does Go's own clock.
  const bare = zone
    .replace(/ m=[+-][\d.]{1,30}$/, '')
    .replace(/ ?\([^()]{0,60}\)$/, '')
    .replace(/(?<=[\dz])(?: [a-z]{1,5}| ?\[[\w/+-]{1,40}\])$/, '')
    .replace('\u2212', '-');
  if (bare === '') return 0;
  const match = /^(?:gmt|utc)? ?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(bare);
  if (!match) return ZONES.get(bare) ?? null;
  const [, sign, hours, minutes = '0'] = match;
  if (Number(hours) > 15 || Number(minutes) > 59) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
