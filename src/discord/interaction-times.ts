import type { InteractionOutcome, InteractionPhase, Metrics } from '../core/metrics.ts';
import type { Clock } from '../core/time.ts';
import type { Scope } from '../core/under-way.ts';

/** Takes the times of one interaction. */
export interface InteractionTimes {
  /** The command or control that it is for, once that is known. */
  name(command: string): void;
  /** The phase that began with the last one has ended. */
  end(phase: InteractionPhase): void;
  /** The answer has been made; what was drawn for it counts apart. */
  endComputing(): void;
  /** Counts the interaction with its whole time. */
  finish(outcome: InteractionOutcome): void;
}

/** What an interaction for no command of ours is counted as: its name is free text. */
export const UNKNOWN_COMMAND = 'unknown';

/** Begins to take the times of one interaction. */
export function takeTimes(metrics: Metrics, now: Clock, scope: Pick<Scope, 'drawnMs'>): InteractionTimes {
  const startMs = now();
  let command = UNKNOWN_COMMAND;
  let lastMs = startMs;
  const lap = () => {
    const ms = now() - lastMs;
    lastMs += ms;
    return ms;
  };
  return {
    name(known) {
      command = known;
    },
    end: (phase) => metrics.interactionPhase(command, phase, lap()),
    endComputing() {
      const [ms, drawnMs] = [lap(), scope.drawnMs()];
      metrics.interactionPhase(command, 'compute', ms - drawnMs);
      if (drawnMs > 0) metrics.interactionPhase(command, 'draw', drawnMs);
    },
    finish(outcome) {
      metrics.interaction(command, outcome);
      metrics.interactionPhase(command, 'total', now() - startMs);
    },
  };
}
