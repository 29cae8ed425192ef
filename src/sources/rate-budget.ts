import type { Clock } from '../core/time.ts';

/** At most `requests` in any `perMs` on average, of which `burst` (default all of them) may come at once. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
  readonly burst?: number;
}

/** Decides when the next request to a host may go. */
export interface RateBudget {
  /**
   * Books one request. Returns how long to wait before sending it, or null (nothing booked) where that would be longer
   * than `maxWaitMs`; {@link freeAtMs} then says when it makes sense to ask again.
   */
  book(maxWaitMs: number): number | null;
  freeAtMs(): number;
}

/**
 * Makes a budget that holds every given limit, by the generic cell rate algorithm (ITU-T I.371): one number per limit, no
 * timers, and the clock is a parameter, which `rate-limiter-flexible` does not offer.
 */
export function createRateBudget(limits: readonly RateLimit[], now: Clock): RateBudget {
  const cells = limits.map((limit) => {
    const spacingMs = limit.perMs / limit.requests;
    return {
      spacingMs,
      toleranceMs: spacingMs * ((limit.burst ?? limit.requests) - 1),
      nextMs: Number.NEGATIVE_INFINITY,
    };
  });
  const freeAtMs = () => cells.reduce((latest, cell) => Math.max(latest, cell.nextMs - cell.toleranceMs), now());
  return {
    freeAtMs,
    book(maxWaitMs) {
      const nowMs = now();
      const atMs = freeAtMs();
      if (atMs - nowMs > maxWaitMs) return null;
      for (const cell of cells) cell.nextMs = Math.max(cell.nextMs, nowMs) + cell.spacingMs;
      return atMs - nowMs;
    },
  };
}
