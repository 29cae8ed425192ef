import type { CommandLoad } from '../commands/command.ts';
import { CandlecastError } from '../core/errors.ts';
import type { AdmissionRefusal } from '../core/metrics.ts';
import { type Clock, steadyClock } from '../core/time.ts';

/** Limits on commands under way, per person and in total. */
export interface AdmissionLimits {
  /** Answers of one kind under way for one person; light ones do not count. */
  readonly inFlightPerUser: number;
  readonly inFlightTotal: number;
  /** Starts allowed to one person within `windowMs`. */
  readonly startsPerWindow: number;
  readonly windowMs: number;
}

/**
 * Two at once lets a person compare two coins; eight in twenty seconds is faster than anybody reads. The total only bounds memory: what
 * is dear waits in queues of its own, and equal questions are answered by one computation.
 */
export const DEFAULT_ADMISSION_LIMITS: AdmissionLimits = {
  inFlightPerUser: 2,
  inFlightTotal: 5_000,
  startsPerWindow: 8,
  windowMs: 20_000,
};

/** Limits how many commands one person, and all people together, have under way. */
export interface Admission {
  /**
   * Counts a command and returns the function that ends it (safe to call twice); throws `CC_BUSY` at a limit. Two backtests under way do
   * not keep a person from a forecast, and what is light only counts towards the starts of the window.
   */
  enter(userId: string, load?: CommandLoad): () => void;
}

interface Usage {
  readonly inFlight: Record<CommandLoad, number>;
  startsMs: number[];
}

/** Number of people kept, above which those without a recent command are removed. */
const SWEEP_ABOVE = 1_000;

/** Counts commands under way per person and in total, and starts per person over a sliding window; `onRefused` hears which limit refused one. */
export function createAdmission(
  limits: AdmissionLimits,
  clock: Clock,
  onRefused: (reason: AdmissionRefusal) => void = () => undefined,
): Admission {
  const now = steadyClock(clock);
  const users = new Map<string, Usage>();
  let total = 0;

  const sweep = (fromMs: number): void => {
    for (const [id, usage] of users) {
      const { light, usual, heavy } = usage.inFlight;
      if (light + usual + heavy === 0 && usage.startsMs.every((startMs) => startMs <= fromMs)) users.delete(id);
    }
  };

  return {
    enter(userId, load = 'usual') {
      const nowMs = now();
      const fromMs = nowMs - limits.windowMs;
      if (users.size > SWEEP_ABOVE) sweep(fromMs);
      const usage = users.get(userId) ?? { inFlight: { light: 0, usual: 0, heavy: 0 }, startsMs: [] };
      usage.startsMs = usage.startsMs.filter((startMs) => startMs > fromMs);
      if (load !== 'light' && usage.inFlight[load] >= limits.inFlightPerUser) {
        onRefused('person-busy');
        throw new CandlecastError('CC_BUSY', 'I am still working on what you asked before.', {
          retryable: true,
          said: { key: 'errors.busyWithYours' },
        });
      }
      const oldestMs = usage.startsMs[0];
      if (oldestMs !== undefined && usage.startsMs.length >= limits.startsPerWindow) {
        onRefused('person-fast');
        throw tooFast(oldestMs + limits.windowMs - nowMs);
      }
      if (load !== 'light' && total >= limits.inFlightTotal) {
        onRefused('all-busy');
        throw new CandlecastError('CC_BUSY', 'Many people are asking at the moment.', {
          retryable: true,
          remedy: 'Ask again in a minute.',
          said: { key: 'errors.busyWithAll' },
          advice: { key: 'errors.inSeconds', values: { seconds: 60 } },
        });
      }
      usage.inFlight[load]++;
      usage.startsMs.push(nowMs);
      users.set(userId, usage);
      total++;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        usage.inFlight[load]--;
        total--;
      };
    },
  };
}

/** The refusal of a person whose next start is allowed after `waitMs`. */
export function tooFast(waitMs: number): CandlecastError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new CandlecastError('CC_BUSY', 'You are asking faster than I can answer.', {
    retryable: true,
    remedy: `Ask again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    said: { key: 'errors.tooFast' },
    advice: { key: 'errors.inSeconds', values: { seconds } },
  });
}

/** Spreads work over turns of the event loop, so that a thousand interactions at once do not keep it from its sockets. */
interface Pacing {
  /** Resolves when it is time to acknowledge an interaction: at once, or some turns later while many are waiting. */
  acknowledge(): Promise<void>;
  /** Resolves when it is time to work on an answer: after the acknowledgements that wait, yet one each turn. */
  answer(): Promise<void>;
}

/** How many begin in one turn of the event loop; each takes about a millisecond of it. */
const PER_TURN = 8;

/** Makes a pacing. Where little is going on, nothing waits. */
export function createPacing(perTurn = PER_TURN, nextTurn: (run: () => void) => void = setImmediate): Pacing {
  const acknowledgements: (() => void)[] = [];
  const answers: (() => void)[] = [];
  let begun = 0;
  let scheduled = false;

  function turn(): void {
    scheduled = false;
    const first = acknowledgements.splice(0, perTurn);
    const second = answers.splice(0, Math.max(1, perTurn - first.length));
    begun = first.length + second.length;
    if (begun > 0) schedule();
    for (const begin of [...first, ...second]) begin();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    nextTurn(turn);
  }

  function enter(queue: (() => void)[]): Promise<void> {
    schedule();
    if (begun < perTurn && acknowledgements.length === 0 && answers.length === 0) {
      begun++;
      return Promise.resolve();
    }
    return new Promise((begin) => queue.push(begin));
  }

  return { acknowledge: () => enter(acknowledgements), answer: () => enter(answers) };
}
