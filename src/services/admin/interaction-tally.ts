import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Metrics } from '../../core/metrics.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../../core/time.ts';
import type { InteractionCountRepository } from '../../storage/interaction-count-repository.ts';

/** Counts what people ask this process, and adds it to what all processes count. */
export interface InteractionTally {
  /** The metrics that are reported to, which count beside what they did before. */
  readonly metrics: Metrics;
  /** Adds to the common counts every minute from now on. */
  start(counts: Pick<InteractionCountRepository, 'add'>): void;
  /** Adds the rest, and ends. */
  stop(): Promise<void>;
}

/** Makes the tally; what the database does not take is added the next time. */
export function createInteractionTally(
  metrics: Metrics,
  { now, sleep, logger }: { readonly now: Clock; readonly sleep: Sleep; readonly logger: Logger },
): InteractionTally {
  let counted = { answered: 0, failed: 0 };
  const ending = new AbortController();
  let running: Promise<void> | null = null;

  async function flush(counts: Pick<InteractionCountRepository, 'add'>): Promise<void> {
    const taken = counted;
    if (taken.answered + taken.failed === 0) return;
    counted = { answered: 0, failed: 0 };
    try {
      await counts.add(now(), taken);
    } catch (error) {
      counted = { answered: counted.answered + taken.answered, failed: counted.failed + taken.failed };
      logger.debug({ code: asCandlecastError(error).code }, 'interactions could not be counted yet');
    }
  }

  return {
    metrics: {
      ...metrics,
      interaction(command, outcome) {
        if (outcome === 'answered' || outcome === 'explained') counted.answered++;
        if (outcome === 'failed' || outcome === 'lost') counted.failed++;
        metrics.interaction(command, outcome);
      },
    },
    start(counts) {
      running ??= (async () => {
        const { signal } = ending;
        while (!signal.aborted) {
          await sleep(MINUTE_MS, signal).catch(() => undefined);
          await flush(counts);
        }
      })();
    },
    async stop() {
      ending.abort();
      await running;
    },
  };
}
