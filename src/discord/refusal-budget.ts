import { type Clock, MINUTE_MS } from '../core/time.ts';

/** Counts refused requests, since Discord bans an address for ten minutes after 10,000 of them in ten minutes. */
export interface RefusalBudget {
  /** One request was refused: 401, 403, 404 or 429. */
  spend(): void;
  /** How long to ask for nothing more; 0 while there is room. */
  waitMs(): number;
}

const WINDOW_MS = 10 * MINUTE_MS;
/** Half of what Discord allows: commands and other processes share the address. */
const MOST_REFUSED = 5_000;

/** Builds the budget over windows of ten minutes. */
export function createRefusalBudget(now: Clock, most = MOST_REFUSED): RefusalBudget {
  let startMs = Number.NEGATIVE_INFINITY;
  let spent = 0;
  const turn = (): number => {
    const nowMs = now();
    if (nowMs - startMs >= WINDOW_MS) {
      startMs = nowMs;
      spent = 0;
    }
    return nowMs;
  };
  return {
    spend() {
      turn();
      spent++;
    },
    waitMs() {
      const nowMs = turn();
      return spent < most ? 0 : startMs + WINDOW_MS - nowMs;
    },
  };
}
