import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, type IBackoff } from 'cockatiel';
import type { Clock } from '../core/time.ts';

/** When a circuit opens and for how long. */
export interface CircuitOptions {
  readonly now: Clock;
  /** Whether an error says something about the source's health. */
  readonly counts: (error: unknown) => boolean;
  /** Consecutive failures that open it. Default 3. */
  readonly failures?: number;
  /** First time it stays open, doubled each time the trial call fails. Default 30 s. */
  readonly openMs?: number;
  /** Longest time it stays open. Default 10 min. */
  readonly longestOpenMs?: number;
}

/** Keeps calls away from a source that fails again and again. */
export interface Circuit {
  /** Runs the job; call it only while {@link blockedUntilMs} is null. */
  run<T>(job: () => Promise<T>): Promise<T>;
  /** Until when nothing may be asked, or null; while one trial call is under way, others are blocked until now. */
  blockedUntilMs(): number | null;
}

/** Makes a circuit breaker that lives by the given clock. */
export function createCircuit(options: CircuitOptions): Circuit {
  const { now, counts, failures = 3, openMs = 30_000, longestOpenMs = 600_000 } = options;
  let reopensAtMs = 0;
  /**
   * cockatiel compares a back-off's duration with `Date.now()`. This one answers by our clock instead: "for ever" until the time
   * has come, "not at all" from then on. `next` is called when the circuit opens.
   */
  const openFor = (durationMs: number): IBackoff<unknown> => ({
    get duration() {
      return now() >= reopensAtMs ? -1 : Number.POSITIVE_INFINITY;
    },
    next: () => enter(Math.min(durationMs * 2, longestOpenMs)),
  });
  const enter = (durationMs: number): IBackoff<unknown> => {
    reopensAtMs = now() + durationMs;
    return openFor(durationMs);
  };
  const breaker = circuitBreaker(handleWhen(counts), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: { next: () => enter(openMs) },
  });
  return {
    run: (job) => breaker.execute(job),
    blockedUntilMs() {
      if (breaker.state === CircuitState.HalfOpen) return now();
      return breaker.state === CircuitState.Open && now() < reopensAtMs ? reopensAtMs : null;
    },
  };
}
