import { Temporal } from 'temporal-polyfill';
import { cutText } from './cut-text.ts';
import { CandlecastError } from './errors.ts';
import { localMoment, nextOccurrence, parseLocalTime } from './local-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
/** `6h`, `2 days`, `1d12h`: numbers with a unit whose first letter tells which it is. */
const PART = /(\d{1,5}(?:\.\d{1,3})?)\s*(m(?:in(?:utes?)?s?)?|h(?:ours?|rs?)?|d(?:ays?)?|w(?:eeks?)?)\s*/gy;

/**
 * The moment that a person means by `6h`, `2d`, `1d12h`, `18:00` (the next one), `2026-12-03`, `2026-12-03 18:00` or `2026-12-03T18:00Z`. Dates and
 * times without `Z` or `UTC` are those of the zone. Throws `CC_USAGE`.
 */
export function parseMomentAhead(text: string, nowMs: number, timeZone: string): number {
  const typed = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const spanMs = spanOf(typed.replace(/^in /, ''));
  if (spanMs !== null) return nowMs + spanMs;
  const plain = typed.replace(/ ?(?:z|utc)$/, '');
  const where = plain === typed ? timeZone : 'UTC';
  const dated = /^(\d{4}-\d{2}-\d{2})(?:[t, ] ?(\S.*))?$/.exec(plain);
  try {
    if (!dated) return nextOccurrence({ localTime: parseLocalTime(plain), timeZone: where }, nowMs).atMs;
    const localTime = dated[2] === undefined ? '00:00' : parseLocalTime(dated[2].replace(/^(\d\d:\d\d):\d\d.*$/, '$1'));
    const atMs = localMoment(Temporal.PlainDate.from(dated[1]!).toString(), { localTime, timeZone: where });
    if (atMs !== null) return atMs;
  } catch (error) {
    if (!(error instanceof CandlecastError) && !(error instanceof RangeError)) throw error;
  }
  throw new CandlecastError('CC_USAGE', `"${cutText(text.trim(), 30)}" is not a moment that I understand.`, {
    remedy: 'Give how far ahead, such as 6h or 2d, or a time, such as 18:00 or 2026-12-03 18:00.',
  });
}

/** The length of time that is written; null where it is none. */
function spanOf(typed: string): number | null {
  let sum = 0;
  PART.lastIndex = 0;
  for (;;) {
    const from = PART.lastIndex;
    const found = PART.exec(typed);
    if (!found) return from > 0 && from === typed.length ? sum : null;
    sum += Number(found[1]) * UNIT_MS[found[2]![0]!]!;
  }
}
