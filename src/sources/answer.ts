import { isAxiosError } from 'axios';
import { z } from 'zod';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/time.ts';
import { parseFeedDate } from './sentiment/feed-date.ts';
import { SourceError } from './source-error.ts';

/** Words for the error codes of the operating system and of Node. */
const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ENOTFOUND: 'has a host name that cannot be resolved',
  EAI_AGAIN: 'has a host name that cannot be resolved at the moment',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'did not accept the connection in time',
  CERT_HAS_EXPIRED: 'has a certificate that has expired by the clock of this machine, which may be wrong',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet by the clock of this machine, which may be wrong',
};

/**
 * Turns what axios threw into an error of ours. The original is not kept as cause: an AxiosError carries the URL, the
 * headers and the body, any of which may hold a key.
 */
export function explainTransportError(source: string, error: unknown, maxBytes: number): SourceError {
  const code = isAxiosError(error) && typeof error.code === 'string' ? error.code : '';
  // Without a response, and with any status and body accepted, this code is left for a body above `maxContentLength`.
  if (isAxiosError(error) && code === 'ERR_BAD_RESPONSE' && !error.response) {
    const limit = `${Math.round(maxBytes / 1024)} KiB`;
    return new SourceError(source, 'CC_SOURCE_TOO_LARGE', `sent more than the limit of ${limit}.`);
  }
  if (code === 'ERR_FR_TOO_MANY_REDIRECTS') return new SourceError(source, 'CC_SOURCE_HTTP', 'redirects in circles.');
  if (/^(Z_|ERR_BROTLI|ERR_ZLIB)/.test(code)) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent a body that cannot be decompressed.');
  }
  if (code.startsWith('HPE_')) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent something that is no HTTP.');
  }
  // axios attaches the response once its headers have come: the body then broke off.
  if (isAxiosError(error) && error.response) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent an answer that broke off in the middle.', {
      context: { truncated: true },
      retryable: true,
    });
  }
  const reason = NETWORK_REASONS[code] ?? 'could not be reached';
  return new SourceError(source, 'CC_SOURCE_NETWORK', `${reason}.`, {
    context: { cause: /^[A-Z_0-9]{1,40}$/.test(code) ? code : 'unknown' },
    retryable: true,
  });
}

/** What a status says to a person, where the number alone says little. */
const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: ' (it wants another key)',
  403: ' (not allowed from here, or not with this key)',
  404: ' (no such thing)',
  451: ' (not available in the country this machine is in)',
};

/** The error for a status that is no success; 5xx may pass, others will not. */
export function explainStatus(source: string, status: number): SourceError {
  const hint = STATUS_HINTS[status] ?? '';
  return new SourceError(source, 'CC_SOURCE_HTTP', `answered with status ${status}${hint}.`, {
    status,
    retryable: status >= 500,
  });
}

/** Pause after "too many requests" (429) or "banned" (418) where the answer does not say how long; ten seconds for others. */
const DEFAULT_PAUSE_MS: Readonly<Record<number, number>> = { 418: 2 * MINUTE_MS };

/** Binance bans for up to three days; a longer pause is not believed. */
const MAX_PAUSE_MS = 3 * DAY_MS;

/** From this number on, seconds are a moment instead of a pause, as some have it in `X-Ratelimit-Reset`; from the next on, ms. */
const MIN_EPOCH_S = 1e9;
const MIN_EPOCH_MS = 1e12;

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3: seconds, or an HTTP date) as a pause in ms, at least 0 and at most three days; a moment since the epoch is
 * read too. A header that is missing or unreadable, or a moment that has passed by this machine's clock, gives ten seconds, or two minutes for a ban.
 */
export function retryAfterMs(header: unknown, status: number, nowMs: number): number {
  const fallback = DEFAULT_PAUSE_MS[status] ?? 10_000;
  if (typeof header !== 'string') return fallback;
  const text = header.trim();
  const seconds = /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : null;
  if (seconds !== null && seconds < MIN_EPOCH_S) return Math.min(seconds * 1000, MAX_PAUSE_MS);
  const momentMs = seconds === null ? parseFeedDate(text) : seconds < MIN_EPOCH_MS ? seconds * 1000 : seconds;
  return momentMs !== null && momentMs > nowMs ? Math.min(momentMs - nowMs, MAX_PAUSE_MS) : fallback;
}

/** A pause in words: "12 s", "3 min", "2 h". */
export function pauseText(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.ceil(ms / 1000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.ceil(ms / MINUTE_MS)} min` : `${Math.ceil(ms / HOUR_MS)} h`;
}

/** Longest body that is parsed as JSON; answers have a tenth of it. */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** Deepest nesting, and most commas, colons and opening brackets, of what is parsed: answers have 10 and up to 60,000, lists of markets 90,000. */
const MAX_JSON_DEPTH = 64;

const MAX_JSON_MARKS = 100_000;

/** The same for the list of all that an exchange trades. */
export const MAX_LIST_MARKS = 250_000;

/**
 * The JSON value of a body; throws `CC_SOURCE_BAD_DATA` when it holds something else, and `CC_SOURCE_TOO_LARGE` for more than two
 * million characters, `maxMarks` (a hundred thousand) or 64 levels: JSON.parse would block the main thread for a second over eight
 * megabytes of brackets. The body is never quoted.
 */
export function parseJson(source: string, body: string, maxMarks = MAX_JSON_MARKS): unknown {
  if (!isModest(body, maxMarks)) {
    throw new SourceError(source, 'CC_SOURCE_TOO_LARGE', 'sent JSON with more values or levels than any answer has.');
  }
  try {
    return JSON.parse(body);
  } catch (cause) {
    const start = body.trimStart();
    const found =
      start === '' ? 'an empty answer' : start.startsWith('<') ? 'a web page' : 'something that is no complete JSON';
    // JSON.parse's message quotes the body, so the error is not kept as the cause.
    throw new SourceError(source, 'CC_SOURCE_BAD_DATA', `sent ${found} instead of JSON.`, {
      context: { parser: cause instanceof Error ? cause.name : 'unknown' },
    });
  }
}

/** Whether a text has a size, depth and number of values that JSON.parse handles in milliseconds. */
function isModest(text: string, maxMarks: number): boolean {
  if (text.length > MAX_JSON_BYTES) return false;
  let depth = 0;
  let marks = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '[' || char === '{') {
      depth++;
      marks++;
    } else if (char === ']' || char === '}') depth--;
    else if (char === ',' || char === ':') marks++;
    if (depth > MAX_JSON_DEPTH || marks > maxMarks) return false;
  }
  return true;
}

/** The JSON value of a body that may be anything, such as that of a refusal; null where it is none. */
export function jsonOrNull(body: unknown): unknown {
  const text = String(body);
  try {
    return isModest(text, MAX_JSON_MARKS) ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** The value as the schema describes it; throws `CC_SOURCE_BAD_DATA` saying where it differs, without the value itself. */
export function matchSchema<T>(source: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map((part) => String(part).slice(0, 20)).join('.') || 'the whole answer';
  const what = issue?.message.replace(/\s+/g, ' ').slice(0, 100) ?? 'unknown';
  throw new SourceError(
    source,
    'CC_SOURCE_BAD_DATA',
    `sent data of another form than it documents (at ${place}: ${what}).`,
  );
}

/** A number written as decimal text, as exchanges do; anything else, `NaN` and `Infinity` included, is refused. */
export const decimalText = z
  .string()
  .regex(/^-?\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,3})?$/, 'expected a decimal number as text')
  .transform(Number);
