import { type Clock, type Sleep, steadyClock } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import type { ShowProgress } from './command.ts';

/** Passes a command's progress on to its surface. */
export interface ProgressChannel {
  /** For the command. Returns at once; the newest reply is shown `everyMs` after the last one. */
  readonly show: ShowProgress;
  /** Drops a reply that waits and resolves when the one being shown is done, so that the answer comes last. Never rejects. */
  end(): Promise<void>;
}

/** How progress is shown. */
export interface ProgressOptions {
  /** Shows one reply in place of the one before. */
  readonly send: (reply: Reply) => Promise<unknown>;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** Shortest time between two replies. */
  readonly everyMs: number;
  /** Called when a reply could not be shown; the command goes on. */
  readonly onError: (error: unknown) => void;
}

/** Makes a channel that shows the newest reply it was given, one at a time and every `everyMs` at most. */
export function createProgressChannel({ send, sleep, everyMs, onError, ...clock }: ProgressOptions): ProgressChannel {
  const now = steadyClock(clock.now);
  const ending = new AbortController();
  const { signal } = ending;
  let latest: Reply | null = null;
  let shownMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (latest !== null && !signal.aborted) {
      const waitMs = shownMs + everyMs - now();
      // The sleep is aborted when the command ends; then nothing is left to show.
      if (waitMs > 0) await sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const reply = latest;
      latest = null;
      shownMs = now();
      try {
        await send(reply);
      } catch (error) {
        onError(error);
      }
    }
  }

  return {
    show(reply) {
      if (signal.aborted) return;
      latest = reply;
      running ??= run().finally(() => {
        running = null;
      });
    },
    async end() {
      ending.abort();
      await running;
    },
  };
}
