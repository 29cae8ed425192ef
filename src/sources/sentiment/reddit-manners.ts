import type { HttpClient } from '../http.ts';

/** Reddit refuses agents that many share; this form is the one it asks for. */
export const REDDIT_HEADERS = { 'User-Agent': 'node:candlecast:0.1 (self-hosted Discord forecast bot)' } as const;

export const REDDIT_TIMEOUT_MS = 10_000;
/** No window of Reddit's is longer. */
const LONGEST_RESET_S = 3600;

/** Reads `X-Ratelimit-*` of each answer and leaves the host alone until the window ends once nothing remains. */
export function createRedditPace(
  http: Pick<HttpClient, 'pause'>,
): (headers: Readonly<Record<string, unknown>>) => void {
  return (headers) => {
    const remaining = numberOf(headers['x-ratelimit-remaining']);
    const resetS = numberOf(headers['x-ratelimit-reset']);
    if (remaining !== null && resetS !== null && remaining < 1) http.pause(Math.min(resetS, LONGEST_RESET_S) * 1000);
  };
}

function numberOf(header: unknown): number | null {
  return typeof header === 'string' && /^\d{1,7}(\.\d{1,6})?$/.test(header.trim()) ? Number(header) : null;
}
