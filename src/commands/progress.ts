import type { Clock, Sleep } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import type { ShowProgress } from './command.ts';

/** A command's progress on its way to a surface. */
export interface ProgressChannel {
  /** Handed to the command. Returns at once; shows the newest reply when the last one is old enough. */
  readonly show: ShowProgress;
  /** Drops what is still waiting and waits for what is being shown, so that the answer comes last. Never rejects. */
  end(): Promise<void>;
}

/** How progress is shown. */
export interface ProgressOptions {
  /** Shows one reply in place of the one before. */
  readonly send: (reply: Reply) => Promise<unknown>;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** Least time between two. */
  readonly everyMs: number;
  /** Told when showing failed; the command goes on. */
  readonly onError: (error: unknown) => void;
}

/** Makes a channel that shows the newest of what it is given, one at a time and no more often than the surface bears. */
export function createProgressChannel({ send, now, sleep, everyMs, onError }: ProgressOptions): ProgressChannel {
  const ending = new AbortController();
  const { signal } = ending;
  let latest: Reply | null = null;
  let shownMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (latest !== null && !signal.aborted) {
      const waitMs = shownMs + everyMs - now();
      // Waiting ends early with the command; then there is nothing left to show.
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
