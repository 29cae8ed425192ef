import type { Clock } from '../core/time.ts';

/** How old a value may get. */
export interface RefreshOptions {
  /** A clock that nobody sets. */
  readonly monotonic: Clock;
  /** Read again where the last reading began longer ago than this. */
  readonly everyMs: number;
  /** A value older than this is forgotten: it says nothing about now any more. */
  readonly keptMs: number;
  /** How long to wait for a reading before the last value is given. */
  readonly waitMs: number;
  /** Waits for that long, without keeping the process alive. */
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Makes a function that gives the newest value of `read`: one reading at a time, and none sooner than `everyMs` after the last. It waits `waitMs` at
 * most, and never rejects; null where no value is young enough.
 */
export function refreshed<T>(read: () => Promise<T>, options: RefreshOptions): () => Promise<T | null> {
  const { monotonic, everyMs, keptMs, waitMs, wait } = options;
  let last: { readonly value: T; readonly atMs: number } | null = null;
  let begunMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;

  async function readOnce(): Promise<void> {
    try {
      const value = await read();
      last = { value, atMs: monotonic() };
    } catch {
      // What could not be read is missing from the answer; the check of the database says why.
    }
  }

  return async () => {
    if (!reading && monotonic() - begunMs >= everyMs) {
      begunMs = monotonic();
      reading = readOnce().finally(() => {
        reading = null;
      });
    }
    if (reading) await Promise.race([reading, wait(waitMs)]);
    return last !== null && monotonic() - last.atMs <= keptMs ? last.value : null;
  };
}
