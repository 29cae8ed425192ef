import type { Clock } from '../core/time.ts';

/** A clock that can be moved forward, by all threads that share it; for the demo, the benchmark and tests. */
export interface MovableClock {
  readonly now: Clock;
  /** One number in shared memory: ms ahead of the wall clock. */
  readonly shiftMs: Float64Array;
  move(ms: number): void;
}

/** Makes a clock that shows what `wallClock` shows until it is moved. */
export function createMovableClock(wallClock: Clock): MovableClock {
  const shiftMs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  return {
    shiftMs,
    now: () => wallClock() + shiftMs[0]!,
    move: (ms) => {
      shiftMs[0]! += ms;
    },
  };
}
