import type { Logger } from '../core/logger.ts';
import type { BlockedThread } from '../core/status.ts';
import { type Clock, utcDay } from '../core/time.ts';
import { underWayMemory } from '../core/under-way.ts';
import type { Block, task } from './event-loop-task.ts';
import { builtUrl } from './worker-channel.ts';
import { createWorkerPool } from './worker-pool.ts';

/** Watches whether the main thread answers. */
export interface EventLoopWatch {
  /** The longest block of the UTC day; null without one. */
  longestToday(): BlockedThread | null;
  /** Ends the watching worker; resolves when it is gone. */
  close(): Promise<void>;
}

const BEAT_MS = 50;
/** Discord shows an interaction as failed after three seconds. */
const MIN_BLOCK_MS = 1000;

/** Starts watching: a worker notices when the main thread stops, and what it did then is logged. */
export function watchEventLoop(options: {
  readonly now: Clock;
  readonly logger: Logger;
  /** From which length on a block counts, ms. Default 1,000. */
  readonly minBlockMs?: number;
  /** From which length on it is written down while it lasts, ms. Default 10,000. */
  readonly stuckMs?: number;
}): EventLoopWatch {
  const { now, logger, minBlockMs = MIN_BLOCK_MS, stuckMs = 10_000 } = options;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const pool = createWorkerPool<typeof task>(builtUrl('./event-loop-task.js', import.meta.url), {
    setup: null,
    noun: 'watch over the main thread',
  });
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS);
  timer.unref();
  let longest: BlockedThread | null = null;
  let closed = false;

  function onBlock({ ms, stack, underWay }: Block): void {
    const atMs = now();
    logger.warn({ blockedMs: ms, stack, underWay }, 'the main thread was blocked');
    const isNewDay = longest === null || utcDay(longest.atMs) !== utcDay(atMs);
    if (isNewDay || ms > longest!.ms) longest = { atMs, ms, where: stack[0] ?? null, during: underWay };
  }

  pool
    .run('watch', { beats, underWay: underWayMemory(), minBlockMs, stuckMs }, { onProgress: onBlock })
    .catch((error: unknown) => {
      if (!closed) logger.warn({ err: error }, 'nobody watches the main thread any more');
    });

  return {
    longestToday: () => (longest && utcDay(longest.atMs) === utcDay(now()) ? longest : null),
    async close() {
      closed = true;
      clearInterval(timer);
      await pool.close();
    },
  };
}
