import { describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../core/time.ts';
import type { PublishingService } from '../services/subscriptions/publishing.ts';

/** What helping with posts needs. */
export interface HelpOptions {
  readonly publishing: Pick<PublishingService, 'publishDue'>;
  /** Whether several processes may publish at the moment. Never rejects. */
  readonly isShared: () => Promise<boolean>;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

const EVERY_MS = 2_000;
/** No post starts after this, as in the job. */
const POSTING_MS = 1.5 * MINUTE_MS;

/**
 * Sends queued posts beside the process that the job `publish` runs in, while several may. Each post is claimed by one. Returns what ends it, which
 * waits for what is under way.
 */
export function helpPublishing({ publishing, isShared, now, sleep, logger }: HelpOptions): () => Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await isShared()) await publishing.publishDue(signal, now() + POSTING_MS);
      } catch (error) {
        // The jobs of this process report a database that is away.
        logger.debug({ error: describeError(error) }, 'could not help with posts');
      }
      await sleep(EVERY_MS, signal).catch(() => undefined);
    }
  }
  const done = run();
  return async () => {
    ending.abort();
    await done;
  };
}
