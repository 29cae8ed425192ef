import { CandlecastError } from '../core/errors.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, type TimeMachine } from '../core/time.ts';
import type { Scheduler } from './scheduler.ts';

/** The dependencies of the time machine. */
export interface TimeMachineParts {
  readonly now: Clock;
  readonly move: (ms: number) => void;
  /** Runs the jobs due now, of one lane or of all, in order. */
  readonly runDue: Scheduler['runDue'];
  readonly withoutChecks: Scheduler['withoutChecks'];
}

/** Stops in each hour: the times of day at which people schedule posts… */
const POSTS_MS = [0, 15, 30, 45].map((minute) => minute * MINUTE_MS);
/** … and one for all other jobs: the hour's candles are there and its forecasts can still be issued. */
const ALL_MS = 10 * MINUTE_MS;
const STOPS_MS = [...POSTS_MS, ALL_MS].sort((a, b) => a - b);
const MAX_MS = 31 * DAY_MS;

/** Makes a time machine that moves the clock in steps small enough for every job to run at its hour. */
export function createTimeMachine({ now, move, runDue, withoutChecks }: TimeMachineParts): TimeMachine {
  let moving = false;

  async function forward(...[ms, onStep]: Parameters<TimeMachine['forward']>): Promise<void> {
    const fromMs = now();
    const toMs = fromMs + ms;
    // Jobs due now would otherwise count as missed.
    await runDue();
    while (now() < toMs) {
      const nowMs = now();
      const stopMs = Math.min(nextStop(nowMs), toMs);
      move(stopMs - nowMs);
      await runDue(now() < toMs && POSTS_MS.includes(stopMs % HOUR_MS) ? 'posts' : undefined);
      onStep({ nowMs: now(), share: Math.min(1, (now() - fromMs) / ms) });
    }
  }

  return {
    async forward(ms, onStep) {
      if (!(ms > 0) || ms > MAX_MS) throw new CandlecastError('CC_USAGE', 'The clock moves by a month at most.');
      if (moving) throw new CandlecastError('CC_BUSY', 'The clock is moving already.', { retryable: true });
      moving = true;
      try {
        await withoutChecks(() => forward(ms, onStep));
      } finally {
        moving = false;
      }
    },
  };
}

function nextStop(ms: number): number {
  const hour = Math.floor(ms / HOUR_MS) * HOUR_MS;
  return STOPS_MS.map((stop) => hour + stop).find((stop) => stop > ms) ?? hour + HOUR_MS;
}
