import type { Clock, Sleep } from '../../src/core/time.ts';

/** A clock that moves only when told to, or when somebody sleeps by it. */
export interface FakeClock {
  readonly now: Clock;
  /** Moves the clock instead of waiting. */
  readonly sleep: Sleep;
  /** How long each sleep was, in order. */
  readonly slept: number[];
  advance(ms: number): void;
}

/** Makes a clock that stands at the given moment. */
export function fakeClock(startMs: number): FakeClock {
  let nowMs = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      nowMs += ms;
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}
