import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/time.ts';

/** How long a source is left alone that said "too many requests" (429) or "banned" (418) without saying for how long. */
const DEFAULT_PAUSE_MS: Readonly<Record<number, number>> = { 418: 2 * MINUTE_MS };

/** Binance bans for up to three days; nobody is believed who asks for more. */
const LONGEST_PAUSE_MS = 3 * DAY_MS;

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3: seconds, or an HTTP date) as a pause in ms, at least 0 and at most three days;
 * a header that is missing or unreadable gives ten seconds, or two minutes for a ban.
 */
export function retryAfterMs(header: unknown, status: number, nowMs: number): number {
  const fallback = DEFAULT_PAUSE_MS[status] ?? 10_000;
  if (typeof header !== 'string') return fallback;
  const text = header.trim();
  const pauseMs = /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (!Number.isFinite(pauseMs)) return fallback;
  return Math.min(Math.max(0, pauseMs), LONGEST_PAUSE_MS);
}

/** A pause in words: "12 s", "3 min", "2 h". */
export function pauseText(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.ceil(ms / 1000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.ceil(ms / MINUTE_MS)} min` : `${Math.ceil(ms / HOUR_MS)} h`;
}
