import { CandlecastError } from '../core/errors.ts';
import type { Sleep } from '../core/time.ts';

/**
 * Resolves like `work`, or rejects with `CC_TIMEOUT` after `limitMs`; the work itself is left to end by itself, and
 * `onLateFailure` hears how where that goes wrong.
 */
export async function withTimeLimit<T>(
  work: Promise<T>,
  limitMs: number,
  sleep: Sleep,
  onLateFailure: (error: unknown) => void,
): Promise<T> {
  const finished = new AbortController();
  let late = false;
  const limit = sleep(limitMs, finished.signal).then(() => {
    late = true;
    throw new CandlecastError('CC_TIMEOUT', `The answer took longer than ${Math.round(limitMs / 1_000)} seconds.`, {
      retryable: true,
    });
  });
  // Once the race is decided in time, the clock's rejection is nobody's concern any more.
  limit.catch(() => undefined);
  work.catch((error: unknown) => {
    if (late) onLateFailure(error);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    finished.abort();
  }
}
