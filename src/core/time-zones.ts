import { cutText } from './cut-text.ts';
import { UnknownNameError } from './errors.ts';
import { clockIn } from './local-time.ts';
import { HOUR_MS } from './time.ts';
import { COMMON_NAMES, plainName } from './time-zone-names.ts';

/** Used when a person names no zone. */
export const DEFAULT_TIME_ZONE = 'UTC';

/** Outdated zone names that Node still lists, by their current name. */
const RENAMED: Readonly<Record<string, string>> = {
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'America/Godthab': 'America/Nuuk',
};

/** Suggested before anything is typed. */
const FIRST_SUGGESTED = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Chicago',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Singapore',
  'Asia/Tokyo',
  'Australia/Sydney',
];

/** Zones without summer time that are parts of an hour from UTC, by the distance in minutes; whole hours have zones named after them. */
const PART_HOURS: ReadonlyMap<number, string> = new Map([
  [-570, 'Pacific/Marquesas'],
  [210, 'Asia/Tehran'],
  [270, 'Asia/Kabul'],
  [330, 'Asia/Kolkata'],
  [345, 'Asia/Kathmandu'],
  [390, 'Asia/Yangon'],
  [525, 'Australia/Eucla'],
  [570, 'Australia/Darwin'],
]);

const ZONES: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone')
    .map((zone) => RENAMED[zone] ?? zone)
    .filter((zone) => zone !== 'UTC'),
];
const BY_NAME: ReadonlyMap<string, string> = new Map(ZONES.map((zone) => [plainName(zone), zone]));

/** A zone as it is suggested. */
export interface TimeZoneSuggestion {
  readonly zone: string;
  /** Such as `Europe/London (UTC+01:00, now 14:32)`. */
  readonly label: string;
}

/** The IANA zone meant by a name, a city or country as the bot's languages write it, a common abbreviation or `UTC+2`; throws `CC_UNKNOWN_TIME_ZONE` with suggestions. */
export function parseTimeZone(text: string): string {
  const typed = text.trim().replace(/\s+/g, ' ');
  const plain = plainName(typed);
  const named = BY_NAME.get(plain) ?? COMMON_NAMES.get(plain);
  if (named) return named;
  const old = typed.includes('/') ? oldName(typed) : null;
  if (old) return old;
  const minutes = offsetMinutes(typed);
  const partHour = minutes === null ? undefined : PART_HOURS.get(minutes);
  if (partHour) return partHour;
  const offset = wholeHours(minutes);
  // POSIX zone names have the opposite sign.
  if (offset !== null) return offset === 0 ? 'UTC' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
  const matches = byName(typed);
  const inCity = matches.filter((zone) => cityOf(zone) === plain);
  if (inCity.length === 1) return inCity[0]!;
  const near = matches.slice(0, 3);
  throw new UnknownNameError(
    'CC_UNKNOWN_TIME_ZONE',
    `There is no time zone "${cutText(typed, 40)}".`,
    near,
    near.length > 0 ? { remedy: `Did you mean ${near.join(', ')}?` } : {},
  );
}

/** A zone as it is shown: its IANA name, but `UTC+2` for those that are a fixed distance, whose names have the sign the other way round. */
export function timeZoneLabel(zone: string): string {
  const offset = /^Etc\/GMT([+-])([1-9]\d*)$/.exec(zone);
  return offset ? `UTC${offset[1] === '+' ? '\u2212' : '+'}${offset[2]}` : zone;
}

/** Zones by city, region, abbreviation or present distance from UTC, best first, answered from memory. */
export function searchTimeZones(text: string, nowMs: number, limit: number): readonly TimeZoneSuggestion[] {
  const typed = text.trim().replace(/\s+/g, ' ');
  const minutes = offsetMinutes(typed);
  const common = commonNames(plainName(typed));
  const found =
    typed === '' ? FIRST_SUGGESTED : minutes === null ? [...common, ...byName(typed)] : byOffset(minutes, nowMs);
  return [...new Set(found)].slice(0, limit).map((zone) => {
    const { offset, time } = clockIn(zone, nowMs);
    return { zone, label: `${zone} (UTC${offset}, now ${time})` };
  });
}

/** Zones that have a common name which begins so, the very name first. */
function commonNames(plain: string): readonly string[] {
  const exact = COMMON_NAMES.get(plain);
  if (plain.length < 3) return exact ? [exact] : [];
  const begun = [...COMMON_NAMES].filter(([name]) => name.startsWith(plain)).map(([, zone]) => zone);
  return exact ? [exact, ...begun] : begun;
}

function cityOf(zone: string): string {
  return plainName(zone.slice(zone.lastIndexOf('/') + 1));
}

/** A city that begins so, then any word of a name that begins so, then what holds it anywhere. */
function byName(typed: string): readonly string[] {
  const wanted = plainName(typed);
  if (wanted === '') return [];
  const rank = (zone: string): number => {
    const name = plainName(zone);
    if (cityOf(zone) === wanted) return 0;
    if (cityOf(zone).startsWith(wanted)) return 1;
    if (name.split(/[/ ]/).some((word) => word.startsWith(wanted)) || name.startsWith(wanted)) return 2;
    return name.includes(wanted) ? 3 : 4;
  };
  return ZONES.map((zone) => ({ zone, rank: rank(zone) }))
    .filter((one) => one.rank < 4)
    .sort((a, b) => a.rank - b.rank)
    .map((one) => one.zone);
}

/** `UTC+5:30`, `GMT-3`, `+02` in minutes; null for anything else. */
function offsetMinutes(typed: string): number | null {
  const found = /^(?:utc|gmt)?\s*([+\u2212-])\s*(\d{1,2})(?::?([0-5]\d))?$/i.exec(typed);
  if (!found) return null;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return found[1] === '+' ? minutes : -minutes;
}

function wholeHours(minutes: number | null): number | null {
  return minutes !== null && minutes % 60 === 0 && minutes <= 14 * 60 && minutes >= -12 * 60 ? minutes / 60 : null;
}

let offsets: { readonly hour: number; readonly byZone: ReadonlyMap<string, string> } | null = null;

/** Zones with that present offset from UTC, the best known first. */
function byOffset(minutes: number, nowMs: number): readonly string[] {
  const hour = Math.floor(nowMs / HOUR_MS);
  // Asking the offset of every zone takes a moment, and none changes within the hour that matters here.
  if (offsets?.hour !== hour)
    offsets = { hour, byZone: new Map(ZONES.map((zone) => [zone, clockIn(zone, nowMs).offset])) };
  const size = Math.abs(minutes);
  const wanted = `${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
  const { byZone } = offsets;
  return [...FIRST_SUGGESTED, ...ZONES].filter((zone) => byZone.get(zone) === wanted);
}

/** An old name such as `US/Eastern` or `Asia/Calcutta`, as it is called today; null when it is none. */
function oldName(typed: string): string | null {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: typed.replaceAll(' ', '_') }).resolvedOptions();
    return RENAMED[timeZone] ?? timeZone;
  } catch {
    // Intl reports an unknown name only by a RangeError.
    return null;
  }
}
