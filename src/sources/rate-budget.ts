import { LRUCache } from 'lru-cache';
import type { Asker } from '../core/fair-queue.ts';
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
   * Books one request, for a person within the shares of {@link SHARES}. Returns how long to wait before sending it, or null (nothing
   * booked) where that would be longer than `maxWaitMs`; {@link freeAtMs} then says when it makes sense to ask again.
   */
  book(maxWaitMs: number, asker?: Asker, cost?: number): number | null;
  /** The same for what goes in the background: it leaves half of each burst to others. */
  bookInBackground(maxWaitMs: number, cost: number): number | null;
  freeAtMs(asker?: Asker): number;
}

/**
 * How much of a rate one person, one server, and all persons together may use while more than half of its burst is used up; the rest is kept
 * for scheduled work. A person who has been the only one for a while may use what all persons may, where that is there again within seconds.
 */
const SHARES = { person: 0.4, server: 0.6, persons: 0.8 } as const;
/** Longest a person's use of a quiet source counts against the person when it gets busy. */
const MAX_DEBT_MS = 10_000;
/** Persons and servers whose use of a source is remembered; older ones start anew. */
const MAX_SHARES_KEPT = 2_000;

/** When a person's last request was booked. */
interface LastAsk {
  readonly userId: string;
  readonly atMs: number;
}

interface Cell {
  readonly spacingMs: number;
  readonly toleranceMs: number;
  nextMs: number;
}

/**
 * Makes a budget that holds every given limit, by the generic cell rate algorithm (ITU-T I.371): one number per limit, no
 * timers, and the clock is a parameter, which `rate-limiter-flexible` does not offer.
 */
export function createRateBudget(limits: readonly RateLimit[], now: Clock): RateBudget {
  const cellsOf = (share: number): Cell[] =>
    limits.map(({ requests, perMs, burst = requests }) => ({
      spacingMs: perMs / requests / share,
      toleranceMs: (perMs / requests / share) * Math.max(0, Math.floor(burst * share) - 1),
      nextMs: Number.NEGATIVE_INFINITY,
    }));
  const all = cellsOf(1);
  const ofPersons = cellsOf(SHARES.persons);
  const shares = new LRUCache<string, readonly Cell[], number>({
    max: MAX_SHARES_KEPT,
    memoMethod: (_key, _stale, { context }) => cellsOf(context),
  });

  const refillsSoon = limits.every(
    ({ requests, perMs, burst = requests }) => (burst * perMs) / requests <= MAX_DEBT_MS,
  );
  /** The last person, and the last one before who was another. */
  let last: LastAsk | null = null;
  let other: LastAsk | null = null;
  const isAlone = ({ userId }: Asker) =>
    [last, other].every((one) => one === null || one.userId === userId || now() - one.atMs > MAX_DEBT_MS);

  function cellsFor(asker: Asker | undefined): readonly Cell[] {
    if (!asker || limits.length === 0) return all;
    const { userId, guildId } = asker;
    const person = shares.memo(`person ${userId}`, { context: SHARES.person });
    // What somebody uses alone is nothing that the others of the server have had.
    const isShared = guildId !== null && !(refillsSoon && isAlone(asker));
    const server = isShared ? shares.memo(`server ${guildId}`, { context: SHARES.server }) : [];
    return [...all, ...ofPersons, ...person, ...server];
  }
  const quietAtMs = () => all.reduce((latest, cell) => Math.max(latest, cell.nextMs - cell.toleranceMs / 2), now());
  const isQuiet = () => quietAtMs() <= now();
  const cellsNow = (asker: Asker | undefined) => {
    if (isQuiet()) return all;
    return asker && refillsSoon && isAlone(asker) ? [...all, ...ofPersons] : cellsFor(asker);
  };
  const freeAtMs = (asker?: Asker) =>
    cellsNow(asker).reduce((latest, cell) => Math.max(latest, cell.nextMs - cell.toleranceMs), now());
  return {
    freeAtMs,
    bookInBackground(maxWaitMs, cost) {
      const nowMs = now();
      const atMs = quietAtMs();
      if (atMs - nowMs > maxWaitMs) return null;
      for (const cell of all) cell.nextMs = Math.max(cell.nextMs, nowMs) + cost * cell.spacingMs;
      return atMs - nowMs;
    },
    book(maxWaitMs, asker, cost = 1) {
      const nowMs = now();
      const atMs = freeAtMs(asker);
      // Who is alone leaves half of the wait to whoever comes.
      if (atMs - nowMs > (asker && isAlone(asker) ? maxWaitMs / 2 : maxWaitMs)) return null;
      const booked = cellsFor(asker);
      if (asker) {
        if (last?.userId !== asker.userId) other = last;
        last = { userId: asker.userId, atMs: nowMs };
      }
      for (const cell of booked) {
        const nextMs = Math.max(cell.nextMs, nowMs) + cost * cell.spacingMs;
        cell.nextMs = all.includes(cell) ? nextMs : Math.min(nextMs, nowMs + cell.toleranceMs + MAX_DEBT_MS);
      }
      return atMs - nowMs;
    },
  };
}
