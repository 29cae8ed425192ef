import type { Logger } from '../core/logger.ts';
import { type Clock, MINUTE_MS } from '../core/time.ts';

/** Notices that another program answers for the same bot, which no database in common tells. */
export interface AnsweredElsewhere {
  /** Notes an interaction that somebody else had answered before this process could. */
  note(): void;
  /** What is wrong, in a sentence; null where nothing is. */
  problem(): string | null;
}

/** One may be a mishap of the network: a request that was repeated after its answer was lost. */
const ENOUGH = 3;
const RECENT_MS = 10 * MINUTE_MS;

/** Makes the watch; it logs an error when it begins to see another program. */
export function watchAnsweredElsewhere(now: Clock, logger: Logger): AnsweredElsewhere {
  let notedMs: readonly number[] = [];
  const recent = () => notedMs.filter((ms) => now() - ms < RECENT_MS);
  const words = (times: number) =>
    `another program answers with this token: it was faster with ${times} commands of the last 10 minutes; stop it, or give both the same database`;
  return {
    note() {
      notedMs = [...recent(), now()].slice(-100);
      if (notedMs.length === ENOUGH) logger.error({ interactions: ENOUGH }, words(ENOUGH));
    },
    problem() {
      const { length } = recent();
      return length < ENOUGH ? null : words(length);
    },
  };
}
