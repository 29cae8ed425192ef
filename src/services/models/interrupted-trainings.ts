import { z } from 'zod';
import type { Interval } from '../../core/candle.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../../core/time.ts';

/** A store of small values that outlives the process, such as Keyv's. */
export interface SmallStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** Runs of training that were cut off by the system, and when the next may begin. */
export interface InterruptedTrainings {
  /**
   * Runs of the interval in a row that were cut off, among them one that was under way when the program itself was, and the moment before
   * which none should begin by itself.
   */
  read(interval: Interval): Promise<{ readonly count: number; readonly untilMs: number }>;
  /** Notes that a run begins; until `ended` it counts as cut off, should the program be. */
  begun(interval: Interval): Promise<void>;
  /** Notes how it ended: one that was not cut off clears what was before only if it made a model. */
  ended(interval: Interval, how: 'made' | 'cut-off' | 'otherwise'): Promise<void>;
}

/** Waits after the first, second … run in a row that was cut off. */
const WAITS_MS = [HOUR_MS, DAY_MS, 2 * DAY_MS, 4 * DAY_MS, 7 * DAY_MS];

const stored = z.object({
  count: z.number().int().min(0).max(1_000),
  lastMs: z.number(),
  /** When the run under way began; null when none is. */
  begunMs: z.number().nullable(),
});
const NONE: z.infer<typeof stored> = { count: 0, lastMs: 0, begunMs: null };

/** Makes the notes in a store. A note that cannot be read counts as none. */
export function createInterruptedTrainings(store: SmallStore, now: Clock): InterruptedTrainings {
  const load = async (interval: Interval) => stored.safeParse(await store.get(interval)).data ?? NONE;
  /** What is stored, with a run that never ended counted as cut off. */
  const settled = async (interval: Interval) => {
    const { count, lastMs, begunMs } = await load(interval);
    return begunMs === null ? { count, lastMs } : { count: count + 1, lastMs: begunMs };
  };
  return {
    async read(interval) {
      const { count, lastMs } = await settled(interval);
      const waitMs = count === 0 ? 0 : WAITS_MS[Math.min(count, WAITS_MS.length) - 1]!;
      // A wrong clock may have written a moment that is still to come.
      return { count, untilMs: count === 0 ? 0 : Math.min(lastMs, now()) + waitMs };
    },
    async begun(interval) {
      await store.set(interval, { ...(await settled(interval)), begunMs: now() });
    },
    async ended(interval, how) {
      const { count, lastMs } = await load(interval);
      if (how === 'made' || (how === 'otherwise' && count === 0)) await store.delete(interval);
      else if (how === 'otherwise') await store.set(interval, { count, lastMs, begunMs: null });
      else await store.set(interval, { count: count + 1, lastMs: now(), begunMs: null });
    },
  };
}
