import { CandlecastError } from '../core/errors.ts';
import type { Sleep } from '../core/time.ts';

/** Resolves like `work`, or rejects with `CC_TIMEOUT` after `limitMs`; the work itself is left to end by itself. */
export async function withTimeLimit<T>(work: Promise<T>, limitMs: number, sleep: Sleep): Promise<T> {
  const finished = new AbortController();
  const limit = sleep(limitMs, finished.signal).then(() => {
    throw new CandlecastError('CC_TIMEOUT', `The answer took longer than ${Math.round(limitMs / 1_000)} seconds.`, {
      retryable: true,
    });
  });
  // Once the race is decided, the loser's rejection is nobody's concern any more.
  limit.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    finished.abort();
  }
}
