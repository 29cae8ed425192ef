const ISO_UTC = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:Z|[+-]00:?00)?)?$/;

/** Epoch numbers below this are seconds (until the year 5138), others milliseconds (from 1973). */
const SMALLEST_MS = 1e11;

/**
 * Reads a time of a table as ms since the epoch: ISO 8601 in UTC (a date alone is its midnight, a missing zone means UTC), or an
 * epoch time in seconds or milliseconds. Null for everything else, other zones and impossible dates included.
 */
export function parseTimestamp(text: string): number | null {
  if (/^\d{1,16}$/.test(text)) {
    const number = Number(text);
    return number < SMALLEST_MS ? number * 1000 : number;
  }
  const match = ISO_UTC.exec(text);
  if (!match) return null;
  const day = match[1]!;
  const timeMs = Date.parse(`${day}T${match[2] ?? '00:00'}Z`);
  // Date.parse moves 30 February into March; a date that does not come back as it went in does not exist.
  return Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(day) ? timeMs : null;
}
